"""The lines that a run prints at its start and at its end."""

from pathlib import Path
from shlex import quote

from edge.core.choices.purpose import Purpose
from edge.core.insights.text import in_one_line
from edge.core.labels import percentile_of
from edge.core.readings import Unreadable
from edge.core.summaries import Summary
from edge.display.labels import AFTERWARDS


def opening_message(purpose: Purpose) -> str:
    """What the purpose switches off, and why.

    Returns:
        Two lines, or an empty string where everything is computed.
    """
    if purpose.reads_emotions:
        return ""
    return (
        "For assessment, emotions are not computed: inferring those of candidates and employees is prohibited\n"
        "in the European Union since 2025-02-02 (AI Act, Article 5(1)(f)). See docs/responsible-use.md."
    )


def closing_message(
    session: Summary | None,
    journal: Path,
    *,
    sealed: bool = False,
    usual: bool = False,
    baseline_s: float | None = None,
) -> str:
    """What a session was like, in a few lines, and where its summaries are.

    Args:
        session: The session's summary; None for a session without a frame.
        journal: Where the summaries are kept.
        sealed: Whether they are sealed: then nothing that was read is in the message, which may reach a log.
        usual: Whether it is the journal that edge-report reads where none is named.
        baseline_s: Readable seconds that the baseline was to have; None: none was wanted.
    """
    report = "edge-report" if usual else f"edge-report {quote(str(journal))}"
    if session is None:
        return "No frame came: nothing was kept."
    if sealed:
        return (
            f"Session {session.session}: {session.length_s:.1f} s.\n"
            f"The summaries are in {journal}, sealed: {report} --key FILE opens them."
        )
    reasons = ", ".join(
        f"{AFTERWARDS[Unreadable(reason)]} {share:.0%}"
        for reason, share in session.unreadable.items()
        if share >= 0.005
    )
    lines = [
        f"Session {session.session}: {session.length_s:.1f} s, {session.frames_read} frames, "
        f"a face could be read in {session.readable_share:.0%} of the time" + (f" ({reasons})." if reasons else ".")
    ]
    if session.levels is not None and session.score_mean is not None:
        levels = ", ".join(f"{level} {share:.0%}" for level, share in session.levels.items())
        score = f"score {session.score_mean:+.2f} ±{session.score_sd or 0:.2f} (standard deviation)"
        lines.append(f"Of that time: {levels}; {score}, percentile {percentile_of(session.score_mean):.0f}.")
    if session.insights is not None and (insights := in_one_line(session.insights)):
        lines.append(f"Insights: {insights}.")
    if baseline_s is not None:
        lines.append(_baseline(session, baseline_s))
    lines.append(f"The summaries are in {journal}: {report} shows them.")
    return "\n".join(lines)


def _baseline(session: Summary, baseline_s: float) -> str:
    if session.score_change is not None:
        return f"Against the first {baseline_s:g} s of it: score {session.score_change:+.2f}."
    readable_s = session.readable_share * session.length_s
    wanted = f"it needs {baseline_s:g} s in which a face can be read"
    return f"No baseline was used: {wanted}, and there were {readable_s:.1f} s."
