"""The closing words of a run: what was seen, in a few lines, and where it is kept."""

from pathlib import Path

from edge.core.readings import Unreadable
from edge.core.summaries import Summary

_REASONS = {
    Unreadable.NO_FACE: "nobody there",
    Unreadable.TOO_SMALL: "face too small",
    Unreadable.TOO_DARK: "too dark",
    Unreadable.BLURRED: "blurred",
    Unreadable.TURNED_AWAY: "turned away",
    Unreadable.NOT_SURE: "not sure",
    Unreadable.NO_SIGNAL: "black or covered",
    Unreadable.NO_FRAMES: "no picture",
}


def closing_words(session: Summary | None, journal: Path, *, sealed: bool = False) -> str:
    """Some lines for a person about a session's summary; None stands for a session without a frame.

    Of a sealed one only what anybody can read: these words may go into a log.
    """
    if session is None:
        return "No frame came: nothing was kept."
    if sealed:
        return (
            f"Session {session.session}: {session.length_s:.1f} s.\n"
            f"The summaries are in {journal}, sealed: edge-report --key FILE opens them."
        )
    why = [
        f"{_REASONS[Unreadable(reason)]} {share:.0%}" for reason, share in session.unreadable.items() if share >= 0.005
    ]
    words = [
        f"Session {session.session}: {session.length_s:.1f} s, {session.frames_read} frames, "
        f"a face could be read in {session.readable_share:.0%} of the time" + (f" ({', '.join(why)})." if why else ".")
    ]
    if session.score_mean is not None:
        levels = ", ".join(f"{level} {share:.0%}" for level, share in session.levels.items())
        words.append(f"Of that time: {levels}; score {session.score_mean:+.2f} ±{session.score_sd or 0:.2f}.")
    words.append(f"The summaries are in {journal}: edge-report shows them.")
    return "\n".join(words)
