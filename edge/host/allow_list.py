"""A process that only computes, or connects besides: permanent filters that refuse every system call but a few.

What is allowed suffices for threads, memory, descriptors that are open already, and the end. Nothing is opened by name,
connected, executed, changed on a disk or sent to another process. A process that connects may make TCP connections of
its own, too, and receives none; later it may give that up. See seccomp(2).
"""

import errno
import os
import platform
import socket
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

# Besides, for a process that connects. Of its options for sockets others attach programs and move data in the kernel.
_CONNECTING: Final = {
    "connect": (42, 203),
    "getsockopt": (55, 209),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "seccomp": (317, 277),  # for the stricter filter
}
_NO_NEW_PRIVILEGES: Final = 38  # prctl(2), for the same
_IOCTL, _SETSOCKOPT = (16, 29), (54, 208)
_FIONBIO: Final = 0x5421
_NO_DELAY: Final = ((1, IF_EQUAL, socket.IPPROTO_TCP), (2, IF_EQUAL, socket.TCP_NODELAY))
_TCP: Final = tuple(
    ((0, IF_EQUAL, family), (1, IF_EQUAL, socket.SOCK_STREAM | flags))
    for family in (socket.AF_INET, socket.AF_INET6)
    for flags in (0, socket.SOCK_CLOEXEC)
)


def allow_computing_alone() -> None:
    """Permanently refuse this process, all its threads, every system call that computing does not need.

    Raises:
        OSError: The kernel, the architecture or a sandbox does not allow a filter.
    """
    _allow(connecting=False)


def allow_connecting() -> None:
    """As `allow_computing_alone`, which may follow later, but for connections by TCP that this process makes.

    Raises:
        OSError: The kernel, the architecture or a sandbox does not allow a filter.
    """
    _allow(connecting=True)


def _allow(*, connecting: bool) -> None:
    machine = this_machine()
    if machine is None:
        raise OSError(errno.ENOSYS, f"no filter is known for {platform.machine()}")
    column = _COLUMNS.index(platform.machine())
    install(machine, computing_alone(machine, column, os.getpid(), connecting=connecting))


def computing_alone(machine: Machine, column: int, process: int, *, connecting: bool = False) -> Sequence[Instruction]:
    """Return the filter of a machine; a process may send signals to itself only, as abort(3) does."""
    calls = [*_CALLS.values(), *(_CONNECTING.values() if connecting else ())]
    numbers = [both[column] for both in calls]
    numbers += [*_X86_ONLY.values()] if column == 0 else []
    names = (*_NAMES, *((_NO_NEW_PRIVILEGES,) if connecting else ()))
    further = (
        *only_with(machine.socket, *_TCP, refusal=NOT_PERMITTED),
        *only_with(_SETSOCKOPT[column], _NO_DELAY, refusal=NOT_PERMITTED),
        *only_with(_IOCTL[column], ((1, IF_EQUAL, _FIONBIO),), refusal=NOT_PERMITTED),
    )
    return [
        *beginning(machine.mark, NOT_PERMITTED),
        *(step for number in numbers for step in when(IF_EQUAL, number, ALLOW)),
        *_only(_TGKILL[column], (0, IF_EQUAL, process)),
        *_only(_CLONE[column], (0, IF_ANY_BIT, _CLONE_THREAD)),
        *_only(_PRCTL[column], *((0, IF_EQUAL, name) for name in names)),
        *(further if connecting else ()),
        *when(IF_EQUAL, _CLONE3[column], UNKNOWN),  # its flags are out of reach: the C library takes clone(2) then
        answer(NOT_PERMITTED),
    ]


def _only(number: int, *tests: Test) -> Iterator[Instruction]:
    """Allow a call that passes one of some tests."""
    return only_with(number, *((test,) for test in tests), refusal=NOT_PERMITTED)
