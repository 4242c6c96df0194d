"""A program that looks at pictures denies itself, its threads and its children network sockets and core dumps."""

import errno
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.host.seccomp import MACHINES, Machine, program, this_machine
from edge.run import confine
from edge.sources.recorded.demo import picture
from tests.sources.stream_server import StreamServer

from .traced import traced

WARNING = "cannot refuse itself network sockets here"

pytestmark = pytest.mark.skipif(this_machine() is None, reason="no filter is known for this machine")


def _output(code: str, *words: object) -> str:
    """What a Python program says that ran to its end."""
    program = [sys.executable, "-c", code, *map(str, words)]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


_TRY = """
import ctypes, errno, mmap, os, socket, subprocess, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def answer(number, *given):
    got = libc.syscall(*map(ctypes.c_long, (number, *given)))
    return got if got >= 0 else -ctypes.get_errno()
def kinds():
    found = {family: {answer(SOCKET, family, kind, 0) for kind in (1, 2, 3)} for family in range(46)}
    return [family for family, got in found.items() if family != socket.AF_UNIX and got != {-errno.EACCES}]
"""


def _try(code: str) -> str:
    machine = this_machine()
    assert machine is not None
    return _output(_TRY.replace("SOCKET", str(machine.socket)) + code)


def test_a_confined_program_gets_no_socket_but_of_this_machine():
    code = "from edge.run.confine import confine; confine(); print(kinds())\n"
    assert _try(f"{code}socket.socketpair(); socket.socket(socket.AF_UNIX)") == "[]"
    assert _try("print(socket.AF_INET in kinds())") == "True"  # the question can be answered otherwise


def test_threads_that_were_there_before_and_children_are_confined_too():
    code = """
from edge.run.confine import confine
go, reported = threading.Event(), []
def later():
    go.wait()
    reported.append(kinds())
thread = threading.Thread(target=later)
thread.start()
confine()
go.set()
thread.join()
child = "import socket\\ntry: socket.socket()\\nexcept PermissionError: print('refused')"
print(reported, subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.strip())
"""
    assert _try(code) == "[[]] refused"


def test_there_is_no_way_around_the_call():
    machine = this_machine()
    assert machine is not None
    ring = "ring = ctypes.create_string_buffer(120); print(answer(425, 8, ctypes.addressof(ring)) == -errno.EACCES)\n"
    confined = "from edge.run.confine import confine; confine()\n"
    assert _try(confined + ring) == "True"
    assert _try(ring) == "False"
    if machine.foreign_from is not None:  # x86-64: its other two calling conventions
        assert _try(f"{confined}print(answer({machine.foreign_from + machine.socket}, 2, 1, 0))") == f"-{errno.EACCES}"
        old = """
space = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
space.write(bytes.fromhex("53 b867010000 bb02000000 b901000000 ba00000000 cd80 5b c3"))
at = ctypes.addressof(ctypes.c_char.from_buffer(space))
print(ctypes.CFUNCTYPE(ctypes.c_int)(at)())  # socket(AF_INET, SOCK_STREAM, 0) as a 32-bit program calls it
"""
        free = int(_try(old))
        assert int(_try(confined + old)) == -errno.EACCES
        assert free != -errno.EACCES


def test_a_raspberry_pis_camera_may_receive_device_events_and_no_more():
    code = (
        "from edge.run.confine import confine; from edge.sources.live.picamera import PiCamera; confine(PiCamera())\n"
    )
    assert _try(f"{code}print(kinds() == [socket.AF_NETLINK])") == "True"


def test_no_other_program_may_attach_to_it_or_keep_its_memory():
    code = "print(libc.prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    assert _try(code) == "1"
    assert _try(f"from edge.run.confine import confine; confine(); {code}") == "0"


