"""A process that does jobs, one after another; it is ended where it hangs, and its job is then lost."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from edge.analysis.jobs import Task
from edge.analysis.worker import Lost, Outcome, Report, analyse

HANGS_S: Final = 300.0
_PR_SET_PDEATHSIG: Final = 1
_MOST_JOBS: Final = 200  # of one process: each run adds a filter of system calls, which the kernel counts
_KILLED_WITHIN_S: Final = 5.0  # not so where it waits for a network drive


class JobProcess:
    """Does one job at a time in a process of its own, which denies itself the network.

    Args:
        parts: A folder for what is unfinished.
        hangs_s: Without a sign of progress for so many seconds it hangs.
        tick_s: Monotonic seconds.
    """

    def __init__(self, parts: Path, hangs_s: float, tick_s: Callable[[], float] = time.monotonic) -> None:
        self._hangs_s, self._tick_s, self._seen_s, self._jobs, self._lost = hangs_s, tick_s, 0.0, 0, False
        self.pipe: Connection[Any, Any]
        self.pipe, theirs = multiprocessing.Pipe()
        command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), str(parts)]
        with theirs:  # not multiprocessing.Process, which a worker of Dask may not start
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])

    @property
    def spent(self) -> bool:
        """Whether it does no further job."""
        return self._lost or self._jobs >= _MOST_JOBS or self._process.poll() is not None

    def begin(self, task: Task) -> None:
        """Let it do a job."""
        self._jobs += 1
        self._seen_s = self._tick_s()
        with suppress(OSError):  # it ended; `outcome` says so
            self.pipe.send(task)

    def outcome(self, report: Report) -> Outcome | Lost | None:
        """Return how its job ended, None while it goes on.

        Args:
            report: Called with the progress that has arrived.
        """
        try:
            while self.pipe.poll():
                self._seen_s = self._tick_s()
                arrived = self.pipe.recv()
                if isinstance(arrived, Outcome):
                    return arrived
                report(*arrived)
        except (EOFError, OSError):
            self._lost = True
            code = self._process.wait()
            return Lost(f"The process that read it ended (exit code {code}).")
        if self._tick_s() - self._seen_s < self._hangs_s:
            return None
        self._lost = True
        return Lost(f"Reading it did not go on for {self._hangs_s:.0f} s.")

    def end(self) -> None:
        """End it; what it does is lost."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_KILLED_WITHIN_S)
        self.pipe.close()


def _serve(pipe: "Connection[Any, Any]", parts: Path) -> None:
    """Do what is sent, until the other side closes the pipe or ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, *map(ctypes.c_ulong, (signal.SIGKILL, 0, 0, 0)))
    if os.getppid() == 1:  # it ended before that
        return
    for number in (signal.SIGINT, signal.SIGHUP):  # of the terminal: the parent decides
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        pipe.send(analyse(task, parts, lambda *at: pipe.send(at)))


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), Path(sys.argv[2]))
