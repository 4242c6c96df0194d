"""The parsers that are fuzzed, each with sound samples and the way in which the program reads them."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Final

import cv2
import numpy as np

from edge.config import Config
from edge.config.loading import load_config
from edge.consent.notices import newest_notice
from edge.consent.store import ConsentStore
from edge.evaluation.labelled import groups_of, labelled_images
from edge.evaluation.vote_table import read_votes
from edge.journal.deletion import delete_session, is_kept
from edge.journal.reading import JournalReader
from edge.journal.sealing.lines import open_sealed
from edge.journal.sealing.seal import Keys, Seal, new_key
from edge.run.health import read_health
from edge.run.outputs.keeping import opened_keeping
from edge.sources.pixels import decode
from edge.sources.recorded.container import read_container
from edge.vision.card import load_card, shipped_models
from tests.fakes import Recording, observe, record


@dataclass(frozen=True, slots=True)
class Target:
    """A parser: `read` is given a file of this name with damaged content, and may raise an EdgeError."""

    name: str
    file: str
    samples: Callable[[], Sequence[bytes]]
    read: Callable[[Path], object]


def _journal() -> list[bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "j"
        with opened_keeping(Config(journal=path, session="kim", jsonl=f"{folder}/lines"), "recording") as keeping:
            ticks_s = [tick / 10 for tick in range(40)]
            record("kim", Recording(ticks_s), observe, keeping, stop=Event(), window_s=1.0)
        return [path.read_bytes(), (Path(folder) / "lines").read_bytes()]


def _sealed_lines() -> list[bytes]:
    line = _journal()[1].splitlines()[0]
    with TemporaryDirectory() as folder:
        recipient = new_key(Path(folder) / "key")
        seal = Seal.to([recipient])
    values = json.loads(line)
    kept = {name: values[name] for name in ("kind", "session", "sequence", "started_at", "length_s")}
    kept |= {"started_tick_s": 1.0, "ended_tick_s": 2.0, "sealed": seal.close(line.decode())}
    return [json.dumps(kept).encode() + b"\n" + line + b"\n", seal.close("a report").encode()]


def _consents() -> list[bytes]:
    with TemporaryDirectory() as folder:
        store = ConsentStore(Path(folder) / "consent.sqlite")
        store.grant("kim", "1", "ab" * 32, 60)
        with closing(sqlite3.connect(store.path)) as connection:
            connection.execute("DROP TABLE changes")
            connection.commit()
        return [store.path.read_bytes()]


def _pictures() -> list[bytes]:
    picture = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
    encoded = (cv2.imencode(f".{kind}", picture)[1].tobytes() for kind in ("png", "jpg", "bmp", "webp", "tiff", "ppm"))
    return [*encoded]


def _video() -> list[bytes]:
    with TemporaryDirectory() as folder:
        found = []
        for kind, code in (("mp4", "mp4v"), ("mkv", "mp4v")):
            path = Path(folder) / f"clip.{kind}"
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 10, (64, 48))
            for _ in range(3):
                writer.write(np.zeros((48, 64, 3), np.uint8))
            writer.release()
            found.append(path.read_bytes())
        return found


def _zip() -> list[bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(_pictures()[:2]):
            archive.writestr(f"faces/happy/{number}.png", content)
    return [packed.getvalue()]


def _read_journal(path: Path) -> None:
    with JournalReader.open(path) as reader:
        for session in reader.sessions():
            list(reader.windows(session.id))


def _read_consents(path: Path) -> None:
    path.with_name(f"{path.name}.count").unlink(missing_ok=True)
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    store = ConsentStore(path)
    store.consents(), store.receipts(), store.find("kim")


def _read_lines(path: Path) -> None:
    is_kept("kim", None, path)
    delete_session("kim", path.with_name("no-journal"), path)


def _read_sealed(path: Path) -> None:
    key = path.with_name("key")
    if not key.exists():
        new_key(key)
    with path.open("rb") as file:
        list(open_sealed(file, Keys.of([str(key)])))


def _read_groups(path: Path) -> None:
    images = path.with_name("images") / "happy"
    images.mkdir(parents=True, exist_ok=True)
    (images / "1.png").touch()
    groups_of(path, images.parent)


def _notice(path: Path) -> object:
    return newest_notice(path.parent)


def _card() -> list[bytes]:
    return [(shipped_models() / "expressiveness.json").read_bytes()]


_TOML: Final = b"""camera = "0"
window = 5
retention_days = 30
seal_to = ["age1x"]
session = "kim"
most_turned = 0.4
"""
_VOTES: Final = b"number,neutral,happy,surprise,sad,angry,disgust,fear\n1,1,2,3,0,0,0,4\n"
_GROUPS: Final = b"image,group\nhappy/1.png,a\n"
_HEALTH: Final = json.dumps(
    {"source": "x", "started_at": "2026-03-01T12:00:00Z", "updated_at": "", "process": 1, "boot_id": None, "fps": 1.0}
).encode()
_KEY: Final = b"# created: now\nAGE-SECRET-KEY-1QQPQYQSZGQQPQYQSZGQQPQYQSZGQQPQYQSZGQQPQYQSZGQQPQYQSQYXJ6T\n"

TARGETS: Final = (
    Target("JSON lines", "lines.jsonl", lambda: _journal()[1:], _read_lines),
    Target("journal", "j.sqlite", lambda: _journal()[:1], _read_journal),
    Target("consents", "consent.sqlite", _consents, _read_consents),
    Target("sealed lines and reports", "lines.age", _sealed_lines, _read_sealed),
    Target("keys", "key", lambda: [_KEY], lambda path: Keys.of([str(path)])),
    Target("settings", "edge.toml", lambda: [_TOML], lambda path: load_config(path, {}, {})),
    Target("cards of networks", "expressiveness.json", _card, load_card),
    Target("notices", "2.txt", lambda: [b"BEFORE YOU BEGIN\n\nThis computer ..."], _notice),
    Target("pictures", "picture", _pictures, lambda path: decode("picture", path.read_bytes())),
    Target("containers of videos", "clip.mp4", _video, read_container),
    Target("zips of pictures", "faces.zip", _zip, lambda path: list(labelled_images(path))),
    Target("tables of votes", "labels.csv", lambda: [_VOTES], read_votes),
    Target("tables of groups", "groups.csv", lambda: [_GROUPS], _read_groups),
    Target("health of a service", "j.health.json", lambda: [_HEALTH], read_health),
)
