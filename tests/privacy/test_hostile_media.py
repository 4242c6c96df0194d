"""Media made to hurt: a clear error or a correct reading, in bounded memory and time, and never a signal."""

import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge import EdgeError, Reading, Unreadable, Watcher
from edge.core.labels import Level
from edge.evaluation.labelled import labelled_images
from edge.sources.pixels import decode

from .conftest import Run

_HERE = Path(__file__).parent
_MOST_MIB = 600  # seven times what the decoders, the detector and the networks take for a picture of 640x480


@pytest.fixture(scope="module")
def watcher() -> Iterator[Watcher]:
    with Watcher(sure_from=0.0) as opened:
        yield opened


def png(width: int, height: int, pixels: bytes = b"", before: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A PNG of 8-bit RGB that claims a size, whatever it holds; `before` its pixels come further chunks."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), *before, (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def read(watcher: Watcher, path: Path) -> Reading | Unreadable:
    (seen,) = watcher.observations(str(path))
    return seen.reading or Unreadable(str(seen.unreadable))


class TestKindsOfPixel:
    def test_deep_opaque_and_upside_down_pictures_read_like_the_plain_one(
        self, watcher: Watcher, demo_face: NDArray[np.uint8], tmp_path: Path
    ) -> None:
        bgr = demo_face[..., ::-1]
        tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"  # orientation 3: turned by half
        exif = b"Exif\0\0" + tiff
        turned = cv2.imencode(".jpg", np.ascontiguousarray(bgr[::-1, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 100])[
            1
        ].tobytes()
        (tmp_path / "turned.jpg").write_bytes(
            turned[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + turned[2:]
        )
        cv2.imwrite(str(tmp_path / "deep.png"), bgr.astype(np.uint16) * 257)
        cv2.imwrite(str(tmp_path / "opaque.png"), np.dstack([bgr, np.full(bgr.shape[:2], 255, np.uint8)]))
        plain = watcher.read(demo_face)
        assert isinstance(plain, Reading)
        assert read(watcher, tmp_path / "deep.png") == read(watcher, tmp_path / "opaque.png") == plain
        from_jpeg = read(watcher, tmp_path / "turned.jpg")
        assert isinstance(from_jpeg, Reading)
        assert from_jpeg.emotion == plain.emotion
        assert from_jpeg.score == pytest.approx(plain.score, abs=0.3)

    def test_grey_and_not_turned_faces_show_the_same_and_what_is_clear_shows_no_face(
        self, watcher: Watcher, demo_face: NDArray[np.uint8], tmp_path: Path
    ) -> None:
        cv2.imwrite(str(tmp_path / "grey.png"), cv2.cvtColor(demo_face, cv2.COLOR_RGB2GRAY))
        cv2.imwrite(str(tmp_path / "down.png"), demo_face[::-1, :, ::-1])
        cv2.imwrite(str(tmp_path / "clear.png"), np.dstack([demo_face, np.zeros(demo_face.shape[:2], np.uint8)]))
        plain = watcher.read(demo_face)
        assert isinstance(plain, Reading)
        for name in ("grey", "down"):  # the eyes show which way is up
            seen = read(watcher, tmp_path / f"{name}.png")
            assert isinstance(seen, Reading)
            assert seen.emotion == plain.emotion
            assert seen.level is not Level.EXPRESSIVE  # neutral, and near the threshold between the other two
        assert read(watcher, tmp_path / "clear.png") is Unreadable.NO_FACE

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros((48, 48), np.uint8),
            np.zeros((48, 48, 4), np.uint8),
            np.zeros((48, 48, 3), np.float32),
            np.zeros((0, 48, 3), np.uint8),
            np.zeros((2, 40_000, 3), np.uint8),
            [[0]],
        ],
        ids=["grey", "alpha", "float", "empty", "too wide", "a list"],
    )
    def test_an_array_that_is_no_picture_is_refused(self, watcher: Watcher, array: NDArray[np.uint8]) -> None:
        with pytest.raises(EdgeError, match="picture"):
            watcher.read(array)


class TestSizes:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (png(60_000, 60_000, bytes(1_000_000)), "more than 50 megapixels"),
            (png(2**31 - 1, 2**31 - 1), "no picture that can be decoded"),
            (png(0, 0), "no picture that can be decoded"),
            (png(1, 32_767, bytes(4 * 32_767)), "1x32767 pixels; a side has 32,766 at most"),
            (png(60_000, 700, bytes(700 * 180_001)), "60000x700 pixels"),
        ],
        ids=["a bomb", "the largest", "none", "a line", "a strip"],
    )
    def test_a_size_that_cannot_be_is_refused(self, run: Run, home: Path, content: bytes, reason: str) -> None:
        (home / "picture.png").write_bytes(content)
        ended = run("edge-run", "--source", "picture.png", "--quiet")
        assert ended.returncode == 66, ended.stderr
        assert reason in ended.stderr
        assert len(ended.stderr.splitlines()) == 1

    @pytest.mark.parametrize("shape", [(1, 1), (1, 32_766), (32_766, 1), (2, 3)])
    def test_a_strange_but_possible_size_has_no_face(self, watcher: Watcher, shape: tuple[int, int]) -> None:
        assert watcher.read(np.zeros((*shape, 3), np.uint8)) is Unreadable.NO_FACE

    def test_a_zip_that_unpacks_to_more_than_a_picture_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("edge.evaluation.labelled.MOST_FILE_BYTES", 100_000)
        with zipfile.ZipFile(tmp_path / "faces.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("faces/happy/1.png", bytes(1_000_000))
        with pytest.raises(EdgeError, match="more than"):
            next(labelled_images(tmp_path / "faces.zip"))

    def test_labelled_pictures_are_not_decoded_in_the_program(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "happy").mkdir()
        (tmp_path / "happy" / "1.png").write_bytes(png(8, 8, bytes(8 * 25)))
        with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
            archive.write(tmp_path / "happy" / "1.png", "happy/1.png")
        monkeypatch.setattr("edge.sources.pixels.cv2.imdecode", lambda *_: pytest.fail("it was decoded"))
        for path in (tmp_path, tmp_path / "faces.zip"):
            (image,) = labelled_images(path)
            assert (image.label, image.pixels.shape) == ("happy", (8, 8, 3))

    def test_the_largest_picture_takes_bounded_memory(self, tmp_path: Path) -> None:
        path = tmp_path / "poster.png"
        path.write_bytes(png(7_000, 7_000, bytes(7_000 * 21_001)))
        assert memory_mib(path) < _MOST_MIB

    def test_a_chunk_that_claims_gigabytes_gets_none(self, tmp_path: Path) -> None:
        (tmp_path / "1.png").write_bytes(png(8, 8, bytes(8 * 25)))
        claims = bytearray((tmp_path / "1.png").read_bytes())
        claims[8:12] = b"\xff\xff\xff\xf0"
        (tmp_path / "2.png").write_bytes(claims)
        assert memory_mib(tmp_path) < _MOST_MIB

    def test_no_decoder_sees_a_chunk_that_is_longer_than_its_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sound = png(8, 8, bytes(8 * 25))
        assert decode("sound", sound) is not None
        monkeypatch.setattr("edge.sources.pixels.cv2.imdecode", lambda *_: pytest.fail("it was decoded"))
        for length in (len(sound), 2**31, 2**32 - 1):
            assert decode("1.png", sound[:8] + length.to_bytes(4) + sound[12:]) is None

    @pytest.mark.parametrize("pixels", [bytes(8 * 25), b"\7" * 8 * 25, b""], ids=["sound", "damaged", "empty"])
    def test_an_animation_is_its_first_picture_or_none(self, run: Run, home: Path, pixels: bytes) -> None:
        frame = struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 10, 0, 0)
        content = png(8, 8, pixels, before=((b"acTL", struct.pack(">II", 1, 0)), (b"fcTL", frame)))
        (home / "picture.png").write_bytes(content)
        assert run("edge-run", "--source", "picture.png", "--quiet").returncode == (66 if pixels[:1] != b"\0" else 0)


