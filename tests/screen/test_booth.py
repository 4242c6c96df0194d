"""A booth's screen without a browser: what is shown, and what its buttons do, also twice and too late."""

import pytest

from edge.consent.context import ConsentContext
from edge.consent.notices import newest_notice, shipped_notices
from edge.consent.types import CaptureState, ConsentState
from edge.journal.reading import JournalReader
from edge.screen.booth import Booth, Stage
from tests.fakes import Hands

from .conftest import begin, recorder

NOTICE = newest_notice(shipped_notices())


def agree(booth: Booth) -> str:
    booth.agree(NOTICE.version, NOTICE.sha256, "en")
    return booth.shown().session


def over(context: ConsentContext, booth: Booth) -> str:
    """A session that was recorded, and ended on the screen."""
    session = agree(booth)
    begin(context, session)
    context.store.note(session, CaptureState.OVER)
    booth.end(session)
    return session


def test_from_the_notice_to_the_own_summary(booth: Booth, context: ConsentContext) -> None:
    assert booth.shown().stage is Stage.NOTICE
    session = agree(booth)
    assert booth.shown().stage is Stage.WAITING
    begin(context, session)
    shown = booth.shown()
    assert (shown.stage, shown.session, round(shown.left_s / 60)) == (Stage.RECORDING, session, 30)
    with recorder(context):
        booth.end(session)
    shown = booth.shown()
    assert (shown.stage, shown.summary is not None and shown.summary.readable_share) == (Stage.OVER, 1.0)
    booth.keep(session)
    assert (booth.shown().stage, booth.shown().session) == (Stage.KEPT, session)
    with JournalReader.open(context.journal) as reader:
        assert [record.name for record in reader.sessions()] == [session]
    assert context.store.of(session).state is ConsentState.ENDED


def test_the_receipt_names_the_translation_that_was_read(booth: Booth, context: ConsentContext) -> None:
    german = booth.notice("de")
    assert "BEVOR SIE BEGINNEN" in german.text
    booth.agree(german.version, german.sha256, "de")
    (receipt,) = context.store.receipts()
    assert (receipt.notice_version, receipt.notice_sha256) == ("1.de", german.sha256)


def test_what_is_taken_back_is_erased_during_the_session_and_after_it(booth: Booth, context: ConsentContext) -> None:
    during = agree(booth)
    begin(context, during)
    with recorder(context):
        booth.take_back(during)
    assert booth.shown().stage is Stage.ERASED
    after = over(context, booth)
    booth.take_back(after)
    assert booth.shown().stage is Stage.ERASED
    with JournalReader.open(context.journal) as reader:
        assert reader.sessions() == []
    assert [receipt.state for receipt in context.store.receipts()] == [ConsentState.WITHDRAWN] * 2


def test_a_second_touch_changes_nothing(booth: Booth, context: ConsentContext) -> None:
    session = agree(booth)
    assert agree(booth) == session
    assert len(context.store.receipts()) == 1
    begin(context, session)
    context.store.note(session, CaptureState.OVER)
    booth.end(session)
    booth.end(session)
    assert booth.shown().stage is Stage.OVER
    booth.keep(session)
    booth.take_back(session)  # of a page that was shown before
    assert booth.shown().stage is Stage.KEPT


def test_a_page_of_the_person_before_ends_no_other_session(booth: Booth, context: ConsentContext) -> None:
    first = over(context, booth)
    booth.begin_anew()
    second = agree(booth)
    booth.end(first)
    booth.take_back(first)
    assert (booth.shown().stage, booth.shown().session) == (Stage.WAITING, second)
    assert context.store.of(first).state is ConsentState.ENDED


def test_a_session_that_ended_by_absence_leaves_nothing_on_the_screen(booth: Booth, context: ConsentContext) -> None:
    session = agree(booth)
    begin(context, session)
    context.store.end(session, ConsentState.ENDED)
    assert booth.shown().stage is Stage.NOTICE
    booth.keep(session)
    assert booth.shown().stage is Stage.NOTICE


@pytest.mark.parametrize(("stage", "seconds"), [(Stage.OVER, 90), (Stage.DECLINED, 10)])
def test_what_is_left_on_the_screen_goes_by_itself(
    booth: Booth, context: ConsentContext, hands: Hands, stage: Stage, seconds: float
) -> None:
    if stage is Stage.OVER:
        over(context, booth)
    else:
        booth.decline()
    hands.tick += seconds - 1
    assert booth.shown().stage is stage
    hands.tick += 2
    assert booth.shown().stage is Stage.NOTICE


def test_a_text_that_was_changed_meanwhile_is_shown_anew(booth: Booth, context: ConsentContext) -> None:
    booth.agree(NOTICE.version, "ab" * 32, "en")
    assert (booth.shown().stage, booth.shown().text) == (Stage.TROUBLE, "changed")
    assert context.store.receipts() == []


def test_consents_that_cannot_be_recorded_begin_nothing(booth: Booth, context: ConsentContext) -> None:
    context.store.path.write_bytes(b"garbage" * 1000)
    booth.agree(NOTICE.version, NOTICE.sha256, "en")
    assert (booth.shown().stage, booth.shown().text) == (Stage.TROUBLE, "trouble_grant")
