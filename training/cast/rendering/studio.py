"""The photographer: a sitting and an expression → a picture and where the face is in it.

One studio a process: Blender has one scene, and it is emptied for the studio.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import bpy
import cv2
import numpy as np
from mathutils import Matrix

from training.cast.head.model import HeadModel
from training.cast.rendering.blender import Part, StrandPart, put_image
from training.cast.rendering.denoising import denoise_twice
from training.cast.rendering.framing import Anchors, Camera, frame
from training.cast.rendering.landmarks import Landmarks
from training.cast.rendering.lights import WORLD_COLOUR, backdrop_picture, lamps, world_strength
from training.cast.rendering.materials import Materials, make_materials
from training.cast.rendering.overlay import Picture, Rectangle
from training.cast.rendering.sitter import Anatomy, Pose, Sitter
from training.cast.rendering.skin_shader import detail_at
from training.cast.traits import Person, Scene, Sitting

LAMPS: Final = ("key", "rim", "fill", "catch")
BACKDROP_HALF: Final = 4.0  # m
BACKDROP_BEHIND: Final = 1.5  # m


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    picture: Picture  # black outside the rectangle where one was given
    landmarks: Landmarks
    face: Rectangle  # where the face is: what to render of this sitter's other expressions


class Studio:
    def __init__(self, model: HeadModel, size: int, samples: int, threads: int = 1) -> None:
        """`size`: of the pictures, px; `samples` a pixel; the denoiser makes up for few of them."""
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._scene = bpy.context.scene
        detail = detail_at(size)
        _set_up_cycles(self._scene, size, samples, threads)
        denoise_twice(self._scene, detail)
        self._anatomy = Anatomy(model)
        self._materials = make_materials(detail)
        self._parts = _Parts(self._scene, self._anatomy, self._materials)
        self._camera = _camera(self._scene)
        self._lamps = _lamps(self._scene, self._parts.eyes)
        self._background = _world(self._scene)
        _hang_backdrop(self._scene, self._materials.backdrop)
        self._sitter: Sitter | None = None

    def shoot(
        self, sitting: Sitting, actions: Mapping[str, float], rectangle: Rectangle | None = None
    ) -> Shot:
        """Take a picture; with a `rectangle`, of that part of the frame alone."""
        sitter = self._seat(sitting.person)
        pose = sitter.pose(actions, sitting.scene)
        self._parts.show(pose)
        camera = frame(pose.anchors, sitting.scene.distance, sitting.scene.zoom)
        self._aim(camera)
        self._light(sitting.scene, pose.anchors, sitting.person.look.skin.tone)
        points = self._anatomy.points
        return Shot(
            picture=self._expose(rectangle),
            landmarks=points.landmarks(camera, pose.skin, pose.anchors.eyes),
            face=points.rectangle(camera, pose.skin),
        )

    def _seat(self, person: Person) -> Sitter:
        """The sitter, made anew only when somebody else sits down."""
        if self._sitter is None or self._sitter.person != person:
            self._sitter = Sitter.of(self._anatomy, person)
            self._parts.paint(self._sitter)
            self._materials.suit(person.look)
        return self._sitter

    def _aim(self, camera: Camera) -> None:
        self._camera.matrix_world = Matrix(camera.matrix.tolist())
        self._camera.data.sensor_fit = "HORIZONTAL"
        self._camera.data.angle = 2 * np.arctan(camera.half_width)

    def _light(self, scene: Scene, anchors: Anchors, tone: float) -> None:
        for name, lamp in lamps(scene, tone).items():
            light = self._lamps[name]
            light.matrix_world = Matrix(lamp.matrix(anchors.centre).tolist())
            light.data.size, light.data.size_y = lamp.width, lamp.height
            light.data.energy, light.data.color = lamp.power, lamp.colour
        self._background.inputs["Strength"].default_value = world_strength(scene)
        put_image(self._materials.backdrop_image, backdrop_picture(scene))

    def _expose(self, rectangle: Rectangle | None) -> Picture:
        render = self._scene.render
        render.use_border = rectangle is not None
        if rectangle is not None:
            left, top, right, bottom = rectangle
            render.border_min_x, render.border_max_x = left, right
            render.border_min_y, render.border_max_y = 1 - bottom, 1 - top  # Blender counts from the bottom
        with TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            render.filepath = str(path)
            bpy.ops.render.render(write_still=True)
            picture = cv2.imread(str(path))
        if picture is None:
            raise OSError("Blender has written no picture; is the temporary folder full?")
        return np.asarray(picture, np.uint8)


class _Parts:
    """The objects that make up a sitter."""

    def __init__(self, scene: Any, anatomy: Anatomy, materials: Materials) -> None:
        self._anatomy = anatomy
        self.skin = Part(scene, "skin", materials.skin)
        self.cloth = Part(scene, "cloth", materials.cloth)
        self.eyes = tuple(Part(scene, f"{side} eye", materials.eye) for side in ("left", "right"))
        self.teeth = Part(scene, "teeth", materials.teeth)
        self.gums = Part(scene, "gums", materials.gum)
        self.tongue = Part(scene, "tongue", materials.gum)
        self.hair = StrandPart(scene, "hair", materials.hair.material)
        self.brows = StrandPart(scene, "brows", materials.brow.material)
        self.lashes = StrandPart(scene, "lashes", materials.lash.material)
        self.beard = StrandPart(scene, "beard", materials.beard.material)
        self.frame = Part(scene, "frame", materials.frame.material)
        self.lenses = Part(scene, "lenses", materials.lens)
        self.lenses.object.visible_shadow = False
        self.covering = Part(scene, "covering", materials.covering.material)
        # Attributes belong to vertices, so these must be there before anything is painted.
        self.skin.put(anatomy.model.canonical, anatomy.model.quads)
        for eye in self.eyes:
            eye.put(anatomy.eyeball, anatomy.eye_quads)
            eye.paint(direction=anatomy.eye_directions)

    def paint(self, sitter: Sitter) -> None:
        """What stays on the vertices of a sitter in every pose."""
        paint, glasses, covering = sitter.paint, sitter.glasses, sitter.covering
        opaque = np.ones((len(paint.colour), 1))
        self.skin.paint(
            rest=paint.texture_space,
            colour=np.concatenate([paint.colour, opaque], axis=1),
            mask=paint.mask,
            fine=paint.fine,
        )
        self.frame.hide(glasses is None)
        self.lenses.hide(glasses is None)
        self.covering.hide(covering is None)
        if glasses:
            self.frame.put(glasses.frame.points, glasses.frame.quads)
            self.frame.paint(rest=glasses.frame.points, metal=glasses.frame.metal)
            self.lenses.put(glasses.lenses.points, glasses.lenses.quads)
        if covering:
            self.covering.put(covering.points, covering.quads)
            self.covering.paint(fabric=covering.fabric, inside=covering.inside)

    def show(self, pose: Pose) -> None:
        anatomy = self._anatomy
        self.skin.put(pose.skin, anatomy.model.quads)
        self.skin.paint(crease=pose.crease)
        self.cloth.put(pose.cloth.points, pose.cloth.quads)
        self.cloth.paint(rest=pose.cloth.rest, inside=pose.cloth.inside)
        for eye, points in zip(self.eyes, pose.eyes, strict=True):
            eye.put(points, anatomy.eye_quads)
        self.teeth.put(pose.teeth, anatomy.teeth_quads)
        self.gums.put(pose.gums, anatomy.gum_quads)
        self.tongue.put(pose.tongue, anatomy.model.tongue.quads)
        self.hair.put(pose.hair.points, pose.hair.radii)
        self.brows.put(pose.brows.points, pose.brows.radii)
        self.lashes.put(pose.lashes.points, pose.lashes.radii)
        self.beard.put(pose.beard.points, pose.beard.radii)
        if pose.glasses:
            self.frame.move(pose.glasses.frame)
            self.lenses.move(pose.glasses.lenses)
        if pose.covering is not None:
            self.covering.move(pose.covering)


def _set_up_cycles(scene: Any, size: int, samples: int, threads: int) -> None:
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    render.resolution_x = render.resolution_y = size
    render.resolution_percentage = 100
    render.threads_mode, render.threads = "FIXED", threads
    render.use_persistent_data = True  # what does not change from picture to picture is not built again
    render.use_crop_to_border = False
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGB"
    cycles.samples = samples
    cycles.use_adaptive_sampling = False
    cycles.use_auto_tile = False
    cycles.use_denoising = True
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    cycles.denoising_prefilter = "FAST"
    # As few bounces as skin, corneas and hair allow.
    cycles.max_bounces = 6
    cycles.diffuse_bounces = 2
    cycles.glossy_bounces = 3
    cycles.transmission_bounces = 5
    cycles.transparent_max_bounces = 4
    # Fireflies: the denoisers would make spots of them.
    cycles.sample_clamp_direct, cycles.sample_clamp_indirect = 6.0, 3.0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.5
    scene.cycles_curves.shape, scene.cycles_curves.subdivisions = "RIBBONS", 2
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"


def _camera(scene: Any) -> Any:
    data = bpy.data.cameras.new("camera")
    data.clip_start, data.clip_end = 0.05, 20
    camera = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _lamps(scene: Any, eyes: tuple[Part, ...]) -> dict[str, Any]:
    """Area lamps that the camera does not see; the catch light shines on the eyeballs alone."""
    lights = {}
    for name in LAMPS:
        data = bpy.data.lights.new(name, "AREA")
        data.shape = "RECTANGLE" if name == "rim" else "DISK"
        lights[name] = bpy.data.objects.new(name, data)
        scene.collection.objects.link(lights[name])
        lights[name].visible_camera = False
    eyes_alone = bpy.data.collections.new("eyes alone")
    for eye in eyes:
        eyes_alone.objects.link(eye.object)
    lights["catch"].light_linking.receiver_collection = eyes_alone
    lights["catch"].visible_diffuse = False
    return lights


def _world(scene: Any) -> Any:
    """The weak light from everywhere; returns its node."""
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    scene.world = world
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (*WORLD_COLOUR, 1)
    return background


def _hang_backdrop(scene: Any, material: Any) -> None:
    """A plane that only the camera sees: it neither lights nor shades nor mirrors."""
    part = Part(scene, "backdrop", material)
    half, behind = BACKDROP_HALF, BACKDROP_BEHIND
    corners = [[-half, behind, -half], [half, behind, -half], [half, behind, half], [-half, behind, half]]
    part.put(np.array(corners), np.array([[0, 1, 2, 3]]))
    for ray in ("diffuse", "glossy", "transmission", "shadow", "volume_scatter"):
        setattr(part.object, f"visible_{ray}", False)