_PLAYLISTS = {
    "ffconcat": b"ffconcat version 1.0\nfile neighbour.mp4\n#\xff\0\n",
    "concat by its path": b"ffconcat version 1.0\nfile 'FOLDER/neighbour.mp4'\n#\xff\0\n",
    "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nneighbour.mp4\n#EXT-X-ENDLIST\n\xff\0",
}


@pytest.mark.parametrize("kind", _PLAYLISTS)
@pytest.mark.parametrize("suffix", ["mp4", "avi", "ffconcat", "m3u8"])
def test_a_file_opens_no_other_file(watcher: Watcher, tmp_path: Path, kind: str, suffix: str) -> None:
    film = cv2.VideoWriter(str(tmp_path / "neighbour.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for _ in range(3):
        film.write(np.zeros((48, 64, 3), np.uint8))
    film.release()
    assert len(list(watcher.observations(str(tmp_path / "neighbour.mp4")))) == 3
    list_of_it = tmp_path / f"list.{suffix}"
    list_of_it.write_bytes(_PLAYLISTS[kind].replace(b"FOLDER", bytes(tmp_path)))
    with pytest.raises(EdgeError, match="is not a video"):
        list(watcher.observations(str(list_of_it)))
    assert "OPENCV_FFMPEG_CAPTURE_OPTIONS" not in os.environ


class TestManyFaces:
    def test_a_crowd_is_counted_and_one_of_them_read(
        self, watcher: Watcher, demo_face: NDArray[np.uint8], tmp_path: Path
    ) -> None:
        cv2.imwrite(str(tmp_path / "crowd.png"), np.tile(demo_face[40:440, 120:520, ::-1], (3, 3, 1)))
        (seen,) = watcher.observations(str(tmp_path / "crowd.png"))
        assert seen.others == 8
        assert seen.reading is not None

    def test_thousands_of_faces_in_a_picture_end_in_a_summary(
        self, run: Run, home: Path, demo_face: NDArray[np.uint8]
    ) -> None:
        cv2.imwrite(str(home / "stadium.png"), np.tile(cv2.resize(demo_face, (80, 60)), (60, 60, 1)))
        ended = run("edge-run", "--source", "stadium.png", "--quiet", "--jsonl", "-")
        assert ended.returncode == 0, ended.stderr
        assert '"frames_read": 1' in ended.stdout.splitlines()[-1]


def memory_mib(path: Path) -> int:
    """The most memory that a process takes that reads a source."""
    code = (
        "import sys; from edge.watcher import Watcher; from fuzzed import most_mib\n"
        "with Watcher() as watcher: list(watcher.observations(sys.argv[1]))\n"
        "print(most_mib())"
    )
    command: list[str | Path] = [sys.executable, "-c", code, path]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, cwd=_HERE).stdout)


