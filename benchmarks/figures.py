"""Tables of benchmarks: on the terminal, and in a document between two marks."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.table import Table

from search.launch.fork_server import ENVIRONMENT
from trainer.support.cpu import available_cores


@dataclass(frozen=True)
class Figures:
    """A table of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def table(self) -> Table:
        """For the terminal."""
        table = Table(*self.columns, title=self.title)
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For a document."""
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        return f"{self.title}:\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def start_as_workers_do() -> None:
    """Start this process again with what the C library reads at its start, and workers have from their zygote."""
    name = "GLIBC_TUNABLES"
    if name not in os.environ:
        os.execve(sys.executable, sys.orig_argv, {**os.environ, name: ENVIRONMENT[name]})


def machine() -> str:
    """What was measured on, in a line."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE)):
        cpu = found[1]
        flags = [flag for flag in ("amx_bf16", "avx512_bf16", "avx2") if flag in info.read_text()]
        cpu += f" ({', '.join(flags)})" if flags else ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cards = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return (
        f"{available_cores()} cores of {cpu}, {memory:.0f} GiB, {', '.join(cards) or 'no GPU'}, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )


def replace_section(document: Path, name: str, text: str) -> None:
    """Put text between ``<!-- NAME -->`` and ``<!-- /NAME -->``.

    Raises:
        ValueError: The document has no such section.
    """
    before = document.read_text(encoding="utf-8")
    pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    after, count = pattern.subn(lambda found: f"{found[1]}{text}\n{found[2]}", before)
    if count != 1:
        raise ValueError(f"{document} has {count} sections <!-- {name} -->; it needs one")
    document.write_text(after, encoding="utf-8")
