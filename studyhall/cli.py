"""The command ``studyhall``: every command of the project below one name."""

import typer

from search.cli.finalize import finalize
from search.cli.main import app as search_app
from trainer.cli import Version, predict, run

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Search hyperparameters of image classifiers, finalize the best, and predict with it.",
)


@app.callback()
def _options(version: Version = False) -> None:
    pass


app.add_typer(search_app, name="search")
app.command(epilog="Example: studyhall finalize --study mask-f1")(finalize)
app.command(
    epilog="Example: studyhall predict --model models/mask-f1 IMAGES --output answer.csv", no_args_is_help=True
)(predict)


def main() -> None:
    """Entry point of ``studyhall``."""
    run(app)