def test_every_thread_of_a_run_is_confined_and_none_of_its_files_is_a_socket(start):
    process = start("edge-run", "--source", "demo")
    try:
        assert process.stdout is not None
        assert process.stdout.readline()  # it reads faces now
        tasks = [*Path(f"/proc/{process.pid}/task").iterdir()]
        assert len(tasks) > 1
        for task in tasks:
            assert "Seccomp:\t2\n" in (task / "status").read_text(), task
        assert not [file for file in Path(f"/proc/{process.pid}/fd").iterdir() if "socket" in str(file.readlink())]
        assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err


@pytest.mark.parametrize("command", ["edge-run", "edge-bench", "edge-eval"])
def test_commands_that_look_at_pictures_are_confined_before_they_open_any(command, home, environment):
    (home / "happy").mkdir()
    cv2.imwrite(str(home / "happy" / "face.png"), picture(30))
    words = {
        "edge-run": ("run", "--source", "happy", "--quiet"),
        "edge-bench": ("bench", "--source", "happy/face.png", "--frames", 20),
        "edge-eval": ("evaluate", "."),
    }[command]
    program = (sys.executable, "-m", f"edge.cli.{words[0]}", *words[1:])
    reported = traced(program, home / "trace", environment=environment, calls="seccomp,openat,open").splitlines()
    confined = next(at for at, line in enumerate(reported) if "seccomp(SECCOMP_SET_MODE_FILTER" in line)
    assert reported[confined].endswith("= 0")
    opened = [at for at, line in enumerate(reported) if re.search(r"\.tflite|\.png|_framework_bindings", line)]
    assert opened
    assert min(opened) > confined


def test_a_stream_is_read_by_a_program_without_network(start):
    pictures = [cv2.imencode(".jpg", picture(index)[..., ::-1])[1].tobytes() for index in range(30, 40)]
    with StreamServer(pictures) as server:
        process = start("edge-run", "--source", server.url)
        assert process.stdout is not None
        assert process.stdout.readline()  # it reads faces now
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            assert "Seccomp:\t2\n" in (task / "status").read_text(), task
        inodes = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
        opened = {str(file.readlink()) for file in Path(f"/proc/{process.pid}/fd").iterdir()}
        assert not opened & {f"socket:[{inode}]" for inode in inodes}
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=240)
    assert (process.returncode, err) == (0, "")
    assert "a face could be read in 100% of the time" in out


def test_a_program_that_reads_a_stream_gets_no_socket_but_of_this_machine():
    with StreamServer([cv2.imencode(".jpg", picture(30))[1].tobytes()]) as server:
        code = (
            "from edge.run.confine import confine; from edge.sources.live.stream import Stream\n"
            f"source = Stream({server.url!r}); confine(source); print(kinds())\n"
            "with source.open(threading.Event()) as frames: print(next(frames).rgb.shape)"
        )
        assert _try(code).splitlines() == ["[]", "(480, 640, 3)"]


# Refuses this process what a kernel without filters, or systemd's sandbox, refuses it; then starts edge-run.
_SANDBOX = """
import os, socket, sys
from dataclasses import replace
from edge.host.seccomp import allow_only, install, program, this_machine
if sys.argv[1] == "no network":
    allow_only([socket.AF_UNIX])
machine = this_machine()
install(machine, program(replace(machine, socket=machine.seccomp, socketpair=machine.seccomp), []))
os.execv(sys.executable, [sys.executable, "-m", *sys.argv[2:]])
"""


