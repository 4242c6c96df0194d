"""Keys: a wrong, unsafe or missing one ends a run before anything is written; new ones take over from old ones."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pyrage
import pytest

from edge.cli import run
from edge.cli.booth import keys
from edge.cli.journals import report
from edge.config import Config
from edge.core.errors import CannotWrite
from edge.core.gaps import Gap
from edge.core.insights.sums import FIGURES
from edge.core.labels import EMOTIONS
from edge.core.readings import Unreadable
from edge.core.summaries import as_json
from edge.journal.lines.jsonl import JsonLines
from edge.journal.sealing.seal import Keys, Seal, seal_summary
from edge.journal.store import Journal
from edge.run.events import FrameRead
from edge.run.heartbeat import Heartbeat
from edge.run.outputs.keeping import opened_keeping
from tests.fakes import Manager, frame, observe
from tests.privacy.commands import invoke

pytestmark = pytest.mark.usefixtures("unconfined")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def made(file):
    """A new key, and its recipient."""
    return invoke(keys.app, "new", file).stdout.strip()


@pytest.fixture
def recipient(tmp_path):
    return made(tmp_path / "key")


@pytest.fixture
def kept(tmp_path, summaries_of):
    """kept("name", "age1..."): a session of two windows in tmp_path/j, sealed to these; without any in clear."""

    def keep(session, *seal_to, ended=True):
        config = Config(journal=tmp_path / "j", session=session, window=2.0, seal_to=seal_to or None)
        with opened_keeping(config, "camera 0") as keeping:
            keeping.begin(NOON)
            for summary in summaries_of(session, 2)[: None if ended else -1]:
                keeping.write(summary)

    return keep


def opened(tmp_path, *files, code=0):
    """For each session, how many of its windows a report shows, and what is said below it."""
    given = [word for file in files for word in ("--key", tmp_path / file)]
    answer = invoke(report.app, tmp_path / "j", "--windows", "--format", "json", *given, code=code)
    sessions = json.loads(answer.stdout)["sessions"]
    return {one["name"]: sum("levels" in window for window in one["windows"]) for one in sessions}, answer.stderr


def test_a_new_key_is_its_owners_alone_and_replaces_nothing(tmp_path):
    before = os.umask(0)
    try:
        recipient = made(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert f"# public key: {recipient}\n" in (tmp_path / "key").read_text()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("key", "link", "absent/key"):
        assert invoke(keys.app, "new", tmp_path / name, code=74).stdout == ""
    assert not (tmp_path / "elsewhere").exists()
    assert recipient in (tmp_path / "key").read_text()


def write(tmp_path, text, mode=0o600):
    def prepare():
        (tmp_path / "r").write_bytes(text if isinstance(text, bytes) else text.encode())
        (tmp_path / "r").chmod(mode)
        return "./r"

    return prepare


UNUSABLE = {
    "": "is no recipient",
    "age1": "is no recipient",
    "recipients.txt": "There is no file recipients.txt here",
    "../key": "cannot be read",
    "./absent": "cannot be read: No such file",
    "./folder": "is not a file",
    "./pipe": "is not a file",
    "./link": "it is a symbolic link",
    "./linked/r": "is a symbolic link",
    "./open/r": "Every user may change the folder",
    "./empty": "holds no recipient",
    "./remarks": "holds no recipient",
    "./words": "Line 2 of words is no recipient",
    "./noise": "is no file of recipients",
    "./long": "is larger than 64 KiB",
    "./group": "Others may change group",
    "./all": "Others may change all",
    "./key": "Line 3 of key is no recipient",
    "SECRET": "A secret key was given to seal to",
    "./another": "belongs to another user",
}


@pytest.fixture
def unusable(tmp_path, recipient, monkeypatch):
    """A folder with everything that recipients cannot be read from."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    for folder in ("folder", "real", "open"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "r").write_text(recipient)
    (tmp_path / "open").chmod(0o777)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("real/r")
    (tmp_path / "linked").symlink_to("real")
    for name, text in (
        ("empty", b""),
        ("remarks", b"# no recipient\n\n"),
        ("words", recipient.encode() + b"\nkim\n"),
        ("noise", b"\xff\x00\xfe"),
        ("long", b"#" * 70_000),
        *((name, recipient.encode()) for name in ("group", "all", "another")),
    ):
        (tmp_path / name).write_bytes(text)
    (tmp_path / "group").chmod(0o660)
    (tmp_path / "all").chmod(0o666)
    if os.geteuid() == 0:
        os.chown(tmp_path / "another", 65534, 65534)
    return tmp_path


