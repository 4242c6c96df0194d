"""Dates and counts of frames in the heads of containers, also of damaged ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.sources.recorded.container import Container, read_container

from .conftest import write_video

AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return (len(content) + 8).to_bytes(4) + kind + content


def movie(created: int, *, version: int = 0, shown: int = 1000) -> bytes:
    """Ten seconds of 100 frames, of which an edit list shows `shown` hundredths of a second; sound comes first."""
    wide = 8 if version else 4
    times = bytes([version, 0, 0, 0]) + created.to_bytes(wide) + bytes(wide)
    header = box(b"mvhd", times, (100).to_bytes(4), (1000).to_bytes(wide))
    media = box(b"mdhd", bytes(12), (25).to_bytes(4), (250).to_bytes(4))
    edits = [(500, -1), (shown, 0)]
    entries = b"".join(length.to_bytes(4) + at.to_bytes(4, signed=True) + bytes(4) for length, at in edits)
    edit_list = box(b"edts", box(b"elst", bytes(4), len(edits).to_bytes(4), entries))
    samples = box(b"minf", box(b"stbl", box(b"stsz", bytes(8), (100).to_bytes(4))))
    sound = box(b"trak", box(b"mdia", media, box(b"hdlr", bytes(8), b"soun"), samples))
    video = box(b"trak", edit_list, box(b"mdia", media, box(b"hdlr", bytes(8), b"vide"), samples))
    return box(b"ftyp", b"isom") + box(b"mdat", bytes(5000)) + box(b"moov", header, sound, video)


def element(kind: int, content: bytes, size: int | None = None) -> bytes:
    length = len(content) if size is None else size
    return kind.to_bytes((kind.bit_length() + 7) // 8) + (2**56 + length).to_bytes(8) + content


def matroska(since_2001: timedelta, before: bytes = b"") -> bytes:
    date = element(0x4461, (since_2001 // timedelta(microseconds=1) * 1000).to_bytes(8, signed=True))
    info = element(0x1549A966, element(0x2AD7B1, (10**6).to_bytes(3)) + date)
    return element(0x1A45DFA3, b"webm") + element(0x18538067, before + info, size=2**56 - 1)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (movie(2_082_844_800 + 1_700_000_000), Container(AT, counted=True)),
        (movie(2_082_844_800 + 1_700_000_000, version=1), Container(AT, counted=True)),
        (movie(1_700_000_000), Container(AT, counted=True)),  # counted from 1970, as some programs do
        (movie(0), Container(None, counted=True)),
        (movie(0, shown=750), Container(None, counted=True, shown=0.75)),
        (movie(0, shown=4000), Container(None, counted=True)),
        (matroska(AT - datetime(2001, 1, 1, tzinfo=UTC)), Container(AT)),
        (matroska(AT - datetime(2001, 1, 1, tzinfo=UTC), element(0xEC, bytes(300))), Container(AT)),
        (matroska(AT - datetime(2001, 1, 1, tzinfo=UTC), element(0x1F43B675, bytes(300))), Container()),
        (b"RIFF\0\0\0\0AVI LIST", Container(counted=True)),
        (b"", Container()),
        (b"GIF89a and so on", Container()),
    ],
)
def test_what_a_container_says(tmp_path: Path, content: bytes, found: Container) -> None:
    path = tmp_path / "clip"
    path.write_bytes(content)
    assert read_container(path) == found


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_damage_is_no_error_and_takes_no_time(tmp_path: Path, suffix: str) -> None:
    path, rng = write_video(tmp_path / f"clip.{suffix}", 3), np.random.default_rng(0)
    sound = np.frombuffer(path.read_bytes(), np.uint8)
    for whole in (sound, np.frombuffer(movie(7), np.uint8), np.frombuffer(matroska(timedelta(days=1)), np.uint8)):
        for _ in range(100):
            damaged = whole.copy()
            places = rng.integers(0, len(damaged), 1 + len(damaged) // 100)
            damaged[places] = rng.choice([0, 1, 255, rng.integers(256)], len(places))
            path.write_bytes(damaged[: rng.integers(1, len(damaged))].tobytes())
            assert 0 <= read_container(path).shown <= 1