Sandboxed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sandboxed(home: Path, environment: dict[str, str]) -> Sandboxed:
    """Start edge-run where the filter is refused, and perhaps all network."""

    def go(others: str, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        run = ("edge.cli.run", "--source", "demo:fast", "--duration", "1", "--quiet", *words)
        command = [sys.executable, "-c", _SANDBOX, others, *run]
        return subprocess.run(
            command, cwd=home, env=environment, capture_output=True, text=True, timeout=240, check=False, **more
        )

    return go


@pytest.mark.parametrize(("others", "said"), [("nothing", 1), ("no network", 0)])
def test_where_it_cannot_be_refused_that_is_said_once_and_the_run_goes_on(
    sandboxed: Sandboxed, others: str, said: int
) -> None:
    ran = sandboxed(others, "--log-level", "error")
    assert ran.returncode == 0, ran.stderr
    assert [WARNING in line for line in ran.stderr.splitlines()] == [True] * said


@pytest.mark.parametrize("promise", ["--service", "--require-consent"])
def test_where_no_network_was_promised_that_is_an_error(sandboxed: Sandboxed, home: Path, promise: str) -> None:
    refused = sandboxed("nothing", promise, "--log-level", "error")
    assert (refused.returncode, refused.stderr.count("\n")) == (78, 1)
    assert WARNING in refused.stderr
    assert not (home / "state").exists()


def test_a_network_connection_of_the_caller_is_named_or_refused(sandboxed: Sandboxed, home: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward, socket.socketpair()[0] as here:
        descriptor = f"descriptor {outward.fileno()}"
        refused = sandboxed("no network", "--service", pass_fds=(outward.fileno(),))
        assert (refused.returncode, descriptor in refused.stderr) == (78, True)
        assert not (home / "state").exists()
        named = sandboxed("no network", "--log-level", "error", pass_fds=(outward.fileno(),))
        assert (named.returncode, descriptor in named.stderr) == (0, True)
        assert sandboxed("no network", "--service", pass_fds=(here.fileno(),)).returncode == 0


def test_the_check_for_a_doctor_says_what_is_open(monkeypatch, tmp_path):
    assert confine.open_networks() == ()
    (tmp_path / "sitecustomize.py").write_text(
        "import edge.host.seccomp as s\ndef no(*_): raise OSError(38, 'no')\ns.allow_only = no\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert {"inet", "netlink"} <= set(confine.open_networks())


def test_a_crash_leaves_no_core_behind(start, home):
    dumping = ("prlimit", "--core=unlimited")
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not installed")
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    subprocess.run([*dumping, sys.executable, "-c", crash], cwd=home, capture_output=True, check=False)
    cores = [*home.glob("*core*")]
    if not cores:
        pytest.skip("core dumps do not come to lie here, or may not be made")
    for core in cores:
        core.unlink()
    process = start("edge-run", "--source", "demo", under=dumping)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGSEGV)
    assert process.wait(240) == -signal.SIGSEGV
    assert not [*home.rglob("*core*")]


@pytest.mark.parametrize("name", MACHINES)
def test_the_filter_answers_as_it_should_on_every_machine(name):
    machine = MACHINES[name]
    steps = program(machine, [1])
    allowed, refused = 0x7FFF0000, 0x00050000 | errno.EACCES
    assert _decide(steps, machine, 0, 2) == allowed  # any other call
    for call in (machine.socket, machine.socketpair):
        assert _decide(steps, machine, call, 1) == allowed
        assert {_decide(steps, machine, call, family) for family in range(2, 60)} == {refused}
        assert _decide(steps, machine, call, 1 + (7 << 32)) == allowed  # the kernel looks at 32 bits, and so does it
    assert {_decide(steps, machine, call, 1) for call in (425, 426, 427)} == {refused}
    for other in MACHINES.values():
        if other is not machine:
            assert {_decide(steps, other, call, 1) for call in (0, machine.socket, other.socket)} == {refused}


def _decide(steps: list[Any], caller: Machine, number: int, argument: int) -> int:
    """What the kernel would answer: the filter's few instructions, done by hand."""
    data = np.array([number, caller.mark, 0, 0, argument & 0xFFFFFFFF, argument >> 32], np.uint32)
    at = loaded = 0
    while True:
        code, yes, no, constant = steps[at]
        at += 1
        match code:
            case 0x20:
                loaded = int(data[constant // 4])
            case 0x15:
                at += yes if loaded == constant else no
            case 0x35:
                at += yes if loaded >= constant else no
            case 0x06:
                return int(constant)
            case _:
                raise AssertionError(hex(code))
