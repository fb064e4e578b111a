"""The one exception that a person outside the project ever reads."""


class InputError(Exception):
    """What the user asked for cannot be done. The message is one line a fault; no traceback, exit code 2."""
