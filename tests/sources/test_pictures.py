"""Folders of pictures: their order, their kinds of pixel, and what is passed over."""

from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from edge.core.errors import SourceNotFound
from edge.core.frames import Frame
from edge.sources.recorded import folder
from edge.sources.recorded.folder import Pictures


def shown(path: Path, images_per_s: float = 25.0) -> list[Frame]:
    with Pictures(path, images_per_s).open(Event()) as frames:
        return list(frames)


def grey(path: Path, level: int) -> None:
    cv2.imwrite(str(path), np.full((8, 8), level, np.uint8))


def test_in_the_order_people_count(tmp_path: Path) -> None:
    for name, level in (("b10.png", 40), ("b9.png", 30), ("B1.png", 20), ("a.bmp", 10), ("2.tiff", 5)):
        grey(tmp_path / name, level)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "._b10.png").write_bytes(b"what another system keeps")
    frames = shown(tmp_path, images_per_s=10)
    assert [int(frame.rgb[0, 0, 0]) for frame in frames] == [5, 10, 20, 30, 40]
    assert [frame.tick_s for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_damaged_pictures_are_counted_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for index in (0, 3):
        grey(tmp_path / f"{index}.png", 9)
    assert len(shown(tmp_path)) == 2
    assert caplog.messages == []
    (tmp_path / "1.png").write_bytes((tmp_path / "0.png").read_bytes()[:30])
    (tmp_path / "2.jpg").touch()
    (tmp_path / "4.png").write_bytes(b"and this one is the last")
    assert [(frame.tick_s, frame.dropped_before) for frame in shown(tmp_path)] == [(0, 0), (pytest.approx(0.12), 3)]
    named = f"3 of the 5 pictures in {tmp_path.name} cannot be decoded: 1.png, 2.jpg, 4.png."
    assert caplog.messages == [named]
    for index in range(10, 14):
        (tmp_path / f"{index}.png").touch()
    shown(tmp_path)
    assert caplog.messages[1].endswith("1.png, 2.jpg, 4.png, 10.png, 11.png and 2 more.")


def test_what_comes_before_a_picture_that_is_refused_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grey(tmp_path / "a.png", 1)
    (tmp_path / "b.bmp").write_bytes(bytes(200))
    monkeypatch.setattr(folder, "MOST_FILE_BYTES", 150)
    with Pictures(tmp_path).open(Event()) as frames:
        assert int(next(frames).rgb[0, 0, 0]) == 1
        with pytest.raises(SourceNotFound, match="megapixels"):
            next(frames)


@pytest.mark.parametrize("suffix", [".bmp", ".jpg", ".png", ".tiff", ".webp", ".ppm"])
def test_one_picture(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"face{suffix}"
    cv2.imwrite(str(path), np.full((12, 10, 3), (200, 100, 50), np.uint8))
    (frame,) = shown(path)
    assert frame.rgb.shape == (12, 10, 3)
    assert np.abs(frame.rgb.astype(int) - (50, 100, 200)).max() < 12


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"deep{suffix}"
    cv2.imwrite(str(path), np.full((4, 4, 3), (65535, 257 * 100, 0), np.uint16))
    assert shown(path)[0].rgb[0, 0].tolist() == [0, 100, 255]


def test_transparent_is_white(tmp_path: Path) -> None:
    picture = np.zeros((1, 3, 4), np.uint8)
    picture[0, :, 2] = 255
    picture[0, :, 3] = (255, 0, 51)
    cv2.imwrite(str(tmp_path / "cut-out.png"), picture)
    assert shown(tmp_path)[0].rgb[0].tolist() == [[255, 0, 0], [255, 255, 255], [255, 204, 204]]


def test_a_photograph_on_its_side_is_turned(tmp_path: Path) -> None:
    data = cv2.imencode(".jpg", np.zeros((8, 24, 3), np.uint8))[1].tobytes()
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    (tmp_path / "a.jpg").write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    assert shown(tmp_path)[0].rgb.shape == (24, 8, 3)


@pytest.mark.parametrize("content", [b"", b"Dear diary", bytes(range(256))], ids=["zero bytes", "text", "noise"])
def test_no_picture(tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "face.jpg"
    path.write_bytes(content)
    for wanted in (path, tmp_path):
        with pytest.raises(SourceNotFound, match=r"is empty|holds no picture that can be decoded"):
            shown(wanted)
    assert capfd.readouterr() == ("", "")


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="holds no pictures"):
        shown(tmp_path)


def test_more_than_fifty_megapixels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    cv2.imwrite(str(path), np.zeros((7200, 7200), np.uint8))
    with pytest.raises(SourceNotFound, match=r"poster\.png holds a picture of more than 50 megapixels"):
        shown(path)


def test_a_file_too_long_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grey(tmp_path / "a.bmp", 1)
    monkeypatch.setattr(folder, "MOST_FILE_BYTES", 10)
    with pytest.raises(SourceNotFound, match="megapixels"):
        shown(tmp_path)
