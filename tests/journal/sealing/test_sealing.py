"""Seals and keys without the commands, whose tests are in `sealing`: what opens, what does not, and the reports."""

import errno
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.errors import BadConfiguration, CannotWrite, NotAsSealed
from edge.core.summaries import Sealed, Summary, as_json
from edge.journal.lines.jsonl import JsonLines
from edge.journal.reading import JournalReader
from edge.journal.sealing.lines import open_sealed
from edge.journal.sealing.seal import (
    AnotherKey,
    Broken,
    Keys,
    Seal,
    is_sealed,
    new_key,
    open_summary,
    seal_summary,
)
from edge.journal.sealing.unopened import Unopened
from edge.journal.store import Journal

SummariesOf = Callable[[str, int], list[Summary]]


@pytest.fixture
def key(tmp_path: Path) -> tuple[Seal, Keys]:
    recipient = new_key(tmp_path / "key")
    return Seal.to([recipient]), Keys.of([str(tmp_path / "key")])


@pytest.fixture
def other(tmp_path: Path) -> tuple[Seal, Keys]:
    recipient = new_key(tmp_path / "other")
    return Seal.to([recipient]), Keys.of([str(tmp_path / "other")])


@pytest.fixture
def summary(summaries_of: SummariesOf) -> Summary:
    return summaries_of("kim", 1)[0]


def damaged(sealed: str) -> str:
    """A byte of the sealed text, near its end, is another one."""
    lines = sealed.splitlines(keepends=True)
    at = len(lines) - 3
    lines[at] = ("B" if lines[at][0] == "A" else "A") + lines[at][1:]
    return "".join(lines)


def test_only_its_key_opens_a_text(key, other) -> None:
    sealed = key[0].close("a text")
    assert is_sealed(sealed.encode())
    assert not is_sealed(b'{"a text": 1}')
    assert "a text" not in sealed
    assert key[1].open(sealed) == key[1].open(sealed.encode()) == b"a text"
    with pytest.raises(AnotherKey):
        other[1].open(sealed)
    with pytest.raises(Broken):
        key[1].open(damaged(sealed))


def test_every_recipient_opens_it_and_a_stream_too(tmp_path: Path, key, other) -> None:
    recipients = [new_key(tmp_path / name) for name in ("a", "b")]
    (tmp_path / "recipients").write_text(f"# two\n\n  {recipients[1]}  \n")
    seal, out = Seal.to([recipients[0], str(tmp_path / "recipients")]), io.BytesIO()
    seal.close_stream(io.BytesIO(b"long" * 100_000), out)
    for name in ("a", "b"):
        assert Keys.of([str(tmp_path / name)]).open(out.getvalue()) == b"long" * 100_000
    assert out.getvalue().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----\n")


def test_a_new_key_is_for_its_owner_and_replaces_nothing(tmp_path: Path) -> None:
    path, before = tmp_path / "key", os.umask(0)
    try:
        recipient = new_key(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    created = datetime.strptime(path.read_text().splitlines()[0], "# created: %Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)
    assert f"# public key: {recipient}\n" in path.read_text()
    assert path.read_text().splitlines()[2].startswith("AGE-SECRET-KEY-1")
    with pytest.raises(CannotWrite, match="is there already"):
        new_key(path)
    with pytest.raises(CannotWrite):
        new_key(tmp_path / "absent" / "key")


def test_a_key_that_could_not_be_written_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match=r"key.* is full"):
        new_key(tmp_path / "key")
    assert not [*tmp_path.iterdir()]


def test_without_the_library_nothing_is_sealed(tmp_path: Path, key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    for sealing in (lambda: key[0].close("a text"), lambda: new_key(tmp_path / "another")):
        with pytest.raises(BadConfiguration, match="the package pyrage is missing"):
            sealing()


def test_only_its_owner_may_read_a_key_and_others_may_read_recipients(tmp_path: Path) -> None:
    recipient = new_key(tmp_path / "key")
    (tmp_path / "recipients").write_text(recipient)
    for name in ("key", "recipients"):
        (tmp_path / name).chmod(0o644)
    Seal.to([str(tmp_path / "recipients")])
    with pytest.raises(BadConfiguration):
        Keys.of([str(tmp_path / "key")])


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ([], "no recipient to seal to"),
        (["AGE-SECRET-KEY-1QQ"], "A secret key was given"),
        (["age1nonsense"], "age1nonsense is no recipient"),
        (["age1" + 100 * "x"], f"age1{76 * 'x'} is no recipient"),
        (["/FOLDER/empty"], "holds no recipient"),
        (["/FOLDER/wrong"], "Line 2 of .*wrong is no recipient of age"),
    ],
)
def test_recipients_that_are_none(tmp_path: Path, named: list[str], message: str) -> None:
    (tmp_path / "empty").write_text("# none\n")
    (tmp_path / "wrong").write_text("# one\nage1wrong\n")
    with pytest.raises(BadConfiguration, match=message):
        Seal.to([name.replace("/FOLDER", str(tmp_path)) for name in named])


