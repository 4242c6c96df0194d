"""What axe says about a report's pages in Chromium, and whether a small screen has to be scrolled sideways."""

import shutil

import pytest
from typer.testing import CliRunner

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: uv sync --group browser")

from axe_playwright_python.sync_playwright import Axe

from edge.cli.journals import report

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt install chromium")


def test_axe_finds_nothing_and_nothing_reaches_beyond_a_small_screen(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "_ON_A_PAGE", 2)  # so that pages lead to each other
    made = CliRunner().invoke(report.app, [str(journal), "--format", "html", "-o", str(tmp_path / "report")])
    assert made.exit_code == 0, made.output
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 320, "height": 800}, bypass_csp=True).new_page()
        for file in sorted((tmp_path / "report").iterdir()):
            page.goto(file.as_uri())
            assert [fault["id"] for fault in Axe().run(page).response["violations"]] == [], file.name
            assert page.evaluate("document.documentElement.scrollWidth") == 320
        browser.close()
