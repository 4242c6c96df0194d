"""Fuzzing of everything that reads foreign bytes: `python -m tests.fuzz --minutes 5`."""
