"""Tallies: time added up by observation, in constant memory, and the summary computed from it."""

from datetime import datetime
from math import sqrt

from edge.core.insights.sums import Sums
from edge.core.labels import LEVELS
from edge.core.readings import Observation, Unreadable
from edge.core.summaries import Kind, Summary
from edge.core.windowing.baseline import Baseline


class Moments:
    """Weighted mean and population variance of a stream of numbers, in constant memory.

    West 1979, "Updating mean and variance estimates: an improved method", doi:10.1145/359146.359153; two streams are
    joined after Chan, Golub and LeVeque 1983, doi:10.1080/00031305.1983.10483115, of which West's step is a case.
    """

    def __init__(self) -> None:
        self.weight = 0.0
        self.mean = 0.0
        self._squares = 0.0  # sum of weight * (value - mean)^2

    @property
    def sd(self) -> float:
        """The population standard deviation; 0 without values."""
        return sqrt(self._squares / self.weight) if self.weight > 0 else 0.0

    def add(self, mean: float, weight: float, sd: float = 0.0) -> None:
        """Add a value, or the mean and standard deviation of several.

        Args:
            mean: The value.
            weight: Its weight, >= 0.
            sd: The standard deviation of the values that `mean` stands for.
        """
        if weight <= 0:
            return
        total = self.weight + weight
        delta = mean - self.mean
        self.mean += delta * weight / total
        self._squares += weight * sd * sd + delta * delta * self.weight * weight / total
        self.weight = total


