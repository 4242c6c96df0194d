"""Video files: every frame that can be decoded, at its media time."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event

from edge.core.errors import RecordingTruncated, SourceNotFound
from edge.core.frames import Frame
from edge.core.text import valid_text
from edge.sources.decoder.client import Decoder, DecoderDied, new_decoder
from edge.sources.decoder.messages import Kind, Message, VideoRequest
from edge.sources.lease import Lease
from edge.sources.pixels import PictureTooLarge
from edge.sources.recorded.container import read_container
from edge.sources.recorded.head import first_bytes, is_text
from edge.sources.recorded.reel import Reel


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A video file in any format that FFmpeg decodes, rotated upright as its metadata says.

    It is decoded in a process of its own, which can open no other file and no socket.
    """

    path: Path
    recorded_at: datetime | None = None  # of its beginning, UTC; None: as its container says
    start_s: float = 0.0  # frames before this media time are passed over, and not counted as dropped
    max_fps: float | None = None  # most frames in a second of media time; None: all
    ahead: bool = True  # whether the next frames are decoded meanwhile

    @property
    def name(self) -> str:
        """The file's name."""
        return valid_text(self.path.name)

    @property
    def live(self) -> bool:
        """False: every frame is read."""
        return False

    @contextmanager
    def open(self, stop: Event, lease: Lease | None = None) -> Iterator[Iterator[Frame]]:
        """Open the file and yield its frames, from the first to the last that can be decoded.

        Raises:
            SourceNotFound: On entering, there is no such file, it holds several videos, or its first picture cannot be
                decoded. From there or from the iterator, a picture is too large, or interlaced.
            RecordingTruncated: From the iterator, after the last frame: the file announces more, or broke its decoder.
            LimitReached: No process can be started to decode it.
        """
        if is_text(first_bytes(self.path)):
            raise self._not_a_video("it is text")
        container = read_container(self.path)
        if container.videos > 1:
            raise SourceNotFound(
                f"{self.path} holds {container.videos} videos, and it is not known which is meant.",
                fix=f"Take one out: ffmpeg -i {self.name} -map 0:v:0 -c copy NEW.mp4",
            )
        request = VideoRequest(self.start_s, self.max_fps or 0.0, container.shown, container.counted)
        with (
            self.path.open("rb") as file,
            closing(new_decoder(request.packed(), stop, file.fileno(), ahead=self.ahead)) as decoding,
        ):
            try:
                opened = decoding.message()
            except DecoderDied as death:
                raise self._not_a_video(f"its decoder failed ({death})") from None
            if opened is not None and opened.kind is not Kind.OPENED:
                raise self._refused(opened)
            length_s = None if opened is None or opened.seconds != opened.seconds else opened.seconds
            yield self._frames(decoding, Reel(self.recorded_at or container.created_at, length_s))

    def _frames(self, decoding: Decoder, reel: Reel) -> Iterator[Frame]:
        read = 0
        try:
            while (message := decoding.next_picture()) is not None and message.kind is Kind.FRAME:
                yield reel.frame(decoding.picture(message), message.seconds, int(message.number))
                read += 1
        except DecoderDied as death:
            raise RecordingTruncated(
                f"{self.name} is damaged: its decoder failed ({death}) after {read} frames.",
                fix="What was read is valid; copy the file again for the rest.",
            ) from None
        if message is not None and message.kind is not Kind.ENDED:
            raise self._refused(message)

    def _refused(self, message: Message) -> SourceNotFound | RecordingTruncated:
        """The error that a decoder's last message stands for."""
        if message.kind is Kind.SHORT:
            frames = f"{message.number:.0f} of {message.seconds:.0f} frames"
            return RecordingTruncated(
                f"{self.name} ends after {frames}: it was cut, or is damaged."
                if message.slot
                else f"{self.name} is damaged: {frames} can be decoded.",
                fix="What was read is valid; copy the file again for the rest.",
            )
        if message.kind is Kind.TOO_LARGE:
            return PictureTooLarge(self.name, message.width, message.height)
        if message.kind is Kind.INTERLACED:
            return SourceNotFound(
                f"{self.path} is interlaced, as of a camcorder or of television, and cannot be read so.",
                fix=f"Convert it first: ffmpeg -i {self.name} -vf bwdif NEW.mp4",
            )
        if message.kind is Kind.NO_MEMORY:
            return self._not_a_video("it needs more memory than it may take")
        return self._not_a_video("no picture in it can be decoded")

    def _not_a_video(self, reason: str) -> SourceNotFound:
        return SourceNotFound(f"{self.path} is not a video: {reason}.", fix="Copy it again, or give another file.")
