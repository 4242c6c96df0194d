"""Processor time of the processes that a program has started."""

import os
import subprocess
import sys
from typing import Any

import pytest

from edge.checks.process_tree import processor_s, started_by
from tests.timing import eventually


def test_a_process_that_ends_while_it_is_looked_at_has_taken_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert eventually(lambda: child.pid in started_by(os.getpid()))
        assert child.pid in processor_s(os.getpid())
        for name in ("listdir", "scandir"):
            monkeypatch.setattr(os, name, _without(f"/proc/{child.pid}/", getattr(os, name)))
        assert processor_s(os.getpid())[child.pid] == 0
        child.communicate(b"\n")


def _without(ended: str, listing: Any) -> Any:
    """The same way of listing folders, after those below `ended` have gone."""

    def listed(path: Any) -> Any:
        if str(path).startswith(ended):
            raise FileNotFoundError(path)
        return listing(path)

    return listed
