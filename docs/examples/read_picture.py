"""Reads the expression of one picture: `python read_picture.py PICTURE`."""

import sys

import cv2

import edge


def main(path: str) -> None:
    """Print the reading of the largest face, or the reason why there is none."""
    picture = cv2.imread(path)
    if picture is None:
        raise SystemExit(f"{path} is no picture.")
    with edge.Watcher() as watcher:
        answer = watcher.read(picture[..., ::-1])  # OpenCV reads BGR, edge expects RGB
    if isinstance(answer, edge.Unreadable):
        print(f"Not read: {answer}")
        return
    print(f"{answer.level} expression, score {answer.score:.2f}, confidence {answer.confidence:.2f}")
    for emotion, probability in zip(edge.EMOTIONS, answer.emotions or (), strict=True):
        print(f"{emotion:<10} {probability:.2f}")


if __name__ == "__main__":
    main(sys.argv[1])
