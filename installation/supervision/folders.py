"""Where what the portrait keeps between two starts lies: as each system has it for programs of a user."""

from pathlib import Path
from typing import Final

import platformdirs

PROGRAM: Final = "living-portrait"
STATE: Final = "state.json"
TIMELINE: Final = "timeline.jsonl"
RUNNING: Final = "running.json"  # who plays here now, and by which mailboxes
DESK_TOKEN: Final = "desk_token"
LOG: Final = "portrait.log"


def state_folder() -> Path:
    """What a show goes on with: where it stood, what happened, who plays. It may not be there yet."""
    return platformdirs.user_state_path(PROGRAM, appauthor=False)


def log_folder() -> Path:
    """Where the log is. It may not be there yet."""
    return platformdirs.user_log_path(PROGRAM, appauthor=False)
