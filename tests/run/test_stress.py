"""Stress in a run: read window by window from the participant's meshes, and refused where it may not be inferred."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.config import Config
from edge.core.choices.purpose import Purpose
from edge.core.errors import UsageError
from edge.core.face.mesh import HeadPose, Mesh
from edge.core.face.sequence import Grid
from edge.core.insights.insights import Insights
from edge.core.insights.sums import Sums
from edge.core.observing.quality import QualityLimits
from edge.core.observing.smoothing import Smoother
from edge.run.assemble import loaded_models
from edge.run.observe import Observer
from edge.run.stress import StressReader
from edge.vision.card import shipped_models
from tests.fakes import compose, face, frame, reading

GRID = Grid(step_s=0.5, steps=4, stride=2)
RANDOM = np.random.default_rng(0)
MESHES = [
    Mesh(RANDOM.normal(100, 20, (468, 3)).astype(np.float32), 0.9, HeadPose(0, 0, 0), 0.3, 0.3, 0, 0) for _ in range(40)
]


def missing_share(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """What stands for a network: the share of places without a mesh is the stress."""
    share = np.isnan(rows[:, 0]).mean()
    return np.array([1 - share, share], np.float32)


def test_a_session_cut_in_pieces_has_the_readings_of_the_whole() -> None:
    ticks_s = [0.3 * number for number in range(40)]
    shown = [None if number % 7 in (0, 1) else mesh for number, mesh in enumerate(MESHES)]

    def read(reader: StressReader, part: slice) -> list[float | None]:
        return [reader(tick_s, mesh) for tick_s, mesh in zip(ticks_s[part], shown[part], strict=True)]

    whole = read(StressReader(missing_share, GRID), slice(None))
    assert whole[:7] == [None] * 7, "a window has 2 s"
    assert len({value for value in whole if value is not None}) > 1
    reader = StressReader(missing_share, GRID)
    assert [*read(reader, slice(0, 17)), *read(reader, slice(17, 40))] == whole
    assert read(StressReader(missing_share, GRID), slice(17, 40))[10:] == whole[27:]


def test_a_value_holds_for_two_strides_and_another_participant_begins_anew() -> None:
    reader = StressReader(missing_share, GRID)
    for tick_s in (0.0, 0.5, 1.0, 1.5):
        assert reader(tick_s, MESHES[0]) is None
    assert reader(2.0, None) == 0
    assert [reader(tick_s, None) for tick_s in (3.0, 4.0, 4.9, 5.0)] == [0.5, 0.5, 0.5, None]
    people = iter([(face(100),)] * 9 + [()] * 40 + [(face(420),)] * 3)
    limits, smoother, read = QualityLimits(), Smoother(0, compose), StressReader(missing_share, GRID)
    watch = Observer(
        lambda _: next(people),
        lambda _: reading(),
        limits=limits,
        smoother=smoother,
        read_mesh=lambda *_: MESHES[0],
        read_stress=read,
    )
    seen = [watch(frame(0.25 * number)).stress for number in range(52)]
    assert seen[:9] == [None] * 8 + [0]
    assert seen[-1] is None


def test_insights_have_its_mean_over_time() -> None:
    watch = Observer(lambda _: (), lambda _: reading(), limits=QualityLimits(), smoother=Smoother(0, compose))
    seen, insights, sums = watch(frame(0)), Insights(), Sums()
    for tick_s, stress, time_s in ((0.0, 0.2, 3.0), (3.0, None, 5.0), (8.0, 0.8, 1.0)):
        sums.add(insights.hold(replace(seen, tick_s=tick_s, stress=stress), time_s))
    figures = sums.figures(0.0)
    assert [figures["stress_s"], figures["stress_mean"]] == pytest.approx([4.0, 0.35])
    assert Sums.of(figures, 0.0).figures(0.0) == pytest.approx(figures)


def test_it_is_refused_for_an_assessment_and_without_a_notice_of_it(tmp_path: Path) -> None:
    card = json.loads((shipped_models() / "emotion.json").read_text())
    card["input"] |= {"kind": "sequence", "shape": [1, 48, 1405], "step_s": 0.25, "stride": 12}
    card |= {"name": "mine", "labels": ["calm", "stress"]}
    (tmp_path / "mine.json").write_text(json.dumps(card))
    for purpose, consent, reason in (
        (Purpose.ASSESSMENT, False, "stress is not inferred where the purpose is assessment"),
        (Purpose.PRACTICE, True, "the shipped notice says nothing of stress"),
    ):
        config = Config(models=tmp_path, purpose=purpose, require_consent=consent)
        with pytest.raises(UsageError, match=reason), loaded_models(config):
            pass
    (tmp_path / "second.json").write_text(json.dumps(card | {"name": "second"}))
    with pytest.raises(UsageError, match="several networks over time: mine, second"), loaded_models(config):
        pass
