"""Another user of this machine, who wants in: ``intruder.py USER FILE FOLDER ADDRESS...``. Says what each try came to.

Runs as root until all is imported, then as that user. FILE is what its code would write as a worker's user.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
from pathlib import Path

from distributed import Client
from distributed.core import rpc
from distributed.protocol.pickle import dumps
from distributed.security import Security

SECONDS = 5


async def main(file: str, folder: str, addresses: list[str]) -> None:
    for address in addresses:
        place = address.partition("://")[2]
        for kind, security in (("tcp", Security()), ("tls", Security.temporary())):
            for name, attempt in (("as a client", as_client), ("by itself", by_itself)):
                try:
                    await asyncio.wait_for(attempt(f"{kind}://{place}", security, file), SECONDS)
                    print(f"IN: {kind} {name}")
                except Exception as error:
                    print(f"refused: {kind} {name}: {type(error).__name__}")
    try:
        print("IN:", os.listdir(folder))
    except PermissionError:
        print("refused: the folder")


async def as_client(address: str, security: Security, file: str) -> None:
    async with Client(address, security=security, asynchronous=True, timeout=SECONDS - 2) as client:
        await client.run_on_scheduler(Path(file).write_text, "in")


async def by_itself(address: str, security: Security, file: str) -> None:
    """As a worker or scheduler takes it from a friend."""
    async with rpc(address, connection_args=security.get_connection_args("client"), timeout=SECONDS - 2) as friend:
        await friend.run(function=dumps(Path(file).write_text), args=dumps(("in",)))


if __name__ == "__main__":
    user, file, folder, *addresses = sys.argv[1:]
    import distributed.comm.tcp  # noqa: F401  (while it may be read)

    who = pwd.getpwnam(user)
    os.setgroups([])
    os.setresgid(who.pw_gid, who.pw_gid, who.pw_gid)
    os.setresuid(who.pw_uid, who.pw_uid, who.pw_uid)
    os.chdir("/")
    asyncio.run(main(file, folder, addresses))
