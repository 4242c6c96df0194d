"""What the tests of promises share."""

import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]  # the fixture `run`: a process of its own, to its end


@pytest.fixture
def unconfined(monkeypatch):
    """edge-run in this process does not deny it the network: that would last for all the tests that follow."""
    for place in ("edge.program.confine", "edge.run.confine.confine"):
        monkeypatch.setattr(place, lambda *_, **__: None)
