"""Run as a script on any machine: what the interpreter reads in some of the demo's faces, as JSON."""

import json
import platform

from edge import Reading, Watcher
from edge.sources.recorded.demo import picture
from edge.vision.interpreters import Backend, installed_backends

_PICTURES = (30, 90, 150, 210, 270, 330)


def read(backend: Backend) -> list[dict[str, object] | str]:
    """One reading a picture, or why there is none."""
    found: list[dict[str, object] | str] = []
    with Watcher(backend=backend, smoothing=0) as watcher:
        for index in _PICTURES:
            seen = watcher.read(picture(index))
            if isinstance(seen, Reading):
                assert seen.emotions is not None
                shares = {"emotions": list(seen.emotions), "levels": list(seen.levels)}
                found.append({"emotion": seen.emotion, "level": seen.level, "score": seen.score, **shares})
            else:
                found.append(str(seen))
    return found


if __name__ == "__main__":
    readings = {backend.value: read(backend) for backend in installed_backends()}
    print(json.dumps({"machine": platform.machine(), "readings": readings}))
