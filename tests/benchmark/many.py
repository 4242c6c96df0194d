"""Measures recordings an hour: `python -m tests.benchmark.many CLIP`, with the extra `cluster`.

The same copies of a clip are read by `edge-analyze` with one and two processes, and with a scheduler and one, two and
three workers on this machine, by turns, so that all meet the same load. Lost to scheduling is the share of its time in
which a worker had nothing to do, between its first recording and its last. The start of the command and of its
connection, about two seconds, counts in the recordings an hour alone.
"""

import json
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

BIN: Final = Path(sys.executable).parent
_FORMS: Final = ("1 process", "1 worker", "2 processes", "2 workers", "3 workers")


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler on this machine with workers of one thread each, all of them processes."""
    at, started = folder / "scheduler.json", list[subprocess.Popen[bytes]]()

    def dask(*words: object) -> None:
        command = [str(BIN / "dask"), *map(str, words), "--no-dashboard", "--scheduler-file", str(at)]
        started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=folder))

    try:
        dask("scheduler", "--host", "127.0.0.1", "--port", 0)
        while not at.exists():
            time.sleep(0.1)
        for _ in range(workers):
            dask("worker", "--host", "127.0.0.1", "--nthreads", 1, "--local-directory", folder)
        address = str(json.loads(at.read_text())["address"])
        wait = f"from distributed import Client; c = Client({address!r}); c.wait_for_workers({workers}); "
        wait += "c.get_task_stream()"  # recorded from now on
        subprocess.run([sys.executable, "-c", wait], check=True)
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()
        at.unlink(missing_ok=True)


def lost(address: str) -> float:
    """The share of their time in which workers waited, from the scheduler's record of what they did."""
    from distributed import Client

    with Client(address) as client:
        times: dict[str, list[tuple[float, float]]] = {}
        for task in client.get_task_stream():
            if str(task["key"]).startswith("edge-analyze"):
                times.setdefault(task["worker"], []).extend(
                    (each["start"], each["stop"]) for each in task["startstops"] if each["action"] == "compute"
                )
    busy_s = sum(stop - start for each in times.values() for start, stop in each)
    span_s = sum(max(stop for _, stop in each) - min(start for start, _ in each) for each in times.values())
    return 1 - busy_s / span_s


def measured(study: Path, folder: Path, form: str) -> tuple[float, float]:
    """How many seconds one form takes for all recordings, and the share lost to scheduling."""
    count, out = int(form[0]), folder / "out"
    shutil.rmtree(out, ignore_errors=True)

    def analyze(*words: object) -> float:
        began_s = time.monotonic()
        command = [str(BIN / "edge-analyze"), str(study), "--out", str(out), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        return time.monotonic() - began_s

    if "process" in form:
        return analyze("--jobs", count), 0.0
    with cluster(folder, count) as address:
        return analyze("--scheduler", address), lost(address)


def main() -> None:
    """Measure all forms by turns, and print a table of their medians."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "study").mkdir()
        for number in range(given.copies):
            shutil.copy(given.clip, folder / "study" / f"{number:02}{given.clip.suffix}")
        rounds = [{form: measured(folder / "study", folder, form) for form in _FORMS} for _ in range(given.rounds)]
    for form in _FORMS:
        taken_s, share = (median(each[form][place] for each in rounds) for place in (0, 1))
        line = f"{form:12} {given.copies / taken_s * 3600:8.0f} recordings/h"
        print(f"{line}   lost to scheduling {share:6.2%}" if "worker" in form else line)


if __name__ == "__main__":
    main()
