"""Pre-trained weights: Keras' errors while they are read, as one message."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from edge.core.errors import SourceNotFound


@contextmanager
def reading_weights(init: str, network: str) -> Iterator[None]:
    """Translate Keras' errors of the block.

    Args:
        init: "imagenet", or the path of a `.weights.h5`.
        network: The network's name, for the message.

    Raises:
        SourceNotFound: The weights cannot be downloaded, or are another network's.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # Keras warns of every layer before it refuses a file
            yield
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise SourceNotFound(
            f"{init} holds no weights of {network} ({type(error).__name__}).",
            fix="Give --init the path of a .weights.h5 that was saved from that very network.",
        ) from None
    except Exception as error:  # Keras' download raises nothing more specific
        if init != "imagenet":
            raise
        raise SourceNotFound(
            f"The ImageNet weights could not be fetched: {error}.",
            fix="Connect to the internet once, or give --init the path of a .weights.h5.",
        ) from None
