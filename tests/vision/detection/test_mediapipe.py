"""Where MediaPipe's package runs the detector, the process is left as it was; where it does not, it is not needed."""

import subprocess
import sys

from tests.marks import needs_mediapipe

pytestmark = needs_mediapipe


def test_no_part_of_mediapipe_that_matters_is_left_out() -> None:
    words = (
        "{first}from edge.sources.recorded.demo import picture; from edge.vision.detection.mediapipe import *;"
        "models = DetectorModel.NEAR, DetectorModel.FAR;"
        "print([MediaPipeDetector(model, 0.3)(picture(index)) for model in models for index in (30, 150, 350)])"
    )
    everything = "import sys; sys.modules['tensorflow'] = None; import mediapipe.python.solutions; "
    lean, whole = (python(words.format(first=first)) for first in ("", everything))
    assert lean.stdout == whole.stdout
    assert lean.stdout.count("Detection(") >= 4


def test_starting_is_silent_and_brings_neither_tensorflow_nor_matplotlib() -> None:
    ran = python(
        "import sys; from edge.vision.detection.mediapipe import MediaPipeDetector; MediaPipeDetector().close();"
        "print([name for name in ('tensorflow', 'matplotlib', 'matplotlib.pyplot', 'jax') if name in sys.modules])"
    )
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_a_host_program_imports_mediapipe_as_it_is_before_and_after_a_detector() -> None:
    ran = python(
        """
import sys
sys.modules["tensorflow"] = None
from edge.sources.recorded.demo import picture
from edge.vision.detection.mediapipe import MediaPipeDetector

early = MediaPipeDetector()
before = early(picture(30))
assert "mediapipe" not in sys.modules, "an empty package is left"
import mediapipe as mp
from mediapipe.framework.formats import detection_pb2

with mp.solutions.face_detection.FaceDetection() as theirs:
    (found,) = theirs.process(picture(30)).detections
assert isinstance(found, detection_pb2.Detection)
with mp.solutions.face_mesh.FaceMesh(static_image_mode=True) as mesh:
    assert mesh.process(picture(30)).multi_face_landmarks
assert mp.tasks.vision.FaceLandmarker
assert mp.Image is sys.modules["mediapipe.python._framework_bindings.image"].Image
late = MediaPipeDetector()
assert early(picture(30)) == late(picture(30)) == before
"""
    )
    assert ran.returncode == 0


def test_a_picture_of_48_megapixels_takes_little_memory_and_is_read_like_a_small_one() -> None:
    ran = python(
        """
import resource
from pathlib import Path

import cv2
from edge.sources.recorded.demo import picture
from edge.vision.detection.mediapipe import MediaPipeDetector

small = picture(30)
detect = MediaPipeDetector()
(expected,) = detect(small)
large = cv2.resize(small, (8000, 6000), interpolation=cv2.INTER_LINEAR)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 96 * 2**20,) * 2)  # a copy of the picture takes 137 MiB
(found,) = detect(large)
scale = large.shape[1] / small.shape[1]
print(abs(found.box.left - expected.box.left * scale) < 0.03 * found.box.width)
print(found.confidence > expected.confidence - 0.1)
"""
    )
    assert (ran.stdout, ran.stderr) == ("True\nTrue\n", "")


def python(words: str) -> subprocess.CompletedProcess[str]:
    """What a fresh interpreter says."""
    return subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=240, check=True)
