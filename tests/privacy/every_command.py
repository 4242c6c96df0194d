"""Runs every command of the runtime in this process, unconfined: `python every_command.py FOLDER`.

What a command would send where no filter can be set is seen so, and libraries are loaded once for all of them. The
names of those that ran stand in FOLDER/ran.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import cv2
from typer.testing import CliRunner

import edge.checks.privacy
import edge.program
import edge.run.confine
from edge.sources.recorded.demo import picture

DEMO = ("--source", "demo:fast", "--quiet", "--session")


def commands(folder: Path) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Each command with its words; a later one uses what an earlier one left.

    All but edge-screen and edge-practice, which serve a page; tests/screen looks at what they listen on.
    """
    key, faces = folder / "key", folder / "faces"
    (faces / "happy").mkdir(parents=True)
    cv2.imwrite(str(faces / "happy" / "face.png"), picture(170)[..., ::-1])
    yield "edge-keys", ("new", key)
    recipient = next(line.split()[-1] for line in key.read_text().splitlines() if "public key" in line)
    yield "edge-run", (*DEMO, "kim", "--duration", 2, "--window", 1, "--jsonl", folder / "lines")
    yield "edge-run", (*DEMO, "ann", "--duration", 1, "--seal-to", recipient)
    yield "edge-report", ("--windows", "--format", "html", "-o", folder / "page.html")
    yield "edge-report", ("--format", "csv", "--key", key)
    film = cv2.VideoWriter(str(folder / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (640, 480))
    for index in range(5):
        film.write(picture(index)[..., ::-1])
    film.release()
    yield "edge-analyze", (folder / "clip.avi", "--out", folder / "study", "--jobs", 1)
    yield "edge-fleet", (folder / "study", "--days", 0)
    yield "edge-journal", ("copy", folder / "study" / "journal.sqlite", folder / "copied.sqlite")
    yield "edge-mark", ("Q2",)  # no session runs
    yield "edge-eval", (faces, "--faces", "detect")
    yield "edge-bench", ("--source", faces / "happy" / "face.png", "--frames", 20)
    yield "edge-consent", ("grant", "bob", "--notice-version", "1")
    yield "edge-consent", ("withdraw", "bob")
    yield "edge-purge", ("--session", "kim")
    yield "edge-config", ("show",)
    yield "edge-service", ("rollback", "--root", folder)  # there is no former version
    yield "edge-models", ()
    yield "edge-doctor", ()
    yield "edge-doctor", ("--privacy",)
    yield "edge", ("report",)


def main() -> None:
    """Run them all."""
    folder = Path(sys.argv[1])
    edge.program.confine = edge.run.confine.confine = lambda source=None, **_: None  # type: ignore[attr-defined]
    # These try what is refused, in processes of their own.
    edge.checks.privacy.open_networks = edge.checks.privacy.rights_left = lambda: ()  # type: ignore[attr-defined]
    for name, words in commands(folder):
        (script,) = entry_points(group="console_scripts", name=name)
        module = import_module(script.module.removesuffix("_main"))  # the whole command behind one that starts faster
        result = CliRunner().invoke(module.app, [str(word) for word in words])
        if result.exit_code != (66 if name in ("edge-mark", "edge-service") else 0):
            sys.exit(f"{name}: {result.output} {result.exception!r}")
        with open(folder / "ran", "a") as ran:
            print(name, file=ran)


if __name__ == "__main__":
    main()
