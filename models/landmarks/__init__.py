"""Landmark features of a data set's faces: extraction, their file, and the mirrored mesh."""
