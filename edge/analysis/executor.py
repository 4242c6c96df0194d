"""What does the tasks of an analysis: processes of this machine, or the workers of a cluster."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import Protocol

from edge.analysis.jobs import Job, Task
from edge.analysis.worker import Outcome

Progress = Callable[[int, float, float | None], None]  # the task's number, media time reached and length, in seconds


class Executor(Protocol):
    """Does tasks, several at once."""

    def refuse(self, jobs: Sequence[Job], *, frames: bool) -> None:
        """Refuse what cannot be done here, before any work.

        Args:
            jobs: What is to be done.
            frames: Whether tables of frames are wanted.

        Raises:
            EdgeError: It cannot.
        """
        ...

    def outcomes(self, tasks: Sequence[Task], progress: Progress, stop: Event) -> Iterator[tuple[int, Outcome]]:
        """Do tasks.

        Args:
            tasks: What to do.
            progress: Called while they are done.
            stop: Ends all of it; what was not finished is lost.

        Yields:
            The number of each task and how it ended, once, as they end.

        Raises:
            EdgeError: The tasks cannot be done, or no further ones.
        """
        ...
