"""The page: a folder of files, of which a name is looked up and never a path made."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "page"
INDEX: Final = "index.html"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def read_page_file(name: str, folder: Path = FOLDER) -> tuple[bytes, str] | None:
    """A file's content and type; None where none of the folder's files has this very name."""
    for path in folder.iterdir():
        if path.name == name and path.suffix in TYPES and path.is_file() and not path.is_symlink():
            return path.read_bytes(), TYPES[path.suffix]
    return None
