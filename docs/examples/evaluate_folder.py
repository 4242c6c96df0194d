"""Counts right answers on labelled pictures: `python evaluate_folder.py FOLDER`.

FOLDER holds a folder for each emotion (happy, sad, ...) with the pictures of it. `edge-eval` prints more figures; this
shows how to compute one's own.
"""

import sys
from collections import Counter
from pathlib import Path

import cv2

import edge


def main(folder: Path) -> None:
    """Print for each emotion how many pictures were read, and how many of them right."""
    read: Counter[str] = Counter()
    right: Counter[str] = Counter()
    not_read: Counter[edge.Unreadable] = Counter()
    with edge.Watcher(sure_from=0) as watcher:  # also readings of a low probability
        for path in sorted(folder.glob("*/*")):
            picture = cv2.imread(str(path))
            if picture is None:
                continue
            answer = watcher.read(picture[..., ::-1])
            if isinstance(answer, edge.Unreadable):
                not_read[answer] += 1
            else:
                label = path.parent.name
                read[label] += 1
                right[label] += answer.emotion == label
    for label in sorted(read):
        print(f"{label:<10} {right[label]} of {read[label]} right")
    for reason, count in not_read.items():
        print(f"not read   {count}: {reason}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
