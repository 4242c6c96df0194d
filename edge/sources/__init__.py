"""Where frames come from; holds what OpenCV and libcamera find in the environment when something here loads them."""

import os

for _setting, _value in {
    "LIBCAMERA_LOG_LEVELS": "*:FATAL",  # error texts are ours: no library writes to a person's terminal
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "50000000",  # refused by its header, before memory is asked for
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",  # seconds; a stalled camera would otherwise block a read for ten
}.items():
    os.environ.setdefault(_setting, _value)
