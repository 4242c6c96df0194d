"""What a check found."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from edge.core.errors import EdgeError


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Args:
        check: The check's name.
        ok: Whether it passed.
        found: What was found, as a short text.
        fix: What to do, or nothing where there is nothing to do.
        essential: Whether nothing can be read or kept where the check fails; then `edge-doctor` exits with 1.
    """

    check: str
    ok: bool
    found: str
    fix: str = ""
    essential: bool = True

    def as_json(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return asdict(self)


def attempt(check: str, work: Callable[[], str]) -> Finding:
    """Run a check that returns what it found, or raises an EdgeError, which becomes a failed finding."""
    try:
        return Finding(check, True, work())
    except EdgeError as error:
        return Finding(check, False, error.happened, error.fix)
