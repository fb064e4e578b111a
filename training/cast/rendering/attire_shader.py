"""Shaders of what is worn: clothes, glasses, and coverings of the head.

Colours are linear RGB with alpha, scales of noise per metre.
"""

from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from training.cast.rendering.blender import RGBA, NodeTree
from training.cast.rendering.skin_shader import SKIN_AOV
from training.cast.traits import Covering, Glasses

GREY: Final[RGBA] = (0.8, 0.8, 0.8, 1)
BRASS: Final[RGBA] = (0.55, 0.50, 0.42, 1)  # the metal of a frame that is mostly plastic
TORTOISE_DARK: Final[RGBA] = (0.010, 0.006, 0.004, 1)
TORTOISE_SHARE: Final = 0.95  # how dark the dark patches are

RIB: Final = 0.0042  # m between the ribs of knitwear
STITCH: Final = 0.0030  # m
YARN: Final = 0.0011  # m, how far it stands out
# How much of a covering's texture the denoiser is to keep, compared with the skin's.
COVERING_DETAIL: Final = 0.72


@dataclass(frozen=True, slots=True)
class FrameMaterial:
    material: Any
    _plastic: Any  # RGB nodes
    _metal: Any
    _tortoise: Any  # MapRange from noise to the share of dark patches

    def colour(self, glasses: Glasses) -> None:
        colour = (*glasses.colour, 1)
        self._plastic.outputs[0].default_value = colour
        self._metal.outputs[0].default_value = colour if glasses.frame == "metal" else BRASS
        self._tortoise.inputs[4].default_value = TORTOISE_SHARE if glasses.frame == "tortoise" else 0


@dataclass(frozen=True, slots=True)
class CoveringMaterial:
    material: Any
    _dye: Any  # RGB node
    _knit: Any  # Value node: how strong the ribs are, 0 where the cloth is woven

    def colour(self, covering: Covering) -> None:
        self._dye.outputs[0].default_value = (*covering.colour, 1)
        self._knit.outputs[0].default_value = knit_of(covering)


def knit_of(covering: Covering) -> float:
    """How strongly ribbed: beanies are, and half of the headbands, finely; the others are woven."""
    if covering.kind == "beanie":
        return 1.0
    return 0.5 if covering.kind == "headband" and covering.detail[1] < 0.5 else 0.0


def make_frame() -> FrameMaterial:
    """Plastic or metal. Attributes: `metal`, 1 where it is; `rest`, m, for the patches of tortoiseshell."""
    material = bpy.data.materials.new("frame")
    nodes = NodeTree(material)
    plastic, metal = nodes.add("RGB"), nodes.add("RGB")
    noise = nodes.noise(nodes.attribute("rest", "Vector"), 150)
    tortoise = nodes.add("MapRange", {0: noise, 1: 0.42, 2: 0.58, 3: 0.0, 4: 0.0})
    patched = nodes.mixed(tortoise.outputs[0], plastic.outputs[0], TORTOISE_DARK)
    is_metal = nodes.attribute("metal", "Fac")
    shader = nodes.add(
        "BsdfPrincipled",
        {
            "Base Color": nodes.mixed(is_metal, patched, metal.outputs[0]),
            "Roughness": 0.28,
            "IOR": 1.5,
            "Metallic": is_metal,
        },
    )
    nodes.finish(shader)
    return FrameMaterial(material, plastic, metal, tortoise)


def make_lens() -> Any:
    """Panes that only mirror, and little; they refract nothing, so that the eyes stay where they are."""
    material = bpy.data.materials.new("lens")
    nodes = NodeTree(material)
    facing = nodes.add("LayerWeight", {"Blend": 0.25}).outputs["Fresnel"]
    glass = nodes.add("BsdfTransparent").outputs[0]
    mirror = nodes.add("BsdfAnisotropic", {"Roughness": 0.04}).outputs[0]
    amount = nodes.remapped(facing, (0, 1), (0.015, 0.35))
    nodes.finish(nodes.add("MixShader", {0: amount, 1: glass, 2: mirror}))
    return material


def make_covering() -> CoveringMaterial:
    """Knitted or woven cloth.

    Attributes: `fabric`, m along the edge and away from it; `inside`, above 0 where there is cloth.
    """
    material = bpy.data.materials.new("covering")
    nodes = NodeTree(material)
    fabric = nodes.attribute("fabric", "Vector")
    dye, knit = nodes.add("RGB"), nodes.add("Value")
    ribs = nodes.math("MULTIPLY", _stitches(nodes, fabric), knit.outputs[0])
    weave = nodes.noise(fabric, 1100)
    light = nodes.remapped(nodes.math("MULTIPLY_ADD", weave, 0.6, ribs), (0.2, 1.3), (0.62, 1.12))
    height = nodes.math("MULTIPLY_ADD", weave, 0.35, ribs)
    bump = nodes.add("Bump", {"Strength": 0.8, "Height": height, "Distance": YARN})
    is_cloth = _is_cloth(nodes)
    colour = nodes.multiplied(1.0, dye.outputs[0], light)
    shader = _fibres(nodes, bump.outputs[0], is_cloth, 0.4, colour)
    nodes.finish(shader)
    nodes.put_out(SKIN_AOV, nodes.math("MULTIPLY", is_cloth, COVERING_DETAIL))
    return CoveringMaterial(material, dye, knit)


def make_cloth() -> tuple[Any, Any]:
    """Knitted finely; returns the material and the input of its colour.

    Attributes: `rest` as on the skin; `inside`, mm below the neckline.
    """
    material = bpy.data.materials.new("cloth")
    nodes = NodeTree(material)
    threads = nodes.noise(nodes.attribute("rest", "Vector"), 900)
    bump = nodes.add("Bump", {"Strength": 0.6, "Height": threads, "Distance": 0.0008})
    shader = _fibres(nodes, bump.outputs[0], _is_cloth(nodes), 0.35)
    nodes.finish(shader)
    return material, shader.inputs["Base Color"]


def _stitches(nodes: NodeTree, fabric: Any) -> Any:
    """The relief of knitwear: ribs away from the edge, and stitches that slant on them."""
    along, away, _ = nodes.add("SeparateXYZ", {0: fabric}).outputs
    rib = nodes.math("ABSOLUTE", nodes.math("SINE", nodes.math("MULTIPLY", along, np.pi / RIB)))
    slant = nodes.math("MULTIPLY", rib, 0.8)
    row = nodes.math("MULTIPLY_ADD", away, np.pi / STITCH, slant)
    stitch = nodes.math("ABSOLUTE", nodes.math("SINE", row))
    return nodes.math("MULTIPLY_ADD", stitch, 0.35, rib)


def _is_cloth(nodes: NodeTree) -> Any:
    """1 inside the hem; cloth beyond it is transparent: the hem is smooth where the mesh is coarse."""
    return nodes.math("GREATER_THAN", nodes.attribute("inside", "Fac"), 0.0)


def _fibres(nodes: NodeTree, normal: Any, is_cloth: Any, sheen: float, colour: Any = GREY) -> Any:
    """Dull cloth with a nap."""
    return nodes.add(
        "BsdfPrincipled",
        {
            "Base Color": colour,
            "Roughness": 0.9,
            "Normal": normal,
            "Alpha": is_cloth,
            "Sheen Weight": sheen,
            "Sheen Roughness": 0.4,
        },
    )
