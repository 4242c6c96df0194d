"""What a container says and FFmpeg does not pass on: its date, how many of its frames are shown, how many videos."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

_MOST_ELEMENTS: Final = 10_000  # a file with more of them before the answer is damaged
_MOST_BYTES: Final = 2**16  # of an element that is read
_FROM_1904_S: Final = 2_082_844_800  # to 1970
_FROM_2001: Final = datetime(2001, 1, 1, tzinfo=UTC)

_LONG: Final = 0.1  # share of the first video's frames; a further one with less is a preview of it

_INSIDE: Final = (b"moov", b"trak", b"mdia", b"edts")
_READ: Final = (b"mvhd", b"mdhd", b"hdlr", b"elst", b"stsz", b"stz2")
_EBML: Final = 0x1A45DFA3
_SEGMENT: Final = 0x18538067
_INFO: Final = 0x1549A966
_CLUSTER: Final = 0x1F43B675
_DATE: Final = 0x4461
_TRACKS: Final = 0x1654AE6B
_TRACK: Final = 0xAE
_TRACK_TYPE: Final = 0x83
_VIDEO: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class Container:
    """What is known of a container; nothing of an unknown format."""

    created_at: datetime | None = None  # UTC
    counted: bool = False  # whether it says how many frames it holds; others give a length and a rate
    shown: float = 1.0  # share of its frames that is shown: an edit list leaves out the others
    videos: int = 1  # how many it holds, without pictures of its cover; of MP4, QuickTime, Matroska and WebM


def read_container(path: Path) -> Container:
    """Read the head of an MP4 or QuickTime file (ISO/IEC 14496-12), a Matroska or WebM file (RFC 9559), or an AVI file.

    Args:
        path: A video file; one that is damaged or of another format is no error.
    """
    try:
        with path.open("rb") as file:
            head = file.read(12)
            if int.from_bytes(head[:4]) == _EBML:
                return _matroska(file)
            if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
                return Container(counted=True)
            if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
                return _movie(file)
    except (OSError, ValueError, IndexError, OverflowError, struct.error):  # damage
        pass
    return Container()


@dataclass(slots=True)
class _Track:
    """The figures of one track."""

    kind: bytes = b""
    samples: int = 0
    length_s: float = 0.0
    shown: float | None = None  # in the movie's units; None: all of it


def _movie(file: BinaryIO) -> Container:
    found, scale, tracks = Container(), 0, list[_Track]()
    file.seek(0, 2)
    for kind, data in _boxes(file, 0, file.tell(), [_MOST_ELEMENTS]):
        if kind == b"mvhd":
            created, scale, _ = _times(data)
            found = replace(found, created_at=_since_1904(created))
        elif kind == b"trak":
            tracks.append(_Track())
        elif tracks:
            _note(tracks[-1], kind, data)
    videos = [track for track in tracks if track.kind == b"vide"]
    if not videos:
        return found
    track, shown = videos[0], 1.0
    if track.shown is not None and scale and track.length_s:
        shown = min(track.shown / scale / track.length_s, 1.0)
    others = sum(one.samples >= _LONG * track.samples for one in videos[1:])
    return replace(found, counted=track.samples > 0, shown=shown, videos=1 + others)


def _boxes(file: BinaryIO, at: int, end: int, left: list[int]) -> Iterator[tuple[bytes, bytes]]:
    """Yield boxes in their order, and those in them; with the content of those in _READ."""
    while at + 8 <= end and left[0] > 0:
        left[0] -= 1
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        begin = at + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            begin += 8
        size = size or end - at  # 0: to the end
        if size < begin - at:
            return
        if kind in _READ:
            yield kind, file.read(min(size - (begin - at), _MOST_BYTES))
        elif kind in _INSIDE or kind in (b"minf", b"stbl"):
            yield kind, b""
            yield from _boxes(file, begin, min(at + size, end), left)
        at += size


def _note(track: _Track, kind: bytes, data: bytes) -> None:
    if kind == b"mdhd":
        _, scale, length = _times(data)
        track.length_s = length / scale if scale else 0.0
    elif kind == b"hdlr" and not track.kind:
        track.kind = data[8:12]
    elif kind in (b"stsz", b"stz2"):
        (track.samples,) = struct.unpack_from(">I", data, 8)
    elif kind == b"elst":
        (count,), entry = struct.unpack_from(">I", data, 4), ">Qq" if data[0] else ">Ii"
        edits = (struct.unpack_from(entry, data, 8 + number * (20 if data[0] else 12)) for number in range(count))
        track.shown = float(sum(length for length, begins in edits if begins >= 0))  # -1: nothing is shown


def _times(data: bytes) -> tuple[int, int, int]:
    """Creation, units a second and length of an mvhd or mdhd box."""
    created, _, scale, length = struct.unpack_from(">QQIQ" if data[0] else ">IIII", data, 4)
    return created, scale, length


def _since_1904(time_s: int) -> datetime | None:
    """The date; None for 0. Some programs count from 1970."""
    since_1970_s = time_s - _FROM_1904_S if time_s >= _FROM_1904_S else time_s
    return datetime.fromtimestamp(since_1970_s, UTC) if since_1970_s else None


def _matroska(file: BinaryIO) -> Container:
    at, found, videos = 0, Container(), 0
    for _ in range(_MOST_ELEMENTS):
        file.seek(at)
        kind, size = _number(file, marked=True), _number(file, marked=False)
        if kind is None or size is None or kind == _CLUSTER:
            break
        at = file.tell() + (0 if kind in (_SEGMENT, _INFO, _TRACKS, _TRACK) else size)
        if kind == _DATE and size == 8:
            (since_2001_ns,) = struct.unpack(">q", file.read(8))
            found = replace(found, created_at=_FROM_2001 + timedelta(microseconds=since_2001_ns / 1000))
        videos += kind == _TRACK_TYPE and file.read(1) == _VIDEO
    return replace(found, videos=max(videos, 1))


def _number(file: BinaryIO, *, marked: bool) -> int | None:
    """A number of EBML (RFC 8794), with its length marker or without it; None at the end."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    rest = file.read(more)
    number = int.from_bytes(first + rest)
    return None if len(rest) < more else number if marked else number - (1 << 7 * (more + 1))
