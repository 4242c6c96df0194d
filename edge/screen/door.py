"""A booth behind a Unix socket: the few requests by which a page that runs as another user shows it."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from select import select
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from typing import Any, Final

from edge.core.errors import EdgeError
from edge.core.summaries import as_json
from edge.screen.booth import Booth, Shown
from edge.screen.figures import FigureReceiver, Figures

MOST_BYTES: Final = 2**20  # of a message; a notice has at most 64 KiB
_MOST_REQUEST_BYTES: Final = 4096
_PATIENCE_S: Final = 5.0  # for the rest of a request
_LONGEST: Final = 128  # characters of a value


class Door:
    """Answers requests, one a connection: a line of JSON each way. Requests press buttons, and reach no file.

    Args:
        booth: Where consents are given.
        figures: What is read just now.
    """

    def __init__(self, booth: Booth, figures: FigureReceiver) -> None:
        self._booth, self._figures = booth, figures
        self._presses: Mapping[str, tuple[Callable[..., None], tuple[str, ...]]] = {
            "agree": (booth.agree, ("version", "sha256", "language")),
            "decline": (booth.decline, ()),
            "end": (booth.end, ("session",)),
            "take_back": (booth.take_back, ("session",)),
            "keep": (booth.keep, ("session",)),
            "begin_anew": (booth.begin_anew, ()),
        }

    def answer(self, request: bytes) -> dict[str, Any]:
        """Answer a request; one that cannot be understood presses nothing.

        Args:
            request: A line of JSON, as `{"press": "end", "session": "5f1e"}` or `{"look": "shown"}`.

        Returns:
            JSON values; with `error` where it could not be done.
        """
        try:
            given = json.loads(request)
            if "press" in given:
                press, names = self._presses[given["press"]]
                press(*(_text(given[name]) for name in names))
                return {}
            return self._look(given["look"], given)
        except EdgeError as error:
            return {"error": [error.happened, error.fix]}
        except (ValueError, KeyError, TypeError, RecursionError):
            return {"error": ["The request cannot be understood.", "Update the page and its booth together."]}

    def _look(self, what: str, given: Mapping[str, Any]) -> dict[str, Any]:
        match what:
            case "shown":
                return {"shown": _shown_values(self._booth.shown()), "figures": _figures_values(self._figures.now)}
            case "notice":
                notice = self._booth.notice(_text(given["language"]))
                return {"notice": [notice.version, notice.text, notice.sha256]}
            case "minutes":
                return {"minutes": self._booth.minutes}
        raise ValueError(what)


def serve_door(door: Door, figures: FigureReceiver, listener: socket.socket, stop: threading.Event) -> None:
    """Answer requests until `stop` is set.

    Args:
        door: What answers.
        figures: Their messages are taken meanwhile.
        listener: A Unix socket that listens; its permissions say who may ask.
        stop: Ends it.
    """

    class Handler(StreamRequestHandler):
        timeout = _PATIENCE_S

        def handle(self) -> None:
            with suppress(OSError):  # of a page that went away
                request = self.rfile.readline(_MOST_REQUEST_BYTES)
                self.wfile.write(json.dumps(door.answer(request)).encode() + b"\n")

    server = ThreadingUnixStreamServer(listener.getsockname(), Handler, bind_and_activate=False)
    server.daemon_threads = True
    server.socket.close()
    server.socket = listener
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    while not stop.is_set():
        if select([figures.fileno()], [], [], 0.2)[0]:
            figures.take()
    server.shutdown()
    serving.join()


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError("no short text")
    return value


def _shown_values(shown: Shown) -> dict[str, Any]:
    return {
        "stage": shown.stage.value,
        "session": shown.session,
        "left_s": shown.left_s,
        "summary": None if shown.summary is None else as_json(shown.summary),
        "sealed": shown.sealed,
        "text": shown.text,
    }


def _figures_values(figures: Figures) -> dict[str, Any]:
    return {
        "level": None if figures.level is None else figures.level.value,
        "unreadable": None if figures.unreadable is None else figures.unreadable.value,
    }