def fuzzed(first: int, seconds: int, files: int) -> None:
    """Read damaged media in another process; what kills it, hangs it or fills the memory is named by its number."""
    module = [sys.executable, "fuzzed.py", *map(str, (first, seconds, files))]
    ended = subprocess.run(module, capture_output=True, text=True, timeout=seconds + 240, cwd=_HERE, check=False)
    lines = ended.stdout.splitlines()
    assert ended.returncode == 0, f"{lines[-1] if lines else 'nothing'}: {ended.stderr[-2000:]}"
    assert len(lines) == files or seconds < 3600
    came, longest_s, most_mib = Counter[str](), 0.0, 0
    for line in lines:
        _, _, outcome, took_s, mib = line.split()
        came[outcome.partition(":")[0]] += 1
        longest_s, most_mib = max(longest_s, float(took_s)), int(mib)
    print(f"{len(lines)} files: {dict(came)}, the longest {longest_s} s, {most_mib} MiB")
    assert came.keys() == {"read", "refused"}, "both happen, and nothing else"
    assert longest_s < 20
    assert most_mib < _MOST_MIB


def test_damaged_media_are_read_or_refused() -> None:
    fuzzed(first=0, seconds=3600, files=200)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_damaged_media_are_read_or_refused_for_minutes() -> None:
    fuzzed(first=int.from_bytes(os.urandom(4)), seconds=300, files=10**9)
