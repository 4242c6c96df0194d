"""Errors for users: what happened, what to do, and an exit code after sysexits.h."""

from typing import ClassVar

from edge.core.gaps import Gap


class EdgeError(Exception):
    """An error that the command line prints before it exits with `exit_code`.

    Args:
        happened: What happened, as a sentence.
        fix: What the user can do about it, as a sentence.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, happened: str, *, fix: str) -> None:
        super().__init__(f"{happened} {fix}")
        self.happened = happened
        self.fix = fix


class UsageError(EdgeError):
    """Arguments of a command or a call that are wrong or contradict each other (exit code 2, as Click's)."""

    exit_code = 2


class SourceNotFound(EdgeError):
    """There is no such file, folder or stream, or it holds no picture that can be decoded (EX_NOINPUT)."""

    exit_code = 66


class RecordingTruncated(EdgeError):
    """A recording ends before the frames that it announces; what was read until then is valid (EX_DATAERR)."""

    exit_code = 65


class DeviceUnavailable(EdgeError):
    """A camera is absent, busy, forbidden or stopped delivering frames (EX_UNAVAILABLE).

    Args:
        happened: What happened, as a sentence.
        fix: What the user can do about it, as a sentence.
        gap: What time without the device is recorded as.
    """

    exit_code = 69

    def __init__(self, happened: str, *, fix: str, gap: Gap = Gap.CAMERA_LOST) -> None:
        super().__init__(happened, fix=fix)
        self.gap = gap


class LimitReached(EdgeError):
    """The operating system refuses this process a resource, such as another open file (EX_OSERR)."""

    exit_code = 71


class CannotWrite(EdgeError):
    """A journal or another output cannot be written (EX_IOERR)."""

    exit_code = 74


class NotAsSealed(EdgeError):
    """Something that was sealed was changed since, or is sealed to another key (EX_DATAERR)."""

    exit_code = 65


class BadConfiguration(EdgeError):
    """A configuration file cannot be read or holds an invalid setting (EX_CONFIG)."""

    exit_code = 78


class BadModel(BadConfiguration):
    """A model is missing or differs from its card; it is not loaded into an interpreter."""


class ServiceUnavailable(EdgeError):
    """The service manager is absent or refused a request (EX_UNAVAILABLE)."""

    exit_code = 69


class NotPermitted(EdgeError):
    """The operation needs the rights of another user (EX_NOPERM)."""

    exit_code = 77


class NoConsent(EdgeError):
    """There is no valid consent for the session (EX_NOPERM)."""

    exit_code = 77
