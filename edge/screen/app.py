"""The web application of the screen: one page, one form, and the figures that change on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
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
from edge.screen.remote import RemoteBooth

_HERE: Final = Path(__file__).resolve().parent


def screen_app(
    booth: Booth | RemoteBooth, figures: FigureReceiver | RemoteBooth, page: Page, hosts: Iterable[str]
) -> Starlette:
    """Return the application.

    Args:
        booth: What is shown, and what the buttons do.
        figures: What is read just now.
        page: Writes the page.
        hosts: Values of the header Host that are served.
    """

    @asynccontextmanager
    async def taking(_: Starlette) -> AsyncIterator[None]:
        if isinstance(figures, RemoteBooth):  # its figures come with what is shown
            yield
            return
        loop = asyncio.get_running_loop()
        loop.add_reader(figures.fileno(), figures.take)
        yield
        loop.remove_reader(figures.fileno())

    answers = _Answers(booth, figures, page)
    files = [
        Route(f"/{name}", _file(_HERE / name, kind), methods=["GET"])
        for name, kind in (("screen.css", "text/css"), ("screen.js", "text/javascript"))
    ]
    return Starlette(
        routes=[
            Route("/", answers.show, methods=["GET"]),
            Route("/state", answers.state, methods=["GET"]),
            Route("/act", answers.act, methods=["POST"]),
            Route("/favicon.ico", _no_icon, methods=["GET"]),
            *files,
        ],
        middleware=[Middleware(Guard, hosts=frozenset(hosts))],
        lifespan=taking,
    )


class _Answers:
    """The answers to the browser's requests: the page, what changes on it, and what its buttons do."""

    def __init__(self, booth: Booth | RemoteBooth, figures: FigureReceiver | RemoteBooth, page: Page) -> None:
        self._booth = booth
        self._figures = figures
        self._page = page
        self._token = Token()
        self._questions = () if booth.practice is None else booth.practice.questions

    async def show(self, request: Request) -> Response:
        shown, language = await run_in_threadpool(self._booth.shown), self._language(request)
        notice = None
        if shown.stage is Stage.NOTICE:
            try:
                notice = await run_in_threadpool(self._booth.notice, language)
            except EdgeError:
                shown = Shown(Stage.TROUBLE, text="trouble_grant")
        written = self._page.written(shown, self._figures.now, language, notice, self._token.text, self._questions)
        return HTMLResponse(written)

    async def state(self, request: Request) -> Response:
        shown = await run_in_threadpool(self._booth.shown)
        return JSONResponse(self._page.changing(shown, self._figures.now, self._language(request)))

    async def act(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("ascii", "replace")).items()}
        language = self._page.language(form.get("lang"))
        if self._token.fits(form.get("token")):  # else of a page from before a restart of this program: shown anew
            await self._press(form, language)
        return RedirectResponse("/" if language == self._page.first else f"/?lang={language}", 303)

    async def _press(self, form: Mapping[str, str], language: str) -> None:
        booth, session = self._booth, form.get("session", "")
        match form.get("action"):
            case "agree":
                await run_in_threadpool(booth.agree, form.get("version", ""), form.get("sha256", ""), language)
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

    def _language(self, request: Request) -> str:
        return self._page.language(request.query_params.get("lang"))


async def _no_icon(_: Request) -> Response:
    return Response(status_code=204)


def _file(path: Path, kind: str) -> Callable[[Request], Awaitable[Response]]:
    content = path.read_bytes()

    async def send(_: Request) -> Response:
        return Response(content, media_type=kind)

    return send
