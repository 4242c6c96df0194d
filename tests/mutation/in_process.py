"""A plugin of pytest for mutation testing: a test is skipped where it starts a process."""

import subprocess
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def in_process() -> Iterator[None]:
    """Skip a test once it starts a process: that would take most of the time, and see none of the mutants."""

    def skipped(*_: object, **__: object) -> None:
        pytest.skip("starts a process")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(subprocess.Popen, "__init__", skipped)
        yield
