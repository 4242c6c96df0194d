"""The web application of the screen: one page, one form, and the figures that change on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from edge.core.errors import EdgeError
from edge.screen.booth import Booth, Shown, Stage
from edge.screen.figures import FigureReceiver
from edge.screen.guard import Guard, Token
from edge.screen.page import Page

_HERE: Final = Path(__file__).resolve().parent


def screen_app(booth: Booth, figures: FigureReceiver, page: Page, hosts: Iterable[str]) -> Starlette:
    """Return the application.

    Args:
        booth: What is shown, and what the buttons do.
        figures: What is read just now.
        page: Writes the page.
        hosts: Values of the header Host that are served.
    """
    token = Token()
    questions = () if booth.practice is None else booth.practice.questions

    async def show(request: Request) -> Response:
        shown, language = await run_in_threadpool(booth.shown), page.language(request.query_params.get("lang"))
        notice = None
        if shown.stage is Stage.NOTICE:
            try:
                notice = await run_in_threadpool(booth.notice, language)
            except EdgeError:
                shown = Shown(Stage.TROUBLE, text="trouble_grant")
        return HTMLResponse(page.written(shown, figures.now, language, notice, token.text, questions))

    async def state(request: Request) -> Response:
        shown = await run_in_threadpool(booth.shown)
        return JSONResponse(page.changing(shown, figures.now, page.language(request.query_params.get("lang"))))

    async def act(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("ascii", "replace")).items()}
        language, session = page.language(form.get("lang")), form.get("session", "")
        back = RedirectResponse("/" if language == page.first else f"/?lang={language}", 303)
        if not token.fits(form.get("token")):
            return back  # of a page from before this program was restarted: it is shown anew
        match form.get("action"):
            case "agree":
                version, sha256 = form.get("version", ""), form.get("sha256", "")
                await run_in_threadpool(booth.agree, version, sha256, language)
            case "decline":
                await run_in_threadpool(booth.decline)
            case "end":
                await run_in_threadpool(booth.end, session)
            case "take_back":
                await run_in_threadpool(booth.take_back, session)
            case "next":
                place = form.get("place", "")
                await run_in_threadpool(booth.go_on, session, int(place) if place.isdecimal() else -1)
            case "keep":
                await run_in_threadpool(booth.keep, session)
            case "start":
                await run_in_threadpool(booth.begin_anew)
        return back

    async def no_icon(_: Request) -> Response:
        return Response(status_code=204)

    @asynccontextmanager
    async def taking(_: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        loop.add_reader(figures.fileno(), figures.take)
        yield
        loop.remove_reader(figures.fileno())

    files = [
        Route(f"/{name}", _file(_HERE / name, kind), methods=["GET"])
        for name, kind in (("screen.css", "text/css"), ("screen.js", "text/javascript"))
    ]
    return Starlette(
        routes=[
            Route("/", show, methods=["GET"]),
            Route("/state", state, methods=["GET"]),
            Route("/act", act, methods=["POST"]),
            Route("/favicon.ico", no_icon, methods=["GET"]),
            *files,
        ],
        middleware=[Middleware(Guard, hosts=frozenset(hosts))],
        lifespan=taking,
    )


def _file(path: Path, kind: str) -> Callable[[Request], Awaitable[Response]]:
    content = path.read_bytes()

    async def send(_: Request) -> Response:
        return Response(content, media_type=kind)

    return send
