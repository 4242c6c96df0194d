"""edge-analyze on the workers of a Dask scheduler: the same figures, and what is lost where a worker is."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import cv2
import pytest
from typer.testing import CliRunner, Result

from edge.analysis.cluster import work
from edge.analysis.jobs import Task
from edge.analysis.worker import Lost, Outcome
from edge.cli.journals.analyze import app
from edge.sources.recorded.demo import picture

pytest.importorskip("distributed", reason="the extra cluster is not installed")

BIN = Path(sys.executable).parent
SCENES = (30, 160, 350)  # frames of the demo: a neutral face, a smile, nobody
FIGURES = """SELECT source, kind, sequence, length_s, frames_read, readable_share, levels, emotions, emotion_means,
score_mean, score_sd FROM summaries JOIN sessions ON sessions.id = session_id ORDER BY source, kind, sequence"""


def film(path: Path, *scenes: int, each: int = 4) -> Path:
    path.parent.mkdir(exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (640, 480))
    for index in scenes:
        for _ in range(each):
            writer.write(picture(index)[..., ::-1])
    writer.release()
    return path


def figures(out: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(out / "journal.sqlite")) as journal:
        return journal.execute(FIGURES).fetchall()


def analyze(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler in this process, with one worker."""
    from distributed import LocalCluster

    place = str(tmp_path_factory.mktemp("worker"))
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, local_directory=place
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Recordings that a web server gives, with how often each was asked for."""
    folder, asked = tmp_path_factory.mktemp("store"), list[str]()
    film(folder / "stored.mp4", *SCENES[:2])

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield SimpleNamespace(folder=folder, url=f"http://127.0.0.1:{server.server_port}", asked=asked)
        server.shutdown()


def test_a_worker_reads_files_and_urls_with_the_figures_of_this_machine_and_none_twice(
    cluster: str, store: SimpleNamespace, tmp_path: Path
) -> None:
    film(tmp_path / "study" / "one.mp4", *SCENES)
    shutil.copy(store.folder / "stored.mp4", tmp_path / "study")
    words = [tmp_path / "study" / "one.mp4", f"{store.url}/stored.mp4", f"{store.url}/absent.mp4", "--window", 1]
    done = analyze(*words, "--out", tmp_path / "far", "--scheduler", cluster)
    assert done.exit_code == 65, done.output
    assert "2 of 3 recordings were read" in done.stdout
    assert f"absent.mp4: {store.url}/absent.mp4 does not exist." in done.stderr
    assert analyze(tmp_path / "study", "--out", tmp_path / "near", "--jobs", 1, "--window", 1).exit_code == 0
    assert figures(tmp_path / "far") == figures(tmp_path / "near")

    store.asked.clear()
    again = analyze(*words, "--out", tmp_path / "far", "--scheduler", cluster)
    assert "0 of 3 recordings were read, 2 were read before" in again.stdout
    assert "/stored.mp4" not in store.asked, "what the store says of it is enough"


def test_a_copy_is_private_and_gone_after_reading_also_where_that_fails(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec

    in_a_process, copies = work._in_a_process, dict[Path, list[int]]()

    def looked_at(task: Task, *rest: Any) -> Outcome | Lost:
        copy = Path(str(task.job.config.source))
        copies[copy] = [each.stat().st_mode & 0o777 for each in (copy.parent, copy.parent.parent)]
        assert copy.is_file()
        if copy.name == "bad.mp4":
            raise RuntimeError
        return in_a_process(task, *rest)

    monkeypatch.setattr(work, "_in_a_process", looked_at)
    stored = fsspec.filesystem("memory")  # which has neither ETag nor date, and which the worker of this process shares
    for name in ("good", "bad"):
        stored.pipe(f"/study/{name}.mp4", film(tmp_path / "films" / f"{name}.mp4", *SCENES[:2]).read_bytes())
    words = ("memory://study/good.mp4", "memory://study/bad.mp4", "--out", tmp_path / "far", "--scheduler", cluster)
    for count in (1, 0):
        done = analyze(*words)
        assert done.exit_code == 65, done.output
        assert f"{count} of 2 recordings were read" in done.stdout
        assert "Not read, or not wholly: bad.mp4: The worker that read it was lost" in done.stderr
    assert {path.name for path in copies} == {"good.mp4", "bad.mp4"}
    assert all(modes == [0o700, 0o700] for modes in copies.values())
    assert not any(path.parent.exists() for path in copies)
    assert {source for source, *_ in figures(tmp_path / "far")} == {"good.mp4"}


def test_networks_of_another_folder_are_sent_to_the_worker(cluster: str, shipped: Path, tmp_path: Path) -> None:
    film(tmp_path / "one.mp4", *SCENES[:2])
    shutil.copytree(shipped, tmp_path / "models")
    (tmp_path / "models").chmod(0o700)
    card = tmp_path / "models" / "emotion.json"
    card.write_text(card.read_text() + "\n")
    words = ["--models", tmp_path / "models", "--emotion-model", "emotion", "--out"]
    far = analyze(tmp_path / "one.mp4", *words, tmp_path / "far", "--scheduler", cluster)
    assert far.exit_code == 0, far.output
    assert figures(tmp_path / "far")
    again = analyze(tmp_path / "one.mp4", *words, tmp_path / "far", "--jobs", 1)
    assert "1 were read before" in again.stdout, "where it is read does not matter"


def test_a_recording_whose_process_is_lost_is_read_again_three_times_at_most(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_process, lost = work._in_a_process, Counter[str]()

    def sometimes_lost(task: Task, *rest: Any) -> Outcome | Lost:
        name = task.job.recording
        lost[name] += 1
        return Lost("It crashed.") if name == "bad.mp4" or lost[name] < 3 else in_a_process(task, *rest)

    monkeypatch.setattr(work, "_in_a_process", sometimes_lost)
    film(tmp_path / "study" / "bad.mp4", *SCENES[:1])
    film(tmp_path / "study" / "good.mp4", *SCENES[:1])
    done = analyze(tmp_path / "study", "--out", tmp_path / "out", "--scheduler", cluster)
    assert done.exit_code == 65, done.output
    assert "bad.mp4: It crashed. It was tried 3 times." in done.stderr
    assert {source for source, *_ in figures(tmp_path / "out")} == {"good.mp4"}
    assert lost == {"bad.mp4": 3, "good.mp4": 3}


def test_a_worker_with_another_program_gets_no_work(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film(tmp_path / "one.mp4", *SCENES[:1])
    monkeypatch.setattr("edge.analysis.cluster.work.models_hash", lambda folder: "0" * 64)
    done = analyze(tmp_path / "one.mp4", "--out", tmp_path / "out", "--scheduler", cluster)
    assert done.exit_code == 78, done.output
    assert "No worker has the same version" in done.stderr
    assert figures(tmp_path / "out") == []


def test_what_is_not_possible_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film(tmp_path / "one.mp4", *SCENES[:1])
    here = analyze("http://127.0.0.1/one.mp4", "--out", tmp_path / "out")
    assert (here.exit_code, "give --scheduler" in here.stderr) == (2, True)
    frames = analyze(tmp_path / "one.mp4", "--out", tmp_path / "out", "--frames", "--scheduler", "tcp://127.0.0.1:9")
    assert (frames.exit_code, "Leave out --frames" in frames.stderr) == (2, True)
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr("edge.analysis.cluster.client._CONNECT_S", 0.2)
    nobody = analyze(tmp_path / "one.mp4", "--out", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:9")
    assert (nobody.exit_code, "does not answer" in nobody.stderr) == (69, True), nobody.output


def kept(out: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{out / 'journal.sqlite'}?mode=ro", uri=True)) as journal:
            return int(journal.execute("SELECT count(*) FROM sessions").fetchone()[0])
    except sqlite3.OperationalError:  # there is none yet
        return 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_of_three_workers_one_is_killed_and_one_hangs_and_nothing_is_lost_or_read_twice(tmp_path: Path) -> None:
    count = 12
    for number in range(count):
        film(tmp_path / "study" / f"{number:02}.mp4", *SCENES, each=100 + number)
    started: list[subprocess.Popen[bytes]] = []

    def dask(*words: object) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"{len(started)}.log").open("wb")
        command = [str(BIN / "dask"), *map(str, words), "--no-dashboard"]
        started.append(subprocess.Popen(command, stderr=log, cwd=tmp_path, start_new_session=True))
        return started[-1]

    try:
        at = tmp_path / "scheduler.json"
        dask("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", at)
        while not at.exists():
            time.sleep(0.1)
        own = ("--scheduler-file", at, "--nthreads", 1, "--host", "127.0.0.1", "--local-directory", tmp_path)
        workers = [dask("worker", *own, "--name", name) for name in ("first", "second", "third")]
        address = json.loads(at.read_text())["address"]
        out = tmp_path / "out"
        words = (tmp_path / "study", "--out", out, "--scheduler", address, "--hangs-after", 8)
        command = subprocess.Popen(
            [BIN / "edge-analyze", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while kept(out) < 2 and command.poll() is None:
            time.sleep(0.1)
        os.killpg(workers[0].pid, signal.SIGKILL)
        os.killpg(workers[1].pid, signal.SIGSTOP)
        said, errors = command.communicate(timeout=600)
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert command.returncode == 0, errors
    assert said.startswith(f"{count} of {count} recordings were read:"), said
    assert "Without a sign of life" in errors
    alone = subprocess.run(
        [BIN / "edge-analyze", tmp_path / "study", "--out", tmp_path / "alone", "--jobs", "2"], check=True
    )
    assert alone.returncode == 0
    assert figures(out) == figures(tmp_path / "alone")
