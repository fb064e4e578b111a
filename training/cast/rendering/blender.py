"""Blender's data, from numpy: meshes and strands that are refilled in place, attributes, images, node trees.

What changes from picture to picture is refilled rather than made anew, because Cycles keeps what it has
built for an unchanged object.
"""

from collections.abc import Mapping
from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

RGBA = tuple[float, float, float, float]  # linear

# Kind of attribute → its name in Blender's Python.
_VALUE_NAMES: Final = {"FLOAT": "value", "FLOAT_VECTOR": "vector", "FLOAT_COLOR": "color"}


class Part:
    """A mesh object of quads. Its topology usually stays: then only the vertices move."""

    def __init__(self, scene: Any, name: str, material: Any) -> None:
        self.mesh = bpy.data.meshes.new(name)
        self.mesh.materials.append(material)
        self.object = bpy.data.objects.new(name, self.mesh)
        scene.collection.objects.link(self.object)
        self._num_vertices = 0
        self._quads = np.zeros((0, 4), np.int32)

    def put(self, vertices: NDArray[np.floating], quads: NDArray[np.integer]) -> None:
        """vertices [n, 3] in metres, quads [q, 4]."""
        if len(vertices) == self._num_vertices and np.array_equal(quads, self._quads):
            self.move(vertices)
            return
        self.mesh.clear_geometry()
        self.mesh.vertices.add(len(vertices))
        self.mesh.vertices.foreach_set("co", _flat(vertices, np.float32))
        self.mesh.loops.add(4 * len(quads))
        self.mesh.loops.foreach_set("vertex_index", _flat(quads, np.int32))
        self.mesh.polygons.add(len(quads))
        self.mesh.polygons.foreach_set("loop_start", np.arange(0, 4 * len(quads), 4, dtype=np.int32))
        self.mesh.update(calc_edges=True)
        self.mesh.shade_smooth()
        self._num_vertices, self._quads = len(vertices), np.array(quads, np.int32)

    def move(self, vertices: NDArray[np.floating]) -> None:
        """The same vertices elsewhere, [n, 3] in metres."""
        self.mesh.vertices.foreach_set("co", _flat(vertices, np.float32))
        self.mesh.update()

    def hide(self, is_hidden: bool = True) -> None:
        self.object.hide_render = is_hidden

    def paint(self, **attributes: NDArray[np.floating]) -> None:
        """Set attributes of the vertices: numbers [n], vectors [n, 3], colours with alpha [n, 4]."""
        for name, values in attributes.items():
            set_attribute(self.mesh, name, values)


class StrandPart:
    """A hair object."""

    def __init__(self, scene: Any, name: str, material: Any) -> None:
        self.curves = bpy.data.hair_curves.new(name)
        self.curves.materials.append(material)
        self.object = bpy.data.objects.new(name, self.curves)
        scene.collection.objects.link(self.object)
        self._shape = (0, 0)

    def put(self, points: NDArray[np.floating], radii: NDArray[np.floating]) -> None:
        """points [n, k, 3] and radii [n, k] in metres; no strands (n = 0) hide the object."""
        num_strands, num_points = points.shape[:2]
        if self._shape != (num_strands, num_points):
            if self._shape[0]:
                self.curves.remove_curves()
            if num_strands:
                self.curves.add_curves([num_points] * num_strands)
            self._shape = (num_strands, num_points)
        if num_strands:
            set_attribute(self.curves, "position", points.reshape(-1, 3))
            set_attribute(self.curves, "radius", radii.reshape(-1))
        self.object.hide_render = num_strands == 0


def set_attribute(data: Any, name: str, values: NDArray[np.floating]) -> None:
    """An attribute of a mesh's vertices or a hair's points; its kind follows from the shape of `values`."""
    kind = "FLOAT" if values.ndim == 1 else {3: "FLOAT_VECTOR", 4: "FLOAT_COLOR"}[values.shape[1]]
    attribute = data.attributes.get(name) or data.attributes.new(name, kind, "POINT")
    attribute.data.foreach_set(_VALUE_NAMES[kind], _flat(values, np.float32))


