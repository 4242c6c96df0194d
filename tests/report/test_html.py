"""The page of edge-report as a browser meets it: whole, quiet, and deaf to what a hostile journal says."""

import json
import re
import shutil
import sqlite3
import subprocess
import time
from base64 import b64encode
from contextlib import closing
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from edge.cli.journals.report import app
from edge.core.labels import EMOTIONS, percentile_of

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EVIL = "http://evil.example"
SCRIPT = f"<script>document.title='run'</script></title></style><img src={EVIL}/a.png>"
QUOTE = f"""\"><img src=x onerror="document.title='run'"><svg onload="document.title='run'"><a href='{EVIL}'>\u202e"""


def ask(*words):
    return CliRunner().invoke(app, [*map(str, words), "--format", "html"])


@pytest.fixture
def hostile(journal):
    """A journal with hostile content."""
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("UPDATE sessions SET source = ?, software = ?, boot_id = ?", (SCRIPT, QUOTE, SCRIPT))
        connection.execute("UPDATE sessions SET name = ? WHERE id = 1", (QUOTE,))
        connection.execute("INSERT INTO notices (noticed_at, text) VALUES ('2026-03-01T00:00:00Z', ?)", (SCRIPT,))
        shares = json.dumps({SCRIPT: 0.5, QUOTE: 0.5})
        connection.execute("UPDATE summaries SET unreadable = ?, emotions = ?, levels = ?, gaps = ?", (shares,) * 4)
        connection.execute("UPDATE summaries SET score_mean = 1e9, score_sd = -1e9 WHERE sequence = 0")
    return journal


