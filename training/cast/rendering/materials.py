"""Cycles shaders of everything in a picture, and the few values in them that belong to a person or scene.

Colours are linear RGB with alpha, scales of noise are per metre, subsurface scales metres.
"""

from dataclasses import dataclass
from typing import Any, Final

import bpy

from training.cast.rendering.blender import NodeTree
from training.cast.traits import Hair

RGBA = tuple[float, float, float, float]

# Skin. What pigment multiplies the colour by; blood shows wherever there is less of it.
FRECKLE: Final[RGBA] = (0.62, 0.42, 0.30, 1)
CREASE: Final[RGBA] = (0.58, 0.42, 0.40, 1)
SKIN_RADIUS: Final = (1.0, 0.36, 0.19)  # how far red, green and blue travel in skin, relative
SKIN_SCALE: Final = 0.0026
PORE_DEPTH: Final = 0.00030  # m

TEETH: Final[RGBA] = (0.60, 0.52, 0.41, 1)
GUM: Final[RGBA] = (0.36, 0.11, 0.10, 1)

# How far the melanin of single hairs lies from the head's, when some are grey.
GREY_SPREAD: Final = 0.15
GREY_MELANIN: Final = 0.04


@dataclass(frozen=True, slots=True)
class HairMaterial:
    material: Any
    _shader: Any
    _melanin: Any  # MapRange from a hair's random number

    def colour(self, hair: Hair, grey_share: float, melanin_gain: float) -> None:
        """The head's colour; brows and lashes are a little darker and grey later than the scalp."""
        grey = hair.grey * grey_share
        melanin = min(hair.melanin * melanin_gain, 1.0)
        if grey > 0:  # hairs whose random number is below `grey` are grey, with a short passage to the others
            chances = max(0.0, grey - GREY_SPREAD), grey + GREY_SPREAD
            melanins = GREY_MELANIN, melanin
        else:
            chances = 0.0, 1.0
            melanins = melanin, melanin
        for index, value in enumerate((*chances, *melanins), start=1):
            self._melanin.inputs[index].default_value = value
        self._shader.inputs["Melanin Redness"].default_value = hair.redness


@dataclass(frozen=True, slots=True)
class Materials:
    """All materials; what a person or a scene changes are the fields that are no materials."""

    skin: Any
    eye: Any
    teeth: Any
    gum: Any
    hair: HairMaterial  # scalp and beard
    lash: HairMaterial  # brows and lashes
    cloth: Any
    backdrop: Any
    eye_image: Any  # image nodes
    backdrop_image: Any
    cloth_colour: Any  # an input


def make_materials(eye_texture_half_width: float) -> Materials:
    """`eye_texture_half_width`: how much of the unit eyeball, seen from the front, its texture shows."""
    eye, eye_image = _eye(eye_texture_half_width)
    cloth, cloth_colour = _cloth()
    backdrop, backdrop_image = _backdrop()
    return Materials(
        skin=_skin(),
        eye=eye,
        teeth=_mouth("teeth", TEETH, roughness=0.25, scale=0.0012),
        gum=_mouth("gum", GUM, roughness=0.30, scale=0.002),
        hair=_hair("hair", variation=0.12),
        lash=_hair("lash", variation=0.0),
        cloth=cloth,
        backdrop=backdrop,
        eye_image=eye_image,
        backdrop_image=backdrop_image,
        cloth_colour=cloth_colour,
    )


def _skin() -> Any:
    """Vertex colours do the large work; noise adds mottling, freckles and pores.

    Attributes: `rest` where a vertex is on the head at rest, so that noise sticks to the skin; `colour`;
    `mask`: red freckles, green roughness, blue depth of pores, alpha specularity; `crease` darkening.
    """
    material = bpy.data.materials.new("skin")
    nodes = NodeTree(material)
    rest = nodes.attribute("rest", "Vector")
    specular = nodes.attribute("mask", "Alpha")
    mask = nodes.add("SeparateColor", {0: nodes.attribute("mask", "Color")})
    freckled = nodes.multiplied(_freckles(nodes, rest, mask.outputs[0]), _mottled(nodes, rest), FRECKLE)
    pores = nodes.add("TexNoise", {"Vector": rest, "Scale": 620.0, "Detail": 1.0})
    bump = nodes.add(
        "Bump", {"Strength": mask.outputs[2], "Height": pores.outputs[0], "Distance": PORE_DEPTH}
    )
    shader = nodes.add(
        "BsdfPrincipled",
        {
            "Base Color": nodes.multiplied(nodes.attribute("crease", "Fac"), freckled, CREASE),
            "Roughness": mask.outputs[1],
            "IOR": 1.40,
            "Normal": bump.outputs[0],
            "Specular IOR Level": specular,
            "Subsurface Weight": 1.0,
            "Subsurface Radius": SKIN_RADIUS,
            "Subsurface Scale": SKIN_SCALE,
            "Coat Weight": nodes.math("MULTIPLY", specular, 0.12),  # a film of oil
            "Coat Roughness": 0.30,
        },
        subsurface_method="BURLEY",
    )
    nodes.finish(shader)
    return material


