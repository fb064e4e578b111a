"""What people and scenes of the cast are made of: the manifests' `identity`, `look` and `scene`, typed.

Lengths are metres on a head of natural size, angles are degrees, colours linear RGB. Left and right are the
person's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from training.cast.shapes import SHAPE_LABELS

Entry = Mapping[str, Any]  # a JSON object, as a manifest holds it
Colour = tuple[float, float, float]

# The order in which the factors code them.
HAIR_STYLES: Final = (
    *("afro", "longcurly", "curly", "bun", "shortafro", "buzz", "bald", "long"),
    *("wavy", "bob", "bangs", "crop", "side", "back", "quiff", "pixie"),
)
BEARDS: Final = ("stubble", "full", "goatee", "moustache")
NECKLINES: Final = ("turtle", "crew", "v")
GLASSES: Final = ("round", "rectangle", "browline")
FRAMES: Final = ("metal", "dark", "tortoise")
COVERINGS: Final = ("beanie", "scarf", "turban", "headband")


@dataclass(frozen=True, slots=True)
class Phenotype:
    """MakeHuman's macro sliders, each in [0, 1]; the three ancestries sum to 1."""

    gender: float  # 0 man, 1 woman
    age: float  # 2/3 is 25 years, 1 is 90
    muscle: float
    weight: float
    proportions: float
    african: float
    asian: float
    caucasian: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Bones and flesh: everything about a neutral head's form."""

    phenotype: Phenotype
    shape: tuple[float, ...]  # [117] in the order of SHAPE_LABELS
    is_female: bool
    seed: int = 0  # of what no factor explains: single hairs, pores

    @classmethod
    def from_manifest(cls, entry: Entry) -> Self:
        local = entry["local"]
        if set(local) != set(SHAPE_LABELS):
            differing = ", ".join(sorted(set(local) ^ set(SHAPE_LABELS)))
            raise ValueError(
                f"`identity.local` must hold the shapes of training/cast/shapes.py; differing: {differing}"
            )
        sliders = {name: float(entry["phenotype"][name]) for name in Phenotype.__slots__}
        shape = tuple(float(local[label]) for label in SHAPE_LABELS)
        return cls(Phenotype(**sliders), shape, bool(entry["female"]), int(entry["seed"]))


@dataclass(frozen=True, slots=True)
class Skin:
    tone: float  # 0 lightest, 1 darkest
    flush: float  # N(0, 1), more or less blood
    yellow: float  # N(0, 1)
    freckles: float  # from 0
    spots: float  # age spots, [0, 1]
    lip: float  # how coloured the lips are
    gloss: float
    aging: float  # 0 smooth, 1 deeply lined
    # Texture that the first recipe did not show.
    pores: float = 0.0  # multiplies their depth
    capillaries: float = 0.0  # how much of the fine red threads is seen
    moles: float = 0.0  # share of the places for one that have one


@dataclass(frozen=True, slots=True)
class Hair:
    melanin: float  # 0 white-blond, 1 black
    redness: float
    grey: float  # share of grey hairs
    style: str  # one of HAIR_STYLES
    part: float  # where it parts, m, positive on the person's left
    length: float  # this and the next two multiply the style's own
    lift: float
    wave: float
    forehead: float  # the hairline: higher by so many m
    peak: float  # widow's peak, m
    sideburn: float  # longer by so many m
    recede: float  # receding temples, m
    crown: float  # 0, or the radius of a bald crown


@dataclass(frozen=True, slots=True)
class Beard:
    kind: str  # one of BEARDS
    length: float  # m


@dataclass(frozen=True, slots=True)
class Glasses:
    shape: str  # one of GLASSES
    size: float  # multiplies the shape's own, which follows the distance of the eyes
    thickness: float  # of the frame: 0 a wire, 1 heavy
    frame: str  # one of FRAMES
    colour: Colour


@dataclass(frozen=True, slots=True)
class Covering:
    """What is worn on the head."""

    kind: str  # one of COVERINGS
    colour: Colour
    detail: tuple[float, float, float]  # in [0, 1]: folds and the like, each kind its own