class Parts(HTMLParser):
    """The elements of a page with their attributes, and the text of its style."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.style, self._in_style = [], "", False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag):
        self._in_style = False

    def handle_data(self, data):
        self.style += data if self._in_style else ""


def attributes(parts, name):
    return [given[name] for _, given in parts.elements if name in given]


def text_of(page):
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL).split())


def test_it_says_what_the_table_says(journal):
    answer = ask(journal)
    assert answer.exit_code == 0
    text = text_of(answer.stdout)
    for words in (
        "3 sessions",
        "monday 2026-03-01 17:45:00 +0545 (12:00:00 UTC) 6.0 s 50% 0% 0% 100% 99 complete",
        "tuesday interrupted",
        "now open",
        "Expressive nearly all the time. A face could be read in only five of ten seconds.",
        "A face could be read 50% of the time",
        "no face 50%",
        "expressive 100%",
        "happy 100%",
        "Percentile 99: 99 of 100 training faces have a lower score.",
        "Each step is one window, 2 s",
        "They do not say what a person felt",
    ):
        assert words in text, words
    assert "Windows of" not in text
    assert answer.stdout.isascii()


def test_local_time_is_beside_utc(journal, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert "2026-03-01 07:00:00 EST (12:00:00 UTC)" in text_of(ask(journal).stdout)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_windows_are_shown_on_request(journal):
    plain, more = (text_of(ask(journal, *words).stdout) for words in ((), ("--windows",)))
    assert "2 2026-03-01 12:00:04 2.0 s" in more
    assert "2 2026-03-01 12:00:04 2.0 s" not in plain


def test_the_chart_is_drawn_from_the_windows(tmp_path, keep):
    keep(tmp_path / "j", "s", 3)
    page = ask(tmp_path / "j").stdout
    (expressive,) = re.findall(r'<path class="expressive" d="([^"]*)"', page)
    (unreadable,) = re.findall(r'<path class="none hatch-no_face" d="([^"]*)"', page)
    edges = [tuple(map(float, found)) for found in re.findall(r"M(\S+) (\S+)H(\S+)V(\S+)H", expressive)]
    assert edges == [(0, 40, 233.3, 80), (233.3, 40, 466.7, 80), (466.7, 40, 700, 80)]  # half of each window
    assert re.findall(r"V(\S+)H", unreadable) == ["40.0"] * 3
    (score,) = re.findall(r'<path class="mean" d="([^"]*)"', page)
    height = f"{(1 - percentile_of(1.5) / 100) * 120:.1f}"
    assert [place.split()[1] for place in re.findall(r"[ML]([\d. ]+)H", score)] == [height] * 3
    (emotion,) = re.findall(r'<path class="is-(\w+)" d="', page)
    assert emotion == str(EMOTIONS.index("happy"))


def test_months_of_windows_are_drawn_together(tmp_path, keep):
    keep(tmp_path / "j", "s", 500)
    page = ask(tmp_path / "j").stdout
    assert "Each step is 3 windows, 6.0 s" in text_of(page)
    (expressive,) = re.findall(r'<path class="expressive" d="([^"]*)"', page)
    assert expressive.count("M") == 167


def test_the_line_breaks_where_windows_were_lost(tmp_path, keep):
    def steps():
        (score,) = re.findall(r'<path class="mean" d="([^"]*)"', ask(tmp_path / "j").stdout)
        return "".join(re.findall(r"[ML]", score))

    keep(tmp_path / "j", "s", 5)
    assert steps() == "MLLLL"
    with closing(sqlite3.connect(tmp_path / "j", isolation_level=None)) as connection:
        connection.execute("DELETE FROM summaries WHERE kind = 'window' AND sequence = 2")
    assert steps() == "MLML"


def test_an_empty_journal_is_a_page_too(tmp_path, keep):
    keep(tmp_path / "j", "s", 0, ended=False)
    with closing(sqlite3.connect(tmp_path / "j", isolation_level=None)) as connection:
        connection.execute("DELETE FROM sessions")
    assert "No sessions yet." in ask(tmp_path / "j").stdout


def test_a_file_of_it_is_the_readers_alone(journal, tmp_path):
    assert ask(journal, "-o", tmp_path / "page.html").stdout == ""
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")


def test_nothing_hostile_becomes_an_element(hostile):
    page = ask(hostile, "--windows").stdout
    parts = Parts(page)
    assert {tag for tag, _ in parts.elements} & {"script", "img", "iframe", "object", "embed", "base", "form"} == set()
    assert [name for _, given in parts.elements for name in given if name.startswith("on") or name == "style"] == []
    assert attributes(parts, "src") == []
    assert [address for address in attributes(parts, "href") if not address.startswith("#session-")] == []
    assert EVIL in text_of(page)  # said, as text
    assert "\u202e" not in page
    assert "&#8238;" not in page
    assert not re.search(r"\b(nan|inf)\b", " ".join(attributes(parts, "d")))


def test_the_policy_allows_the_pages_own_style_and_nothing_else(hostile):
    parts = Parts(ask(hostile).stdout)
    (policy,) = [given["content"] for _, given in parts.elements if given.get("http-equiv")]
    own = b64encode(sha256(parts.style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'", f"style-src 'sha256-{own}'", "base-uri 'none'", "form-action 'none'"
    ]  # fmt: skip


def browse(page, folder):
    """Open a page; return its title, its elements as text, its complaints, and whether it contacted a server."""
    if BROWSER is None:
        pytest.skip("no Chromium is installed")
    file, requests = folder / "page.html", folder / "requests.json"
    file.write_text(page)
    quiet = ("background-networking", "component-update", "default-apps", "sync", "extensions", "gpu", "dev-shm-usage")
    done = subprocess.run(
        [
            *(BROWSER, "--headless=new", "--no-sandbox", "--no-first-run", *(f"--disable-{one}" for one in quiet)),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--virtual-time-budget=3000"),
            *(f"--log-net-log={requests}", f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    (title,) = re.findall(r"<title>(.*?)</title>", done.stdout)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return title, done.stdout, complaints, "evil.example" in requests.read_text()


def test_a_browser_runs_nothing_requests_nothing_and_has_no_complaint(hostile, tmp_path):
    title, seen, complaints, requested = browse(ask(hostile, "--windows").stdout, tmp_path)
    assert (title, complaints, requested) == ("Expressiveness report", [], False)
    assert "&lt;script&gt;document.title='run'" in seen


def test_a_page_that_is_not_escaped_is_noticed_and_still_runs_nothing(hostile, tmp_path):
    page = ask(hostile).stdout.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace("&#34;", '"')
    title, _, complaints, requested = browse(page, tmp_path)
    assert (title, requested) == ("Expressiveness report", False)
    assert any("Content Security Policy" in line for line in complaints)
    title, _, _, requested = browse(re.sub(r'<meta http-equiv="Content-S[^>]*>', "", page), tmp_path)
    assert (title, requested) == ("run", True)  # so this is seen where it happens


def test_it_is_printed_to_a_file_for_its_owner(journal, tmp_path):
    if BROWSER is None:
        pytest.skip("no Chromium is installed")
    answer = CliRunner().invoke(app, [str(journal), "--format", "pdf", "-o", str(tmp_path / "report.pdf")])
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "report.pdf").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "PDF is written to a file"),
        (("-o", "report.html"), 2, "PDF is written to a file"),
        (("-o", "report.pdf", "--seal-to", "age1x"), 2, "unsealed"),
    ],
)
def test_pdf_needs_a_file(journal, words, code, said):
    answer = CliRunner().invoke(app, [str(journal), "--format", "pdf", *words])
    assert (answer.exit_code, said in answer.output) == (code, True)


def test_pdf_needs_chromium(journal, tmp_path, monkeypatch):
    monkeypatch.setattr("edge.cli.common.pdf.shutil.which", lambda name: None)
    answer = CliRunner().invoke(app, [str(journal), "--format", "pdf", "-o", str(tmp_path / "report.pdf")])
    assert (answer.exit_code, "apt install chromium" in answer.output) == (78, True)
    assert not (tmp_path / "report.pdf").exists()
