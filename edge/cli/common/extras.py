"""The optional parts of an installation, which a command may need."""

from importlib.util import find_spec

from edge.core.errors import BadConfiguration


def need_screen() -> None:
    """Refuse to go on without the extra `screen`.

    Raises:
        BadConfiguration: One of its packages is not installed.
    """
    for name in ("segno", "starlette", "uvicorn"):
        if find_spec(name) is None:
            raise BadConfiguration(f"{name} is not installed.", fix="Install the extra: pip install '.[screen]'.")
