"""Whether a command line that stands in a document or a manifest would be understood; nothing is run."""

import typer

from search.cli import main as cli
from trainer import cli as trainer_cli

PROGRAMS = {"search": cli.app, "finalize": cli.finalize_app, "predict": trainer_cli.app}


def mistake(line: list[str]) -> str | None:
    """What is wrong with a command line of ours; None if nothing is."""
    command, arguments = typer.main.get_command(PROGRAMS[line[0]]), line[1:]
    try:
        context = command.make_context(line[0], list(arguments))
        # A group of commands; one that has none named here does something by itself, or would have refused.
        while hasattr(command, "resolve_command") and (words := [*context._protected_args, *context.args]):
            name, command, rest = command.resolve_command(context, words)
            context = command.make_context(name, rest, parent=context)
    except Exception as error:
        if not hasattr(error, "format_message"):  # click's own, which typer brings in a copy of its own
            raise
        return f"{' '.join(line)}: {error.format_message()}"
    return None
