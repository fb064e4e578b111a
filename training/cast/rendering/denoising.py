"""Denoising twice, in the compositor: few samples a pixel are enough, and pores and freckles survive.

The renderer's own denoiser is guided by denoised albedo and normals: clean hair, but skin without its finest
texture. A second one takes the guides as they are. The skin's render pass says where to take which.
"""

from typing import Any, Final

from training.cast.rendering.skin_shader import SKIN_AOV

# A pixel with this share of skin or less counts as hair or the like: hair over skin would be grainy.
SKIN_FROM: Final = 0.6
# Shares of the sharper picture, at full detail.
SHARP_SKIN: Final = 1.0
SHARP_ELSEWHERE: Final = 0.25


def denoise_twice(scene: Any, detail: float) -> None:
    """`detail`: how much of the skin's finest texture shows, in [0, 1]."""
    layer = scene.view_layers[0]
    layer.cycles.denoising_store_passes = True
    aov = layer.aovs.add()
    aov.name, aov.type = SKIN_AOV, "VALUE"

    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    layers = tree.nodes.new("CompositorNodeRLayers")
    sharp = tree.nodes.new("CompositorNodeDenoise")
    sharp.prefilter, sharp.use_hdr = "NONE", True
    share = tree.nodes.new("CompositorNodeMapRange")
    share.use_clamp = True
    at_skin = SHARP_SKIN * (0.4 + 0.6 * detail)
    for index, value in enumerate((SKIN_FROM, 1.0, SHARP_ELSEWHERE * detail, at_skin), start=1):
        share.inputs[index].default_value = value
    mix = tree.nodes.new("CompositorNodeMixRGB")
    picture = tree.nodes.new("CompositorNodeComposite")
    for source, target in (
        (layers.outputs["Noisy Image"], sharp.inputs["Image"]),
        (layers.outputs["Denoising Normal"], sharp.inputs["Normal"]),
        (layers.outputs["Denoising Albedo"], sharp.inputs["Albedo"]),
        (layers.outputs[SKIN_AOV], share.inputs[0]),
        (share.outputs[0], mix.inputs[0]),
        (layers.outputs["Image"], mix.inputs[1]),
        (sharp.outputs["Image"], mix.inputs[2]),
        (mix.outputs[0], picture.inputs["Image"]),
    ):
        tree.links.new(source, target)
