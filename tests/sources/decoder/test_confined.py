"""What is left to a process that only computes, tried in processes of their own."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from edge.sources.decoder.trial import rights_left

_BEFORE = """
import ctypes, os, socket, sys, threading
from edge.sources.decoder import serving
{}
own, theirs = socket.socketpair()
readable = os.open(sys.argv[1], os.O_RDONLY)
libc = ctypes.CDLL(None, use_errno=True)
serving.confine()
def tried(work):
    try:
        work()
    except MemoryError:
        return "MemoryError"
    except OSError as error:
        return error.errno
    return "done"
def called(name, *words):
    def work():
        if getattr(libc, name)(*words) < 0:
            raise OSError(ctypes.get_errno(), "")
    return work
"""


def tried(folder: Path, attempts: str, before: str = "") -> list[str]:
    """What came of each of some attempts, after confinement."""
    file = folder / "file"
    file.write_text("content")
    code = _BEFORE.format(before) + f"for attempt in [{attempts}]: print(tried(attempt), flush=True)\n"
    ended = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


@pytest.fixture(autouse=True)
def filters() -> None:
    """Skip where no filter can be set, as under an emulator."""
    if "Seccomp:" not in Path("/proc/self/status").read_text():
        pytest.skip("this kernel has no seccomp")


def test_what_is_open_can_be_used_and_threads_and_memory_be_had(tmp_path: Path) -> None:
    allowed = (
        "lambda: os.read(readable, 4)",
        "lambda: own.send(b'x')",
        "lambda: theirs.recv(1)",
        "threading.Thread(target=len, args=('',)).start",
        "lambda: bytearray(10**8)",
    )
    assert tried(tmp_path, ", ".join(allowed)) == ["done"] * len(allowed)


def test_nothing_is_opened_changed_connected_executed_or_disturbed(tmp_path: Path) -> None:
    refused = (
        "lambda: os.open(sys.argv[1], os.O_RDONLY)",
        "lambda: os.open('/etc/hostname', os.O_RDONLY)",
        "lambda: os.unlink(sys.argv[1])",
        "lambda: os.rename(sys.argv[1], sys.argv[1] + '2')",
        "lambda: os.chmod(sys.argv[1], 0o777)",
        "lambda: os.mkdir(sys.argv[1] + '3')",
        "lambda: os.listdir('/')",
        "socket.socket",
        "lambda: socket.socket(socket.AF_UNIX)",
        "os.fork",
        "lambda: os.execv('/bin/true', ['true'])",
        "lambda: os.kill(os.getppid(), 0)",
        "called('ptrace', 16, os.getppid(), 0, 0)",
        "called('ftruncate', readable, 0)",
        "called('syscall', 425, 1, 0)",  # io_uring_setup
        "called('prctl', 4, 1, 0, 0, 0)",  # to be dumpable again
    )
    found = tried(tmp_path, ", ".join(refused))
    assert found == [str(errno.EPERM)] * len(refused)
    assert (tmp_path / "file").read_text() == "content"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_memory_has_an_end(tmp_path: Path) -> None:
    found = tried(tmp_path, "lambda: bytearray(5 * 10**9), lambda: bytearray(10**8)")
    assert found == ["MemoryError", "done"]


def test_the_trial_for_edge_doctor_names_what_is_left_where_there_is_no_filter() -> None:
    assert rights_left() == ()
    code = (
        "import runpy; from edge.sources.decoder import serving\n"
        "serving.allow_computing_alone = lambda: None\n"
        "from edge.host import allow_list; allow_list.allow_connecting = lambda: None\n"
        "runpy.run_module('edge.sources.decoder.trial', run_name='__main__')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=True)
    assert ended.stdout.splitlines() == [
        *("files", "other processes", "sockets that are not for TCP", "connections from elsewhere"),
        *("files", "other processes", "sockets"),
    ]
