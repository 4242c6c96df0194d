"""Faces of known pose: MediaPipe's canonical face model, projected by a known lens, with the looks of a picture."""

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.face.mesh import HeadPose

WIDTH, HEIGHT, FOCAL_PX = 640, 480, 500.0
Points = NDArray[np.float64]


@cache
def canonical_mesh() -> tuple[Points, NDArray[np.int64]]:
    """All 468 vertices (468, 3) and the triangles (898, 3) between them."""
    stored = json.loads((Path(__file__).parent / "canonical_mesh.json").read_text())
    return np.array(stored["points"]), np.array(stored["triangles"])


def rotation(pose: HeadPose) -> Points:
    """A yaw about y, then a pitch about x, then a roll about z; x to the picture's right, y up, z to the camera."""
    yaw, pitch, roll = np.radians([pose.yaw_deg, pose.pitch_deg, pose.roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)


def towards(place: Points) -> Points:
    """The rotation of a head at `place` (x to the right, y up, the camera at 0, looking to -z) that faces it."""
    x, y, z = -place / np.linalg.norm(place)
    return rotation(HeadPose(np.degrees(np.arctan2(x, z)), np.degrees(np.arcsin(y)), 0))


def projected(pose: HeadPose, place: tuple[float, float, float], focal_px: float = FOCAL_PX) -> tuple[Points, Points]:
    """The model at a place, in the pose that a camera there sees.

    Args:
        pose: Relative to the line to the camera.
        place: In centimetres: to the right, up, and away from the camera.
        focal_px: Of a camera without distortion, its axis in the middle of 640x480 pixels.

    Returns:
        Pixels (468, 2), and the distance (468,) of each vertex along the axis.
    """
    where = np.array([place[0], place[1], -place[2]])
    x, y, z = (canonical_mesh()[0] @ (towards(where) @ rotation(pose)).T + where).T
    return np.stack([WIDTH / 2 - focal_px * x / z, HEIGHT / 2 + focal_px * y / z], axis=1), -z


def rendered(looks: NDArray[np.uint8], looks_at: Points, pixels: Points, depth: Points) -> NDArray[np.uint8]:
    """Draw a projected model, its triangles filled from a picture.

    Args:
        looks: The picture of a face, RGB.
        looks_at: (468, 2) the mesh in that picture.
        pixels, depth: As of `projected`.

    Returns:
        RGB (480, 640, 3).
    """
    frame = np.full((HEIGHT, WIDTH, 3), 170, np.uint8)
    triangles = canonical_mesh()[1]
    for corners in triangles[np.argsort(-depth[triangles].mean(axis=1))]:
        there = pixels[corners].astype(np.float32)
        (ax, ay), (bx, by) = there[1] - there[0], there[2] - there[0]
        if ax * by - ay * bx >= 0:
            continue  # seen from behind
        left, top = np.maximum(there.min(axis=0).astype(int) - 1, 0)
        right, bottom = np.minimum(there.max(axis=0).astype(int) + 2, (WIDTH, HEIGHT))
        if left >= right or top >= bottom:
            continue
        there -= (left, top)
        move = cv2.getAffineTransform(looks_at[corners].astype(np.float32), there)
        patch = cv2.warpAffine(looks, move, (int(right - left), int(bottom - top)), borderMode=cv2.BORDER_REPLICATE)
        inside = np.zeros(patch.shape[:2], np.uint8)
        cv2.fillConvexPoly(inside, np.round(there * 16).astype(np.int32), (1,), shift=4)
        frame[top:bottom, left:right][inside > 0] = patch[inside > 0]
    return frame
