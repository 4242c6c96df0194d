"""Who may use the page: a browser on this machine, from the page itself."""

from collections.abc import Iterable
from secrets import compare_digest, token_urlsafe
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST_BYTES: Final = 4096
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses other hosts and other origins, bounds requests, and sets the headers of every answer.

    Args:
        app: What answers.
        hosts: Values of the header Host that are served, as `127.0.0.1:8420`.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app, self._hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *own]
            await send(message)

        refused = self._refusal(Request(scope))
        await (refused or self._app)(scope, receive, with_headers)

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("This page is for this machine alone.", 421)
        if request.method in ("GET", "HEAD"):
            return None
        origin = request.headers.get("origin", "")
        if origin.removeprefix("http://") not in self._hosts or not origin.startswith("http://"):
            return PlainTextResponse("This request is not from the page itself.", 403)
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return PlainTextResponse("This request is not from the page itself.", 403)
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            return PlainTextResponse("This request is too long.", 413)
        return None


class Token:
    """A secret of this start of the program in every form, which another site's page cannot know."""

    def __init__(self) -> None:
        self.text = token_urlsafe(32)

    def fits(self, given: Any) -> bool:
        """Return whether a form has it."""
        return isinstance(given, str) and given.isascii() and compare_digest(given, self.text)
