"""The page of the screen in a language: what a person reads on it."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from edge.consent.notices import Notice
from edge.core.labels import LEVELS, SCORE_SD, level_of, percentile_of
from edge.core.summaries import Summary
from edge.report.verdict import verdict
from edge.screen.booth import Shown, Stage
from edge.screen.figures import Figures
from edge.screen.words import languages, words

_HERE: Final = Path(__file__).resolve().parent


class Page:
    """Writes the page.

    Args:
        first: The language of the first page.
        minutes: For how long a consent holds at most.
        phone: Whether the summary is shown as a code for a phone, too.
    """

    def __init__(self, first: str, minutes: float, *, phone: bool) -> None:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        self.first, self._minutes, self._phone = first, minutes, phone
        self._start = token_hex(4)  # of this start of the program: pages from before it load themselves anew
        environment = Environment(
            loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._template = environment.get_template("page.html.jinja")

    def language(self, given: str | None) -> str:
        """Return a language that the screen has: the given one, or else the first."""
        return given if given in languages() else self.first

    def written(
        self,
        shown: Shown,
        figures: Figures,
        language: str,
        notice: Notice | None,
        token: str,
        questions: Sequence[str] = (),
    ) -> str:
        """Return the page.

        Args:
            shown: What is shown.
            figures: What is read just now.
            language: As `language` returns it.
            notice: The notice, on the first page.
            token: What its forms carry.
            questions: Those of a practice.
        """
        said = words(language)
        lines = _summary_lines(shown, said) if shown.stage is Stage.OVER else []
        return self._template.render(
            said=said,
            language=language,
            languages=[(name, words(name)["language"]) for name in languages()],
            shown=shown,
            stage=shown.stage.value,
            now=self.changing(shown, figures, language),
            levels=[level.value for level in LEVELS],
            notice=notice,
            minutes=f"{self._minutes:g}",
            token=token,
            lines=lines,
            question=questions[shown.place] if shown.stage is Stage.RECORDING and questions else "",
            count=len(questions),
            results=_result_rows(shown, said),
            earlier=_earlier(shown, said),
            code=_code("\n".join(lines)) if self._phone and lines and shown.summary is not None else "",
            trouble=said.get(shown.text, said["trouble"]),
        )

    def changing(self, shown: Shown, figures: Figures, language: str) -> dict[str, Any]:
        """Return what changes on the page while it is shown, as JSON values."""
        said, now = words(language), {"state": f"{self._start}-{shown.state}", "stage": shown.stage.value}
        if shown.stage is not Stage.RECORDING:
            return now
        level = figures.level.value if figures.level is not None else ""
        why = figures.unreadable.value if figures.unreadable is not None else "unknown"
        minutes = ceil(shown.left_s / 60)
        left = said["last_minute"] if minutes <= 1 else said["time_left"].format(minutes=minutes)
        return now | {"level": level, "said": said[level or why], "left": left}


def _summary_lines(shown: Shown, said: Any) -> list[str]:
    summary = shown.summary
    if summary is None:
        return [said["sealed"] if shown.sealed else said["no_figures"]]
    found = verdict(summary)
    if not found.readable_tenths or summary.score_mean is None:
        return [said["no_figures"]]
    if found.level is None:
        first = said["mixed"]
    else:
        often = said["throughout"] if found.throughout else said["tenths"].format(tenths=found.tenths)
        first = f"{said[f'mostly_{found.level.value}']}, {often}"
    readable = said["share_readable"].format(share=f"{summary.readable_share:.0%}", length=_length(summary))
    percentile = said["percentile"].format(percentile=f"{percentile_of(summary.score_mean):.0f}")
    return [f"{first}.", readable, percentile, said["caution"]]


def _result_rows(shown: Shown, said: Any) -> list[tuple[str, str, str, str]]:
    """Each question, how expressive its answer was, its percentile, and its change against the own beginning."""
    rows = []
    for question, part in shown.results.by_question if shown.results is not None else ():
        if part.score_mean is None:
            rows.append((question, said["not_read"], "-", "-"))
            continue
        level, percentile = level_of(part.score_mean).value, f"{percentile_of(part.score_mean):.0f}"
        rows.append((question, said[f"short_{level}"], percentile, _against(part.score_change, said)))
    return rows


def _against(change: float | None, said: Any) -> str:
    if change is None:
        return "-"
    if abs(change) < SCORE_SD / 10:
        return str(said["same"])
    return str(said["more" if change > 0 else "less"])


def _earlier(shown: Shown, said: Any) -> str:
    summary, earlier = shown.summary, shown.results.earlier[-5:] if shown.results is not None else ()
    if not earlier or summary is None or summary.score_mean is None:
        return ""
    before = ", ".join(f"{percentile_of(score):.0f}" for score in earlier)
    return str(said["earlier"].format(earlier=before, now=f"{percentile_of(summary.score_mean):.0f}"))


def _length(summary: Summary) -> str:
    minutes, seconds = divmod(round(summary.length_s), 60)
    return f"{minutes}:{seconds:02} min"


def _code(text: str) -> str:
    """The text as a picture code, drawn as one path in units of its modules; made here, and sent nowhere."""
    import io

    import segno

    out = io.BytesIO()
    segno.make(text, error="l", micro=False).save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4)
    return out.getvalue().decode()
