"""A command under strace: the system calls that it made, whether or not they succeeded."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

# Started by this, edge-run is not confined: the system calls then are what it would do where no filter can be set.
_UNCONFINED = """
import edge.program
edge.program.confine = lambda source=None, **_: None
from edge.cli.run import app
app()
"""
UNCONFINED = (sys.executable, "-c", _UNCONFINED)
CONFINED = (sys.executable, "-m", "edge.cli.run")
FAKE_RUN = Path(__file__).parents[1] / "cli" / "run" / "fake_camera_run.py"  # edge-run with a camera that shows noise

_OUTWARD = re.compile(
    r"\b(?:socket|socketpair)\((?!AF_UNIX\b)"  # of any other family
    r"|sa_family=AF_(?!UNIX\b|UNSPEC\b)"
    r"|\bio_uring_setup\("  # a ring could open one without a further call
    r'|sun_path="[^"]*(?:nscd|resolve)'  # requests an address from another program of this machine
)

_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r" *<\.\.\. \w+ resumed>(.*)")


def traced(
    command: Sequence[object],
    trace: Path,
    *,
    environment: Mapping[str, str] | None = None,
    calls: str = "%network,io_uring_setup",
    options: Sequence[str] = (),
    under: Sequence[str] = (),
    cwd: Path | None = None,
) -> str:
    """Run a command to its end, in the folder of `trace` or another; return its and its children's calls."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    words = [*under, "strace", "-f", "-qq", "-e", "signal=none", "-e", f"trace={calls}", *options, "-o", trace]
    ended = subprocess.run(
        [*map(str, (*words, *command))],
        cwd=cwd or trace.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if not trace.exists() or "ptrace" in ended.stderr:
        pytest.skip(f"strace may not trace here: {ended.stderr.strip()}")
    assert ended.returncode == 0, ended.stderr
    return joined(trace.read_text())


def joined(trace: str) -> str:
    """A trace with each call on one line: strace splits a call where another thread's call comes in between.

    A call that never returned, since its process ended, is kept as far as it is known.
    """
    lines: list[str] = []
    begun: dict[str, int] = {}  # process -> its line
    for line in trace.splitlines():
        process, _, call = line.partition(" ")
        if resumed := _RESUMED.match(call):
            if process in begun:
                lines[begun.pop(process)] += resumed[1]
            else:
                lines.append(line)
            continue
        if call.endswith(_UNFINISHED):
            begun[process] = len(lines)
            line = line.removesuffix(_UNFINISHED)
        lines.append(line)
    return "\n".join(lines)


def network_attempts(trace: str) -> list[str]:
    """The calls of a trace that lead out of the machine, or would if they were let: one is one too many."""
    return [line for line in trace.splitlines() if _OUTWARD.search(line)]
