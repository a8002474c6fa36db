"""The command ``search dashboard``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from search.cli.options import Artifacts, Storage
from search.console import print_line


def dashboard(
    study: Annotated[str | None, typer.Option(help="The study whose page is named; else the list of all.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    host: Annotated[
        str, typer.Option(help="The address to listen on; one that other machines reach wants a password.")
    ] = "127.0.0.1",
    storage: Storage = None,
    artifacts: Artifacts = None,
    password_file: Annotated[
        Path | None,
        typer.Option(
            help="A file that holds the password that browsers must give; else STUDY_DASHBOARD_PASSWORD_FILE, else "
            "there is none."
        ),
    ] = None,
    user: Annotated[str, typer.Option(help="The user that goes with the password.")] = "studyhall",
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Do without a password although other machines reach the address.")
    ] = False,
) -> None:
    """Show the studies in a browser: history, importances, and of each trial its pictures and a note."""
    from search.dashboard.auth import Password
    from search.dashboard.server import Address, serve
    from search.database.connection import home_folder, storage_url
    from search.stores.artifacts import artifacts_place

    console = Console(highlight=False)
    home = home_folder()
    file = password_file or os.environ.get("STUDY_DASHBOARD_PASSWORD_FILE")
    password = None if file is None else Password.read(user, Path(file))
    serve(
        Address(host, port, password, insecure),
        storage_url(storage),
        artifacts_place(artifacts, home),
        home,
        study,
        lambda line: print_line(console, line),
    )
