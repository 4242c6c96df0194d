"""`edge-run`: watch a face, show what is read, keep the summaries.

Correct options need neither Typer nor rich, whose import would delay the first reading. All else, as help, completion
and mistakes, is left to the command in `edge.cli.run`.
"""

import gc
import os
import sys
from argparse import ArgumentError, ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

# For libraries, which read these when they are imported. numpy's threads would wait for work at its import already; a
# plugin of pydantic would be another package's code on what a run is given, and looking for one takes time.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
_COMPLETION = "_EDGE_RUN_COMPLETE"  # set by the shell that asks for completion


class _Given(NamedTuple):
    flags: dict[str, Any]  # by the settings' names; None for one that was not given
    recordings: list[str]
    config: Path | None


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentError(None, message)


def main() -> None:
    """Run `edge-run`."""
    gc.disable()  # while most is imported: nearly all of it stays, and looking through it takes a tenth of the start
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    given = None if _COMPLETION in os.environ else _given(sys.argv[1:])
    if given is None:
        from edge.cli.run import app

        gc.enable()
        app()
    else:
        _record(given)


def _record(given: _Given) -> None:
    from edge.cli.common.error_boundary import error_boundary
    from edge.host.streams import prepare_streams
    from edge.vision.quiet import mute_native_libraries

    prepare_streams()
    mute_native_libraries()
    with error_boundary():
        from edge.cli.common.recording import record

        gc.freeze()  # the run never looks through what stays
        _start_decoding(given)
        gc.enable()
        record(*given)


def _start_decoding(given: _Given) -> None:
    """Split off the process that decodes a recording or stream where there is one, before there is another thread."""
    source = given.flags["source"]
    named = [*given.recordings, *([source] if source and ("://" in source or os.path.exists(source)) else ())]
    if named:
        from edge.sources.decoder.started import start_by_fork

        for network in {"://" in name for name in named}:
            with suppress(OSError):  # it is reported where the source is opened
                start_by_fork(network=network)


def _given(arguments: Sequence[str]) -> _Given | None:
    """What a command line says; None where it is not correct, or asks for something else than a run."""
    from edge.cli.common.settings import declared_settings

    parser = _Parser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("recordings", nargs="*")
    parser.add_argument("--config", type=Path)
    settings = declared_settings()
    for each in settings:
        if each.is_switch:
            parser.add_argument(each.flag, action="store_const", const=True)
        elif each.is_list:
            parser.add_argument(each.flag, action="append")
        else:
            parser.add_argument(each.flag, type=each.type)
    try:
        known, unknown = parser.parse_known_intermixed_args(arguments)
    except ArgumentError:
        return None
    if unknown or any(name.startswith("-") for name in known.recordings):
        return None
    return _Given({each.name: getattr(known, each.name) for each in settings}, known.recordings, known.config)


if __name__ == "__main__":
    main()
