"""A report of many sessions as a folder: an index, and pages that lead to each other."""

import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.journals import report


def ask(*words):
    result = CliRunner().invoke(report.app, [*map(str, words), "--format", "html"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(autouse=True)
def _two_on_a_page(monkeypatch):
    monkeypatch.setattr(report, "_ON_A_PAGE", 2)


def leads_to(page: Path) -> list[str]:
    return re.findall(r'href="([^"#]+)"', page.read_text())


def test_an_index_leads_to_every_page_and_each_page_back(journal, tmp_path):
    folder = tmp_path / "report"
    assert ask(journal, "-o", folder).exit_code == 0
    first, second = sorted(folder.glob("sessions-*.html"))
    assert leads_to(folder / "index.html") == [first.name, second.name]
    assert set(leads_to(first)) == {"index.html", second.name}
    assert set(leads_to(second)) == {"index.html", first.name}
    assert "monday" in first.read_text()
    assert "tuesday" in first.read_text()
    assert "Sessions 3 to 3 of 3." in second.read_text()
    assert "1 complete, 1 interrupted" in (folder / "index.html").read_text()
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_pages_of_an_earlier_report_go_and_other_files_stay(journal, tmp_path):
    folder = tmp_path / "report"
    folder.mkdir()
    for name in ("sessions-00009.html", "sessions.html", "notes.txt"):
        (folder / name).write_text("old")
    assert ask(journal, "-o", folder, "--session", "monday").exit_code == 0
    assert sorted(file.name for file in folder.iterdir()) == [
        "index.html",
        "notes.txt",
        "sessions-00001.html",
        "sessions.html",
    ]


def test_a_journal_without_sessions_has_one_page(tmp_path):
    (tmp_path / "empty.sqlite").touch(0o600)
    assert ask(tmp_path / "empty.sqlite", "-o", tmp_path / "report").exit_code == 0
    assert "No sessions yet." in (tmp_path / "report" / "sessions-00001.html").read_text()


def test_a_name_with_an_ending_is_one_file_as_before(journal, tmp_path):
    assert ask(journal, "-o", tmp_path / "report.html").exit_code == 0
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize("other", [("--page", 2), ("--seal-to", "age1x")])
def test_a_folder_has_all_pages_and_no_seal(journal, tmp_path, other):
    with pytest.raises(SystemExit) as ended:
        report.app([str(journal), "--format", "html", "-o", str(tmp_path / "report"), *map(str, other)])
    assert ended.value.code == 2
