"""The words of a site.yaml, and what each of them reads; `site_file` makes a place of them."""

from typing import Final

from installation.notation import devices, times, values
from installation.notation.fields import Key, mapping
from installation.score.choreography import WEEKDAYS

CLOSED, ALWAYS_OPEN = "closed", "always"

# -- values --------------------------------------------------------------------------------------------------

SLOTS_FORM: Final = "11:00-19:00, a list of such, closed, or always"
_SLOTS_SCHEMA: Final = {
    "anyOf": [
        {"enum": [CLOSED, ALWAYS_OPEN]},
        times.opening_slot.schema,
        {"type": "array", "items": times.opening_slot.schema, "minItems": 1},
    ]
}
_DAYS: Final = dict.fromkeys((*WEEKDAYS, times.EVERY_DAY), _SLOTS_SCHEMA)  # to complete; ranges go too


# -- keys ----------------------------------------------------------------------------------------------------

TITLE: Final = Key("title", values.text, "The name of the place, for people.")
TIMEZONE: Final = Key("timezone", times.timezone, "Whose clock hours and cues follow: Europe/Berlin.")
OPENING: Final = Key(
    "opening", times.calendar_date, "The date of the opening; closed before. Arcs count from it."
)
HOURS: Final = Key(
    "hours",
    mapping(
        {"type": "object", "properties": _DAYS, "additionalProperties": _SLOTS_SCHEMA},
        "{tue..sun: 11:00-19:00}",
    ),
    "When it is open, by days (tue, tue..fri, every day); others are closed. Without hours, always open.",
)
EXCEPTIONS: Final = Key(
    "exceptions",
    mapping({"type": "object", "additionalProperties": _SLOTS_SCHEMA}, "{2026-12-24..2026-12-26: closed}"),
    "The hours of single dates, whatever the week says.",
)
WEIGHTS: Final = Key("weights", values.text, "The weights file, from this file's folder.")
CHOREOGRAPHY: Final = Key("choreography", values.text, "The choreography to play, from this file's folder.")
PERSON: Final = Key("person", values.person, "Who is there where the choreography names nobody.")
MONITOR: Final = Key(
    "monitor",
    devices.measure(values.whole(0, 63), 0, 63),
    "Which monitor, from 0.",
    others=("screen", "display", "output"),
)
ROTATION: Final = Key(
    "rotation",
    devices.rotation,
    "By how many degrees all that is shown is turned clockwise: 0, 90, 180, 270.",
    others=("rotate", "turn", "orientation"),
)
FIT: Final = Key(
    "fit",
    devices.fit,
    "whole: all of the picture and a surround; cover: all of the screen and a part of the picture.",
    others=("scale", "scaling", "zoom", "aspect"),
)
MARGIN: Final = Key(
    "margin",
    devices.share_in(0, 0.4, "a share of the screen's shorter side"),
    "A passe-partout at every edge: 0.05 is a twentieth of the screen's shorter side.",
    others=("passe_partout", "passepartout", "passe-partout", "mat", "mount", "border", "frame"),
)
SURROUND: Final = Key(
    "surround",
    devices.colour,
    'The colour of the passe-partout and of what the picture leaves free: black, grey, white, or "#1a1a1a".',
    others=("background", "bg", "colour", "color"),
)
BRIGHTNESS: Final = Key(
    "brightness",
    devices.share_in(0.2, 1, "a share of the screen's light"),
    "How much of the light that the screen could give: 0.5 is half; 1 if not said.",
)
GAMMA: Final = Key(
    "gamma",
    devices.measure(values.number_in(0.5, 2, "a gamma"), 0.5, 2),
    "Above 1 the middle tones are darker, below 1 lighter; black and white stay; 1 if not said.",
)
ORBIT: Final = Key(
    "orbit",
    devices.measure(values.number_or_off(0, 32, "pixels", usual=4), 0, 32),
    "How far the picture wanders, in pixels, too slowly to be seen, so that its edges do not burn in.",
    others=("burn_in", "pixel_shift", "wander"),
)
FPS_KEY: Final = Key(
    "fps",
    devices.measure(values.number_in(1, 240, "frames per second"), 1, 240),
    "Frames per second to aim at.",
    others=("framerate", "frame_rate"),
)
CAMERA: Final = Key(
    "camera",
    devices.camera,
    "What visitors are seen with: off, a camera's number, or its device.",
    others=("webcam",),
)
CAMERA_VIEW: Final = Key(
    "camera_view",
    devices.measure(values.number_in(30, 150, "degrees"), 30, 150),
    "How wide the camera sees, from left to right, in degrees: its data sheet says; 70 if not said.",
)
CONSENT: Final = Key(
    "consent",
    devices.consent,
    "What has the portrait turn into a visitor: dwell, that they go on looking; key or osc, that it is said.",
)
OSC: Final = Key(
    "osc",
    devices.endpoint,
    "Where OSC messages come in: off, a port, for this computer alone, or an address and a port.",
)
OSC_OUT: Final = Key(
    "osc_out",
    devices.endpoint,
    "Where OSC messages about the face go: off, a port of this computer, or an address and a port.",
)
OSC_RATE: Final = Key(
    "osc_rate",
    devices.measure(values.number_in(0.1, 60, "messages per second"), 0.1, 60),
    "How often they go out, in a second; 30 if not said.",
)
DISPLAY_OFF: Final = Key(
    "display_off",
    devices.display_off,
    "What darkens the display while it is closed: dpms, tried if nothing is said, a command, or off.",
)
DISPLAY_ON: Final = Key(
    "display_on", values.text, "The command that lights it again, where display_off is a command."
)
DESK: Final = Key(
    "desk",
    devices.endpoint,
    "Where the operator's page is served: off, a port of this computer, or an address and a port.",
)
KEYS: Final = (
    TITLE,
    TIMEZONE,
    OPENING,
    HOURS,
    EXCEPTIONS,
    WEIGHTS,
    CHOREOGRAPHY,
    PERSON,
    MONITOR,
    ROTATION,
    FIT,
    MARGIN,
    SURROUND,
    BRIGHTNESS,
    GAMMA,
    ORBIT,
    FPS_KEY,
    CAMERA,
    CAMERA_VIEW,
    CONSENT,
    OSC,
    OSC_OUT,
    OSC_RATE,
    DISPLAY_OFF,
    DISPLAY_ON,
    DESK,
)
SITE_WORDS: Final = tuple(key.name for key in KEYS)
