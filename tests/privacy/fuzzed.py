"""Reads damaged media one after another in a process of its own: `python fuzzed.py FIRST SECONDS COUNT`.

Media are made from the demo's face and damaged by chance; the number of each is the seed of its damage. One line says
what came of each before the next is begun, so that a process that died has named what it died of.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np

from edge import EdgeError, Watcher
from edge.sources.recorded.demo import picture

_SIZES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\1\0\0")  # that a file may claim


def samples(folder: Path) -> list[Path]:
    """Sound media of every kind that is read: pictures by OpenCV, videos by OpenCV, and by ffmpeg where that is."""
    import cv2  # after edge, which sets the limits that OpenCV reads once

    frames = [cv2.cvtColor(picture(index), cv2.COLOR_RGB2BGR) for index in range(30, 38)]
    made = []
    for suffix in ("png", "jpg", "webp", "tiff", "bmp", "ppm"):
        made.append(folder / f"face.{suffix}")
        cv2.imwrite(str(made[-1]), frames[0])
    cv2.imwrite(str(folder / "deep.png"), np.dstack([frames[0], frames[0][..., 0]]).astype(np.uint16) * 257)
    made.append(folder / "deep.png")
    for suffix, code in (("mp4", "mp4v"), ("avi", "MJPG"), ("mkv", "mp4v"), ("webm", "VP80")):
        writer = cv2.VideoWriter(str(folder / f"clip.{suffix}"), cv2.VideoWriter.fourcc(*code), 10, (640, 480))
        if writer.isOpened():
            for frame in frames:
                writer.write(frame)
            writer.release()
            made.append(folder / f"clip.{suffix}")
    h264 = folder / "h264.mp4"
    encode: list[str | Path] = ["ffmpeg", "-v", "quiet", "-y", "-i", folder / "clip.avi", "-c:v", "libx264", h264]
    try:
        if subprocess.run(encode, check=False).returncode == 0:
            made.append(h264)
    except FileNotFoundError:
        pass
    return made


def damaged(sound: bytes, chance: random.Random) -> bytes:
    """A file after one to six accidents, more often near its beginning, where its sizes stand."""
    content = bytearray(sound)
    for _ in range(chance.randint(1, 6)):
        place = min(int(chance.random() ** chance.choice((1, 4)) * len(content)), len(content) - 1)
        match chance.randrange(7):
            case 0:
                content[place] ^= 1 << chance.randrange(8)
            case 1:
                del content[max(place, 1) :]
            case 2:
                content[place:place] = chance.randbytes(chance.randint(1, 64))
            case 3:
                content[place : place + 4] = chance.choice(
                    (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\1\0\0")
                )
            case 4:
                content[place : place + 64] = bytes(64)
            case 5:
                other = chance.randrange(len(content))
                content[place : place + 256] = content[other : other + 256]
            case _:
                del content[place : place + chance.randint(1, 256)]
        if not content:
            content = bytearray(b"\0")
    return bytes(content)


def outcomes(first: int) -> Iterator[str]:
    """For each seed from `first` on: the seed, the kind, what came of it, seconds, and most memory so far in MiB."""
    with tempfile.TemporaryDirectory() as folder, Watcher() as watcher:
        sound = [(path, path.read_bytes()) for path in samples(Path(folder))]
        for seed in count(first):
            path, content = sound[seed % len(sound)]
            path.write_bytes(damaged(content, random.Random(seed)))
            print(seed, path.name, end=" ", flush=True)
            began_s = time.monotonic()
            try:
                read = sum(
                    one.frames_read for one in watcher.summaries(str(path), window_s=3600) if one.kind == "session"
                )
                came = f"read:{read}"
            except EdgeError as error:
                came = f"refused:{error.exit_code}"
            yield f"{came} {time.monotonic() - began_s:.2f} {most_mib()}"


def most_mib() -> int:
    """The most memory this process has had; getrusage would count what it was forked from."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Read for so many seconds, or so many files, whichever ends first."""
    first, seconds, files = map(int, sys.argv[1:])
    ends_s = time.monotonic() + seconds
    for reported in islice(outcomes(first), files):
        print(reported, flush=True)
        if time.monotonic() > ends_s:
            break


if __name__ == "__main__":
    main()
