"""This machine's Prefect server: Prefect's own application, limited to requests that address this machine by name.

Prefect does not check the Host header: a web page whose name resolves to 127.0.0.1 would have the browser's access to
the server's own origin. The page ``/sign-in`` passes the password in the address's fragment, which browsers never send,
to the UI, so that nobody has to type it after ``fsvfx open --ui``.

It also detects runs whose process is gone: Prefect would never end them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prefect.server.api.server import create_app
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from tasks.crashed import tell_crashed
from tasks.rest import Api, Away, Gone, Refused

log = logging.getLogger(__name__)

HOSTS = ("127.0.0.1", "localhost")
SIGN_IN = "/sign-in"
LOOK_SECONDS = 10.0
"""Between checks for runs whose process is gone."""
_PAGE = """<!doctype html><title>fsvfx</title><script>
localStorage.setItem("prefect-password", location.hash.slice(1));
location.replace("/");
</script>"""


def app() -> Starlette:
    """For uvicorn, as a factory."""
    prefect: Any = create_app(final=True)
    page = HTMLResponse(_PAGE, headers={"Cache-Control": "no-store"})
    return Starlette(
        routes=[Route(SIGN_IN, page), Mount("/", prefect)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))],
        lifespan=lambda _: _served(prefect),
    )


@asynccontextmanager
async def _served(prefect: Any) -> AsyncIterator[Any]:
    ended = threading.Event()
    async with prefect.router.lifespan_context(prefect) as state:
        threading.Thread(target=_look, args=(ended,), name="fsvfx-crashed", daemon=True).start()
        yield state
        ended.set()


def _look(ended: threading.Event) -> None:
    api = Api.of_environment()
    while not ended.wait(LOOK_SECONDS):
        try:
            tell_crashed(api)
        except (Away, Gone, Refused) as error:
            log.debug("looking for runs whose process is gone: %s", error)
