"""`edge-service`: make `edge-run` a service of this machine, remove it, show its state."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App

app = App(no_args_is_help=True)

Root = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Only write or remove files, below this folder: for those who build images."),
]


@app.callback()
def service() -> None:
    """Watch cameras from start to shutdown, as services of systemd.

    Exit codes: 0 done, 2 usage, 3 a service does not run (status), 69 no systemd, 74 cannot write, 77 not root,
    78 something is in the way.
    """


@app.command()
def install(
    camera: Annotated[
        list[str] | None,
        typer.Option(
            metavar="0|pi|NAME",
            help="Watch this camera, from boot on; can be given several times.  [default: each USB camera, from when "
            "it is plugged in]",
        ),
    ] = None,
    root: Root = None,
    commands: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of edge-run in the image.  [default: this environment's]")
    ] = None,
) -> None:
    """Write units, rules and settings, and start them. Doing it again brings them up to date."""
    from edge.systemd import manager
    from edge.systemd.install import install, installed_commands, instance_name

    cameras = [instance_name(each) for each in camera or []]
    here = root is None
    root = Path("/") if root is None else root.absolute()
    commands = commands or installed_commands()
    if here:
        manager.refuse_without_root()
        manager.refuse_without_systemd()
        manager.refuse_hidden(commands)
    for line in install(root, commands, cameras):
        print(line)
    if not here:
        return
    manager.make_user()
    manager.start(cameras)
    watched = ", ".join(cameras) or "each USB camera that is plugged in"
    print(f"Watching {watched}. Settings: /etc/edge/edge.toml. How it goes: edge-service status.")


@app.command()
def uninstall(
    purge_data: Annotated[
        bool, typer.Option("--purge-data", help="Delete the kept summaries too, for good. Without it they stay.")
    ] = False,
    root: Root = None,
) -> None:
    """Stop the services and remove exactly what install wrote. Summaries and changed settings stay."""
    from edge.systemd import manager
    from edge.systemd.install import STATE, read_record, remove_kept, uninstall

    here = root is None
    root = Path("/") if root is None else root.absolute()
    if here:
        manager.refuse_without_root()
        manager.refuse_without_systemd()
    present = read_record(root) is not None
    if not present:
        print("Nothing is installed.")
    if here and present:
        manager.stop()
    for line in uninstall(root):
        print(line)
    if here and present:
        manager.forget()
    for line in remove_kept(root, summaries=purge_data):
        print(line)
    if here and not (root / STATE).exists() and manager.remove_user():
        print("Removed the user edge.")


@app.command()
def status(root: Root = None) -> None:
    """Show what is installed and the state of each camera's service; exit 3 where one does not run."""
    from edge.systemd import manager
    from edge.systemd.install import read_record

    record = read_record(Path("/") if root is None else root.absolute())
    if record is None:
        print("Nothing is installed.")
        raise typer.Exit(3)
    if root is not None:
        print(f"Installed; starts {', '.join(record.cameras) or 'each USB camera that is plugged in'}.")
        return
    manager.refuse_without_systemd()
    found = {each.camera: each for each in manager.instances()}
    for each in found.values():
        why = f"Last error: {each.error}" if each.error else each.status
        print(f"edge-run@{each.camera}: {each.state}, {each.restarts} restarts. {why}".rstrip())
    idle = [name for name in record.cameras if name not in found]
    for name in idle:
        print(f"edge-run@{name}: not started")
    if not (found or idle):
        print("Installed; no camera has been plugged in.")
    if idle or not all(each.works for each in found.values()):
        raise typer.Exit(3)


if __name__ == "__main__":
    app()
