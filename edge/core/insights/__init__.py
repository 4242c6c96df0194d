"""Insights: attention to the camera, reactions, blinks and smiles, as figures with documented formulas.

docs/insights.md explains each of them, its source and its limits.
"""
