"""`edge-service`: the state of a booth's services, another version of the program, and the way back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.common.app import App

if TYPE_CHECKING:
    from edge.systemd.versions import Versions

app = App(no_args_is_help=True)

Root = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Only change files, below this folder: for those who build images."),
]


@app.callback()
def service() -> None:
    """Services of systemd that the Debian package installs: their state, and the version of their program.

    Exit codes: 0 done, 2 usage, 3 a service does not run (status), 66 no such version, 69 no systemd, or the
    new version does not run here, 74 cannot write, 77 not root, 78 a wheel that does not fit.
    """


@app.command()
def status() -> None:
    """Show the version and the state of each camera's service; exit 3 where one does not run."""
    from edge.systemd import manager
    from edge.systemd.versions import Versions

    versions = Versions()
    manager.refuse_without_systemd()
    if versions.current is not None:
        former = versions.former
        print(f"Version {versions.current.name}" + (f"; before it {former.name}." if former else "."))
    found = {each.camera: each for each in manager.instances()}
    for each in found.values():
        why = f"Last error: {each.error}" if each.error else each.status
        print(f"edge-run@{each.camera}: {each.state}, {each.restarts} restarts. {why}".rstrip())
    idle = [name for name in manager.enabled() if name not in found]
    for name in idle:
        print(f"edge-run@{name}: not started")
    if not (found or idle):
        print("No camera is watched: systemctl enable --now --no-block edge-run@0 begins with /dev/video0.")
    if idle or not all(each.works for each in found.values()):
        raise typer.Exit(3)


@app.command()
def update(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Debian package, or a wheel for the same libraries.")],
    root: Root = None,
) -> None:
    """Bring in another version. It is tried first; an update that fails or is killed leaves the former one running."""
    from edge.systemd.update import adopt_wheel, install_package

    if file.suffix == ".deb" and root is None:
        _refuse_others()
        install_package(file)  # which adopts the version
        return
    versions = _versions(root)
    if root is None:
        _refuse_others()
    _adopted(adopt_wheel(versions, file), root)


@app.command()
def rollback(root: Root = None) -> None:
    """Let the version before the last update run again, with the settings as they are.

    A journal that the newer version migrated cannot be read by the older one, whose service then ends with 78 and names
    the copy that was made before.
    """
    versions = _versions(root)
    if root is None:
        _refuse_others()
    version = versions.back()
    _restart(root)
    print(f"Version {version.name} runs again.")


@app.command(hidden=True)
def adopt(name: Annotated[str, typer.Argument(metavar="VERSION")], root: Root = None) -> None:
    """Let the environment of this command run as a version of its own: what the package's script calls."""
    import sys

    from edge.systemd.update import adopt

    _adopted(adopt(_versions(root), Path(sys.prefix), name), root)


def _versions(root: Path | None) -> "Versions":
    from edge.systemd.versions import PROGRAM, Versions

    return Versions() if root is None else Versions(root / PROGRAM.relative_to("/"))


def _refuse_others() -> None:
    from edge.systemd import manager

    manager.refuse_without_root()


def _adopted(version: Path, root: Path | None) -> None:
    from edge.systemd.advice import SETTINGS, less_careful

    _restart(root)
    undo = "" if _versions(root).former is None else " edge-service rollback undoes that."
    print(f"Version {version.name} runs from now on.{undo}")
    for sentence in less_careful(SETTINGS if root is None else root / SETTINGS.relative_to("/")):
        print(sentence)


def _restart(root: Path | None) -> None:
    from edge.systemd import manager

    if root is None and manager.systemd_runs():
        manager.restart()


if __name__ == "__main__":
    app()
