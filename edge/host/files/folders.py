"""Folders of the user who runs this process."""

from pathlib import Path

from edge.core.errors import BadConfiguration


def home_folder(need: str) -> Path:
    """Return the home folder.

    Args:
        need: What it is needed for, as `the journal`.

    Raises:
        BadConfiguration: There is neither HOME nor an entry for this user in the password database.
    """
    try:
        return Path.home()
    except RuntimeError as error:
        raise BadConfiguration(
            f"This user has no home folder, where {need} would be.", fix=f"Set HOME, or name a place for {need}."
        ) from error