def _mottled(nodes: NodeTree, rest: Any) -> Any:
    """The painted colour, unevenly: finely in all channels, and more broadly in green, which is blood."""
    fine = nodes.add("TexNoise", {"Vector": rest, "Scale": 170.0, "Detail": 3.0}).outputs[0]
    broad = nodes.add("TexNoise", {"Vector": rest, "Scale": 90.0, "Detail": 2.0}).outputs[0]
    pigment = nodes.remapped(fine, (0.25, 0.75), (0.84, 1.12))
    blood = nodes.remapped(broad, (0.25, 0.75), (0.84, 1.13))
    uneven = nodes.add("CombineColor", {"Red": pigment, "Green": blood, "Blue": pigment})
    return nodes.multiplied(1.0, nodes.attribute("colour", "Color"), uneven.outputs[0])


def _freckles(nodes: NodeTree, rest: Any, density: Any) -> Any:
    """How much freckle there is: round spots in about half of the cells of a Voronoi pattern."""
    cells = nodes.add("TexVoronoi", {"Vector": rest, "Scale": 330.0})
    spot = nodes.remapped(cells.outputs["Distance"], (0.12, 0.34), (1.0, 0.0))
    chance = nodes.add("SeparateColor", {0: cells.outputs["Color"]}).outputs[0]
    chosen = nodes.remapped(chance, (0.45, 0.75), (0.0, 1.0))
    return nodes.math("MULTIPLY", nodes.math("MULTIPLY", spot, chosen), density)


def _eye(texture_half_width: float) -> tuple[Any, Any]:
    """The texture projected from the front, under a clear coat. Attribute: `direction` from the centre."""
    material = bpy.data.materials.new("eye")
    nodes = NodeTree(material)
    direction = nodes.add("SeparateXYZ", {0: nodes.attribute("direction", "Vector")})
    scale = 0.5 / texture_half_width
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


def _hair(name: str, variation: float) -> HairMaterial:
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
            "Roughness": 0.32,
            "Radial Roughness": 0.42,
            "IOR": 1.5,
        },
        parametrization="MELANIN",
    )
    nodes.finish(shader)
    return HairMaterial(material, shader, melanin)


def _cloth() -> tuple[Any, Any]:
    """Knitted, with a nap. Attributes: `rest` as on the skin; `inside`, mm below the neckline: above it the
    cloth is transparent, so that the hem is smooth where the mesh is coarse."""
    material = bpy.data.materials.new("cloth")
    nodes = NodeTree(material)
    threads = nodes.add(
        "TexNoise", {"Vector": nodes.attribute("rest", "Vector"), "Scale": 900.0, "Detail": 2.0}
    )
    bump = nodes.add("Bump", {"Strength": 0.6, "Height": threads.outputs[0], "Distance": 0.0008})
    shader = nodes.add(
        "BsdfPrincipled",
        {
            "Roughness": 0.9,
            "Normal": bump.outputs[0],
            "Alpha": nodes.math("GREATER_THAN", nodes.attribute("inside", "Fac"), 0.0),
            "Sheen Weight": 0.35,
            "Sheen Roughness": 0.4,
        },
    )
    nodes.finish(shader)
    return material, shader.inputs["Base Color"]


def _backdrop() -> tuple[Any, Any]:
    """A picture that shines by itself and fills the frame, wherever the camera is."""
    material = bpy.data.materials.new("backdrop")
    nodes = NodeTree(material)
    frame = nodes.add("TexCoord").outputs["Window"]
    image = nodes.add("TexImage", {"Vector": frame}, extension="EXTEND", interpolation="Cubic")
    nodes.finish(nodes.add("Emission", {"Color": image.outputs[0], "Strength": 1.0}))
    return material, image
