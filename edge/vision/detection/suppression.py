"""Weighted non-maximum suppression: places of one face become one, the mean of them all."""

from collections.abc import Iterable, Iterator
from operator import itemgetter, mul

from edge.vision.detection.place import Place


def merged(places: Iterable[Place], iou_over: float) -> Iterator[Place]:
    """Merge overlapping places.

    As `WeightedNonMaxSuppression` of MediaPipe's NonMaxSuppressionCalculator; the blending of BlazeFace, Bazarevsky et
    al. 2019, arXiv:1907.05047, section 4.3. The best place and all that overlap it become their mean, weighted by
    score, and have the best one's score; then the same with those that are left.

    Args:
        places: As `decoded` returns them.
        iou_over: Places overlap if their boxes' intersection over union is more than this, 0..1.

    Yields:
        The mean places, the best first.
    """
    waiting = [(place, place.box) for place in sorted(places, key=itemgetter(0), reverse=True)]
    while waiting:
        best, box = waiting[0]
        alike, others = [best], []
        for each in waiting[1:]:
            if box.iou(each[1]) > iou_over:
                alike.append(each[0])
            else:
                others.append(each)
        yield _mean(alike)
        waiting = others


def _mean(places: list[Place]) -> Place:
    """The mean weighted by score, with the score of the first."""
    weights = [place.score for place in places]
    total = sum(weights)
    columns = zip(*(place.numbers for place in places), strict=True)
    return Place(weights[0], [sum(map(mul, weights, column)) / total for column in columns])
