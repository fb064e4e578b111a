"""The skin's shader: what is finer than a vertex, laid over the painted colour and surface.

Vertex attributes:
    rest     where a vertex is on the head at rest, m, so that all texture sticks to the skin
    colour   linear RGB
    mask     red freckles, green roughness, blue strength of the bump, alpha specularity
    fine     red shaven stubble, green pores, blue capillaries, alpha share of the places that have a mole
    crease   darkening by expression and age lines
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import bpy

from training.cast.head.mesh import Floats
from training.cast.head.skin_textures import TILE, skin_textures
from training.cast.rendering.blender import RGBA, NodeTree, put_image

SKIN_AOV: Final = "skin"  # the render pass that tells skin from the rest

# Texture finer than a pixel only makes noise, so small pictures have less of it: the widths, in px, that have
# none and all of it, and the least.
DETAIL_SIZES: Final = (128, 512)
LEAST_DETAIL: Final = 0.2

# What each mark multiplies the colour by. Blood shows wherever there is less pigment.
FRECKLE: Final[RGBA] = (0.66, 0.47, 0.36, 1)
CAPILLARY: Final[RGBA] = (1.02, 0.72, 0.70, 1)
PORE: Final[RGBA] = (0.66, 0.54, 0.50, 1)
STUBBLE: Final[RGBA] = (0.42, 0.42, 0.46, 1)
MOLE: Final[RGBA] = (0.42, 0.27, 0.20, 1)
CREASE: Final[RGBA] = (0.58, 0.42, 0.40, 1)

RADIUS: Final = (1.0, 0.36, 0.19)  # how far red, green and blue travel in skin, relative
SCALE: Final = 0.0026  # m
OIL: Final = 0.16  # a film of it, times the specularity

TILE_BLEND: Final = 0.25  # textures are projected along three axes, and mixed where the skin turns
GRAIN: Final = 0.12  # how far the grain lightens and darkens
GRAIN_ROUGHNESS: Final = 0.35
BUMP_HEIGHT: Final = 0.00042  # m


def detail_at(size: int) -> float:
    """How much of the finest texture shows in portraits `size` px wide, in [0, 1]."""
    none, everything = DETAIL_SIZES
    return min(max((size - none) / (everything - none), LEAST_DETAIL), 1.0)


def make_skin(detail: float) -> Any:
    """`detail`: how much of the finest texture shows, in [0, 1]."""
    material = bpy.data.materials.new("skin")
    nodes = NodeTree(material)
    vertex = _Vertex.of(nodes)
    texture = _Texture.of(nodes, vertex.rest)
    pores = nodes.math("MULTIPLY", texture.pores, vertex.pores)
    shine = nodes.remapped(texture.gloss, (0.3, 0.7), (0.55, 1.45))
    specular = nodes.math("MULTIPLY", vertex.specular, shine)
    shader = nodes.add(
        "BsdfPrincipled",
        {
            "Base Color": _colour(nodes, vertex, texture, pores, detail),
            "Roughness": _roughness(nodes, vertex, texture, pores, detail),
            "IOR": 1.40,
            "Normal": _normal(nodes, vertex, texture.grain, pores, detail),
            "Specular IOR Level": specular,
            "Subsurface Weight": 1.0,
            "Subsurface Radius": RADIUS,
            "Subsurface Scale": SCALE,
            "Coat Weight": nodes.math("MULTIPLY", specular, OIL),
            "Coat Roughness": 0.30,
        },
        subsurface_method="BURLEY",
    )
    nodes.finish(shader)
    nodes.put_out(SKIN_AOV, 1.0)
    return material


@dataclass(frozen=True, slots=True)
class _Vertex:
    """The attributes' sockets."""

    rest: Any
    colour: Any
    crease: Any
    freckles: Any
    roughness: Any
    bump: Any
    specular: Any
    stubble: Any
    pores: Any
    capillaries: Any
    moles: Any

    @classmethod
    def of(cls, nodes: NodeTree) -> Self:
        freckles, roughness, bump = nodes.channels(nodes.attribute("mask", "Color"))
        stubble, pores, capillaries = nodes.channels(nodes.attribute("fine", "Color"))
        return cls(
            rest=nodes.attribute("rest", "Vector"),
            colour=nodes.attribute("colour", "Color"),
            crease=nodes.attribute("crease", "Fac"),
            freckles=freckles,
            roughness=roughness,
            bump=bump,
            specular=nodes.attribute("mask", "Alpha"),
            stubble=stubble,
            pores=pores,
            capillaries=capillaries,
            moles=nodes.attribute("fine", "Alpha"),
        )


