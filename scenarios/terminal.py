"""What every command of the terminal shares; imports nothing heavy but typer, so that help comes at once."""

import errno
import json
from typing import Annotated, Any
from unicodedata import east_asian_width

import typer
from typer.core import TyperGroup

from cim_models.errors import CityTwinError, RunError
from cim_models.placing import file_error

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


class _OneLineErrors(TyperGroup):
    """Say our own errors in one line on stderr, with the exit status that they carry."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and turn our errors and those of files into a line and a status."""
        try:
            return super().invoke(ctx)
        except CityTwinError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(error.exit_status) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our output has enough of it
                raise
            wrong = file_error(error)
            typer.echo(str(wrong), err=True)
            raise typer.Exit(wrong.exit_status) from error
        except Exception as error:
            import sqlite3  # only now, so that help comes at once

            if not isinstance(error, sqlite3.Error):
                raise
            wrong = RunError(
                "An event log cannot be read or written", got=str(error), remedy="See that the disk has room"
            )
            typer.echo(str(wrong), err=True)
            raise typer.Exit(wrong.exit_status) from error


def command_group(text: str) -> typer.Typer:
    """Return an empty group of commands with a text of help."""
    return typer.Typer(
        cls=_OneLineErrors, help=text, no_args_is_help=True, add_completion=False, rich_markup_mode=None
    )


def counted(number: int, noun: str) -> str:
    """Return a number of things in words: 1 leak, 2 leaks."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def columns(text: str) -> int:
    """Count the columns that a text takes on a terminal, where Chinese characters are two wide."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def padded(text: str, width: int) -> str:
    """Fill a text with blanks up to a number of columns."""
    return text + " " * (width - columns(text))


def print_json(value: Any) -> None:
    """Print a value as one line of JSON on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def print_lines(lines: list[str]) -> None:
    """Print lines on stdout."""
    for line in lines:
        typer.echo(line)
