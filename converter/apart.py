"""An interpreter asked in a process of its own, as on the device.

Where TensorFlow is loaded, tflite-runtime answers with TensorFlow's kernels instead of its own, so nothing that it says
in the converting process is evidence.
"""

import io
import subprocess
import sys

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.vision.card import Card, Model
from edge.vision.classifier import Backend, Classifier


def answers(model: Model, backend: Backend, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities (n, labels) for face crops (n, 48, 48), by the very code the device runs.

    Raises BadModel where the interpreter does not load the model, or ends without an answer.
    """
    question = io.BytesIO()
    np.savez(
        question,
        card=np.frombuffer(model.card.model_dump_json().encode(), np.uint8),
        content=np.frombuffer(model.content, np.uint8),
        crops=crops,
    )
    command = [sys.executable, "-m", __name__, backend]
    asked = subprocess.run(command, input=question.getvalue(), capture_output=True, check=False)
    if asked.returncode:
        said = asked.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {asked.returncode}"]
        raise BadModel(f"{backend} does not read {model.card.file}: {said[-1]}", fix="Convert it again.")
    return np.asarray(np.load(io.BytesIO(asked.stdout), allow_pickle=False), np.float32)


def _answer() -> None:
    given = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    model = Model(Card.model_validate_json(given["card"].tobytes()), given["content"].tobytes())
    try:
        classify = Classifier(model, Backend(sys.argv[1]))
    except BadModel as error:
        raise SystemExit(str(error)) from None
    answer = io.BytesIO()  # numpy asks a file for its position, and a pipe has none
    np.save(answer, np.stack([classify(crop) for crop in given["crops"]]))
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    _answer()
