"""A run's figures as TensorBoard event files."""

from dataclasses import asdict
from pathlib import Path

from edge.core.errors import BadConfiguration
from models.backend import INSTALL_TRAIN
from models.training.checkpoints import Epoch


class Board:
    """Writes every epoch's figures for TensorBoard, training's and validation's as two curves.

    Args:
        folder: Where the event files go.

    Raises:
        BadConfiguration: TensorFlow, which writes the files whatever Keras computes with, is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from tensorflow import summary
        except ImportError as error:
            raise BadConfiguration(
                f"--tensorboard needs {error.name or 'tensorflow'}, which is not installed.",
                fix=f"{INSTALL_TRAIN} Or leave it out: log.csv holds the same figures.",
            ) from None
        self._summary, self._folder = summary, folder

    def show(self, done: Epoch) -> None:
        """Write one epoch."""
        figures = asdict(done)
        epoch = figures.pop("epoch")
        validation = {name: figures.pop(f"validation_{name}") for name in ("loss", "accuracy")}
        for curve, values in (("training", figures), ("validation", validation)):
            writer = self._summary.create_file_writer(str(self._folder / curve))
            with writer.as_default():
                for name, value in values.items():
                    self._summary.scalar(name, value, step=epoch + 1)
            writer.close()
