"""The choices of `edge-report`."""

from enum import StrEnum


class Format(StrEnum):
    """The format of a report."""

    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    SVG = "svg"  # of a comparison


class Group(StrEnum):
    """What the means of a study are of."""

    QUESTION = "question"
    SEGMENT = "segment"
