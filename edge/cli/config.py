"""`edge-config`: write a file of settings, check one, or show which settings are in force and why."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.common.app import App
from edge.cli.common.formats import TextOrJson
from edge.cli.common.options import settings_options

app = App(no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="[FILE]", help="A TOML file of settings.")]
_USUAL = Path("edge.toml")


@app.callback()
def config() -> None:
    """Settings of edge-run. A flag wins over an EDGE_ variable, that over a TOML file, the file over the default.

    Exit codes: 0 done, 2 usage, 74 cannot write, 78 a setting cannot be used.
    """


@app.command()
def init(file: File = _USUAL) -> None:
    """Write a new file with every setting, its meaning and its default, as comments."""
    from edge.cli.common.settings_text import template
    from edge.core.errors import CannotWrite
    from edge.host.files.private_files import cannot_write

    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(template())
    except FileExistsError as error:
        raise CannotWrite(f"{file} is there already.", fix="Name a new file; nothing is replaced.") from error
    except OSError as error:
        raise cannot_write(file, error) from error
    print(f"Wrote {file}. edge-run --config {file} reads it.")


@app.command()
def check(file: File = _USUAL) -> None:
    """Name every problem in a file of settings and in the environment, each with its line; exit 78 if there is one.

    Beside edge.toml every edge@CAMERA.toml is checked over it. So before a restart:
    edge-config check /etc/edge/edge.toml && systemctl restart 'edge-run@*'
    """
    from edge.config.loading import layers, misspelt_variables, problems, read_file

    base, *others = layers(file, {}, os.environ)
    cameras = [read_file(each) for each in sorted(file.parent.glob(f"{file.stem}@*{file.suffix}"))]
    found = dict.fromkeys(
        str(each) for camera in ([], *([one] for one in cameras)) for each in problems([base, *camera, *others])
    )
    found |= dict.fromkeys(map(str, misspelt_variables(os.environ)))
    for problem in found:
        typer.echo(f"Error: {problem}", err=True)
    if found:
        raise typer.Exit(78)
    for layer in (base, *cameras):
        print(f"{layer.at}: {len(layer.values)} settings, all of them usable.")


@app.command()
@settings_options()
def show(
    flags: dict[str, Any],
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file with any of these settings.")] = None,
    format: Annotated[TextOrJson, typer.Option("--format", help="TOML with comments, or JSON.")] = TextOrJson.TEXT,
) -> None:
    """Show the value of every setting and where it comes from, for a run with these flags."""
    from edge.cli.common.settings_text import as_toml, in_force
    from edge.config.loading import effective, layers

    rows = list(in_force(effective(layers(config, flags, os.environ))))
    if format is TextOrJson.JSON:
        found = {name: {"value": value, "origin": origin, "place": at} for name, value, origin, at in rows}
        print(json.dumps(found, indent=2))
        return
    lines = [
        (f"# {name}" if value is None else f"{name} = {as_toml(value)}", "not set" if value is None else at)
        for name, value, _, at in rows
    ]
    width = min(max(len(line) for line, _ in lines), 50)
    print("\n".join(f"{line:{width}}  # {at}" for line, at in lines))


if __name__ == "__main__":
    app()
