"""What this machine's Prefect server serves: Prefect's own application, for requests to this machine by name only.

Prefect does not look at the Host header: a page on the web whose name is made to point to 127.0.0.1 would be let in by
the browser as the server's own. The page ``/sign-in`` hands the password in the address's fragment, which browsers send
nowhere, to the UI, so that ``fsvfx open --ui`` asks nobody to type it.
"""

from __future__ import annotations

from typing import Any

from prefect.server.api.server import create_app
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

HOSTS = ("127.0.0.1", "localhost")
SIGN_IN = "/sign-in"
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
        lifespan=lambda _: prefect.router.lifespan_context(prefect),
    )
