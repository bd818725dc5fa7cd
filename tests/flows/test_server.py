"""This machine's Prefect server: for this user only, and found again where it was."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from flows import server
from flows.home import Home

NOBODY = 65534


def ask(url: str, password: str = "", **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer to a harmless question."""
    import base64

    if password:
        headers["Authorization"] = f"Basic {base64.b64encode(password.encode()).decode()}"
    asked = Request(f"{url}/flow_runs/filter", b"{}", {"Content-Type": "application/json", **headers})
    try:
        with urlopen(asked, timeout=60) as answer:
            return answer.status, dict(answer.headers)
    except HTTPError as error:
        return error.code, dict(error.headers)


@pytest.mark.slow
def test_only_who_has_the_password_gets_in(cli, prefect_home: Path) -> None:
    up = cli("up", "--detach", "--json")
    assert up.returncode == 0, up.stderr
    told = json.loads(up.stdout)
    password = Path(told["password_file"]).read_text().strip()
    assert password not in up.stdout + up.stderr
    assert ask(told["api"])[0] == 401
    assert ask(told["api"], "fsvfx:guessed")[0] == 401
    assert ask(told["api"], password)[0] == 200
    assert ask(told["api"], password, Host="evil.example")[0] == 400
    assert "access-control-allow-origin" not in ask(told["api"], password, Origin="http://evil.example")[1]
    assert ask(told["api"], password, Origin=told["ui"])[1]["access-control-allow-origin"] == told["ui"]
    heard = {one.laddr.ip for one in psutil.Process(told["pid"]).net_connections() if one.status == "LISTEN"}
    assert heard == {"127.0.0.1"}
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (prefect_home, Path(told["password_file"]))]
    assert modes == [0o700, 0o600]


def test_another_user_cannot_read_the_home(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can act as another user")
    home = Home(tmp_path / "prefect")
    with home.locked():
        home.password()
    for parent in (tmp_path, *tmp_path.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o011)
    read = f"import os; os.setuid({NOBODY}); open({str(home.password_file)!r})"
    tried = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True)
    assert "PermissionError" in tried.stderr


def test_a_home_of_older_days_is_closed_and_gets_a_password(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    home = Home(tmp_path)
    with home.locked():
        made = home.password()
    assert made == home.password()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert len(made) > 30


def test_the_next_server_listens_where_the_last_one_did_if_it_can(tmp_path: Path) -> None:
    home = Home(tmp_path)
    free = server._port(home)
    home.note.write_text(json.dumps({"pid": 0, "api": f"http://127.0.0.1:{free}/api", "created": 0}))
    assert server.running(tmp_path) is None
    assert server._port(home) == free
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free))
        taken.listen()
        assert server._port(home) != free
