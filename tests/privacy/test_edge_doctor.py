"""`edge-doctor --privacy`: every promise that can be tried here, and each broken one reported."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from edge.checks import privacy, trial
from edge.checks.finding import Finding
from edge.checks.privacy import check_promises
from edge.config import Config
from edge.core.choices.retention_clock import RetentionClock
from edge.host.boot import clock_synchronised
from edge.journal.deletion import Deleted

from .conftest import Run


def broken(check: str, settings: Config, journal: Path) -> str:
    """What is said of a promise that is not kept."""
    finding = next(one for one in check_promises(settings, journal) if one.check == check)
    assert not finding.ok
    return finding.found


@pytest.fixture(scope="module")
def recorded(module_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a journal of some seconds of the demo."""
    folder = tmp_path_factory.mktemp("recorded") / "kept"
    words = ("--duration", "5", "--quiet", "--journal", folder / "journal.sqlite")
    ended = module_run("edge-run", "--source", "demo:fast", *words)
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture
def journal(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(recorded, tmp_path / "kept")) / "journal.sqlite"


def test_every_promise_is_tried_and_kept(run: Run, journal: Path) -> None:
    (journal.parent / "edge.toml").write_text('retention_days = 0.5\nrequire_consent = true\npurpose = "assessment"\n')
    words = ("--privacy", "--config", journal.parent / "edge.toml", "--journal", journal)
    ended = run("edge-doctor", *words, "--format", "json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = {finding["check"]: finding for finding in json.loads(ended.stdout)}
    assert found.keys() >= {
        "network",
        "decoding",
        "models",
        "pictures",
        "forgetting",
        "private files",
        "retention",
        "consent",
    }
    noted = [] if clock_synchronised() else ["retention"]  # which deletes nothing then; no failure yet
    assert [name for name, finding in found.items() if not finding["ok"]] == noted
    assert found["forgetting"]["found"].split()[0] > "0"
    assert "emotions are not computed" in found["purpose"]["found"]


def test_a_broken_promise_ends_with_one(run: Run, journal: Path) -> None:
    journal.chmod(0o644)
    ended = run("edge-doctor", "--privacy", "--journal", journal)
    assert ended.returncode == 1
    assert f"{journal} is open to others (0644)" in " ".join(ended.stdout.split())


def test_two_questions_at_once_are_refused(run: Run) -> None:
    assert run("edge-doctor", "--privacy", "--service").returncode == 2


class TestWhatLiesThere:
    def test_a_symbolic_link(self, journal: Path) -> None:
        (journal.parent / "consent.sqlite").symlink_to(journal)
        assert "consent.sqlite is a symbolic link" in broken("private files", Config(), journal)

    @pytest.mark.parametrize(
        "change", ["CREATE TABLE faces (picture BLOB)", "CREATE TABLE faces (picture TEXT)"], ids=["declared", "held"]
    )
    def test_bytes_in_the_journal(self, journal: Path, change: str) -> None:
        with closing(sqlite3.connect(journal)) as other:
            other.execute(change)
            other.execute("INSERT INTO faces VALUES (x'ffd8ff00')")
            other.commit()
        assert broken("figures alone", Config(), journal).endswith("holds bytes in faces.picture.")

    def test_summaries_that_should_be_gone(self, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(privacy, "clock_synchronised", lambda: True)
        with closing(sqlite3.connect(journal)) as other:
            other.execute("UPDATE sessions SET written_at = '2026-01-02T03:04:05.000000Z'")
            other.commit()
        assert "there are some of 2026-01-02" in broken("retention", Config(retention_days=30), journal)

    @pytest.mark.parametrize(("written_at", "overdue"), [("2026-01-02T03:04:05.000000Z", True), (None, False)])
    def test_summaries_that_nothing_deletes(
        self, journal: Path, monkeypatch: pytest.MonkeyPatch, written_at: str | None, overdue: bool
    ) -> None:
        monkeypatch.setattr(privacy, "clock_synchronised", lambda: False)
        with closing(sqlite3.connect(journal)) as other:
            if written_at is not None:
                other.execute("UPDATE sessions SET written_at = ?", (written_at,))
            other.commit()
        (finding,) = [
            one for one in privacy.check_promises(Config(retention_days=30), journal) if one.check == "retention"
        ]
        assert (finding.ok, finding.essential) == (False, overdue)
        assert "none is deleted while the clock is not synchronised" in finding.found
        by_uptime = Config(retention_days=30, retention_clock=RetentionClock.UPTIME)
        (finding,) = [one for one in privacy.check_promises(by_uptime, journal) if one.check == "retention"]
        assert finding.ok is not overdue
        assert "30 days of running time" in finding.found


class TestWhatIsSet:
    def test_consent_without_a_notice(self, tmp_path: Path) -> None:
        settings = Config(require_consent=True, notices=tmp_path)
        assert "There is no notice" in broken("consent", settings, tmp_path / "journal.sqlite")

    def test_a_seal_without_a_recipient(self, tmp_path: Path) -> None:
        assert "age1wrong" in broken("sealing", Config(seal_to=("age1wrong",)), tmp_path / "journal.sqlite")

    def test_a_model_that_is_another(self, shipped: Path, tmp_path: Path) -> None:
        for card in shipped.glob("*.json"):
            (tmp_path / card.name).write_bytes(card.read_bytes())
            (tmp_path / f"{card.stem}.tflite").write_bytes(card.with_suffix(".tflite").read_bytes() + b"\0")
        assert "is not the model its card describes" in broken("models", Config(models=tmp_path), tmp_path / "j.sqlite")


class TestWhatTheProgramDoes:
    @pytest.mark.parametrize(
        ("module", "part", "instead", "promise"),
        [
            (privacy, "open_networks", lambda: ("inet",), "network"),
            (privacy, "rights_left", lambda: ("files",), "decoding"),
            (trial, "delete_session", lambda *_: Deleted(1, 3, 3), "forgetting"),
            (trial, "_PICTURE_FORMATS", (b"SQLite format",), "pictures"),
        ],
    )
    def test_a_part_that_does_not_do_its_work_is_noticed(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        module: ModuleType,
        part: str,
        instead: Callable[..., Any],
        promise: str,
    ) -> None:
        monkeypatch.setattr(module, part, instead)
        assert broken(promise, Config(), tmp_path / "journal.sqlite")

    def test_a_picture_in_a_summary_is_noticed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "summary").write_bytes(b"figures " + b"\x11\x22\x33" * 32)
        found = trial.check_pictures(tmp_path, (b"\x11\x22\x33" * 32,))
        assert found == Finding("pictures", False, "summary holds one after a trial", "Install this program again.")
