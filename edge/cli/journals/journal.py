"""`edge-journal`: copy a journal, also while edge-run writes it; put back the one from before an update."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App

app = App(no_args_is_help=True)


@app.callback()
def journal() -> None:
    """Journals as files: what edge-run keeps, one SQLite file each."""


@app.command()
def copy(
    journal: Annotated[Path, typer.Argument(metavar="JOURNAL", help="The journal; edge-run may be writing it.")],
    to: Annotated[Path, typer.Argument(metavar="TO", help="The copy: a new file, for its owner alone.")],
    again: Annotated[bool, typer.Option("--again", help="Replace an earlier copy of the same journal.")] = False,
) -> None:
    """Copy a journal as it is at one moment, into one file.

    No setting deletes what is in a copy, and no withdrawal reaches it: edge-purge --journal TO does.
    Exit codes: 0 done, 2 usage, 66 no such journal, 74 cannot write, 78 others may write to that folder.
    """
    from edge.journal.file.copying import copy_journal

    copy_journal(journal, to, again=again)
    print(f"Copied to {to}. It is not deleted with the journal: edge-purge --journal {to} does that.")


@app.command()
def restore(
    journal: Annotated[Path, typer.Argument(metavar="JOURNAL", help="The journal; edge-run may not be writing it.")],
) -> None:
    """Put back the copy that was made before an update changed the journal's tables, for the former program.

    What was recorded since is deleted. Exit codes: 0 done, 2 usage, 66 no copy, 74 cannot write.
    """
    from edge.journal.file.former import restore_former

    print(f"{restore_former(journal).name} is the journal again. What was recorded since it was made is gone.")


if __name__ == "__main__":
    app()