def test_keys_are_read_from_files_alone(tmp_path: Path, key) -> None:
    secret = (tmp_path / "key").read_text().splitlines()[2]
    with pytest.raises(BadConfiguration, match="can be seen by other programs"):
        Keys.of([secret])
    (tmp_path / "key").write_text("no key\n")
    with pytest.raises(BadConfiguration, match=r"Line 1 of .*key is no key of age") as caught:
        Keys.of([str(tmp_path / "key")])
    assert "no key\n" not in str(caught.value)


def test_a_sealed_summary_opens_in_its_own_place_alone(key, summary: Summary) -> None:
    sealed = seal_summary(summary, key[0], 3)
    assert (sealed.kind, sealed.session, sealed.sequence) == (summary.kind, "kim", summary.sequence)
    assert (
        (sealed.started_tick_s, sealed.ended_tick_s) == (summary.started_tick_s, summary.ended_tick_s) != (None, None)
    )
    opened = open_summary(sealed, key[1], 3)
    assert as_json(opened) == as_json(summary)
    for moved, number in (
        (sealed, 4),
        (sealed, None),
        (replace(sealed, session="ann"), 3),
        (replace(sealed, sequence=sealed.sequence + 1), 3),
        (replace(sealed, length_s=sealed.length_s + 1), 3),
    ):
        with pytest.raises(Broken):
            open_summary(moved, key[1], number)
    with pytest.raises(Broken):
        open_summary(replace(sealed, sealed=key[0].close("{}")), key[1], 3)
    later = datetime(2030, 1, 1, tzinfo=UTC)
    assert open_summary(replace(sealed, started_at=later), key[1], 3).started_at == later  # it may be corrected


def test_a_length_of_many_decimals_is_no_other_length(key, summary: Summary) -> None:
    sealed = seal_summary(replace(summary, length_s=1.23456789), key[0])
    assert sealed.length_s == 1.23456789
    assert open_summary(sealed, key[1]).length_s == 1.234568


def test_the_length_does_not_depend_on_what_was_read(key, summaries_of: SummariesOf) -> None:
    lengths = {len(key[1].open(seal_summary(one, key[0]).sealed)) for one in summaries_of("kim", 6)}
    assert lengths == {2048}


def lines_of(tmp_path: Path, seal: Seal | None, summaries: list[Summary]) -> list[bytes]:
    path = tmp_path / "lines"
    path.unlink(missing_ok=True)
    with JsonLines.open(str(path), seal) as lines:
        lines.write(*summaries)
    return path.read_bytes().splitlines(keepends=True)


def opened(lines: list[bytes], keys: Keys) -> tuple[list[int], str]:
    """The sequence numbers of the lines that opened, and the error after them."""
    numbers: list[int] = []
    try:
        numbers.extend(json.loads(line)["sequence"] for line in open_sealed(io.BytesIO(b"".join(lines)), keys))
    except NotAsSealed as error:
        return numbers, error.happened
    return numbers, ""


def test_lines_open_and_what_is_wrong_with_them_is_named(tmp_path: Path, key, other, summaries_of) -> None:
    windows = summaries_of("kim", 5)[:5]
    lines = lines_of(tmp_path, key[0], windows)
    assert opened(lines, key[1]) == ([0, 1, 2, 3, 4], "")
    assert opened(lines_of(tmp_path, None, windows), key[1]) == ([0, 1, 2, 3, 4], "")
    assert opened([lines[0], *lines[3:]], key[1]) == (
        [0, 3, 4],
        "Not everything is as it was sealed: 2 windows before line 2 are missing.",
    )
    lost = lines_of(tmp_path, key[0], [windows[0], replace(windows[3], summaries_lost=2)])
    assert opened(lost, key[1]) == ([0, 3], "")
    assert opened([*lines[:2], b"{torn\n", *lines[2:]], key[1]) == (
        [0, 1, 2, 3, 4],
        "Not everything is as it was sealed: line 3 is torn, or changed since it was sealed.",
    )
    foreign = lines_of(tmp_path, other[0], [windows[1]])
    assert opened([lines[0], *foreign], key[1]) == (
        [0],
        "Not everything is as it was sealed: line 2 is sealed to another key, or changed.",
    )
    assert opened([lines[0], lines[2]], key[1])[1].endswith(" 1 windows before line 2 are missing.")
    with pytest.raises(BadConfiguration, match="opens nothing"):
        opened(foreign * 2, key[1])
    with pytest.raises(BadConfiguration, match="opens nothing"):  # a line that was never sealed is no sign of the key
        opened([*lines_of(tmp_path, None, windows[:1]), *foreign], key[1])


def test_a_line_is_opened_with_everything_that_was_sealed(tmp_path: Path, key, summaries_of) -> None:
    windows = summaries_of("kim", 2)
    texts = [*open_sealed(io.BytesIO(b"".join(lines_of(tmp_path, key[0], windows))), key[1])]
    assert [json.loads(text) for text in texts] == [as_json(window) for window in windows]


