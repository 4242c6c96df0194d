"""Settings of a run: declared once, and read from a file, the environment and flags."""

from edge.config.declaration import Group, setting
from edge.config.loading import load_config
from edge.config.settings import Config, named_settings
from edge.config.values import Seconds, Share

__all__ = ["Config", "Group", "Seconds", "Share", "load_config", "named_settings", "setting"]
