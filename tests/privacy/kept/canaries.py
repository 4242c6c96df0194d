"""Pictures whose bytes are known, and the search for these bytes and for pictures of any kind in what was kept."""

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import largest
from edge.core.face.preprocess import face_crop, real_input, stored_input
from edge.run.assemble import Models
from edge.sources.choose import recorded_source
from edge.sources.recorded.demo import picture

_SHOWN: Final = 8  # different pictures
_LONG_BYTES: Final = 24  # of a row: far too many to be there by chance

# Each begins with bytes that are always the same: so a disk is searched in a second.
SIGNATURES: Final = {
    "JPEG": (rb"\xff\xd8\xff(?:\xe0.{2}JFIF|\xe1.{2}Exif|\xdb\x00[\x43\x84]|\xfe\x00.[ -~]{4})",),
    "PNG": (rb"\x89PNG\r\n\x1a\n", rb"IHDR.{8}[\x01-\x10]"),
    "GIF": (rb"GIF8[79]a",),
    "WebP, AVI or WAV": (rb"RIFF.{4}(?:WEBP|AVI |WAVE)",),
    "BMP": (rb"BM.{4}\x00{4}.{4}[\x28\x6c\x7c]\x00{3}",),
    "TIFF": (rb"II\*\x00.{3}\x00", rb"MM\x00\*\x00"),
    "MP4, MOV, HEIC or AVIF": (rb"ftyp(?:isom|iso[2-9]|mp4[12]|avc1|M4V |qt  |heic|mif1|avif)",),
    "Matroska or WebM": (rb"\x1aE\xdf\xa3.{1,40}\x42\x82",),
    "JPEG 2000": (rb"\x0cjP  \r\n\x87\n", rb"\xff\x4f\xff\x51"),
    "PNM": (rb"P5\n\d{1,5}[ \n]\d{1,5}\n", rb"P6\n\d{1,5}[ \n]\d{1,5}\n"),
    "Y4M": (rb"YUV4MPEG2 ",),
    "NumPy": (rb"\x93NUMPY",),
    "zip": (rb"PK\x03\x04",),
}


def record(folder: Path, count: int = 30) -> Path:
    """A folder of `count` lossless pictures of a face, each with noise of its own that no other machine has drawn."""
    folder.mkdir()
    for index in range(count):
        file = folder / f"{index:04}.png"
        if index < _SHOWN:
            noise = np.random.default_rng(index).integers(0, 16, (480, 640, 3), np.uint8)
            cv2.imwrite(str(file), cv2.add(picture(30 + index), noise)[..., ::-1])
        else:
            file.symlink_to(f"{index % _SHOWN:04}.png")
    return folder


def film(folder: Path, pictures: Path) -> Path:
    """The same pictures as a video."""
    path = folder / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (640, 480))
    for file in sorted(pictures.iterdir()):
        writer.write(np.asarray(cv2.imread(str(file))))
    writer.release()
    return path


def canaries(recording: Path, models: Models) -> set[bytes]:
    """Bytes that betray the pictures of a recording as the program decodes them, its face crops and network inputs.

    Rows of each, as they lie in memory, in either order of colours, and as text: hexadecimal, base64, numbers.
    """
    found: set[bytes] = set()
    with recorded_source(str(recording)).open(Event()) as frames:
        for _, frame in zip(range(_SHOWN), frames, strict=False):
            found.update(form for row in _rows(frame.rgb, models) for form in forms(row))
    return found


def _rows(rgb: NDArray[np.uint8], models: Models) -> Iterator[NDArray[np.uint8]]:
    face = largest(models.find_faces(rgb))
    assert face is not None
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    for y in (40, 200, 280, 440):
        for x in (8, 300):
            yield from (rgb[y, x : x + 8].ravel(), rgb[y, x : x + 8, ::-1].ravel(), grey[y, x : x + _LONG_BYTES])
            yield from (rgb[y, x : x + _LONG_BYTES, channel] for channel in range(3))
    crop = face_crop(rgb, face)
    cards = [network.card for network in (models.read_face.emotion, models.read_face.expressiveness) if network]
    for card in cards:
        given, spec = stored_input(crop, card.input.spec, card.input.quantization), card.input.spec
        middle = spec.size_px // 2
        yield from (given[middle, 4 : 4 + _LONG_BYTES, 0].view(np.uint8), given[middle + 8, 4:28, 0].view(np.uint8))
        yield np.ascontiguousarray(real_input(crop, spec)[middle, 4:10, 0]).view(np.uint8)
    yield from (crop[y, 12 : 12 + _LONG_BYTES] for y in range(6, 46, 8))


def forms(row: NDArray[np.uint8]) -> Iterator[bytes]:
    """A row of at least 24 bytes as it lies in memory, and as text: hexadecimal, base64, numbers."""
    raw = np.ascontiguousarray(row).tobytes()
    assert len(raw) >= _LONG_BYTES
    yield from (raw, raw.hex().encode(), raw.hex().upper().encode())
    yield from (base64.b64encode(raw[skip:])[: (len(raw) - skip) // 3 * 4] for skip in range(3))
    yield from (between.join(map(str, raw)).encode() for between in (",", ", ", " "))


def pictures_in(content: bytes, wanted: Iterable[bytes]) -> set[str]:
    """What betrays a picture in some bytes: "canary", and the formats whose signature stands there.

    A picture in a format without losses is unpacked and searched for canaries too.
    """
    wanted, found = {*wanted}, set[str]()
    for kind, match in _signatures(content):
        found.add(kind)
        unpacked = cv2.imdecode(np.frombuffer(content, np.uint8, offset=match.start()), cv2.IMREAD_UNCHANGED)
        if unpacked is not None and _holds(unpacked.tobytes(), wanted):
            found.add("canary")
    return found | ({"canary"} if _holds(content, wanted) else set())


def _signatures(content: bytes) -> Iterator[tuple[str, re.Match[bytes]]]:
    for kind, patterns in SIGNATURES.items():
        for pattern in patterns:
            yield from ((kind, match) for match in re.finditer(pattern, content, re.DOTALL))


def pictures_below(folder: Path, wanted: Iterable[bytes]) -> dict[str, set[str]]:
    """The files below a folder that hold a picture, each with what betrays it. There must be a file at all."""
    wanted = {*wanted}
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert files, f"there is no file below {folder}"
    found = {str(path.relative_to(folder)): pictures_in(path.read_bytes(), wanted) for path in files}
    return {name: kinds for name, kinds in found.items() if kinds}


def _holds(content: bytes, wanted: set[bytes]) -> bool:
    """Whether any of some byte strings is in a content that may be as large as a disk.

    Their first eight bytes are looked for at every place, as numbers: first by two of the bytes, then by all.
    """
    heads = np.array(sorted({int.from_bytes(each[:8], "little") for each in wanted}), np.uint64)
    likely = np.zeros(2**16, bool)
    likely[heads & np.uint64(0xFFFF)] = True
    by_head: dict[bytes, list[bytes]] = {}
    for each in wanted:
        by_head.setdefault(each[:8], []).append(each)
    for shift in range(min(8, max(len(content) - 7, 0))):
        words = np.frombuffer(content, "<u8", (len(content) - shift) // 8, shift)
        places = np.flatnonzero(likely[words & np.uint64(0xFFFF)])
        for place in places[np.isin(words[places], heads)]:
            at = int(place) * 8 + shift
            if any(content.startswith(each, at) for each in by_head[content[at : at + 8]]):
                return True
    return False
