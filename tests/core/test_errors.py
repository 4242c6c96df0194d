"""Errors say what happened and what to do."""

from edge.core.errors import DeviceUnavailable, UsageError
from edge.core.gaps import Gap


def test_an_error_keeps_both_sentences() -> None:
    error = UsageError("This is wrong.", fix="Write that.")
    assert (str(error), error.happened, error.fix) == ("This is wrong. Write that.", "This is wrong.", "Write that.")


def test_a_device_that_is_unavailable_has_a_gap() -> None:
    assert DeviceUnavailable("It is gone.", fix="Plug it in.").gap is Gap.CAMERA_LOST
    busy = DeviceUnavailable("It is in use.", fix="Close it.", gap=Gap.CAMERA_BUSY)
    assert (busy.gap, busy.fix) == (Gap.CAMERA_BUSY, "Close it.")
