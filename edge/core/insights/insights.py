"""Insights of a stream of observations: what each of them adds to the sums of its window and session."""

from typing import Final

from edge.core.face.mesh import HeadPose
from edge.core.insights.blinks import Blinks
from edge.core.insights.reactions import Reactions
from edge.core.insights.smiles import Smiles
from edge.core.insights.sums import Sums
from edge.core.readings import Observation

YAW_DEG: Final = 20.0  # attention: the head faces aside by at most this, to either side
PITCH_DEG: Final = 20.0  # and up or down by at most this


class Insights:
    """Follows a session. Without meshes there are neither attention nor blinks nor smiles."""

    def __init__(self) -> None:
        self._reactions, self._blinks, self._smiles = Reactions(), Blinks(), Smiles()
        self._tick_s: float | None = None  # of the last observation

    def hold(self, observation: Observation | None, time_s: float) -> Sums:
        """Return what a stretch of time adds.

        Args:
            observation: What held during it, given once or, in parts, several times in a row; None: no frames.
            time_s: Seconds, >= 0.
        """
        found = Sums()
        if observation is None:
            return found
        reading, mesh, tick_s = observation.reading, observation.mesh, observation.tick_s
        if tick_s != self._tick_s:
            self._tick_s = tick_s
            found.add(self._reactions.update(tick_s, None if reading is None else reading.score))
            found.add(self._blinks.update(tick_s, mesh))
            found.add(self._smiles.update(tick_s, None if mesh is None else mesh.smile))
        if reading is not None:
            found.readable_s += time_s
        if mesh is not None:
            found.mesh_s += time_s
            found.attentive_s += time_s * faces_camera(mesh.head)
            found.smiling_s += time_s * self._smiles.lasting
        if observation.stress is not None:
            found.stress_s += time_s
            found.stress += time_s * observation.stress
        return found


def faces_camera(head: HeadPose) -> bool:
    """Whether a head faces the camera, within YAW_DEG and PITCH_DEG."""
    return abs(head.yaw_deg) <= YAW_DEG and abs(head.pitch_deg) <= PITCH_DEG
