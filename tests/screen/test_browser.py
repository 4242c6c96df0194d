"""The page in Chromium: a person's way through it, hasty and hesitant ones, and what axe says about each page."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: uv sync --group browser")

import uvicorn
from axe_playwright_python.sync_playwright import Axe

from edge.consent.context import ConsentContext
from edge.consent.store import ConsentStore
from edge.consent.types import ConsentState
from edge.host.files.private_files import disk_full
from edge.screen.app import screen_app
from edge.screen.booth import Booth
from edge.screen.figures import FigureReceiver
from edge.screen.page import Page
from edge.screen.serve import listening

from .conftest import recorder

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt install chromium")
SMALL = "[...document.querySelectorAll('button, a')].map(e => e.getBoundingClientRect())"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Server:
    """A booth's page, served by a thread, that can be started again at the same address."""

    def __init__(self, context: ConsentContext, folder: Path) -> None:
        self._context, self._folder, self._port = context, folder, 0
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def start(self) -> None:
        listener, self._figures = listening(self._port, {}), FigureReceiver(self._folder / "figures")
        self._port = listener.getsockname()[1]
        shown = Page("en", 30.0, phone=True)
        app = screen_app(Booth(self._context, 30.0), self._figures, shown, [f"127.0.0.1:{self._port}"])
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(240)
        self._figures.close()


@pytest.fixture
def server(context: ConsentContext, tmp_path) -> Iterator[Server]:
    """The page, with a recorder beside it."""
    served = Server(context, tmp_path)
    with recorder(context):
        yield served
    served.stop()


@pytest.fixture
def address(server: Server) -> str:
    """Where it is."""
    return server.address


@pytest.fixture
def page(chromium, address) -> Iterator[Any]:
    opened = chromium.new_context(viewport={"width": 800, "height": 480})
    shown = opened.new_page()
    shown.set_default_timeout(60_000)
    complaints: list[str] = []
    # The page itself says that its program is away.
    refused = "ERR_CONNECTION_REFUSED"
    shown.on("console", lambda message: complaints.extend([message.text] * (refused not in message.text)))
    shown.goto(address)
    yield shown
    opened.close()
    assert complaints == []


def touch(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def looked_at(chromium, page, address: str) -> list[str]:
    """What axe says about the page as it is now, at the size of a booth's screen, of a phone, and enlarged twice."""
    found = []
    for width, height in ((800, 480), (320, 640), (400, 240)):
        with chromium.new_context(viewport={"width": width, "height": height}, bypass_csp=True) as context:
            other = context.new_page()
            other.goto(address)
            found += [each["id"] for each in Axe().run(other).response["violations"]]
            found += ["scrolls sideways"] * other.evaluate("document.documentElement.scrollWidth > innerWidth")
            found += ["small"] * other.evaluate(f"{SMALL}.filter(r => r.width < 48 || r.height < 48).length")
    return found


def test_from_the_notice_to_the_erased_session(chromium, page, address, context) -> None:
    assert looked_at(chromium, page, address) == []
    sizes = page.evaluate("[...document.querySelectorAll('button')].map(e => [e.offsetWidth, e.offsetHeight])")
    assert sizes[0] == sizes[1], "yes and no weigh the same"
    page.get_by_role("link", name="Deutsch").click()
    assert page.get_by_text("BEVOR SIE BEGINNEN").is_visible()
    page.get_by_role("link", name="English").click()
    touch(page, "I agree")
    page.wait_for_selector("body.recording")
    assert page.get_by_text("30 min left").is_visible()
    assert looked_at(chromium, page, address) == []
    touch(page, "End")
    page.wait_for_selector("body.over")
    assert page.get_by_text("Mostly much expression, nearly all the time.").is_visible()
    assert page.locator(".code svg").count() == 1
    assert looked_at(chromium, page, address) == []
    touch(page, "Erase my figures")
    page.wait_for_selector("body.erased")
    (receipt,) = context.store.receipts()
    assert (receipt.state, receipt.erased_at is not None) == (ConsentState.WITHDRAWN, True)
    touch(page, "To the start")
    page.wait_for_selector("body.notice")


def test_two_touches_two_windows_and_the_way_back(page, address, context) -> None:
    other = page.context.new_page()
    other.goto(address)
    page.get_by_role("button", name="I agree", exact=True).dblclick()
    page.wait_for_selector("body.recording")
    other.wait_for_selector("body.recording")  # by itself
    assert len(context.store.receipts()) == 1
    touch(other, "Take back my consent")
    page.wait_for_selector("body.erased")
    page.go_back()
    if page.url != "about:blank":  # where a slow machine may lead
        page.wait_for_selector("body.erased, body.notice")  # never the page of what is over
    assert [receipt.state for receipt in context.store.receipts()] == [ConsentState.WITHDRAWN]


def test_a_clock_that_is_set_back_gives_no_consent_more_time(page, context, monkeypatch) -> None:
    touch(page, "I agree")
    page.wait_for_selector("body.recording")
    monkeypatch.setattr("edge.consent.store._now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    page.reload()
    assert page.locator("#left").inner_text() in ("30 min left", "29 min left")
    touch(page, "End")
    page.wait_for_selector("body.over")
    assert page.get_by_text("Mostly much expression, nearly all the time.").is_visible()
    touch(page, "Erase my figures")
    page.wait_for_selector("body.erased")
    assert [receipt.state for receipt in context.store.receipts()] == [ConsentState.WITHDRAWN]


def test_a_full_disk_is_said_and_nothing_is_recorded_or_called_erased(page, context, monkeypatch) -> None:
    def full(self: ConsentStore, *_: object) -> None:
        raise disk_full(self.path)

    with monkeypatch.context() as disk:
        disk.setattr(ConsentStore, "grant", full)
        touch(page, "I agree")
        page.wait_for_selector("body.trouble")
        assert page.get_by_text("Your consent could not be recorded").is_visible()
    assert context.store.receipts() == []
    touch(page, "To the start")
    touch(page, "I agree")
    page.wait_for_selector("body.recording")
    with monkeypatch.context() as disk:
        disk.setattr(ConsentStore, "end", full)
        touch(page, "Take back my consent")
        page.wait_for_selector("body.recording [role=alert]")
        assert "could not be erased" in page.get_by_role("alert").inner_text()
    touch(page, "Take back my consent")
    page.wait_for_selector("body.erased")


def test_a_restart_of_the_program_goes_on_where_it_was(page, server, context) -> None:
    touch(page, "I agree")
    page.wait_for_selector("body.recording")
    server.stop()
    page.wait_for_selector("body.away")
    server.start()
    page.wait_for_selector("body.recording:not(.away)")  # loaded anew by itself: its buttons work at the first touch
    touch(page, "Take back my consent")
    page.wait_for_selector("body.erased")
    assert [receipt.state for receipt in context.store.receipts()] == [ConsentState.WITHDRAWN]
