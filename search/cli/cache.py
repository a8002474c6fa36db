"""The command ``search cache``: what the images take on this machine, and how to get it back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from trainer.errors import ConfigError, SaveError
from trainer.imaging.crop import format_size
from trainer.support.text import ago

from search.cli.options import Json
from search.console import print_line

if TYPE_CHECKING:
    from trainer.data.cache.folder import Entry

_DAY = 86400.0
_KINDS = {
    "pixels": "pixels",
    "packed": "packed (JPEG)",
    "decode": "index only",
    "leftover": "killed build",
    "other": "damaged or old",
}

cache_app = typer.Typer(
    name="cache",
    rich_markup_mode="rich",
    help="List and clear the images that this machine keeps decoded; they are made again when a study needs them.",
    epilog="Example: search cache clear --unused 30",
)


@cache_app.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: Json = False) -> None:
    """List and clear the images that this machine keeps decoded; they are made again when a study needs them."""
    if context.invoked_subcommand is not None:
        return
    folder, entries = _read()
    console = Console(highlight=False)
    if as_json:
        now = time.time()
        caches = [{**asdict(entry), "days_unused": max(0.0, (now - entry.used) / _DAY)} for entry in entries]
        console.print_json(data={"folder": str(folder), "caches": caches})
    elif not entries:
        print_line(console, f"no cached images in {folder}")
    else:
        console.print(_table(entries))
        total = decimal(sum(entry.bytes for entry in entries))
        print_line(console, f"{total} in {folder}; next: search cache clear --unused 30")


@cache_app.command(epilog="Example: search cache clear --unused 30")
def clear(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help="Caches by their key, or its beginning.")
    ] = None,
    unused: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Those that nobody opened for so many days.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove cached images; what a running build left behind goes as well, what is being built stays."""
    from trainer.data.cache.folder import remove_cache

    folder, entries = _read()
    console = Console(highlight=False, soft_wrap=True)
    chosen = _choose(entries, keys or [], unused, everything)
    if not chosen:
        console.print("nothing to remove")
        return
    console.print(_table(chosen))
    size = decimal(sum(entry.bytes for entry in chosen))
    if not yes and not typer.confirm(f"remove {size}?"):
        raise typer.Exit(1)
    for entry in chosen:
        try:
            removed = remove_cache(folder, entry)
        except OSError as error:
            raise SaveError(
                f"{folder / entry.key} cannot be removed ({error.strerror or error}); let this user write there"
            ) from error
        what = "removed" if removed else "is being built, stays:"
        console.print(f"{what} {entry.key}  {decimal(entry.bytes)}", markup=False)


def _read() -> tuple[Path, list[Entry]]:
    from trainer.data.cache.folder import list_caches

    from search.paths import cache_folder, home_folder

    folder = cache_folder(home_folder())
    try:
        return folder, list_caches(folder)
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be read ({error.strerror or error}); STUDY_HOME names another place"
        ) from error


def _choose(entries: Sequence[Entry], keys: Sequence[str], unused: int | None, everything: bool) -> list[Entry]:
    if (bool(keys) + (unused is not None) + everything) != 1:
        raise ConfigError("search cache clear wants one of: keys, --unused DAYS, --all")
    for key in keys:
        if not any(entry.key.startswith(key) for entry in entries):
            raise ConfigError(f"no cache is called {key!r}; `search cache` lists them")
    before = time.time() - (unused or 0) * _DAY
    return [
        entry
        for entry in entries
        if any(entry.key.startswith(key) for key in keys)
        or (not keys and (everything or entry.used <= before or entry.kind == "leftover"))
    ]


def _table(entries: Sequence[Entry]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("key", no_wrap=True)
    table.add_column("what")
    for name in ("px", "images", "bytes", "last used"):
        table.add_column(name, justify="right")
    table.add_column("data folder", overflow="fold")
    for entry in entries:
        table.add_row(
            entry.key[:8],
            _KINDS[entry.kind] + (", being built" if entry.busy else ""),
            "" if entry.image_size is None else format_size(entry.image_size).removesuffix(" px"),
            "" if entry.images is None else f"{entry.images:,}",
            decimal(entry.bytes),
            ago(time.time() - entry.used),
            escape(entry.root or ""),
        )
    return table
