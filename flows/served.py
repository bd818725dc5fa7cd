"""What this machine's Prefect server serves: Prefect's own application, for requests to this machine by name only.

Prefect does not look at the Host header: a page on the web whose name is made to point to 127.0.0.1 would be let in by
the browser as the server's own. The page ``/sign-in`` hands the password in the address's fragment, which browsers send
nowhere, to the UI, so that ``fsvfx open --ui`` asks nobody to type it.

It also looks for runs whose process is gone: nothing of Prefect's would ever end them.
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
"""Between looks for runs whose process is gone."""
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
