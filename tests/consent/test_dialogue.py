"""Consent at a terminal, in this process: the question, the answers, and what ends a session."""

import io
import os
import pty
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Timer

import pytest

from edge.consent import dialogue
from edge.consent.context import ConsentContext
from edge.consent.gate import Gate, Outcome
from edge.consent.notices import newest_notice, shipped_notices
from edge.consent.store import ConsentStore
from edge.consent.types import CaptureState, Consent, ConsentState
from edge.core.errors import NoConsent, UsageError
from edge.sources.lease import Lease

from .conftest import Recorded

NOTICE = newest_notice(shipped_notices())
Types = Callable[[str], None]


class Screen(io.StringIO):
    """Standard output that shows only what was flushed."""

    shown = ""

    def flush(self) -> None:
        self.shown = self.getvalue()


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Iterator[Types]:
    """Makes standard input a terminal, at which is typed what is given."""
    own, theirs = pty.openpty()
    with open(theirs, encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)

        def type_text(text: str) -> None:
            os.write(own, text.encode())

        yield type_text
    os.close(own)


@pytest.fixture
def context(tmp_path: Path) -> ConsentContext:
    return ConsentContext(ConsentStore(tmp_path / "consent.sqlite"), tmp_path / "j.sqlite", None)


@pytest.mark.parametrize("answer", ["yes", " YES ", "Yes"])
def test_yes_is_recorded_with_the_notice_that_was_shown(context: ConsentContext, types: Types, answer: str) -> None:
    types(f"{answer}\n")
    out = io.StringIO()
    consent = dialogue.ask_for_consent(context, NOTICE, "kim", 30.0, Event(), out)
    assert (consent.session, consent.valid, consent.state) == ("kim", True, ConsentState.GRANTED)
    assert consent.left_s == pytest.approx(1800, abs=20)
    assert (consent.receipt.notice_version, consent.receipt.notice_sha256) == (NOTICE.version, NOTICE.sha256)
    shown, _, receipt = out.getvalue().partition("Do you agree, for at most 30 minutes? Type yes")
    assert shown.strip() == NOTICE.text.strip()
    assert f"Receipt  {consent.receipt.id}" in receipt
    assert f"Notice   {NOTICE.version}, SHA-256 {NOTICE.sha256}" in receipt
    assert "State    granted, for 30 more minutes" in receipt
    assert receipt.rstrip().endswith("Session  kim")


@pytest.mark.parametrize("answer", ["\n", "no\n", "y\n", "yes please\n", "\x04"])
def test_anything_else_is_no(context: ConsentContext, types: Types, answer: str) -> None:
    types(answer)
    with pytest.raises(NoConsent, match="nothing is recorded"):
        dialogue.ask_for_consent(context, NOTICE, "kim", 30.0, Event(), io.StringIO())
    assert context.store.find("kim") is None


def test_a_stop_ends_the_waiting_for_an_answer(context: ConsentContext, types: Types) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(NoConsent, match="nothing is recorded"):
        dialogue.ask_for_consent(context, NOTICE, "kim", 30.0, stop, io.StringIO())


