"""Insights from a run to every report, and where they are refused."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.config import load_config
from edge.core.errors import UsageError
from edge.core.insights.sums import FIGURES

from .conftest import Ask


def test_what_a_run_counts_is_in_every_report(ask: Ask, home: Path) -> None:
    run = ask("edge-run", "--source", "demo:fast", "--duration", 9, "--window", 3, "--insights", "--mesh")
    assert "Insights: facing the camera 1" in run.stdout
    (session,) = json.loads(ask("edge-report", "--format", "json", "--windows").stdout)["sessions"]
    figures = session["summary"]["insights"]
    assert 4 < figures["mesh_s"] <= 9
    assert 0 <= figures["attention_share"] <= 1
    assert figures["blink_s"] > 0
    parts = [window["insights"]["mesh_s"] for window in session["windows"]]
    assert len(parts) >= 3
    assert sum(parts) == pytest.approx(figures["mesh_s"], abs=1e-4)
    (row,) = csv.DictReader(io.StringIO(ask("edge-report", "--format", "csv").stdout))
    assert {name: float(row[f"insight_{name}"]) for name in figures} == pytest.approx(figures)
    assert {f"insight_{name}" for name in FIGURES} < set(row)
    assert "do not say whether a person" in " ".join(ask("edge-report").stdout.split())
    ask("edge-report", "--format", "html", "-o", "page.html")
    page = (home / "page.html").read_text()
    assert "<dt>Facing the camera</dt>" in page
    assert "no ground on which to decide" in page


def test_without_the_setting_there_are_none(ask: Ask, home: Path) -> None:
    ask("edge-run", "--source", "demo:fast", "--duration", 1, "--mesh")
    assert "nsights" not in ask("edge-report").stdout
    with closing(sqlite3.connect(home / "state" / "edge" / "journal.sqlite")) as connection:
        assert connection.execute("SELECT DISTINCT insights FROM summaries").fetchall() == [("null",)]


@pytest.mark.parametrize("flags", [{"purpose": "assessment"}, {"require_consent": True}])
def test_they_are_refused_for_assessment_and_under_a_notice_that_does_not_name_them(flags: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"(Insights are for practice|notice says nothing of insights)"):
        load_config(None, {"insights": True, **flags})
    load_config(None, {"insights": True, "purpose": "research", "require_consent": True, "notices": "/notices"})
