"""The shaders of everything in a picture, and the few values in them that belong to a person or scene.

Skin and attire have files of their own; here are eyes, mouth, hair and the backdrop. Colours are linear RGB
with alpha, subsurface scales metres.
"""

from dataclasses import dataclass
from typing import Any, Final

import bpy

from training.cast.head.eyes import TEXTURE_REACH, iris_texture
from training.cast.rendering.attire_shader import (
    CoveringMaterial,
    FrameMaterial,
    make_cloth,
    make_covering,
    make_frame,
    make_lens,
)
from training.cast.rendering.blender import RGBA, NodeTree, put_image
from training.cast.rendering.skin_shader import make_skin
from training.cast.traits import Hair, Look

TEETH: Final[RGBA] = (0.60, 0.52, 0.41, 1)
GUM: Final[RGBA] = (0.36, 0.11, 0.10, 1)

# How far the share of grey hairs is stretched between hairs that are grey and hairs that are not.
GREY_SPREAD: Final = 0.15
GREY_MELANIN: Final = 0.04

LASH_MELANIN: Final = 0.95  # at least: blond people's lashes are dark too
LASH_GREY: Final = 0.1  # they hardly ever grey, of the share on the head
BROW_GREY: Final = 0.5


@dataclass(frozen=True, slots=True)
class HairMaterial:
    material: Any
    _shader: Any
    _melanin: Any  # MapRange from a hair's random number

    def colour(self, melanin: float, redness: float, grey: float) -> None:
        """`melanin` from 0, white-blond, to 1, black; `grey`: the share of hairs that are."""
        melanin = min(melanin, 1.0)
        if grey > 0:  # hairs whose random number is below `grey` are grey, with a short passage to the others
            chances = max(0.0, grey - GREY_SPREAD), grey + GREY_SPREAD
            melanins = GREY_MELANIN, melanin
        else:
            chances = 0.0, 1.0
            melanins = melanin, melanin
        for index, value in enumerate((*chances, *melanins), start=1):
            self._melanin.inputs[index].default_value = value
        self._shader.inputs["Melanin Redness"].default_value = redness


@dataclass(frozen=True, slots=True)
class Materials:
    """All materials; what a person or a scene changes are the fields that are no materials."""

    skin: Any
    eye: Any
    teeth: Any
    gum: Any
    hair: HairMaterial
    brow: HairMaterial
    lash: HairMaterial
    beard: HairMaterial
    cloth: Any
    frame: FrameMaterial
    lens: Any
    covering: CoveringMaterial
    backdrop: Any
    eye_image: Any  # image nodes
    backdrop_image: Any
    cloth_colour: Any  # an input

    def suit(self, look: Look) -> None:
        """Everything of a person that is no vertex attribute."""
        put_image(self.eye_image, iris_texture(look))
        self._colour_hair(look.hair)
        self.cloth_colour.default_value = (*look.cloth, 1)
        if look.glasses:
            self.frame.colour(look.glasses)
        if look.covering:
            self.covering.colour(look.covering)

    def _colour_hair(self, hair: Hair) -> None:
        """Beard and brows are darker than the head, and brows grey later."""
        melanin, redness, grey = hair.melanin, hair.redness, hair.grey
        self.hair.colour(melanin, redness, grey)
        self.beard.colour(1.05 * melanin, redness, grey)
        self.brow.colour(1.1 * melanin + 0.04, redness, BROW_GREY * grey)
        self.lash.colour(max(melanin, LASH_MELANIN), redness, LASH_GREY * grey)


