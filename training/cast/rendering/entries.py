"""Persons, scenes and pictures → the manifest's JSON: the inverse of `traits.py`'s `…from_manifest`.

The keys are the manifest's own, which are shorter and older than the names in the code.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from training.cast.people import iris_shares
from training.cast.recipe import RECIPE
from training.cast.rendering.landmarks import Landmarks
from training.cast.rendering.overlay import Rectangle
from training.cast.rendering.splits import MIXED, NEUTRAL, Subject, Take
from training.cast.shapes import SHAPE_LABELS
from training.cast.traits import Beard, Brow, Covering, Glasses, Hair, Identity, Look, Person, Scene


def picture_entry(
    subject: Subject,
    take: Take,
    actions: Mapping[str, float],
    size: int,
    rectangle: Rectangle | None,
    landmarks: Landmarks,
) -> dict[str, Any]:
    """A picture's line. The person is on it where the picture is the person's first, or shows another age."""
    entry: dict[str, Any] = {
        "name": take.name,
        "size": size,
        "recipe": RECIPE,
        "split": subject.split,
        "subject": subject.number,
        "identity_seed": subject.identity_seed,
        "category": take.category,
        "units": {str(unit): intensity for unit, intensity in take.units.items()},
        "actions": dict(actions),
        "rect": None if rectangle is None else list(rectangle),
        "scene": scene_entry(take.sitting.scene),
        "landmarks": (landmarks.five * size).round(2).tolist(),
        "dense": (landmarks.dense * size).round(1).tolist(),
    }
    if take.category in (NEUTRAL, MIXED) or take.is_other_person:
        entry["identity"] = identity_entry(take.sitting.person.identity)
        entry["look"] = look_entry(take.sitting.person)
    return entry


def identity_entry(identity: Identity) -> dict[str, Any]:
    return {
        "seed": identity.seed,
        "female": identity.is_female,
        "phenotype": asdict(identity.phenotype),
        "local": dict(zip(SHAPE_LABELS, identity.shape, strict=True)),
    }


def look_entry(person: Person) -> dict[str, Any]:
    look: Look = person.look
    return {
        "tone": look.skin.tone,
        "hemo": look.skin.flush,
        "yellow": look.skin.yellow,
        "freckles": look.skin.freckles,
        "spots": look.skin.spots,
        "lip": look.skin.lip,
        "gloss": look.skin.gloss,
        "old": look.skin.aging,
        "melanin": look.hair.melanin,
        "redness": look.hair.redness,
        "grey": look.hair.grey,
        "style": _style_entry(look.hair),
        "beard": _beard_entry(look.beard),
        "brow": _brow_entry(look.brow),
        "lashes": {"density": look.lash_density, "upper": look.lash_length},
        "cloth": list(look.cloth),
        "cloth_kind": look.neckline,
        "eye_seed": look.eye_seed,
        "iris_p": iris_shares(look.skin.tone, person.identity.phenotype.asian),
        "fine": {name: getattr(look.skin, name) for name in ("pores", "capillaries", "moles")},
        "glasses": _glasses_entry(look.glasses),
        "covering": _covering_entry(look.covering),
    }


def _style_entry(hair: Hair) -> dict[str, Any]:
    return {
        "name": hair.style,
        "part": hair.part,
        "lenmul": hair.length,
        "liftmul": hair.lift,
        "wavemul": hair.wave,
        "forehead": hair.forehead,
        "peak": hair.peak,
        "sideburn": hair.sideburn,
        "recede": hair.recede,
        "crown": hair.crown,
    }


def _beard_entry(beard: Beard | None) -> dict[str, Any] | None:
    return {"kind": beard.kind, "length": beard.length} if beard else None


def _glasses_entry(glasses: Glasses | None) -> dict[str, Any] | None:
    if glasses is None:
        return None
    return {
        "shape": glasses.shape,
        "size": glasses.size,
        "thickness": glasses.thickness,
        "kind": glasses.frame,
        "colour": list(glasses.colour),
    }


def _covering_entry(covering: Covering | None) -> dict[str, Any] | None:
    if covering is None:
        return None
    return {"kind": covering.kind, "colour": list(covering.colour), "detail": list(covering.detail)}


def _brow_entry(brow: Brow) -> dict[str, float]:
    return {
        "z": brow.height,
        "arch": brow.arch,
        "tilt": brow.tilt,
        "long": brow.extent,
        "thick": brow.thickness,
        "density": brow.density,
        "hair": brow.hair,
        "coarse": brow.coarseness,
    }


def scene_entry(scene: Scene) -> dict[str, Any]:
    return {
        "seed": scene.seed,
        "yaw": scene.yaw,
        "pitch": scene.pitch,
        "roll": scene.roll,
        "body": scene.body,
        "gaze": [scene.gaze_x, scene.gaze_y],
        "zoom": scene.zoom,
        "distance": scene.distance,
        "side": scene.side,
        "key_az": scene.key_azimuth,
        "key_el": scene.key_elevation,
        "key_size": scene.key_size,
        "key": scene.key_power,
        "key_temp": scene.key_warmth,
        "rim": scene.rim_power,
        "rim_az": scene.rim_azimuth,
        "fill": scene.fill_power,
        "back": list(scene.backdrop),
        "glow": scene.glow,
        "glow_x": scene.glow_x,
        "glow_z": scene.glow_y,
    }
