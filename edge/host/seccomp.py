"""A permanent filter of system calls: no sockets but those of some address families; see seccomp(2).

Not from a package: of the two that exist one was last maintained in 2021 and needs a C library, the other is weeks old,
and the filter is two dozen instructions (`edge.host.bpf`).
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.host.bpf import ALLOW, IF_AT_LEAST, IF_EQUAL, NO_ACCESS, Instruction, answer, beginning, only_with, when

_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER: Final = 1
_TSYNC: Final = 1  # for every thread there is, not only for this one

_IO_URING: Final = (425, 426, 427)  # setup, enter, register: a ring opens sockets without the call socket(2)


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture's identifier, which the kernel passes with each call (linux/audit.h), and its call numbers."""

    mark: int
    socket: int
    socketpair: int
    seccomp: int
    foreign_from: int | None = None  # call numbers from here on are of another architecture (x32)


MACHINES: Final = {
    "x86_64": Machine(0xC000003E, socket=41, socketpair=53, seccomp=317, foreign_from=0x40000000),
    "aarch64": Machine(0xC00000B7, socket=198, socketpair=199, seccomp=277),
}


def this_machine() -> Machine | None:
    """Return the machine this process runs on; None for one that has no filter here."""
    return MACHINES.get(platform.machine()) if sys.maxsize > 2**32 and sys.byteorder == "little" else None


def program(machine: Machine, families: Iterable[int]) -> list[Instruction]:
    """Return the filter: sockets of `families` only, no io_uring, no calls in another architecture's convention."""
    allowed = [((0, IF_EQUAL, family),) for family in families]
    return [
        *beginning(machine.mark, NO_ACCESS),
        *(when(IF_AT_LEAST, machine.foreign_from, NO_ACCESS) if machine.foreign_from else ()),
        *(step for number in _IO_URING for step in when(IF_EQUAL, number, NO_ACCESS)),
        *(
            step
            for call in (machine.socket, machine.socketpair)
            for step in only_with(call, *allowed, refusal=NO_ACCESS)
        ),
        answer(ALLOW),
    ]


def allow_only(families: Iterable[int]) -> None:
    """Permanently deny sockets of all other address families to this process, all its threads and its children.

    Args:
        families: Address families that stay allowed, such as `socket.AF_UNIX`.

    Raises:
        OSError: The kernel, the architecture or a sandbox does not allow a filter.
    """
    machine = this_machine()
    if machine is None:
        raise OSError(errno.ENOSYS, f"no filter is known for {platform.machine()}")
    install(machine, program(machine, families))


def install(machine: Machine, steps: Sequence[Instruction]) -> None:
    """Install a filter for all threads of this process, in addition to those that are installed.

    Args:
        machine: The architecture of this process.
        steps: The filter.

    Raises:
        OSError: The kernel refuses it, or another thread has a filter of its own.
    """
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    filter_program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    call = ctypes.CDLL(None, use_errno=True)
    if call.prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    result = call.syscall(*map(ctypes.c_long, (machine.seccomp, _SET_MODE_FILTER, _TSYNC)), filter_program)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if result > 0:
        raise OSError(errno.ESRCH, f"thread {result} has a filter of its own")


def still_open(families: Iterable[int]) -> tuple[int, ...]:
    """Return those of `families` in which this process can open a socket; one is opened and closed."""
    return tuple(family for family in families if _opens(family))


def _opens(family: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        try:
            socket.socket(family, kind).close()
            return True
        except OSError:
            continue
    return False