@pytest.mark.parametrize("given", UNUSABLE)
def test_recipients_that_cannot_be_used_end_a_run_before_it_writes_anything(unusable, given):
    if given == "./another" and os.geteuid() != 0:
        pytest.skip("only root can make what another user owns")
    secret = (unusable / "key").read_text().splitlines()[-1]
    word = secret if given == "SECRET" else given
    (unusable / "edge.toml").write_text(
        f"source = 'demo:fast'\nduration = 1\njournal = 'state/j'\njsonl = 'state/l'\nseal_to = ['{word}']\n"
    )
    answer = invoke(run.app, "--config", "edge.toml", "--quiet", code=78)
    assert UNUSABLE[given] in answer.stderr
    assert answer.stderr.startswith("Error: ")
    assert secret not in answer.stderr
    assert not (unusable / "state").exists()


def test_a_missing_library_is_no_reason_to_write_in_clear(recipient, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrage", None)
    words = ("--source", "demo:fast", "--duration", "1", "--quiet", "--journal", tmp_path / "j", "--seal-to", recipient)
    assert "the package pyrage is missing" in invoke(run.app, *words, code=78).stderr
    assert not (tmp_path / "j").exists()


@pytest.mark.parametrize(
    ("mode", "text", "said"),
    [
        (0o644, None, "Others may read"),
        (0o620, None, "Others may read"),
        (0o600, "", "holds no key"),
        (0o600, "AGE-SECRET-KEY-1QQQQ\n", "Line 1 of"),
        (0o600, "age1qqqq\n", "Line 1 of"),
    ],
)
def test_keys_that_cannot_be_used(recipient, kept, tmp_path, mode, text, said):
    kept("s", recipient)
    file = tmp_path / "key"
    secret = file.read_text().splitlines()[-1]
    if text is not None:
        file.write_text(text)
    file.chmod(mode)
    answer = invoke(report.app, tmp_path / "j", "--key", file, code=78)
    assert said in answer.stderr
    assert "QQQQ" not in answer.stderr.upper()
    for given, why in (
        (tmp_path / "none", "No such file"),
        (secret, "can be seen by other programs"),
        ("", "is no key"),
    ):
        answer = invoke(report.app, tmp_path / "j", "--key", given, code=78)
        assert why in answer.stderr
        assert secret not in answer.stderr


def test_a_key_here_is_named_as_any_file_is(recipient, kept, tmp_path, monkeypatch):
    kept("s", recipient)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert "are sealed" not in invoke(report.app, "j", "--key", "key").stdout


def test_a_new_key_takes_over_from_an_old_one(kept, tmp_path):
    old, new = made(tmp_path / "old"), made(tmp_path / "new")
    recipients = tmp_path / "recipients"
    for session, to in (("before", [old]), ("both", [old, new]), ("after", [new])):
        recipients.write_text("# who may read\n" + "".join(f"{one}\n" for one in to))
        kept(session, str(recipients))
    everything = {"before": 2, "both": 2, "after": 2}
    assert opened(tmp_path, "old", "new") == (everything, "")
    left, said = opened(tmp_path, "old", code=65)
    assert left == everything | {"after": 0}
    assert "Session after (number 3): windows 0 to 1 are sealed to another key, or changed." in said
    left, said = opened(tmp_path, "new", code=65)
    assert (left, "Session before (number 1)" in said) == (everything | {"before": 0}, True)
    (tmp_path / "ring").write_text((tmp_path / "old").read_text() + (tmp_path / "new").read_text())
    (tmp_path / "ring").chmod(0o600)
    assert opened(tmp_path, "ring") == (everything, "")


def test_a_credential_of_systemd(kept, tmp_path, monkeypatch):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    recipient = made(credentials / "key")
    (credentials / "recipients").write_text(recipient)
    for file in credentials.iterdir():
        file.chmod(0o440)  # as an access list looks that grants a service's user the right to read
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    kept("s", "recipients")
    answer = invoke(report.app, tmp_path / "j", "--format", "json", "--key", "key")
    assert json.loads(answer.stdout)["sessions"][0]["summary"]["kind"] == "session"
    assert "cannot be read: No such file" in invoke(report.app, tmp_path / "j", "--key", "absent", code=78).stderr
    (credentials / "key").chmod(0o444)
    assert "Others may read" in invoke(report.app, tmp_path / "j", "--key", "key", code=78).stderr


def test_what_was_interrupted_in_clear_is_summed_up_sealed(recipient, kept, tmp_path):
    with Journal.open(tmp_path / "j"):
        pass
    kept("cut", ended=False)
    kept("next", recipient)
    answer = invoke(report.app, tmp_path / "j", "--format", "json")
    cut, _ = json.loads(answer.stdout)["sessions"]
    assert (cut["state"], cut["summaries_sealed"]) == ("interrupted", 1)
    assert invoke(report.app, tmp_path / "j", "--format", "json", "--key", tmp_path / "key").stderr == ""


def test_where_age_fails_nothing_is_written_in_its_place(recipient, tmp_path, monkeypatch, summaries_of):
    class Failing:
        EncryptError = pyrage.EncryptError

        def encrypt(self, *_, **__):
            raise pyrage.EncryptError("no")

    seal, window = Seal.to([recipient]), summaries_of("kim", 1)[0]
    monkeypatch.setattr("edge.journal.sealing.seal._age", Failing)
    with JsonLines.open(str(tmp_path / "lines"), seal) as lines, pytest.raises(CannotWrite, match="was not sealed"):
        lines.write(window)
    with Journal.open(tmp_path / "j", seal) as journal:
        journal.begin("kim", started_at=window.started_at, window_s=2.0, software="0")
        with pytest.raises(CannotWrite, match="was not sealed"):
            journal.write(window)
    assert (tmp_path / "lines").read_bytes() == b""
    with closing(sqlite3.connect(tmp_path / "j")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_sealed_texts_length_does_not_say_whether_a_face_was_there(recipient, tmp_path, summaries_of):
    opens, seal = Keys.of([str(tmp_path / "key")]), Seal.to([recipient])
    written = summaries_of("a-session-with-a-long-name", 10)
    assert len({window.readable_share for window in written}) > 2
    assert {len(opens.open(seal_summary(window, seal).sealed)) for window in written} == {2048}
    emotions = dict.fromkeys(EMOTIONS, -0.123456)
    whole = replace(
        written[0],
        session="s" * 64,
        emotions=emotions,
        emotion_means=emotions,
        emotion_changes=emotions,
        insights=dict.fromkeys(FIGURES, 86399.123456),
        gaps=dict.fromkeys(Gap, 86399.123456),
        unreadable=dict.fromkeys(Unreadable, 0.123456),
    )
    assert len(json.dumps(as_json(whole))) > 1500
    assert len(opens.open(seal_summary(whole, seal, 10**9).sealed)) == 2048


@pytest.mark.parametrize(("sealed", "status"), [(False, "No signal"), (True, "Watching")])
def test_nor_does_the_status_of_a_service_tell_a_covered_lens(sealed, status):
    manager = Manager()
    covered = replace(observe(frame(1.0)), reading=None, unreadable=Unreadable.NO_SIGNAL)
    Heartbeat("camera 7", manager, sealed=sealed)(FrameRead(frame(1.0), covered))
    assert next(line for line in manager.messages if line != "READY").startswith(status)


def test_a_report_is_sealed_on_its_way_to_its_file(recipient, kept, tmp_path):
    kept("s")
    plain = invoke(report.app, tmp_path / "j", "--format", "json", "--windows").stdout
    assert invoke(report.app, tmp_path / "j", "--format", "json", "--windows", "-o", tmp_path / "plain").stdout == ""
    assert (tmp_path / "plain").read_text() == plain
    file = tmp_path / "report.age"
    file.write_text("an older one")
    invoke(report.app, tmp_path / "j", "--format", "json", "--windows", "--seal-to", recipient, "-o", file)
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "report.age")} == {0o600}
    sealed = file.read_bytes()
    assert sealed.startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")
    assert b"levels" not in sealed
    assert invoke(keys.app, "open", file, "--key", tmp_path / "key").stdout == plain
    printed = invoke(report.app, tmp_path / "j", "--format", "json", "--windows", "--seal-to", recipient).stdout
    for broken in (printed[:400] + printed[500:], printed[:-80], printed.replace("A", "B")):
        file.write_text(broken)
        assert invoke(keys.app, "open", file, "--key", tmp_path / "key", code=65).stdout == ""
    assert not [place for place in tmp_path.iterdir() if place.name.endswith(".new")]


@pytest.mark.skipif(shutil.which("age") is None, reason="the program age is not installed")
def test_age_itself_opens_what_is_sealed(recipient, kept, tmp_path):
    kept("s", recipient)
    invoke(report.app, tmp_path / "j", "--key", tmp_path / "key", "--seal-to", recipient, "-o", tmp_path / "sealed")
    done = subprocess.run(
        ["age", "-d", "-i", "key", "sealed"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Session")


def test_the_library_is_not_loaded_where_nothing_is_sealed(home, environment):
    script = (
        "import sys; from pathlib import Path; from edge.config import Config\n"
        "import edge.cli.run, edge.cli.journals.report; from edge.run.outputs.keeping import opened_keeping\n"
        "with opened_keeping(Config(journal=Path('j'), jsonl='l'), 'demo'): pass\n"
        "assert 'pyrage' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=home, env=environment, check=True)
