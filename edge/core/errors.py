"""The errors a person can cause: what happened, what to do, and the exit code (after sysexits.h) that says so."""

from typing import ClassVar

from edge.core.gaps import Gap


class EdgeError(Exception):
    """One or two sentences for a person; the command line prints them and exits with `exit_code`."""

    exit_code: ClassVar[int] = 1

    def __init__(self, happened: str, *, fix: str) -> None:
        super().__init__(f"{happened} {fix}")
        self.happened = happened
        self.fix = fix


class UsageError(EdgeError):
    """The command's words do not fit together."""

    exit_code = 2


class SourceNotFound(EdgeError):
    """There is no such file, folder or stream, or it holds no picture that can be decoded (EX_NOINPUT)."""

    exit_code = 66


class DeviceUnavailable(EdgeError):
    """A camera is absent, busy, forbidden or went silent (EX_UNAVAILABLE)."""

    exit_code = 69

    def __init__(self, happened: str, *, fix: str, gap: Gap = Gap.CAMERA_LOST) -> None:
        super().__init__(happened, fix=fix)
        self.gap = gap  # what time without it is called


class CannotWrite(EdgeError):
    """A journal or another output cannot be written (EX_IOERR)."""

    exit_code = 74


class NotAsSealed(EdgeError):
    """Something that was sealed was changed since, or is sealed to another key (EX_DATAERR)."""

    exit_code = 65


class BadConfiguration(EdgeError):
    """The configuration file does not say something usable (EX_CONFIG)."""

    exit_code = 78


class BadModel(BadConfiguration):
    """A model is missing, or is not the one its card describes; it never reaches an interpreter."""


class ServiceUnavailable(EdgeError):
    """The service manager is not here, or did not do what it was asked (EX_UNAVAILABLE)."""

    exit_code = 69


class NotPermitted(EdgeError):
    """This takes another user's rights (EX_NOPERM)."""

    exit_code = 77


class NoConsent(EdgeError):
    """Nobody is known to have agreed to this (EX_NOPERM)."""

    exit_code = 77
