"""What is found in a camera's pictures, by functions that another process imports quickly."""

from installation.ports import Image
from installation.stage.camera_faces import FoundFace


def no_faces(image: Image) -> list[FoundFace]:
    return []


def one_face(image: Image) -> list[FoundFace]:
    return [FoundFace(20, 10, 40, 30, is_readable=True)]
