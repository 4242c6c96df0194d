"""`edge`: every installed command under one name, as `edge run` for `edge-run`."""

import ast
import sys
from importlib.metadata import EntryPoint, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import typer

from edge.cli.common.app import App

_PREFIX: Final = "edge-"

app = App(no_args_is_help=True, add_completion=True)


@app.callback()
def edge() -> None:
    """Read how expressive a face is, on this machine, and keep only summaries."""


def _add(command: EntryPoint) -> None:
    name = command.name.removeprefix(_PREFIX)

    # What follows the name is the command's own, --help included; its module is imported only when it is called.
    @app.command(
        name,
        help=_description(command.module),
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    )
    def run(context: typer.Context) -> None:
        sys.argv = [f"edge {name}", *context.args]
        command.load()()


def _description(module: str) -> str:
    """What a command does, from the first line of its module, which is not imported for it."""
    found = find_spec(module)
    if found is None or found.origin is None:
        return ""
    line = (ast.get_docstring(ast.parse(Path(found.origin).read_text("utf-8"))) or "").partition("\n")[0]
    text = line.partition(": ")[2] or line
    return text[:1].upper() + text[1:]


for _command in sorted(distribution("edge-expressiveness").entry_points, key=lambda each: each.name):
    if _command.group == "console_scripts" and _command.name.startswith(_PREFIX):
        _add(_command)
