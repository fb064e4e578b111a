"""Running a training command as a user does."""

import click
from click.testing import CliRunner


def invoke(command: click.Command, *args: object) -> str:
    """→ what it printed; it must succeed, and an exception comes through."""
    result = CliRunner().invoke(command, [str(arg) for arg in args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output
