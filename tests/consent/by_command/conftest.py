"""What the tests of consent by the real commands share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .booths import Booth, opened_booth


@pytest.fixture
def booth(home: Path) -> Iterator[Booth]:
    """A booth of its own for a test of consent."""
    with opened_booth(home) as one:
        yield one
