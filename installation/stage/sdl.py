"""SDL, by way of pygame, which reads what is said here while it is imported; everybody has it from here."""

import os
from typing import Final

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # on standard output, which carries results
os.environ.setdefault("SDL_RENDER_SCALE_QUALITY", "best")
os.environ.setdefault("SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS", "0")  # whatever else comes up on that machine

import pygame
from pygame._sdl2 import sdl2, video

__all__ = ["SDL_ERRORS", "pygame", "video"]

SDL_ERRORS: Final = (pygame.error, sdl2.error)  # neither is the other's kind
