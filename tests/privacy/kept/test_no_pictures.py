"""Pictures never leave memory: no byte of one is in any file that a run opens, leaves behind or has deleted."""

import re
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.run.assemble import Models
from edge.sources.recorded.demo import picture
from tests.privacy.kept import canaries as known
from tests.privacy.kept.canaries import SIGNATURES, film, forms, pictures_below, pictures_in, record
from tests.privacy.traced import CONFINED, FAKE_RUN, traced

# Whatever brings bytes into a file, or makes a file without a name.
_WRITES = (
    "open,openat,openat2,creat,memfd_create,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendfile,"
    "copy_file_range,splice,mmap"
)
_JOURNAL = {f"state/edge/journal.sqlite{end}" for end in ("", "-journal", "-wal", "-shm", ".lock", ".reserve")}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("given") / "pictures")


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures, more of them than a run gets through before it is killed."""
    return record(tmp_path_factory.mktemp("given") / "pictures", 5000)


@pytest.fixture(scope="module")
def wanted(recording: Path, models: Models) -> set[bytes]:
    return known.canaries(recording, models)


@pytest.fixture
def written(home: Path, environment: dict[str, str]) -> Callable[..., dict[str, bytes]]:
    """Run edge-run, and return every file that it opened for writing, with all that it ever wrote there."""

    def go(*words: object, command: Sequence[object] = CONFINED) -> dict[str, bytes]:
        trace = traced(
            [*command, *words],
            home.parent / "trace",
            environment=environment | {"PYTHONDONTWRITEBYTECODE": "1"},  # what is compiled anew is no picture
            calls=_WRITES,
            options=("-y", "-xx", "-s", str(2**24)),
            cwd=home,
        )
        return _written(trace, home)

    return go


def _written(trace: str, home: Path) -> dict[str, bytes]:
    found: defaultdict[str, bytearray] = defaultdict(bytearray)
    for line in trace.splitlines():
        call = re.match(r"\d+ +(\w+)\((.*)", line)
        if call is None:
            continue
        texts = [bytes.fromhex(text.replace("\\x", "")) for text in re.findall(r'"((?:\\x..)*)"', line)]
        files = [bytes.fromhex(text.replace("\\x", "")).decode() for text in re.findall(r"<((?:\\x..)+)>", line)]
        names = [name.removeprefix(f"{home}/") for name in files]
        if call[1] in ("open", "openat", "openat2", "creat", "memfd_create"):
            if call[1] in ("creat", "memfd_create") or re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE", line):
                found[names[-1] if len(names) and " = -1" not in line else texts[0].decode()] += b""
        elif call[1] == "mmap":
            if "MAP_SHARED" in line and "PROT_WRITE" in line and names:
                found[names[0]] += b""
        else:
            assert "..." not in line, f"strace left out a part: {line[:200]}"
            found[names[0] if names else call[2].partition(",")[0]] += b"".join(texts)
    return {name: bytes(content) for name, content in found.items()}


def _inside(name: str) -> bool:
    """Whether it may lie on a disk; the memory that a decoder shares with its program does not."""
    return not re.match(r"/dev/(null|tty|pts/\d+)$|pipe:|socket:|/memfd:frames\b", name)


def test_a_run_opens_its_journal_and_its_lines_for_writing_and_writes_no_picture(written, recording, wanted, home):
    reported = written("--source", recording, "--window", 0.2, "--jsonl", "lines")
    assert {name for name in reported if _inside(name)} == _JOURNAL | {"lines"}
    assert len(reported["state/edge/journal.sqlite-wal"]) > 10_000
    assert not {name: kinds for name, content in reported.items() if (kinds := pictures_in(content, wanted))}
    assert pictures_below(home, wanted) == {}


def test_nor_does_a_service_with_a_live_camera(written, home):
    (home / "video0").touch()
    live = (sys.executable, FAKE_RUN, home)
    reported = written("--service", "--quiet", "--duration", 1, "--window", 0.2, "--jsonl", "lines", command=live)
    own = {"lines", "released", "video0", "state/edge/.journal.health.part.json"}  # the camera's device is locked
    assert {name for name in reported if _inside(name) and "/locks/" not in name} - own == _JOURNAL
    chance = np.random.default_rng(0)  # as the camera's
    shown = [chance.integers(40, 200, (48, 64, 3), np.uint8) for _ in range(20)]
    rows = {form for rgb in shown for row in rgb[::12] for form in forms(row[:24])}
    rows |= {form for rgb in shown for row in rgb[::12, :, ::-1] for form in forms(row[:24])}
    assert len(reported["state/edge/journal.sqlite-wal"]) > 10_000
    assert not {name: kinds for name, content in reported.items() if (kinds := pictures_in(content, rows))}
    assert pictures_below(home, rows) == {}


def test_saved_crops_are_found(written, recording, wanted, home):
    """The same search on the one switch that writes pictures: it must find them, or it would find nothing else."""
    reported = written("--source", recording, "--save-crops", "crops")
    crops = {name for name in reported if _inside(name)} - _JOURNAL
    assert len(crops) == 30
    assert all(name.startswith("crops/") for name in crops)
    assert {frozenset(pictures_in(reported[name], wanted)) for name in crops} == {frozenset({"canary", "PNG"})}
    assert pictures_below(home, wanted) == {name: {"canary", "PNG"} for name in crops}


def test_nothing_that_is_made_of_a_journal_holds_a_picture(run, recording, wanted, home, environment):
    ran = run("edge-run", "--source", recording, "--window", 0.2, "--jsonl", "-")
    forms = ("text", "json", "csv")
    reported = [ran.stdout, ran.stderr, *(run("edge-report", "--windows", "--format", form).stdout for form in forms)]
    for number, text in enumerate(reported):
        assert text
        (home / f"reported{number}").write_text(text)
    assert pictures_below(home, wanted) == {}


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSEGV])
def test_nor_does_what_a_killed_or_crashed_run_leaves(start, endless, wanted, home, end):
    dumping = ("prlimit", "--core=unlimited") if shutil.which("prlimit") else ()
    process = start("edge-run", "--source", endless, "--window", 0.2, "--jsonl", "lines", under=dumping)
    assert process.stdout is not None
    for _ in range(2):
        assert process.stdout.readline()
    process.send_signal(end)
    assert process.wait(240) == -end
    assert (home / "lines").stat().st_size > 0
    assert pictures_below(home, wanted) == {}


def test_a_video_leaves_as_little_behind(run, recording, models, home, tmp_path):
    video = film(tmp_path, recording)
    assert run("edge-run", "--source", video, "--window", 0.2, "--jsonl", "lines").returncode == 0
    assert pictures_below(home, known.canaries(video, models)) == {}
    (home / "cache").write_bytes(video.read_bytes())
    assert pictures_below(home, known.canaries(video, models)) == {"cache": {"WebP, AVI or WAV", "JPEG"}}


def test_the_search_finds_a_picture_in_any_form(wanted, recording, tmp_path):
    found = cv2.imread(str(recording / "0003.png"))
    assert found is not None
    rgb = np.ascontiguousarray(found[..., ::-1])
    hidden = bytes(5) + rgb.tobytes() + bytes(11)
    assert pictures_in(hidden, wanted) == {"canary"}
    assert pictures_in((recording / "0003.png").read_bytes(), wanted) == {"canary", "PNG"}
    assert pictures_in(hidden.hex().encode(), wanted) == {"canary"}
    assert pictures_in(str(rgb.tolist()).encode(), wanted) == set()  # nested brackets: no rows of numbers
    assert pictures_in(str(rgb[:, :, 0].tolist()).encode(), wanted) == {"canary"}
    other = np.random.default_rng(99).integers(0, 256, (480, 640, 3), np.uint8)
    assert pictures_in(other.tobytes(), wanted) == set()
    formats = {".jpg": "JPEG", ".png": "PNG", ".webp": "WebP, AVI or WAV", ".bmp": "BMP", ".tiff": "TIFF"}
    formats |= {".ppm": "PNM", ".jp2": "JPEG 2000"}
    for suffix, kind in formats.items():
        encoded, content = cv2.imencode(suffix, picture(30))
        assert encoded
        assert pictures_in(b"before" + content.tobytes(), wanted) == {kind}, suffix
    assert {*formats.values()} < {*SIGNATURES}
    for suffix, fourcc, kind in ((".mp4", "mp4v", "MP4"), (".mkv", "MJPG", "Matroska")):
        path = tmp_path / f"film{suffix}"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), 25, (640, 480))
        writer.write(picture(30))
        writer.release()
        assert any(found.startswith(kind) for found in pictures_in(path.read_bytes(), wanted)), suffix
