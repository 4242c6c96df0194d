"""Smiles: the corners of the mouth are drawn apart and up for a while, whatever the reason."""

from typing import Final

from edge.core.insights.sums import Sums

BEGINS: Final = 0.42  # of `Mesh.smile`
ENDS: Final = 0.38
SHORTEST_S: Final = 0.5  # a shorter movement is none
LOST_S: Final = 1.0  # without a mesh for longer, a smile has ended


class Smiles:
    """Counts smiles and the time that they last."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._counted = False
        self._seen_s: float | None = None

    @property
    def lasting(self) -> bool:
        """Whether a smile that counts goes on."""
        return self._counted

    def update(self, tick_s: float, smile: float | None) -> Sums:
        """Return the smile that counts from a tick on, with the time since its beginning.

        Args:
            tick_s: Seconds on the source's clock, rising from call to call.
            smile: `Mesh.smile`, or None.
        """
        if self._seen_s is not None and tick_s - self._seen_s > LOST_S:
            self._began_s, self._counted = None, False
        if smile is None:
            return Sums()
        self._seen_s = tick_s
        if smile < (BEGINS if self._began_s is None else ENDS):
            self._began_s, self._counted = None, False
            return Sums()
        if self._began_s is None:
            self._began_s = tick_s
        if self._counted or tick_s - self._began_s < SHORTEST_S:
            return Sums()
        self._counted = True
        return Sums(smiles=1, smiling_s=tick_s - self._began_s)
