"""A trace is read completely, also where threads' calls are interleaved."""

from .traced import joined, network_attempts

INTERLEAVED = """\
101   openat(AT_FDCWD, "/a", O_WRONLY|O_CREAT, 0600 <unfinished ...>
102   write(7</b>, "\\x41\\x42", 2 <unfinished ...>
101   <... openat resumed>) = 3</a>
103   read(4</c>,  <unfinished ...>
102   <... write resumed>)              = 2
103   <... read resumed>"\\x43", 10)     = 1
101   write(3</a>, "\\x44", 1)           = 1
102   exit_group(0)                     = ?
102   +++ exited with 0 +++
"""


def test_the_parts_of_an_interrupted_call_are_joined_where_it_began() -> None:
    assert joined(INTERLEAVED).splitlines() == [
        '101   openat(AT_FDCWD, "/a", O_WRONLY|O_CREAT, 0600) = 3</a>',
        '102   write(7</b>, "\\x41\\x42", 2)              = 2',
        '103   read(4</c>, "\\x43", 10)     = 1',
        '101   write(3</a>, "\\x44", 1)           = 1',
        "102   exit_group(0)                     = ?",
        "102   +++ exited with 0 +++",
    ]


def test_a_process_interrupts_itself_but_once_and_another_not_at_all() -> None:
    trace = (
        "1 futex(1 <unfinished ...>\n2 futex(2 <unfinished ...>\n2 <... futex resumed>) = 0\n1 <... futex resumed>) = 1"
    )
    assert joined(trace) == "1 futex(1) = 1\n2 futex(2) = 0"


def test_a_call_that_never_returned_is_kept_without_the_mark() -> None:
    assert joined('7     write(1</a>, "\\x41", 1 <unfinished ...>\n7     +++ killed by SIGKILL +++') == (
        '7     write(1</a>, "\\x41", 1\n7     +++ killed by SIGKILL +++'
    )


def test_the_end_of_a_call_from_before_the_trace_is_kept() -> None:
    assert joined("9 <... read resumed>) = 0") == "9 <... read resumed>) = 0"


def test_an_attempt_is_found_in_either_part() -> None:
    trace = (
        "1 socket(AF_INET, SOCK_STREAM <unfinished ...>\n"
        "2 socket(AF_UNIX, SOCK_STREAM <unfinished ...>\n"
        "1 <... socket resumed>, 0) = -1 EPERM\n"
        "2 <... socket resumed>, 0) = 5\n"
        "3 accept(5,  <unfinished ...>\n"
        "3 <... accept resumed>{sa_family=AF_INET6}) = 6"
    )
    assert network_attempts(joined(trace)) == [
        "1 socket(AF_INET, SOCK_STREAM, 0) = -1 EPERM",
        "3 accept(5, {sa_family=AF_INET6}) = 6",
    ]
