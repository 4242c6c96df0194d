"""The mesh of a face crop, where no detection says where in it the face is."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.face.preprocess import CROP_RISE, CROP_SIDE
from edge.vision.mesh.network import MeshNetwork
from edge.vision.mesh.region import region_of_mesh
from edge.vision.region import Region

PRESENT_FROM: Final = 0.5  # MediaPipe's min_tracking_confidence
_MARGIN: Final = 1.5  # of the region around a detection, as in `edge.vision.mesh.region`


def mesh_of_crop(network: MeshNetwork, crop: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Find the mesh of the face that fills a crop.

    The first region is the one around the detection that the crop would have been cut for; the second is that around
    the points found, as in the next frame of a video.

    Args:
        network: The network.
        crop: (side, side) grey or (side, side, 3) RGB, as `edge.core.face.preprocess.face_crop` cuts it.

    Returns:
        The points (468, 3) in pixels of the crop, or None where the network sees no face.
    """
    rgb = np.asarray(cv2.cvtColor(crop, cv2.COLOR_GRAY2RGB), np.uint8) if crop.ndim == 2 else crop
    side = float(crop.shape[0])
    points, presence = network(rgb, Region(side / 2, side * (0.5 + CROP_RISE), side * _MARGIN / CROP_SIDE, 0.0))
    if presence <= PRESENT_FROM:
        return None
    points, presence = network(rgb, region_of_mesh(points))
    return points if presence > PRESENT_FROM else None
