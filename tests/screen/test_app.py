"""The page over HTTP: who is answered, what a browser is allowed, and what is said in both languages."""

import asyncio
import re
import socket
import string
from pathlib import Path
from urllib.parse import urlencode

import pytest

from edge.consent.notices import newest_notice, shipped_notices
from edge.core.gaps import Gap
from edge.core.readings import Unreadable
from edge.run.events import FrameRead, SourceAway
from edge.run.outputs.figures import FigureSender
from edge.screen.app import screen_app
from edge.screen.booth import Booth, Stage
from edge.screen.figures import FigureReceiver
from edge.screen.page import Page
from edge.screen.words import languages, words
from tests.fakes import Hands, frame, observe

from .conftest import begin

OWN = "127.0.0.1:8420"


class Browser:
    """Asks the application, as a browser on the page does."""

    def __init__(self, app):
        self.app = app

    def ask(self, method="GET", path="/", form=None, **headers):
        body = urlencode(form or {}).encode()
        given = (
            {"host": OWN} | ({"origin": f"http://{OWN}", "content_length": str(len(body))} if form else {}) | headers
        )
        place, _, query = path.partition("?")
        scope = {
            **{"type": "http", "method": method, "path": place, "raw_path": place.encode(), "root_path": ""},
            **{"query_string": query.encode(), "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 8420)},
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items() if value],
        }
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:]).decode()

    def touch(self, action, session="", **more):
        _, _, page = self.ask()
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        return self.ask("POST", "/act", form | {"action": action} | ({"session": session} if session else {}), **more)


@pytest.fixture
def figures(tmp_path: Path):
    receiver = FigureReceiver(tmp_path / "figures")
    yield receiver
    receiver.close()


@pytest.fixture
def browser(booth: Booth, figures: FigureReceiver) -> Browser:
    return Browser(screen_app(booth, figures, Page("en", 30.0, phone=True), [OWN, "localhost:8420"]))


def test_a_choice_is_carried_out_and_the_page_is_shown_anew(browser: Browser, booth: Booth) -> None:
    status, headers, _ = browser.touch("agree")
    assert (status, headers["location"], booth.shown().stage) == (303, "/", Stage.WAITING)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"host": "evil.example:8420"}, 421),
        ({"host": ""}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": f"https://{OWN}"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"content_length": "5000"}, 413),
    ],
)
def test_no_other_page_can_touch_a_button(browser: Browser, booth: Booth, changed, status) -> None:
    assert browser.touch("agree", **changed)[0] == status
    assert booth.shown().stage is Stage.NOTICE


def test_a_form_without_the_secret_of_this_start_only_shows_the_page(browser: Browser, booth: Booth) -> None:
    for token in ("", "x" * 43, "\u00e9"):
        status, headers, _ = browser.ask("POST", "/act", {"action": "decline", "token": token})
        assert (status, headers["location"]) == (303, "/")
    assert booth.shown().stage is Stage.NOTICE


@pytest.mark.parametrize("path", ["/", "/state", "/screen.js", "/nothing"])
def test_every_answer_says_what_a_browser_may_do(browser: Browser, path: str) -> None:
    _, headers, _ = browser.ask(path=path)
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"


def test_the_level_is_shown_while_it_is_fresh_and_never_an_emotion(browser, booth, context, figures, tmp_path) -> None:
    browser.touch("agree")
    begin(context, booth.shown().session)
    sender = FigureSender(tmp_path / "figures", clock := Hands())
    sender(FrameRead(frame(0.0), observe(frame(0.0))))
    figures.take()
    _, _, answer = browser.ask(path="/state")
    assert '"level":"expressive"' in answer
    assert "much expression" in answer
    assert "happy" not in answer + browser.ask()[2]
    clock.move(1)
    sender(SourceAway(1.0, clock.date, Gap.CAMERA_LOST, "It is away.", 1.0, False))
    figures.take()
    assert "delivers no pictures" in browser.ask(path="/state?lang=en")[2]
    assert "liefert keine Bilder" in browser.ask(path="/state?lang=de")[2]
    sender.close()


def test_what_is_sent_is_a_level_or_a_reason_four_times_a_second(figures: FigureReceiver, tmp_path: Path) -> None:
    clock = Hands()
    sender = FigureSender(tmp_path / "figures", clock)
    received = []
    for _ in range(20):
        sender(FrameRead(frame(0.0), observe(frame(0.0))))
        clock.move(0.05)
        try:
            while True:
                received.append(figures._socket.recv(4096))
        except BlockingIOError:
            pass
    assert set(received) == {b'{"level": "expressive", "unreadable": null}'}
    assert 3 <= len(received) <= 5
    figures.close()
    clock.move(1)
    sender(FrameRead(frame(0.0), observe(frame(0.0))))  # without a reader nothing happens
    sender.close()


def test_the_socket_is_this_users_and_a_false_message_changes_nothing(figures: FigureReceiver, tmp_path: Path) -> None:
    assert (tmp_path / "figures").stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        for message in (b"", b"{", b"[]", b'{"level": "calm", "unreadable": null}', b"\xff" * 4000):
            other.sendto(message, str(tmp_path / "figures"))
            figures.take()
            assert (figures.now.level, figures.now.unreadable) == (None, None)
        other.sendto(b'{"level": null, "unreadable": "too_small"}', str(tmp_path / "figures"))
    figures.take()
    assert figures.now.unreadable is Unreadable.TOO_SMALL


def test_both_languages_are_complete() -> None:
    assert languages() == ["en", "de"]
    fields = [
        {key: {f[1] for f in string.Formatter().parse(text)} for key, text in words(one).items()} for one in languages()
    ]
    assert fields[0] == fields[1]
    for reason in Unreadable:
        assert words("de")[reason.value] != ""
    for one in languages():
        notice = newest_notice(shipped_notices(), one)
        assert notice.version == {"en": "1", "de": "1.de"}[one]
