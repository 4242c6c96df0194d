"""`edge-keys`: make a key that sealed summaries can be opened with, and open what edge-report does not read."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App

app = App(no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Keys for sealed summaries: who watches needs only the recipient, age1...; who reads needs the key.

    Keys and sealed files are age's: age, rage and age-keygen know them too.
    """


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the key is to lie; nothing is replaced.")],
) -> None:
    """Make a key in a new file, for its owner alone, and print its recipient.

    Exit codes: 0 done, 2 usage, 74 cannot write.
    """
    from edge.journal.sealing.seal import new_key

    recipient = new_key(file)
    try:
        print(recipient, flush=True)
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            file.unlink()
        raise
    print(f"The key is in {file}. Keep it, and a copy, away from the booth: nothing else opens.", file=sys.stderr)


@app.command("open")
def open_(
    key: Annotated[list[str], typer.Option("--key", metavar="FILE", help="The key; may be given several times.")],
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="Sealed JSON lines, or a sealed report; - is standard input.")
    ] = "-",
) -> None:
    """Print what was sealed: JSON lines of edge-run, or a report of edge-report --seal-to.

    Lines that do not open are named, and the others are printed. Exit codes: 0 done, 2 usage, 65 not as it was sealed,
    66 no such file, 78 unusable or wrong key.
    """
    with ExitStack() as stack:
        from edge.core.errors import SourceNotFound
        from edge.journal.exporting import opened_export
        from edge.journal.sealing.lines import open_sealed
        from edge.journal.sealing.seal import Keys

        opens = Keys.of(key)
        try:
            sealed = sys.stdin.buffer if file == "-" else stack.enter_context(open(file, "rb"))
        except OSError as error:
            raise SourceNotFound(f"{file} cannot be read: {error.strerror}.", fix="Name a sealed file.") from error
        out = stack.enter_context(opened_export(None))
        for text in open_sealed(sealed, opens):
            out.write(text)


if __name__ == "__main__":
    app()
