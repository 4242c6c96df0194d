"""The commands of an environment: small programs that find it beside themselves, wherever it is moved."""

from configparser import ConfigParser
from pathlib import Path
from typing import Final

# What the packages have not: it needs the libraries of the extra `train`.
_TRAINING: Final = ("edge-data", "edge-extract", "edge-train", "edge-convert")
# The folder is looked up through the link `current`: a program that runs stays with its own version.
_COMMAND: Final = """#!/bin/sh
exec "$(dirname -- "$(realpath -- "$0")")/python" -sP -c \\
    'import sys; sys.argv[0] = "{command}"; from {module} import {name}; sys.exit({name}())' "$@"
"""


def write_commands(environment: Path) -> None:
    """Write the program's commands into `bin`, as the metadata of the installed wheel name them.

    Args:
        environment: With the wheel in `lib/python3.*/site-packages`.
    """
    (described,) = (environment / "lib").glob("*/site-packages/edge_expressiveness-*.dist-info/entry_points.txt")
    entries = ConfigParser()
    entries.read_string(described.read_text())
    (environment / "bin").mkdir(exist_ok=True)
    for former in (environment / "bin").glob("edge*"):
        former.unlink()
    for command, entry in entries["console_scripts"].items():
        if command not in _TRAINING:
            module, name = entry.split(":")
            place = environment / "bin" / command
            place.write_text(_COMMAND.format(command=command, module=module, name=name))
            place.chmod(0o755)
