"""Consent before capture by hand: without it nothing is opened, and the question is put at a terminal."""

import shutil
import sys

import cv2
import numpy as np
import pytest

from .booths import SHIPPED_SHA256, WATCHED, Booth, Terminal

pytestmark = pytest.mark.timeout(300)


def test_without_consent_nothing_is_opened(booth: Booth) -> None:
    for words, said in (
        (["--session", "kim"], "edge-consent grant kim --notice-version"),
        ([], "edge-consent grant NAME --notice-version"),
    ):
        process = booth.start(*words)
        _, err = process.communicate(timeout=240)
        assert (process.returncode, said in err, err.count("\n")) == (77, True, 1), err
    assert booth.events() == []
    assert booth.sessions() == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here")
def test_a_recording_is_not_even_opened_before(booth: Booth) -> None:
    film = cv2.VideoWriter(str(booth.home / "kim.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 25, (64, 48))
    for _ in range(10):
        film.write(np.random.default_rng(0).integers(40, 200, (48, 64, 3), np.uint8))
    film.release()
    opened = {}
    for name in ("before", "after"):
        under = ("strace", "-f", "--seccomp-bpf", "-e", "trace=open,openat,openat2", "-o", f"{name}.strace")
        process = booth.start("--session", "kim", "--source", "kim.mp4", under=under)
        process.communicate(timeout=240)
        opened[name] = "kim.mp4" in (booth.home / f"{name}.strace").read_text()
        if name == "before":
            assert process.returncode == 77
            booth.grant("kim")
    assert process.returncode == 0
    assert opened == {"before": False, "after": True}


def test_by_hand_a_consent_covers_one_run_and_a_name_one_person(booth: Booth) -> None:
    booth.grant("kim")
    assert booth.start("--session", "kim", "--duration", "0.5").wait(240) == 0
    again = booth.start("--session", "kim")
    _, err = again.communicate(timeout=240)
    assert (again.returncode, "over: ended" in err) == (77, True)
    done = booth.consent("grant", "kim", "--notice-version", "1")
    assert (done.exit_code, "a session called kim already" in done.stderr) == (2, True)
    assert len(booth.events("opened")) == 1
    booth.grant("bob-goes")
    withdrawn = booth.start("--session", "bob-goes")
    booth.until(lambda: booth.windows("bob-goes"))
    assert booth.withdraw("bob-goes").returncode == 0
    assert withdrawn.wait(240) == 0
    assert booth.holding("bob-goes") == []
    assert [one.name for one in booth.sessions()] == ["kim"]


def test_a_person_at_a_terminal_gets_the_question(booth: Booth) -> None:
    command = [sys.executable, str(WATCHED), str(booth.home), "--journal", str(booth.journal)]
    for answer, code in (("\n", 77), ("\x03", 77), ("Yes\n", 0)):
        person = Terminal(booth, *command, "--require-consent", "--duration", "0.5", "--window", "0.2")
        person.reads("BEFORE YOU BEGIN")
        person.reads("Do you agree")
        assert booth.events() == []
        person.types(answer)
        person.reads("No consent was given" if code else "The summaries are in")
        assert person.close() == code
    assert len(booth.events("opened")) == 1
    (session,) = booth.sessions()
    assert session.state == "complete"
    assert SHIPPED_SHA256 in booth.consent("show", session.name).stdout
