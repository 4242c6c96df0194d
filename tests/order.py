"""In which order and company files of tests run on several workers: what waits longest begins first."""

from collections import Counter

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# Fixtures that start a process or a browser, whose tests take about ten times as long as others.
_PROCESSES = frozenset({"booth", "module_run", "page", "run", "start"})
_TENSORFLOW = ("tests/converter/", "tests/models/")


class Files(LoadFileScheduling):
    """Gives a worker a file at a time, in the order of collection; all that loads TensorFlow goes to one worker.

    Args:
        config: Of this session.
        log: Where xdist notes what it schedules.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # which would put the files with the most tests first

    def _split_scope(self, nodeid: str) -> str:
        folder = next((folder for folder in _TENSORFLOW if nodeid.startswith(folder)), None)
        return "TensorFlow" if folder else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)  # mutants are tested without xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Schedule by files as above where `--dist loadfile` asks for files."""
    return Files(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a worker of several, put files first whose tests start many processes: none of these is left at the end."""
    if not hasattr(config, "workerinput"):
        return
    long: Counter[str] = Counter()
    for item in items:
        long[str(item.path)] += 10 if _PROCESSES.intersection(getattr(item, "fixturenames", ())) else 1
    items.sort(key=lambda item: (not item.nodeid.startswith(_TENSORFLOW), -long[str(item.path)]))
