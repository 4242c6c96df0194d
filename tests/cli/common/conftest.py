"""Commands inside this process as their entry points start them, on standard streams of the test's choice."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.cli.common.app import App


class Ended(NamedTuple):
    """How a command ended."""

    code: object
    out: bytes  # empty where standard output was a device
    err: str


Enter = Callable[..., Ended]


@pytest.fixture
def enter(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Enter:
    """Start an app in `home`, with standard output to a device or, by default, in an encoding."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    for place in ("edge.program.confine", "edge.run.confine.confine"):
        monkeypatch.setattr(place, lambda *_, **__: None)  # it would last for the other tests

    def go(app: App, *words: object, device: str | None = None, encoding: str = "utf-8") -> Ended:
        out, err = Path(device or tmp_path / "out"), tmp_path / "err"
        with monkeypatch.context() as streams:
            for name, path in (("stdout", out), ("stderr", err)):
                made = io.TextIOWrapper(path.open("wb"), encoding, "strict")
                streams.setattr(sys, name, made)
                streams.setattr(sys, f"__{name}__", made)
            with pytest.raises(SystemExit) as ended:
                app(list(map(str, words)))
            for stream in (sys.stdout, sys.stderr):
                stream.close()
        return Ended(ended.value.code, b"" if device else out.read_bytes(), err.read_text())

    return go
