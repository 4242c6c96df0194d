"""The interface of an earlier system, for programs written against it; docs/moving.md shows it in use."""

from models.classic.classifier import FacialExpressionClassifier

__all__ = ["FacialExpressionClassifier"]
