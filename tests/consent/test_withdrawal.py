"""Ending and withdrawing: what is reported, what is erased, and when a program that records is waited for."""

import json
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.consent import withdrawal
from edge.consent.context import ConsentContext
from edge.consent.store import ConsentStore
from edge.consent.types import CaptureState, ConsentState
from edge.core.errors import CannotWrite, NoConsent, UsageError
from edge.host.files.locks import is_locked, only_writer
from edge.host.files.private_files import disk_full
from edge.journal.deletion import Deleted, delete_by_hand, delete_session
from edge.journal.file.reserve import Reserve
from edge.journal.reading import JournalReader

from .conftest import Recorded

RELEASED = "The camera is released."
HANGS = "No frame is looked at any more; the camera's driver hangs, and the camera is released with its program."


def withdraw(context: ConsentContext, session: str) -> list[str]:
    return [*withdrawal.withdraw(context.store, context.store.end(session, ConsentState.WITHDRAWN))]


def names(journal: Path) -> list[str]:
    with JournalReader.open(journal) as reader:
        return [session.name for session in reader.sessions()]


def lines(journal: Path) -> set[str]:
    return {json.loads(line)["session"] for line in (journal.parent / "lines.jsonl").read_text().splitlines()}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program records in these tests but where one says so; then half a second is long."""
    monkeypatch.setattr(withdrawal, "_STOP_S", 0.5)
    monkeypatch.setattr(withdrawal, "_ERASE_S", 0.5)
    monkeypatch.setattr(withdrawal, "_UNLOCKED_S", 0.2)


def test_a_withdrawal_erases_the_session_from_both_files_and_no_other(recorded: Recorded) -> None:
    recorded("ann")
    context = recorded("kim")
    places = f"{context.journal} and {context.journal.parent / 'lines.jsonl'}"
    assert withdraw(context, "kim") == [
        "The consent for session kim is withdrawn.",
        f"Erased it, and looked for it in {places}: it is gone.",
    ]
    assert (names(context.journal), lines(context.journal)) == (["ann"], {"ann"})
    assert context.store.find("kim") is None
    states = [(one.state, one.erased_at is not None) for one in context.store.receipts()]
    assert sorted(states) == [(ConsentState.GRANTED, False), (ConsentState.WITHDRAWN, True)]


def test_before_anything_was_recorded_there_is_nothing_to_erase(tmp_path: Path) -> None:
    store = ConsentStore(tmp_path / "consent.sqlite")
    store.grant("kim", "1", "ab" * 32, 60)
    assert withdraw(ConsentContext(store, tmp_path / "j.sqlite", None), "kim") == [
        "The consent for session kim is withdrawn.",
        "Nothing had been recorded.",
    ]
    assert store.find("kim") is None


def test_a_session_that_is_ended_stays(recorded: Recorded) -> None:
    context = recorded("kim")
    assert [*withdrawal.end(context.store, "kim")] == ["Session kim is over: ended."]
    assert (names(context.journal), lines(context.journal)) == (["kim"], {"kim"})
    consent = context.store.find("kim")
    assert consent is not None
    assert (consent.state, consent.valid) == (ConsentState.ENDED, False)
    with pytest.raises(NoConsent):
        [*withdrawal.end(context.store, "bob")]


@pytest.mark.parametrize(
    ("noted", "said"), [(CaptureState.OVER, RELEASED), (CaptureState.HANGS, HANGS), (None, "No program watches it.")]
)
def test_the_program_that_records_is_waited_for_until_it_notes_its_end(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, noted: CaptureState | None, said: str
) -> None:
    context = recorded("kim", CaptureState.RUNNING)
    if noted is not None:
        for limit in ("_STOP_S", "_UNLOCKED_S"):
            monkeypatch.setattr(withdrawal, limit, 60.0)
        threading.Timer(0.1, context.store.note, ("kim", noted)).start()
    assert said in [*withdrawal.end(context.store, "kim")]


def test_a_program_that_holds_the_journal_and_does_not_answer_is_an_error(recorded: Recorded) -> None:
    context = recorded("kim", CaptureState.RUNNING)
    with only_writer(context.journal):
        reports = withdrawal.end(context.store, "kim")
        assert next(reports) == "Session kim is over: ended."
        with pytest.raises(CannotWrite, match="The program that watches session kim does not answer") as caught:
            next(reports)
        assert caught.value.fix == "End that program, then do this again."


def test_what_cannot_be_erased_is_an_error_and_may_be_tried_again(recorded: Recorded) -> None:
    context = recorded("kim")
    with context.store.erasing(0) as free:
        assert free
        with pytest.raises(CannotWrite, match="Session kim is not erased yet") as caught:
            withdraw(context, "kim")
    assert caught.value.fix == "Withdraw it again."
    assert names(context.journal) == ["kim"]
    withdraw(context, "kim")
    assert names(context.journal) == []


@pytest.mark.parametrize("left", ["journal", "lines"])
def test_what_is_still_there_after_an_erasure_is_never_reported_as_gone(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    context = recorded("kim")
    journal = None if left == "journal" else context.journal
    erased = Deleted() if journal is None else delete_session("kim", journal, None)
    monkeypatch.setattr(withdrawal, "delete_session", lambda *_: erased)
    reports = withdrawal.withdraw(context.store, context.store.end("kim", ConsentState.WITHDRAWN))
    assert next(reports) == "The consent for session kim is withdrawn."
    with pytest.raises(CannotWrite, match="Session kim is not erased yet"):
        next(reports)


@pytest.mark.parametrize("held", [True, False])
def test_on_a_full_disk_the_reserve_makes_the_room(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    context = recorded("kim")
    if held:
        Reserve(context.journal).make()

    def full_once(*words: object) -> object:
        monkeypatch.setattr(withdrawal, "delete_session", delete_session)
        raise disk_full(context.journal)

    monkeypatch.setattr(withdrawal, "delete_session", full_once)
    context.store.end("kim", ConsentState.WITHDRAWN)
    if not held:
        Reserve(context.journal).give_back()
        with pytest.raises(CannotWrite):
            withdrawal.finish(context.store, "kim", wait_s=0)
        assert context.store.find("kim") is not None
        return
    erased = withdrawal.finish(context.store, "kim", wait_s=0)
    assert erased is not None
    assert (erased.sessions, erased.summaries, erased.lines) == (1, 5, 5)
    assert (names(context.journal), lines(context.journal)) == ([], set())
    assert context.store.find("kim") is None


def test_nothing_is_counted_where_nothing_was_recorded(tmp_path: Path) -> None:
    store = ConsentStore(tmp_path / "consent.sqlite")
    store.grant("kim", "1", "ab" * 32, 60)
    store.end("kim", ConsentState.WITHDRAWN)
    assert withdrawal.finish(store, "kim", wait_s=0) == Deleted()


def test_what_another_process_erased_is_reported_as_none(recorded: Recorded) -> None:
    context = recorded("kim")
    context.store.end("kim", ConsentState.WITHDRAWN)
    with context.store.erasing(0):
        assert withdrawal.finish(context.store, "kim", wait_s=0) is None
    assert names(context.journal) == ["kim"]
    assert withdrawal.finish(context.store, "kim", wait_s=0) is not None
    assert withdrawal.finish(context.store, "kim", wait_s=0) is None, "before"


def test_names_are_forgotten_where_nothing_is_kept_and_only_of_consents_that_are_over(recorded: Recorded) -> None:
    context = recorded("ann")
    for name in ("kim", "lee", "mia"):
        recorded(name)
    context.store.end("kim", ConsentState.ENDED)
    context.store.end("lee", ConsentState.WITHDRAWN)
    withdrawal.tidy(context.store)
    assert {one.session for one in context.store.consents()} == {"ann", "kim", "lee", "mia"}
    (context.journal.parent / "lines.jsonl").unlink()
    delete_by_hand(context.journal, before=datetime(2090, 1, 1, tzinfo=UTC))
    withdrawal.tidy(context.store)
    kept = {one.session: one.state for one in context.store.consents()}
    assert kept == {"ann": ConsentState.GRANTED, "mia": ConsentState.GRANTED, "lee": ConsentState.WITHDRAWN}
    assert b"kim" not in context.store.path.read_bytes()


def test_a_name_is_refused_while_lines_of_it_are_left(recorded: Recorded) -> None:
    context = recorded("kim")
    context.store.end("kim", ConsentState.ENDED)
    context.journal.unlink()
    withdrawal.tidy(context.store)
    with pytest.raises(UsageError, match="There is a session called kim already") as caught:
        withdrawal.refuse_used_name(context.store, "kim", context.journal)
    assert caught.value.fix == "Give each session a name of its own."
    (context.journal.parent / "lines.jsonl").unlink()
    withdrawal.refuse_used_name(context.store, "kim", context.journal)
    assert context.store.find("kim") is None


def test_a_program_that_still_writes_the_journal_is_waited_for(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its camera is released, but the session's last summaries may not be written yet."""
    context, finish, held = recorded("kim"), withdrawal.finish, list[bool]()
    monkeypatch.setattr(withdrawal, "_ERASE_S", 60.0)

    def noted(store: ConsentStore, session: str, *, wait_s: float) -> Deleted | None:
        held.append(is_locked(context.journal))
        return finish(store, session, wait_s=wait_s)

    monkeypatch.setattr(withdrawal, "finish", noted)
    with ExitStack() as writer:
        writer.enter_context(only_writer(context.journal))
        threading.Timer(0.2, writer.pop_all().close).start()
        withdraw(context, "kim")
    assert held == [False]
    assert names(context.journal) == []


