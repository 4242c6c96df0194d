"""A window with one picture, drawn by Tk; the only file that knows it."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_TRY: Final = "import tkinter; tkinter.Tk().destroy()"


def screen_present() -> bool:
    """Whether a window can be opened; tried in a process of its own, because an absent screen may not answer."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        ended = subprocess.run([sys.executable, "-c", _TRY], capture_output=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def toolkit_present() -> bool:
    """Whether Python has Tk, which Debian packages apart."""
    try:
        import _tkinter  # noqa: F401
    except ImportError:
        return False
    return True


class Window:
    """A window that shows one picture at a time, as large as the window at the picture's proportions.

    To be used by one thread, the program's first.

    Args:
        title: Its title.
        close: Called where q or Escape is pressed or the window is closed.
        whole_screen: Whether it covers the screen.
        mark: Called where m is pressed.
    """

    def __init__(
        self,
        title: str,
        close: Callable[[], None],
        *,
        whole_screen: bool = False,
        mark: Callable[[], None] = lambda: None,
    ) -> None:
        import tkinter

        self._root = tkinter.Tk(className=title)
        self._root.title(title)
        self._root.protocol("WM_DELETE_WINDOW", close)
        for key in ("q", "<Escape>"):
            self._root.bind(key, lambda _: close())
        self._root.bind("m", lambda _: mark())
        self._whole_screen = whole_screen
        self._root.withdraw()  # until there is a picture, and so a size
        self._canvas = tkinter.Canvas(self._root, highlightthickness=0, background="black")
        self._canvas.pack(fill="both", expand=True)
        self._image = tkinter.PhotoImage(master=self._root)
        self._place = self._canvas.create_image(0, 0, anchor="center", image=self._image)
        self._shown = False

    def show(self, rgb: NDArray[np.uint8]) -> None:
        """Show a picture, and read the keyboard.

        Args:
            rgb: (height, width, 3) RGB, uint8.
        """
        if not self._shown:
            self._open(rgb.shape[1], rgb.shape[0])
        wide, high = self._canvas.winfo_width(), self._canvas.winfo_height()
        fitted = _fitted(rgb, wide, high)
        self._canvas.coords(self._place, wide // 2, high // 2)
        height, width = fitted.shape[:2]
        self._image.configure(data=b"P6 %d %d 255\n" % (width, height) + fitted.tobytes(), format="ppm")
        self._root.update()

    def look(self) -> None:
        """Read the keyboard, and draw anew what was covered."""
        self._root.update()

    def close(self) -> None:
        """Close the window."""
        self._root.destroy()

    def _open(self, width: int, height: int) -> None:
        share = min(1.0, 0.9 * self._root.winfo_screenwidth() / width, 0.9 * self._root.winfo_screenheight() / height)
        self._root.geometry(f"{round(width * share)}x{round(height * share)}")
        if self._whole_screen:
            across, down = self._root.winfo_screenwidth(), self._root.winfo_screenheight()
            self._root.geometry(f"{across}x{down}+0+0")
            self._root.attributes("-fullscreen", True)
        self._root.deiconify()
        self._root.update()
        self._shown = True


def _fitted(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Scale a picture to the largest size of its proportions within a window's (width, height)."""
    share = min(width / rgb.shape[1], height / rgb.shape[0])
    size = max(1, round(rgb.shape[1] * share)), max(1, round(rgb.shape[0] * share))
    if size == (rgb.shape[1], rgb.shape[0]):
        return rgb
    interpolation = cv2.INTER_AREA if share < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, size, interpolation=interpolation), np.uint8)
