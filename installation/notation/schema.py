"""The JSON Schemas of the files that people write: `python -m installation.notation.schema` writes them anew.

Editors complete, explain and check a file by the schema beside it, which its first line names:

    # yaml-language-server: $schema=choreography.schema.json

They are made of the keys that the files are read by. A schema knows no names of gestures and moods, so it
takes more than the player does; it never takes less.
"""

import json
from pathlib import Path
from typing import Final

from installation.notation.document import choreography_schema
from installation.notation.fields import JsonSchema
from installation.notation.site_file import site_schema

ROOT: Final = Path(__file__).parents[2]


def schemas() -> dict[Path, JsonSchema]:
    """Every schema, by its file below the repository's root."""
    return {
        Path("choreographies/choreography.schema.json"): choreography_schema(),
        Path("docs/site.schema.json"): site_schema(),
    }


def written(schema: JsonSchema) -> str:
    """A schema as its file has it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every schema beside the files that it is for."""
    for path, schema in schemas().items():
        (ROOT / path).write_text(written(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