def test_windows_of_another_session_are_not_missing(tmp_path: Path, key, summaries_of) -> None:
    lines = lines_of(tmp_path, key[0], [summaries_of("kim", 1)[0], summaries_of("ann", 3)[2]])
    assert opened(lines, key[1]) == ([0, 2], "")


def test_a_sealed_report_opens_whole_or_not_at_all(key, other) -> None:
    sealed = key[0].close("a report\n")
    assert [*open_sealed(io.BytesIO(sealed.encode()), key[1])] == ["a report\n"]
    with pytest.raises(BadConfiguration, match="opens nothing"):
        [*open_sealed(io.BytesIO(sealed.encode()), other[1])]
    for harmed in (damaged(sealed), sealed[: len(sealed) // 2]):
        with pytest.raises(NotAsSealed, match="changed since it was sealed, or ends too early"):
            [*open_sealed(io.BytesIO(harmed.encode()), key[1])]


@pytest.fixture
def journal(tmp_path: Path, key, summaries_of: SummariesOf) -> Path:
    path = tmp_path / "j"
    with Journal.open(path, key[0]) as journal:
        *windows, whole = summaries_of("kim", 6)
        journal.begin("kim", started_at=windows[0].started_at, window_s=2.0, software="0")
        journal.write(*windows, whole)
    return path


def test_a_sealed_journal_is_read_with_its_key(journal: Path, key, other) -> None:
    with JournalReader.open(journal) as reader:
        (session,) = reader.sessions()
        assert (session.windows, session.sealed, session.summary) == (6, 7, None)
        assert [*reader.windows(session.id)] == []
        assert [type(row) for row in reader.rows(session.id)] == [Sealed] * 6
        began = [row.started_at.isoformat() for row in reader.rows(session.id) if row.started_at is not None]
        assert (began[0], began[5]) == ("2026-03-01T12:00:00+00:00", "2026-03-01T12:00:10+00:00")
        assert session.ended_at is not None
        reader.unlock(key[1])
        (session,) = reader.sessions()
        assert session.summary is not None
        assert session.summary.sequence == 6
        assert [one.sequence for one in reader.windows(session.id)] == [*range(6)]
        assert not reader.unopened
        assert reader.bytes_columns() == ()
        with pytest.raises(BadConfiguration, match="opens none of the 7 sealed summaries"):
            reader.unlock(other[1])


def test_what_of_a_journal_does_not_open_or_is_missing_is_named(journal: Path, key) -> None:
    with Journal.open(journal) as written:
        execute = written._connection.execute
        execute("DELETE FROM sealed_summaries WHERE kind = 'window' AND sequence IN (1, 2)")
        execute("UPDATE sealed_summaries SET length_s = 99 WHERE kind = 'window' AND sequence = 4")
        execute("UPDATE sealed_summaries SET length_s = 99 WHERE kind = 'session'")
    with JournalReader.open(journal) as reader:
        reader.unlock(key[1])
        (session,) = reader.sessions()
        for _ in range(2):  # each is named once, however often it is read
            assert [one.sequence for one in reader.windows(session.id)] == [0, 3, 5]
        assert [*reader.unopened] == [
            f"Session kim (number {session.id}): its summary is changed since it was sealed.",
            f"Session kim (number {session.id}): windows 1 to 2 are missing.",
            f"Session kim (number {session.id}): window 4 is changed since it was sealed.",
        ]


def test_the_first_windows_may_have_been_deleted(journal: Path, key) -> None:
    with Journal.open(journal) as written:
        written._connection.execute("DELETE FROM sealed_summaries WHERE kind = 'window' AND sequence < 4")
    with JournalReader.open(journal) as reader:
        reader.unlock(key[1])
        (session,) = reader.sessions()
        assert [one.sequence for one in reader.windows(session.id)] == [4, 5]
        assert [*reader.unopened] == []


def test_unopened_summaries_are_named_by_session_and_reason(key, summaries_of: SummariesOf) -> None:
    unopened = Unopened()
    assert not unopened
    for sequence in (7, 0, 1, 2):
        unopened.add(5, seal_summary(replace(summaries_of("kim", 1)[0], sequence=sequence), key[0]), AnotherKey())
    unopened.add(6, seal_summary(summaries_of("ann", 1)[0], key[0]), Broken())
    unopened.missing(6, summaries_of("ann", 4)[3], 0)
    unopened.missing(7, summaries_of("bob", 4)[3], 1)
    assert unopened
    assert [*unopened] == [
        "Session kim (number 5): windows 0 to 2, 7 are sealed to another key, or changed.",
        "Session ann (number 6): window 0 is changed since it was sealed.",
        "Session bob (number 7): window 2 is missing.",
    ]


def test_columns_with_bytes_are_named(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j") as journal:
        journal._connection.execute("CREATE TABLE extra (picture BLOB, figure REAL)")
        journal._connection.execute("CREATE TABLE odd (any_kind)")
        assert journal.bytes_columns() == ("extra.picture", "odd.any_kind")
