"""A process that only computes: a permanent filter that refuses every system call but a few; see seccomp(2).

What is allowed suffices for threads, memory, descriptors that are open already, and the end. Nothing is opened by name,
connected, executed, changed on a disk or sent to another process.
"""

import errno
import os
import platform
from collections.abc import Iterator, Sequence
from typing import Final

from edge.host.bpf import (
    ALLOW,
    IF_ANY_BIT,
    IF_EQUAL,
    NOT_PERMITTED,
    UNKNOWN,
    Instruction,
    Test,
    answer,
    beginning,
    only_with,
    when,
)
from edge.host.seccomp import Machine, install, this_machine

_CLONE_THREAD: Final = 0x10000
_NAMES: Final = (15, 0x53564D41)  # PR_SET_NAME of threads, PR_SET_VMA of memory: what prctl(2) may be called for

# By name, with the numbers of x86-64 and of 64-bit Arm.
_CALLS: Final = {
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "dup": (32, 23),
    "fcntl": (72, 25),
    "fadvise64": (221, 223),
    "ppoll": (271, 73),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "getrandom": (318, 278),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_X86_ONLY: Final = {"poll": 7}
_CLONE, _CLONE3, _TGKILL, _PRCTL = (56, 220), (435, 435), (234, 131), (157, 167)
_COLUMNS: Final = ("x86_64", "aarch64")


def allow_computing_alone() -> None:
    """Permanently refuse this process, all its threads, every system call that computing does not need.

    Raises:
        OSError: The kernel, the architecture or a sandbox does not allow a filter.
    """
    machine = this_machine()
    if machine is None:
        raise OSError(errno.ENOSYS, f"no filter is known for {platform.machine()}")
    install(machine, computing_alone(machine, _COLUMNS.index(platform.machine()), os.getpid()))


def computing_alone(machine: Machine, column: int, process: int) -> Sequence[Instruction]:
    """Return the filter of a machine; a process may send signals to itself only, as abort(3) does."""
    numbers = [both[column] for both in _CALLS.values()]
    numbers += [*_X86_ONLY.values()] if column == 0 else []
    return [
        *beginning(machine.mark, NOT_PERMITTED),
        *(step for number in numbers for step in when(IF_EQUAL, number, ALLOW)),
        *_only(_TGKILL[column], (0, IF_EQUAL, process)),
        *_only(_CLONE[column], (0, IF_ANY_BIT, _CLONE_THREAD)),
        *_only(_PRCTL[column], *((0, IF_EQUAL, name) for name in _NAMES)),
        *when(IF_EQUAL, _CLONE3[column], UNKNOWN),  # its flags are out of reach: the C library takes clone(2) then
        answer(NOT_PERMITTED),
    ]


def _only(number: int, *tests: Test) -> Iterator[Instruction]:
    """Allow a call that passes one of some tests."""
    return only_with(number, *((test,) for test in tests), refusal=NOT_PERMITTED)