class Tally:
    """Seconds by emotion, by level, and by reason for no reading.

    Args:
        emotions: Whether emotions are counted; if not, the summary has none.
        insights: Whether insights are added up; if not, the summary has none but those of absorbed ones.
    """

    def __init__(self, *, emotions: bool = True, insights: bool = False) -> None:
        self._frames_read = 0
        self._frames_dropped = 0
        self._readable_s = 0.0
        self._unreadable_s = {reason.value: 0.0 for reason in Unreadable}
        self._emotions_s: dict[str, float] | None = {} if emotions else None
        self._emotion_sums: dict[str, float] = {}  # of probability times seconds
        self._levels_s = {level.value: 0.0 for level in LEVELS}
        self._score = Moments()
        self._confidence = Moments()
        self._level_changes = 0.0
        self._others_s = 0.0
        self._others_max = 0
        self._gaps_s: dict[str, float] = {}
        self._rate_fps: float | None = None  # the limit now
        self._rate = Moments()
        self._insights = Sums() if insights else None

    @property
    def time_s(self) -> float:
        """All time that was added, in seconds."""
        return self._readable_s + sum(self._unreadable_s.values())

    def count(self, observation: Observation) -> None:
        """Count a frame; its time is added by `hold`."""
        self._frames_read += 1
        self._frames_dropped += observation.dropped_before

    def hold(self, observation: Observation | None, time_s: float, *, level_changed: bool = False) -> None:
        """Add time.

        Args:
            observation: What held during it; None: there were no frames.
            time_s: Seconds, >= 0.
            level_changed: Whether the level differs from the last one that was read.
        """
        if self._rate_fps is not None:
            self._rate.add(self._rate_fps, time_s)
        if observation is None:
            self._unreadable_s[Unreadable.NO_FRAMES.value] += time_s
            return
        if observation.others:
            self._others_s += time_s
            self._others_max = max(self._others_max, observation.others)
        reading = observation.reading
        if reading is None:
            self._unreadable_s[(observation.unreadable or Unreadable.NO_FRAMES).value] += time_s
            return
        self._readable_s += time_s
        if reading.emotion is None:
            self._emotions_s = None
        elif self._emotions_s is not None:
            for label, probability in zip(reading.labels, reading.emotions or (), strict=True):
                self._emotions_s[label] = self._emotions_s.get(label, 0.0) + time_s * (label == reading.emotion)
                self._emotion_sums[label] = self._emotion_sums.get(label, 0.0) + probability * time_s
        self._levels_s[reading.level.value] += time_s
        self._score.add(reading.score, time_s)
        self._confidence.add(reading.confidence, time_s)
        self._level_changes += level_changed

    def observe(self, insights: Sums) -> None:
        """Add to the insights."""
        if self._insights is None:
            self._insights = Sums()
        self._insights.add(insights)

    def bound(self, rate_fps: float | None) -> None:
        """Set the limit on frames read a second from now on; None: no limit."""
        self._rate_fps = rate_fps

    def miss(self, gap: str, time_s: float) -> None:
        """Add `time_s` seconds without frames to a reason."""
        if time_s > 0:
            self._gaps_s[str(gap)] = self._gaps_s.get(str(gap), 0.0) + time_s

    def absorb(self, summary: Summary) -> None:
        """Add the time of a summary, converting its shares to seconds."""
        readable_s = summary.readable_share * summary.length_s
        self._frames_read += summary.frames_read
        self._frames_dropped += summary.frames_dropped
        self._readable_s += readable_s
        for reason, share in summary.unreadable.items():
            self._unreadable_s[reason] = self._unreadable_s.get(reason, 0.0) + share * summary.length_s
        if summary.emotions is None and readable_s > 0:
            self._emotions_s = None
        for kept, shares in ((self._emotions_s, summary.emotions), (self._levels_s, summary.levels)):
            if kept is not None and shares is not None:
                for label, share in shares.items():
                    kept[label] = kept.get(label, 0.0) + share * readable_s
        for label, mean in (summary.emotion_means or {}).items():
            self._emotion_sums[label] = self._emotion_sums.get(label, 0.0) + mean * readable_s
        self._score.add(summary.score_mean or 0.0, readable_s, summary.score_sd or 0.0)
        self._confidence.add(summary.confidence_mean or 0.0, readable_s)
        self._level_changes += (summary.level_changes_per_minute or 0.0) * readable_s / 60
        for gap, lasted_s in summary.gaps.items():
            self.miss(gap, lasted_s)
        if summary.rate_fps is not None:
            self._rate.add(summary.rate_fps, summary.limited_s or summary.length_s)  # all of it where not measured
        if summary.insights is not None:
            self.observe(Sums.of(summary.insights, readable_s))
        self._others_s += summary.others_share * summary.length_s
        self._others_max = max(self._others_max, summary.others_max)

    def summary(
        self,
        kind: Kind,
        session: str,
        sequence: int,
        started_at: datetime | None,
        length_s: float,
        ticks_s: tuple[float | None, float | None],
        baseline: Baseline | None = None,
    ) -> Summary:
        """Return the summary of this time.

        Args:
            kind: Window or session.
            session: Name of the session.
            sequence: Number of the window, or of windows in the session.
            started_at: UTC, or None.
            length_s: Seconds between the ticks; it differs from `time_s` only by rounding.
            ticks_s: Of the start and the end, in seconds; None: unknown.
            baseline: What score and emotions are compared with; None: not known.
        """
        time_s, readable_s = self.time_s, self._readable_s
        if time_s <= 0:  # too short for shares
            unreadable = {reason: float(reason == Unreadable.NO_FRAMES) for reason in self._unreadable_s}
        else:
            unreadable = {reason: lasted_s / time_s for reason, lasted_s in self._unreadable_s.items()}
        readable = readable_s > 0
        compared = baseline if readable else None
        means = self._emotion_means()
        return Summary(
            kind=kind,
            session=session,
            sequence=sequence,
            started_at=started_at,
            length_s=length_s,
            frames_read=self._frames_read,
            frames_dropped=self._frames_dropped,
            readable_share=readable_s / time_s if readable else 0.0,
            unreadable=unreadable,
            emotions=_shares(self._emotions_s) if readable and self._emotions_s is not None else None,
            levels=_shares(self._levels_s) if readable else None,
            score_mean=self._score.mean if readable else None,
            score_sd=self._score.sd if readable else None,
            level_changes_per_minute=self._level_changes * 60 / readable_s if readable else None,
            confidence_mean=self._confidence.mean if readable else None,
            others_max=self._others_max,
            others_share=min(self._others_s / time_s, 1.0) if time_s > 0 else 0.0,
            gaps=dict(self._gaps_s),
            rate_fps=self._rate.mean if self._rate.weight > 0 else None,
            started_tick_s=ticks_s[0],
            ended_tick_s=ticks_s[1],
            limited_s=self._rate.weight,
            emotion_means=means,
            score_change=None if compared is None else self._score.mean - compared.score,
            emotion_changes=None
            if compared is None or compared.emotions is None or means is None
            else {label: means[label] - before for label, before in zip(means, compared.emotions, strict=True)},
            insights=None if self._insights is None else self._insights.figures(self._score.sd),
        )

    def _emotion_means(self) -> dict[str, float] | None:
        """None where emotions were not computed, or an earlier version did not measure this."""
        if self._readable_s <= 0 or self._emotions_s is None or not any(self._emotion_sums.values()):
            return None
        return {label: total / self._readable_s for label, total in self._emotion_sums.items()}


def _shares(lasted_s: dict[str, float]) -> dict[str, float]:
    total_s = sum(lasted_s.values())
    return {label: time_s / total_s if total_s > 0 else 0.0 for label, time_s in lasted_s.items()}
