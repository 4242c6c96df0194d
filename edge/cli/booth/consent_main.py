"""`edge-consent`: record that a person agreed to be watched, end a session, or take the consent back.

A withdrawal is noted before anything else is loaded, so that the camera stops at once.
"""

import sys
from argparse import ArgumentError, ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from edge.consent.context import consent_context
from edge.consent.types import Consent, ConsentState
from edge.core.errors import EdgeError


def main() -> None:
    """Run `edge-consent`; its `withdraw` is given the consent that was noted as withdrawn already."""
    noted = _noted(sys.argv[1:])
    from edge.cli.booth.consent import app

    app(obj=noted)


def _noted(arguments: Sequence[str]) -> Consent | None:
    """The consent that these arguments withdraw; other arguments, and errors, are left to the command itself."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("words", nargs="*")
    for name in ("--journal", "--config"):
        parser.add_argument(name, type=Path)
    with suppress(ArgumentError, EdgeError):
        known, unknown = parser.parse_known_args(arguments)
        match known.words:
            case ["withdraw", session] if not unknown:
                return consent_context(known.journal, None, known.config).store.end(session, ConsentState.WITHDRAWN)
    return None


if __name__ == "__main__":
    main()
