"""A page whose booth is another process's: it shows the same, and can do nothing but press the buttons."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from edge.consent.context import ConsentContext
from edge.consent.types import CaptureState, ConsentState
from edge.core.labels import Level
from edge.screen.booth import Booth, Stage
from edge.screen.door import Door, serve_door
from edge.screen.figures import FigureReceiver, Figures
from edge.screen.page import Page
from edge.screen.passed import passed_door
from edge.screen.remote import RemoteBooth

from .conftest import begin


@pytest.fixture
def path(booth: Booth, tmp_path: Path) -> Iterator[Path]:
    """The socket of a booth that a thread keeps."""
    figures, stop = FigureReceiver(tmp_path / "figures"), Event()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "door"))
    listener.listen()
    kept = Thread(target=serve_door, args=(Door(booth, figures), figures, listener, stop), daemon=True)
    kept.start()
    yield tmp_path / "door"
    stop.set()
    kept.join(240)
    figures.close()
    listener.close()


@pytest.fixture
def remote(path: Path) -> RemoteBooth:
    return RemoteBooth(path)


def asked(path: Path, request: bytes) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(60)
        line.connect(str(path))
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        answer: dict[str, object] = json.loads(line.makefile("rb").readline())
        return answer


def test_a_session_from_the_notice_to_the_erased_figures(
    remote: RemoteBooth, booth: Booth, context: ConsentContext
) -> None:
    assert (remote.minutes, remote.shown()) == (30.0, booth.shown())
    german = remote.notice("de")
    assert german == booth.notice("de")
    remote.agree(german.version, german.sha256, "de")
    session = remote.shown().session
    assert remote.shown().stage is Stage.WAITING
    begin(context, session)
    assert remote.shown().stage is Stage.RECORDING
    context.store.note(session, CaptureState.OVER)
    remote.end(session)
    over = remote.shown()
    assert over.summary is not None
    page = Page("en", 30.0, phone=True)
    written, own = (page.written(each, Figures(), "en", None, "t") for each in (over, booth.shown()))
    assert written == own
    assert "Mostly" in written
    remote.take_back(session)
    assert remote.shown().stage is Stage.ERASED
    assert [receipt.state for receipt in context.store.receipts()] == [ConsentState.WITHDRAWN]
    remote.begin_anew()
    remote.decline()
    assert remote.shown().stage is Stage.DECLINED


def test_the_level_comes_with_what_is_shown(remote: RemoteBooth, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as run:
        run.sendto(b'{"level": "balanced", "unreadable": null}', str(tmp_path / "figures"))
    for _ in range(600):
        remote.shown()
        if remote.now.level is not None:
            break
        Event().wait(0.05)
    assert remote.now.level is Level.BALANCED


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"no json\n",
        b"[]\n",
        b"7\n",
        b"{}\n",
        b'{"press": "open"}\n',
        b'{"press": ["end"]}\n',
        b'{"press": "end"}\n',
        b'{"press": "end", "session": 7}\n',
        b'{"press": "end", "session": "' + b"a" * 3000 + b'"}\n',
        b'{"look": "journal"}\n',
        b'{"look": "notice", "language": "' + b"." * 200 + b'"}\n',
        b'{"look": ' + b"[" * 4000 + b"\n",
    ],
)
def test_what_is_no_request_presses_nothing(
    path: Path, remote: RemoteBooth, context: ConsentContext, request_: bytes
) -> None:
    before = remote.shown()
    assert "error" in asked(path, request_)
    assert remote.shown() == before
    assert context.store.receipts() == []


def test_a_page_whose_booth_is_away_says_so_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    remote = RemoteBooth(tmp_path / "door")
    remote.agree("1", "0", "en")
    assert remote.shown().stage is Stage.TROUBLE


def test_a_door_takes_a_unix_socket_alone() -> None:
    with pytest.raises(Exception, match="No Unix socket") as raised:
        passed_door({})
    assert getattr(raised.value, "exit_code", None) == 78
