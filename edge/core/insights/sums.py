"""Sums of insights over time: added up, taken from a summary's figures again, and turned into them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import sqrt
from typing import Final

from edge.core.labels import SCORE_SD

FIGURES: Final = (
    "mesh_s",
    "attention_share",
    "expressive_variability",
    "engagement",
    "reactions",
    "reactions_per_minute",
    "reactions_ended",
    "reaction_amplitude",
    "recoveries",
    "recovery_s",
    "blink_s",
    "blinks",
    "blinks_per_minute",
    "smiles",
    "smiles_per_minute",
    "smiling_share",
    "stress_s",
    "stress_mean",
)
"""Names of the figures, in the order of tables; one that was not measured is absent from a summary."""


@dataclass(slots=True)
class Sums:
    """What is added up over a window or a session.

    Attributes:
        readable_s: Seconds with a reading.
        mesh_s: Seconds with a mesh.
        attentive_s: Seconds of these in which the head faced the camera.
        reactions: Reactions that began.
        ended: Reactions that ended.
        amplitude: Their amplitudes together, in units of the score.
        recoveries: Reactions that ended because the score came back to rest.
        recovery_s: Their times from peak to rest together, in seconds.
        blink_s: Seconds in which a blink would have been seen.
        blinks: Blinks.
        smiles: Smiles that began.
        smiling_s: Seconds of smiling.
        stress_s: Seconds with a value of stress.
        stress: The value times these seconds.
    """

    readable_s: float = 0.0
    mesh_s: float = 0.0
    attentive_s: float = 0.0
    reactions: float = 0.0
    ended: float = 0.0
    amplitude: float = 0.0
    recoveries: float = 0.0
    recovery_s: float = 0.0
    blink_s: float = 0.0
    blinks: float = 0.0
    smiles: float = 0.0
    smiling_s: float = 0.0
    stress_s: float = 0.0
    stress: float = 0.0

    def add(self, other: "Sums") -> None:
        """Add other sums to these."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @classmethod
    def of(cls, figures: Mapping[str, float], readable_s: float) -> "Sums":
        """Return the sums that `figures` was computed from.

        Args:
            figures: A summary's insights.
            readable_s: The summary's readable time, in seconds.
        """
        given = {name: figures.get(name, 0.0) for name in FIGURES}
        return cls(
            readable_s=readable_s,
            mesh_s=given["mesh_s"],
            attentive_s=given["attention_share"] * given["mesh_s"],
            reactions=given["reactions"],
            ended=given["reactions_ended"],
            amplitude=given["reaction_amplitude"] * given["reactions_ended"],
            recoveries=given["recoveries"],
            recovery_s=given["recovery_s"] * given["recoveries"],
            blink_s=given["blink_s"],
            blinks=given["blinks"],
            smiles=given["smiles"],
            smiling_s=given["smiling_share"] * given["mesh_s"],
            stress_s=given["stress_s"],
            stress=given["stress_mean"] * given["stress_s"],
        )

    def figures(self, score_sd: float) -> dict[str, float]:
        """Return a summary's insights, without those for which there was no time or no event.

        Args:
            score_sd: Standard deviation of the score over the same time.
        """
        found = {"mesh_s": self.mesh_s}
        if self.readable_s > 0:
            found["expressive_variability"] = score_sd / SCORE_SD
            found |= {"reactions": self.reactions, "reactions_per_minute": self.reactions * 60 / self.readable_s}
            found |= {"reactions_ended": self.ended, "recoveries": self.recoveries}
        if self.ended > 0:
            found["reaction_amplitude"] = self.amplitude / self.ended
        if self.recoveries > 0:
            found["recovery_s"] = self.recovery_s / self.recoveries
        if self.mesh_s > 0:
            found["attention_share"] = min(self.attentive_s / self.mesh_s, 1.0)
            found |= {"smiles": self.smiles, "smiles_per_minute": self.smiles * 60 / self.mesh_s}
            found["smiling_share"] = min(self.smiling_s / self.mesh_s, 1.0)
            if self.readable_s > 0:
                found["engagement"] = sqrt(found["attention_share"] * min(found["expressive_variability"], 1.0))
        if self.blink_s > 0:
            found |= {"blink_s": self.blink_s, "blinks": self.blinks}
            found["blinks_per_minute"] = self.blinks * 60 / self.blink_s
        if self.stress_s > 0:
            found |= {"stress_s": self.stress_s, "stress_mean": self.stress / self.stress_s}
        return {name: found[name] for name in FIGURES if name in found}