def test_without_a_terminal_the_answer_has_to_be_given_before(
    context: ConsentContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    with pytest.raises(NoConsent, match="this is no terminal") as caught:
        dialogue.ask_for_consent(context, NOTICE, "kim", 30.0, Event(), io.StringIO())
    assert "edge-consent grant NAME --notice-version VERSION" in caught.value.fix


def test_the_question_is_shown_before_the_answer_is_waited_for(
    context: ConsentContext, types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, shown = Screen(), list[str]()

    def answered(*_: object) -> str:
        shown.append(screen.shown)
        return "yes\n"

    monkeypatch.setattr(dialogue, "_line", answered)
    dialogue.ask_for_consent(context, NOTICE, "kim", 30.0, Event(), screen)
    assert shown[0].endswith("or just press Enter for no: ")


def test_each_step_of_an_end_is_shown_at_once(
    recorded: Recorded, types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, screen = recorded("kim"), Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    types("\n")
    at_the_question: list[str] = []
    monkeypatch.setattr(
        context.store, "find", _noting(context.store.find, lambda: at_the_question.append(screen.shown))
    )
    dialogue.offer_withdrawal(context, "kim", Event())
    assert at_the_question[0].startswith("Enter ends the session.")
    assert screen.shown.splitlines()[1:] == ["Session kim is over: ended."]


def _noting(find: Callable[[str], Consent | None], note: Callable[[], object]) -> Callable[[str], Consent | None]:
    def noted(session: str) -> Consent | None:
        note()
        return find(session)

    return noted


def test_a_session_without_a_name_is_called_by_its_time(context: ConsentContext, types: Types) -> None:
    types("yes\n")
    out = io.StringIO()
    consent = dialogue.ask_for_consent(context, NOTICE, None, 30.0, Event(), out)
    assert consent.session == f"{consent.receipt.granted_at:%Y%m%d}T{consent.session[9:15]}Z"
    assert consent.session[9:15].isdigit()


def test_a_name_that_was_used_is_refused_before_the_question(recorded: Recorded, types: Types) -> None:
    out = io.StringIO()
    with pytest.raises(UsageError, match="called kim already"):
        dialogue.ask_for_consent(recorded("kim"), NOTICE, "kim", 30.0, Event(), out)
    assert out.getvalue() == ""


def test_a_run_takes_a_consent_that_was_given_before(context: ConsentContext, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(context.store, context.journal, None, "camera 0", Lease())
    dialogue.grant(context, "kim", NOTICE, 5.0)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    out = io.StringIO()
    assert dialogue.consented_session(gate, None, "kim", Event(), out) == "kim"
    assert out.getvalue() == "", "no question"
    context.store.end("kim", ConsentState.ENDED)
    with pytest.raises(NoConsent, match="The consent for session kim is over: ended") as caught:
        dialogue.consented_session(gate, None, "kim", Event(), out)
    assert caught.value.fix.startswith("Ask again, for a session of another name: edge-consent grant NAME")
    with pytest.raises(NoConsent):
        dialogue.consented_session(gate, None, "bob", Event(), out)


def test_a_run_at_a_terminal_asks_for_one_hour(context: ConsentContext, types: Types) -> None:
    gate = Gate(context.store, context.journal, None, "camera 0", Lease())
    types("yes\n")
    out = io.StringIO()
    assert dialogue.consented_session(gate, None, "kim", Event(), out) == "kim"
    assert "for at most 60 minutes" in out.getvalue()
    assert context.store.of("kim").left_s == pytest.approx(3600, abs=60)
    assert dialogue.consented_session(gate, None, "kim", Event(), out) == "kim", "given now, without a second question"


def test_a_run_shows_its_own_notices(context: ConsentContext, types: Types, tmp_path: Path) -> None:
    (tmp_path / "7.txt").write_text("We record you, seventh edition.")
    types("yes\n")
    out = io.StringIO()
    gate = Gate(context.store, context.journal, None, "camera 0", Lease())
    dialogue.consented_session(gate, tmp_path, "kim", Event(), out)
    assert "seventh edition" in out.getvalue()
    assert context.store.of("kim").receipt.notice_version == "7"


@pytest.mark.parametrize(
    ("typed", "said", "kept"),
    [
        ("w\n", "The consent for session kim is withdrawn.", False),
        (" W \n", "The consent for session kim is withdrawn.", False),
        ("\n", "Session kim is over: ended.", True),
        ("x\n", "Session kim is over: ended.", True),
    ],
)
def test_enter_ends_and_w_withdraws(
    recorded: Recorded, types: Types, capsys: pytest.CaptureFixture[str], typed: str, said: str, kept: bool
) -> None:
    context = recorded("kim")
    types(typed)
    dialogue.offer_withdrawal(context, "kim", Event())
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "Enter ends the session. w and Enter takes your consent back and erases the session."
    assert second == said
    consent = context.store.find("kim")
    assert (consent is not None and consent.state is ConsentState.ENDED) is kept


def test_a_stop_ends_the_session_and_keeps_it(
    recorded: Recorded, types: Types, capsys: pytest.CaptureFixture[str]
) -> None:
    context, stop = recorded("kim"), Event()
    stop.set()
    dialogue.offer_withdrawal(context, "kim", stop)
    assert capsys.readouterr().out.splitlines()[1:] == ["Session kim is over: ended."]
    assert context.store.of("kim").state is ConsentState.ENDED


@pytest.mark.parametrize("state", [ConsentState.ENDED, ConsentState.WITHDRAWN])
def test_a_session_that_is_over_is_reported(
    recorded: Recorded, types: Types, capsys: pytest.CaptureFixture[str], state: ConsentState
) -> None:
    context = recorded("kim")
    context.store.end("kim", state)
    dialogue.offer_withdrawal(context, "kim", Event())
    assert capsys.readouterr().out.splitlines()[-1] == f"The session is over: {state}."
    if state is ConsentState.WITHDRAWN:
        context.store.forget("kim")
        dialogue.offer_withdrawal(context, "kim", Event())
        assert capsys.readouterr().out.splitlines()[-1] == "The session is over: withdrawn."


def test_a_receipt_says_for_how_long_it_holds(context: ConsentContext) -> None:
    assert "granted, for 600 more minutes" in dialogue.receipt_text(dialogue.grant(context, "kim", NOTICE, 600.0))


def test_a_receipt_says_what_became_of_it(recorded: Recorded) -> None:
    context = recorded("kim", CaptureState.RUNNING)
    assert dialogue.receipt_text(context.store.of("kim")).endswith("Session  kim, being recorded")
    consent = context.store.end("kim", ConsentState.WITHDRAWN)
    state = dialogue.receipt_text(consent).splitlines()[3]
    assert state == f"State    withdrawn {consent.receipt.changed_at:%Y-%m-%d %H:%M:%S} UTC"
    context.store.forget("kim")
    (receipt,) = context.store.receipts()
    text = dialogue.receipt_text(receipt)
    assert receipt.erased_at is not None
    assert text.splitlines()[3] == f"{state}, erased {receipt.erased_at:%Y-%m-%d %H:%M:%S} UTC"
    assert text.splitlines()[1] == f"Granted  {receipt.granted_at:%Y-%m-%d %H:%M:%S} UTC"
    assert "kim" not in text


@pytest.mark.parametrize(
    ("state", "erased", "text"),
    [
        (ConsentState.ENDED, False, ""),
        (ConsentState.EXPIRED, False, ""),
        (ConsentState.WITHDRAWN, False, "The consent was withdrawn."),
        (ConsentState.WITHDRAWN, True, "The consent was withdrawn, and the session is erased."),
    ],
)
def test_an_outcome_in_words(state: ConsentState, erased: bool, text: str) -> None:
    assert dialogue.outcome_text(Outcome(None, state, erased)) == text


def test_an_outcome_without_a_readable_consent_is_an_error() -> None:
    with pytest.raises(NoConsent, match="its consent cannot be read any more") as caught:
        dialogue.outcome_text(Outcome(None, None))
    assert caught.value.fix == "See the log."


def test_a_consent_that_is_taken_back_elsewhere_ends_the_waiting(
    recorded: Recorded, types: Types, capsys: pytest.CaptureFixture[str]
) -> None:
    context = recorded("kim")
    elsewhere = Timer(0.3, context.store.end, ("kim", ConsentState.EXPIRED))
    elsewhere.start()
    dialogue.offer_withdrawal(context, "kim", Event())
    elsewhere.join()
    assert capsys.readouterr().out.splitlines()[1:] == ["The session is over: expired."]


def test_a_stop_ends_the_waiting_for_a_line(
    recorded: Recorded, types: Types, capsys: pytest.CaptureFixture[str]
) -> None:
    context, stop = recorded("kim"), Event()
    Timer(0.3, stop.set).start()
    dialogue.offer_withdrawal(context, "kim", stop)
    assert capsys.readouterr().out.splitlines()[1:] == ["Session kim is over: ended."]
