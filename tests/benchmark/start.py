"""The start of a checkout's `edge-run`, measured from outside: alike, whatever its own benchmark measures."""

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

_OPTIONS: Final = ("--quiet", "--jsonl", "-", "--window", "0.1", "--duration", "2")  # a summary right after a reading


class Start(NamedTuple):
    """What a start took until the first summary of a readable face, and the most memory of the two seconds read."""

    elapsed_s: float
    processor_s: float  # of all threads, user and system
    peak_memory_mb: float


def measure_start(checkout: Path, source: str) -> Start:
    """Start the `edge-run` of a checkout's environment once, and wait for its end.

    Raises:
        SystemExit: It failed, or read no face.
    """
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.sqlite"
        command = [str(checkout / ".venv/bin/edge-run"), "--journal", str(journal), "--source", source, *_OPTIONS]
        began_s, first = time.perf_counter(), None
        with _started(command, checkout) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            peak_mb = 0.0
            for line in process.stdout:
                if first is None and json.loads(line)["readable_share"] > 0:
                    first = time.perf_counter() - began_s, _processor_s(process.pid)
                peak_mb = max(peak_mb, _peak_mb(process.pid))
            message = process.stderr.read().decode(errors="replace")
    if process.returncode or first is None:
        raise SystemExit(f"edge-run of {checkout} read no face in {source}.\n{message}")
    return Start(*first, peak_mb)


def _started(command: list[str], checkout: Path) -> subprocess.Popen[bytes]:
    """Start it so that Python keeps its compiled files, as it does for users: the first start alone compiles."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _processor_s(process_id: int) -> float:
    """The processor time of another process: its clock's number is made as glibc's clock_getcpuclockid makes it."""
    return time.clock_gettime((~process_id << 3) | 2)


def _peak_mb(process_id: int) -> float:
    """The most memory that a process has held; 0 where it has just ended."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    except OSError:
        return 0.0
    return int(found.group(1)) * 1024 / 1e6 if found else 0.0
