"""`edge`: every installed command under one name, as `edge run` for `edge-run`."""

import ast
import sys
from importlib import import_module
from importlib.metadata import EntryPoint, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import typer

from edge.cli.common.app import App, Group

_PREFIX: Final = "edge-"
_COMMANDS: Final = {
    each.name.removeprefix(_PREFIX): each
    for each in sorted(distribution("edge-expressiveness").entry_points, key=lambda each: each.name)
    if each.group == "console_scripts" and each.name.startswith(_PREFIX)
}


class _Commands(Group):
    """The commands; for shell completion a command's own options are loaded, which nothing else needs."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if ctx.resilient_parsing and name in _COMMANDS:
            # edge-consent's entry point comes before its commands, to note a withdrawal without loading them.
            module = import_module(_COMMANDS[name].module.removesuffix("_main"))
            command = typer.main.get_command(module.app)
        return name, command, rest


app = App(cls=_Commands, no_args_is_help=True)


@app.callback()
def edge() -> None:
    """Read how expressive a face is, on this machine, and keep only summaries."""


def _add(name: str, command: EntryPoint) -> None:
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


for _name, _entry in _COMMANDS.items():
    _add(_name, _entry)