@dataclass(frozen=True, slots=True)
class Brow:
    height: float  # m above the usual place
    arch: float  # m
    tilt: float  # m, outer end up
    extent: float  # m added to its length
    thickness: float  # m
    density: float  # multiplies the hairs
    hair: float  # length of one hair, m
    coarseness: float


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about a person that is not form."""

    skin: Skin
    hair: Hair
    beard: Beard | None
    brow: Brow
    lash_density: float
    lash_length: float  # of the upper lashes, multiplies the usual
    cloth: Colour
    neckline: str  # one of NECKLINES
    iris: Colour
    eye_seed: int  # of the iris's fibres and the eye's veins
    glasses: Glasses | None = None
    covering: Covering | None = None
    recipe: int = 1  # the way of rendering: see recipe.py


@dataclass(frozen=True, slots=True)
class Scene:
    """Pose, gaze, frame, lights and backdrop. The camera sees the person's left on the picture's right."""

    yaw: float  # degrees, positive to the person's left
    pitch: float  # positive looks up
    roll: float  # positive tilts to the person's left
    body: float  # the shoulders' yaw
    gaze_x: float  # degrees against the head, positive to the person's left
    gaze_y: float  # positive up
    zoom: float  # how much more than the FFHQ crop is seen
    distance: float  # of the camera, m
    side: float  # +1: key light on the person's left, rim light on the right; -1: mirrored
    key_azimuth: float  # degrees away from the camera, towards `side`
    key_elevation: float
    key_size: float  # m
    key_power: float
    key_warmth: float
    rim_power: float
    rim_azimuth: float  # degrees away from the camera, against `side`
    fill_power: float
    backdrop: Colour
    glow: float  # brightness of the backdrop's glow
    glow_x: float  # its centre, in widths of the backdrop from the middle, positive on the picture's right
    glow_y: float  # positive up
    seed: int = 0  # of what no factor explains: the backdrop's clouds

    @classmethod
    def from_manifest(cls, entry: Entry) -> Self:
        numbers = {field: float(entry[key]) for field, key in _SCENE_KEYS.items()}
        gaze_x, gaze_y = (float(angle) for angle in entry["gaze"])
        return cls(
            **numbers,
            gaze_x=gaze_x,
            gaze_y=gaze_y,
            backdrop=colour_from(entry["back"]),
            seed=int(entry["seed"]),
        )


# Our name → the manifest's.
_SCENE_KEYS: Final[dict[str, str]] = {
    **{
        name: name
        for name in ("yaw", "pitch", "roll", "body", "zoom", "distance", "side", "key_size", "glow", "glow_x")
    },
    "key_azimuth": "key_az",
    "key_elevation": "key_el",
    "key_power": "key",
    "key_warmth": "key_temp",
    "rim_power": "rim",
    "rim_azimuth": "rim_az",
    "fill_power": "fill",
    "glow_y": "glow_z",
}


@dataclass(frozen=True, slots=True)
class Person:
    identity: Identity
    look: Look


@dataclass(frozen=True, slots=True)
class Sitting:
    """A person in a scene: all of a picture but the expression."""

    person: Person
    scene: Scene


def skin_from(entry: Entry) -> Skin:
    """A manifest's `look` → its skin."""
    return Skin(
        tone=float(entry["tone"]),
        flush=float(entry["hemo"]),
        yellow=float(entry["yellow"]),
        freckles=float(entry["freckles"]),
        spots=float(entry["spots"]),
        lip=float(entry["lip"]),
        gloss=float(entry["gloss"]),
        aging=float(entry["old"]),
        **{name: float(value) for name, value in entry.get("fine", {}).items()},
    )


def hair_from(entry: Entry) -> Hair:
    """A manifest's `look` → its hair."""
    style = entry["style"]
    return Hair(
        melanin=float(entry["melanin"]),
        redness=float(entry["redness"]),
        grey=float(entry["grey"]),
        style=one_of(HAIR_STYLES, style["name"], "look.style.name"),
        part=float(style["part"]),
        length=float(style["lenmul"]),
        lift=float(style["liftmul"]),
        wave=float(style["wavemul"]),
        forehead=float(style["forehead"]),
        peak=float(style["peak"]),
        sideburn=float(style["sideburn"]),
        recede=float(style["recede"]),
        crown=float(style.get("crown", 0.0)),
    )


def beard_from(entry: Entry) -> Beard | None:
    """A manifest's `look` → its beard."""
    beard = entry["beard"]
    return beard and Beard(one_of(BEARDS, beard["kind"], "look.beard.kind"), float(beard["length"]))


def glasses_from(entry: Entry) -> Glasses | None:
    """A manifest's `look` → its glasses; early ones have no such key."""
    glasses = entry.get("glasses")
    return glasses and Glasses(
        shape=one_of(GLASSES, glasses["shape"], "look.glasses.shape"),
        size=float(glasses["size"]),
        thickness=float(glasses["thickness"]),
        frame=one_of(FRAMES, glasses["kind"], "look.glasses.kind"),
        colour=colour_from(glasses["colour"]),
    )


def covering_from(entry: Entry) -> Covering | None:
    """A manifest's `look` → what is worn on the head."""
    covering = entry.get("covering")
    return covering and Covering(
        kind=one_of(COVERINGS, covering["kind"], "look.covering.kind"),
        colour=colour_from(covering["colour"]),
        detail=colour_from(covering["detail"]),
    )


def brow_from(entry: Entry) -> Brow:
    """A manifest's `look` → its brows."""
    brow = entry["brow"]
    return Brow(
        height=float(brow["z"]),
        arch=float(brow["arch"]),
        tilt=float(brow["tilt"]),
        extent=float(brow["long"]),
        thickness=float(brow["thick"]),
        density=float(brow["density"]),
        hair=float(brow["hair"]),
        coarseness=float(brow["coarse"]),
    )


def colour_from(entry: Any) -> Colour:
    """Three numbers of a manifest → a colour."""
    red, green, blue = (float(channel) for channel in entry)
    return red, green, blue


def one_of(known: tuple[str, ...], name: str, where: str) -> str:
    """`name` if it is known: an unknown one would become a silent row of zeros in the factors."""
    if name not in known:
        raise ValueError(f"`{where}` is {name!r}; known are {', '.join(known)}")
    return name