def put_image(node: Any, picture: NDArray[np.floating]) -> None:
    """Give an image node the picture [h, w, 3], linear RGB, first row at the bottom.

    Always as a new image: Cycles' persistent data does not notice new pixels in an old one.
    """
    height, width = picture.shape[:2]
    image = bpy.data.images.new("picture", width, height, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    opaque = np.concatenate([picture, np.ones((height, width, 1))], axis=2)
    image.pixels.foreach_set(_flat(opaque, np.float32))
    image.update()
    old, node.image = node.image, image
    if old:
        bpy.data.images.remove(old)


class NodeTree:
    """A material's nodes, emptied but for its output."""

    def __init__(self, material: Any) -> None:
        material.use_nodes = True
        self._tree = material.node_tree
        self._tree.nodes.clear()
        self._output = self._tree.nodes.new("ShaderNodeOutputMaterial")

    def add(self, kind: str, inputs: Mapping[str | int, Any] | None = None, **settings: Any) -> Any:
        """A new ShaderNode`kind`. Inputs go by name or index; each is another node's output or a constant."""
        node = self._tree.nodes.new(f"ShaderNode{kind}")
        for name, value in settings.items():  # first: they decide which inputs there are
            setattr(node, name, value)
        for key, value in (inputs or {}).items():
            if isinstance(value, bpy.types.NodeSocket):
                self._tree.links.new(value, node.inputs[key])
            else:
                node.inputs[key].default_value = value
        return node

    def finish(self, shader: Any) -> None:
        """`shader`'s first output is the surface."""
        self._tree.links.new(shader.outputs[0], self._output.inputs["Surface"])

    def put_out(self, name: str, value: Any) -> None:
        """`value` is also written to the render pass `name`."""
        self.add("OutputAOV", {"Value": value}).aov_name = name

    def attribute(self, name: str, output: str) -> Any:
        """The socket of an attribute: as "Color", "Vector", "Fac" or "Alpha"."""
        return self.add("Attribute", attribute_name=name).outputs[output]

    def remapped(self, value: Any, source: tuple[float, float], target: tuple[float, float]) -> Any:
        """`value` with `source` stretched over `target`, clamped."""
        node = self.add("MapRange", {0: value, 1: source[0], 2: source[1], 3: target[0], 4: target[1]})
        return node.outputs[0]

    def math(self, operation: str, *operands: Any) -> Any:
        return self.add("Math", dict(enumerate(operands)), operation=operation).outputs[0]

    def noise(self, place: Any, scale: float, octaves: float = 2.0, roughness: float = 0.5) -> Any:
        """Perlin noise about 0.5; `scale`, per unit of `place`, is the coarsest octave's."""
        node = self.add(
            "TexNoise", {"Vector": place, "Scale": scale, "Detail": octaves, "Roughness": roughness}
        )
        return node.outputs[0]

    def channels(self, colour: Any) -> tuple[Any, Any, Any]:
        red, green, blue = self.add("SeparateColor", {0: colour}).outputs
        return red, green, blue

    def mixed(self, amount: Any, colour: Any, other: Any, blend_type: str = "MIX") -> Any:
        """`colour` where `amount` is 0, `other` where it is 1."""
        # The mix node has inputs for numbers, vectors and colours; 6, 7 and output 2 are the colours'.
        node = self.add("Mix", {0: amount, 6: colour, 7: other}, data_type="RGBA", blend_type=blend_type)
        return node.outputs[2]

    def multiplied(self, amount: Any, colour: Any, factor: Any) -> Any:
        """`colour` times `factor`, where `amount` is 1, and unchanged where it is 0."""
        return self.mixed(amount, colour, factor, "MULTIPLY")


def _flat(values: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    return np.ascontiguousarray(values, dtype).ravel()