@dataclass(frozen=True, slots=True)
class _Texture:
    """The sockets of `SkinTextures`; all but noise is 0 where there is none."""

    grain: Any  # noise as fine as a pixel of a portrait of 512 × 512, 0.5 mm
    pores: Any
    stubble: Any
    mottles: Any  # noise over millimetres
    patches: Any  # noise over centimetres
    capillaries: Any
    freckles: Any
    moles: Any  # their rank: the more moles, the lower the ranks that show
    gloss: Any  # noise

    @classmethod
    def of(cls, nodes: NodeTree, rest: Any) -> Self:
        tiles = nodes.add("VectorMath", {"Vector": rest, "Scale": 1 / TILE}, operation="SCALE").outputs[0]

        def channels(pixels: Floats) -> tuple[Any, Any, Any]:
            image = nodes.add("TexImage", {"Vector": tiles}, projection="BOX", projection_blend=TILE_BLEND)
            put_image(image, pixels)
            return nodes.channels(image.outputs[0])

        textures = skin_textures()
        grain, pores, stubble = channels(textures.close)
        mottles, patches, capillaries = channels(textures.broad)
        freckles, moles, gloss = channels(textures.spots)
        return cls(grain, pores, stubble, mottles, patches, capillaries, freckles, moles, gloss)


# -- colour --------------------------------------------------------------------------------------------------


def _colour(nodes: NodeTree, vertex: _Vertex, texture: _Texture, pores: Any, detail: float) -> Any:
    colour = nodes.multiplied(1.0, vertex.colour, _unevenness(nodes, texture, detail))
    marks = (
        (_freckles(nodes, vertex, texture), FRECKLE),
        (nodes.math("MULTIPLY", texture.capillaries, vertex.capillaries), CAPILLARY),
        (pores, PORE),
        (nodes.math("MULTIPLY", texture.stubble, vertex.stubble), STUBBLE),
        (_moles(nodes, vertex, texture), MOLE),
        (vertex.crease, CREASE),
    )
    for amount, factor in marks:
        colour = nodes.multiplied(amount, colour, factor)
    return colour


def _unevenness(nodes: NodeTree, texture: _Texture, detail: float) -> Any:
    """What the painted colour is multiplied by: patches of blood, which red does not show, mottles, grain."""

    def product(*factors: Any) -> Any:
        result, *others = factors
        for factor in others:
            result = nodes.math("MULTIPLY", result, factor)
        return result

    grain = nodes.remapped(texture.grain, (0.30, 0.70), (1 - GRAIN * detail, 1 + GRAIN * detail))
    patches, mottles = (0.28, 0.72), (0.25, 0.75)
    uneven = nodes.add(
        "CombineColor",
        {
            "Red": product(nodes.remapped(texture.mottles, mottles, (0.90, 1.08)), grain),
            "Green": product(
                nodes.remapped(texture.patches, patches, (0.84, 1.12)),
                nodes.remapped(texture.mottles, mottles, (0.86, 1.12)),
                grain,
            ),
            "Blue": product(
                nodes.remapped(texture.patches, patches, (0.84, 1.10)),
                nodes.remapped(texture.mottles, mottles, (0.84, 1.13)),
                grain,
            ),
        },
    )
    return uneven.outputs[0]


def _freckles(nodes: NodeTree, vertex: _Vertex, texture: _Texture) -> Any:
    """Denser where there is less blood."""
    density = nodes.remapped(texture.patches, (0.35, 0.6), (0.35, 1.1))
    return nodes.math("MULTIPLY", nodes.math("MULTIPLY", texture.freckles, vertex.freckles), density)


def _moles(nodes: NodeTree, vertex: _Vertex, texture: _Texture) -> Any:
    """The ranks that show: a share of `moles` of the places has one."""
    shown = nodes.remapped(nodes.math("ADD", texture.moles, vertex.moles), (1, 1.04), (0, 1))
    return nodes.math("MULTIPLY", shown, nodes.math("GREATER_THAN", vertex.moles, 0.001))


# -- surface -------------------------------------------------------------------------------------------------


def _normal(nodes: NodeTree, vertex: _Vertex, grain: Any, pores: Any, detail: float) -> Any:
    height = nodes.math("MULTIPLY_ADD", pores, -0.9, nodes.math("MULTIPLY", grain, 1.1))
    distance = BUMP_HEIGHT * (0.4 + 0.6 * detail)
    return nodes.add("Bump", {"Strength": vertex.bump, "Height": height, "Distance": distance}).outputs[0]


def _roughness(nodes: NodeTree, vertex: _Vertex, texture: _Texture, pores: Any, detail: float) -> Any:
    """Broken up, so that highlights are; pores do not shine."""
    rough = nodes.math("MULTIPLY", pores, 0.15)
    for noise, amount in ((texture.grain, GRAIN_ROUGHNESS * detail), (texture.mottles, 0.30)):
        rough = nodes.math("MULTIPLY_ADD", nodes.math("SUBTRACT", noise, 0.5), amount, rough)
    return nodes.math("ADD", vertex.roughness, rough)
