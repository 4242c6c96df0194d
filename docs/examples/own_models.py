"""Reads a source with models of one's own: `python own_models.py MODELS SOURCE`.

MODELS is a folder with `emotion` and `expressiveness`, each as `NAME.tflite` with its card `NAME.json`; edge-convert
writes both. A file that its card does not describe is refused before it is loaded.
"""

import sys
from itertools import islice
from pathlib import Path

import edge


def main(models: Path, source: str) -> None:
    """Print the first ten readings, or why the models cannot be used."""
    try:
        with edge.Watcher(models=models, backend=edge.Backend.LITERT, threads=2) as watcher:
            for observation in islice(watcher.observations(source), 10):
                print(observation.reading or observation.unreadable)
    except edge.EdgeError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
