"""Settings of a run: declared once, and read from a file, the environment and flags."""

from edge.config.loading import load_config
from edge.config.settings import Config, Group, named_settings, setting
from edge.config.values import Seconds, Share

__all__ = ["Config", "Group", "Seconds", "Share", "load_config", "named_settings", "setting"]
