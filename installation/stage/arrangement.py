"""Which monitors there are, and how to notice that it is no longer so.

SDL hears of monitors that come and go, and knows their sizes. On X11 it is deaf to a mode that changes: a
window manager would stretch the window, but a machine that only shows a portrait often has none.
There X is asked, for the two times that RandR keeps: when the monitors last changed, and when what they do.
"""

import ctypes

from installation.stage.sdl import pygame

Size = tuple[int, int]
Stamps = tuple[int, ...]

_Times = ctypes.c_ulong * 2  # with which an XRRScreenResources begins


class Arrangement:
    """The monitors of an SDL that is open, and a connection to X of its own, where there is X."""

    def __init__(self) -> None:
        self._randr = _Randr() if pygame.display.get_driver() == "x11" else None

    def marks(self) -> tuple[list[Size], Stamps]:
        """What differs when a monitor has come, gone or changed its mode. Takes microseconds."""
        return pygame.display.get_desktop_sizes(), self._randr.stamps() if self._randr else ()

    def close(self) -> None:
        """A second call does nothing."""
        if self._randr:
            self._randr.close()
            self._randr = None


class _Randr:
    """X's extension for monitors; blind where a library is missing: SDL then says what it knows."""

    def __init__(self) -> None:
        self._display = None
        try:
            self._x11, self._xrandr = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXrandr.so.2")
        except OSError:
            return
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._x11.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
        self._x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
        self._xrandr.XRRGetScreenResourcesCurrent.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        self._xrandr.XRRGetScreenResourcesCurrent.restype = ctypes.POINTER(_Times)
        self._xrandr.XRRFreeScreenResources.argtypes = [ctypes.c_void_p]
        self._display = self._x11.XOpenDisplay(None)
        self._root = self._x11.XDefaultRootWindow(self._display) if self._display else 0

    def stamps(self) -> Stamps:
        """Empty where X cannot be asked."""
        if not self._display:
            return ()
        resources = self._xrandr.XRRGetScreenResourcesCurrent(self._display, self._root)
        if not resources:
            return ()
        times = tuple(resources.contents)
        self._xrandr.XRRFreeScreenResources(resources)
        return times

    def close(self) -> None:
        if self._display:
            self._x11.XCloseDisplay(self._display)
            self._display = None