def make_materials(detail: float) -> Materials:
    """`detail`: how much of the skin's finest texture shows, in [0, 1]."""
    eye, eye_image = _eye()
    cloth, cloth_colour = make_cloth()
    backdrop, backdrop_image = _backdrop()
    return Materials(
        skin=make_skin(detail),
        eye=eye,
        teeth=_mouth("teeth", TEETH, roughness=0.25, scale=0.0012),
        gum=_mouth("gum", GUM, roughness=0.30, scale=0.002),
        hair=_hair("hair", variation=0.2, roughness=0.32, radial_roughness=0.42),
        brow=_facial_hair("brow"),
        lash=_facial_hair("lash"),
        beard=_facial_hair("beard"),
        cloth=cloth,
        frame=make_frame(),
        lens=make_lens(),
        covering=make_covering(),
        backdrop=backdrop,
        eye_image=eye_image,
        backdrop_image=backdrop_image,
        cloth_colour=cloth_colour,
    )


def _eye() -> tuple[Any, Any]:
    """The texture projected from the front, under a clear coat. Attribute: `direction` from the centre."""
    material = bpy.data.materials.new("eye")
    nodes = NodeTree(material)
    direction = nodes.add("SeparateXYZ", {0: nodes.attribute("direction", "Vector")})
    scale = 0.5 / TEXTURE_REACH
    across = nodes.math("MULTIPLY_ADD", direction.outputs[0], scale, 0.5)
    upwards = nodes.math("MULTIPLY_ADD", direction.outputs[2], scale, 0.5)
    place = nodes.add("CombineXYZ", {"X": across, "Y": upwards})
    image = nodes.add("TexImage", {"Vector": place.outputs[0]}, extension="EXTEND")
    shader = nodes.add(
        "BsdfPrincipled",
        {
            "Base Color": image.outputs[0],
            "Roughness": 0.45,
            "IOR": 1.45,
            "Specular IOR Level": 0.2,
            "Subsurface Weight": 0.1,
            "Subsurface Radius": (1, 0.5, 0.4),
            "Subsurface Scale": 0.001,
            "Coat Weight": 1.0,
            "Coat Roughness": 0.02,
            "Coat IOR": 1.38,
        },
    )
    nodes.finish(shader)
    return material, image


def _mouth(name: str, colour: RGBA, roughness: float, scale: float) -> Any:
    """Teeth, gums and tongue."""
    material = bpy.data.materials.new(name)
    nodes = NodeTree(material)
    shader = nodes.add(
        "BsdfPrincipled",
        {
            "Base Color": colour,
            "Roughness": roughness,
            "IOR": 1.45,
            "Subsurface Weight": 0.6,
            "Subsurface Radius": (1, 0.6, 0.4),
            "Subsurface Scale": scale,
        },
    )
    nodes.finish(shader)
    return material


def _hair(name: str, variation: float, roughness: float, radial_roughness: float) -> HairMaterial:
    """Melanin as in people's hair, one value a hair; `variation` of brightness between hairs."""
    material = bpy.data.materials.new(name)
    nodes = NodeTree(material)
    chance = nodes.add("HairInfo").outputs["Random"]
    melanin = nodes.add("MapRange", {0: chance}, clamp=True)
    shader = nodes.add(
        "BsdfHairPrincipled",
        {
            "Melanin": melanin.outputs[0],
            "Random Color": variation,
            "Roughness": roughness,
            "Radial Roughness": radial_roughness,
            "IOR": 1.5,
        },
        parametrization="MELANIN",
    )
    nodes.finish(shader)
    return HairMaterial(material, shader, melanin)


def _facial_hair(name: str) -> HairMaterial:
    """Coarser than on the head: it shines less."""
    return _hair(name, variation=0.0, roughness=0.5, radial_roughness=0.6)


def _backdrop() -> tuple[Any, Any]:
    """A picture that shines by itself and fills the frame, wherever the camera is."""
    material = bpy.data.materials.new("backdrop")
    nodes = NodeTree(material)
    frame = nodes.add("TexCoord").outputs["Window"]
    image = nodes.add("TexImage", {"Vector": frame}, extension="EXTEND", interpolation="Cubic")
    nodes.finish(nodes.add("Emission", {"Color": image.outputs[0], "Strength": 1.0}))
    return material, image
