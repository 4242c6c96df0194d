"""The processes that a program has started, such as those that decode: their processor time, and their own memory."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_KB: Final = 1024


def started_by(process_id: int) -> Iterator[int]:
    """Yield the ids of the processes that a process started and that run, and of those that these started."""
    for listed in _of_threads(process_id, "children"):
        for child in map(int, listed.split()):
            yield child
            yield from started_by(child)


def processor_s(process_id: int) -> dict[int, float]:
    """Return the processor time of what a process started, in seconds, by process id; see proc(5), schedstat."""
    return {each: _processor_ns(each) / 1e9 for each in started_by(process_id)}


def memory_bytes(process_id: int) -> int:
    """Return the memory of what a process started, as far as it is not the process's own too.

    Where the kernel does not let this user see that, as of a decoder, memory is counted that both have since a fork.
    """
    return sum(_memory_bytes(each) for each in started_by(process_id))


def _processor_ns(process_id: int) -> int:
    return sum(int(spent.split()[0]) for spent in _of_threads(process_id, "schedstat"))


def _of_threads(process_id: int, name: str) -> Iterator[str]:
    """Yield the text of a file of each thread, as long as the process and the thread have not ended."""
    with suppress(OSError):
        for thread in (_PROC / str(process_id) / "task").iterdir():
            with suppress(OSError):
                yield (thread / name).read_text()


def _memory_bytes(process_id: int) -> int:
    for file, field in (("smaps_rollup", r"^Private_\w+:\s*(\d+) kB"), ("status", r"^RssAnon:\s*(\d+) kB")):
        with suppress(OSError):
            found = re.findall(field, (_PROC / str(process_id) / file).read_text(), re.MULTILINE)
            return sum(map(int, found)) * _KB
    return 0
