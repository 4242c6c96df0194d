"""How a command prints its figures."""

from enum import StrEnum


class TextOrJson(StrEnum):
    """For people, or for programs."""

    TEXT = "text"
    JSON = "json"
