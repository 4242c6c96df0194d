"""Insights as text for people."""

from collections.abc import Mapping
from typing import Final

CAUTION: Final = (
    "Insights count movements of head and face by plain formulas (docs/insights.md). They do not say whether a person "
    "listened, was interested, calm, honest or able, and are no ground on which to decide about a person."
)


def described(insights: Mapping[str, float]) -> dict[str, str]:
    """Return each group of figures in one text, by its name for display; what was not measured is left out."""
    texts = {}
    if "attention_share" in insights:
        texts["Facing the camera"] = f"{insights['attention_share']:.0%} of {insights['mesh_s']:.0f} s"
    if "engagement" in insights:
        texts["Engagement index"] = f"{insights['engagement']:.2f} of 1"
    if "expressive_variability" in insights:
        texts["Expressive variability"] = f"{insights['expressive_variability']:.2f}"
    if "reactions_per_minute" in insights:
        texts["Reactions"] = _reactions(insights)
    if "blinks_per_minute" in insights:
        texts["Blinks"] = f"{insights['blinks_per_minute']:.0f} a minute"
    if "smiles_per_minute" in insights:
        share = insights["smiling_share"]
        texts["Smiles"] = f"{insights['smiles_per_minute']:.1f} a minute, {share:.0%} of the time"
    if "stress_mean" in insights:
        texts["Stress"] = f"{insights['stress_mean']:.2f} of 1, over {insights['stress_s']:.0f} s"
    return texts


def in_one_line(insights: Mapping[str, float]) -> str:
    """Return all of it as one sentence without its full stop."""
    return "; ".join(f"{name[0].lower()}{name[1:]} {text}" for name, text in described(insights).items())


def _reactions(insights: Mapping[str, float]) -> str:
    text = f"{insights['reactions_per_minute']:.1f} a minute"
    if "reaction_amplitude" in insights:
        text += f", amplitude {insights['reaction_amplitude']:+.2f}"
    if "recovery_s" in insights:
        text += f", at rest again {insights['recovery_s']:.1f} s after the peak"
    return text