@pytest.mark.parametrize("left", ["name", "journal", "lines"])
def test_whatever_is_left_afterwards_is_an_error(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    context = recorded("kim")

    def almost(store: ConsentStore, session: str, wait_s: float) -> None:
        if left != "name":
            store.forget(session)
        if left != "journal":
            delete_by_hand(context.journal, session=session)
        if left != "lines":
            (context.journal.parent / "lines.jsonl").unlink()

    monkeypatch.setattr(withdrawal, "finish", almost)
    with pytest.raises(CannotWrite, match="Session kim is not erased yet"):
        withdraw(context, "kim")


def test_a_journal_without_lines_is_the_only_place_that_is_named(tmp_path: Path) -> None:
    store, journal = ConsentStore(tmp_path / "consent.sqlite"), tmp_path / "j.sqlite"
    store.grant("kim", "1", "ab" * 32, 60)
    store.begin("kim", journal, None)
    store.note("kim", CaptureState.OVER)
    assert withdraw(ConsentContext(store, journal, None), "kim")[-1] == (
        f"Erased it, and looked for it in {journal}: it is gone."
    )


def test_a_consent_that_ran_out_is_noted_and_its_name_stays_while_the_journal_cannot_be_read(tmp_path: Path) -> None:
    tick_s = 0.0
    store = ConsentStore(tmp_path / "consent.sqlite", tick_s=lambda: tick_s, boot=lambda: "this")
    journal = tmp_path / "j.sqlite"
    store.grant("kim", "1", "ab" * 32, 60)
    store.begin("kim", journal, None)
    journal.write_text("no journal")
    tick_s = 61.0
    withdrawal.refuse_used_name(store, "bob", journal)
    assert [receipt.state for receipt in store.receipts()] == [ConsentState.EXPIRED]
    assert store.find("kim") is not None
