"""Values of knobs and parameters as people read them; each kind of page has digits of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trainer.config.transforms import format_transforms, is_transforms

from search.config.search_space import Value


@dataclass(frozen=True)
class ValueFormat:
    """Formats a value; a list of transforms comes in words, a table as its keys and values.

    Attributes:
        digits: Significant digits of a fraction.
        none: What stands for no value.
        empty: What stands for a table without keys.
        between: What stands between the values of a list; None means that it stays as Python has it.
        names_folders: Whether a file of weights comes with its folder, which is each machine's own affair.
    """

    digits: int = 6
    none: str = "none"
    empty: str = ""
    between: str | None = "x"
    names_folders: bool = True

    def __call__(self, value: object) -> str:
        """The value for people."""
        if value is None:
            return self.none
        if is_transforms(value):
            return format_transforms(value)
        if isinstance(value, dict):
            return ", ".join(f"{key}: {self(each)}" for key, each in value.items()) or self.empty
        if isinstance(value, list | tuple) and self.between is not None:
            return self.between.join(map(self, value))
        if isinstance(value, str) and value.endswith(".safetensors") and not self.names_folders:
            return Path(value).name
        return f"{value:.{self.digits}g}" if isinstance(value, float) else str(value)


format_value: Final = ValueFormat()
"""For messages and the tables of an ablation."""
format_short: Final = ValueFormat(digits=4, empty="none", between=" x ")
"""For reports."""
format_for_note: Final = ValueFormat(none="None", between=None, names_folders=False)
"""For the notes of studies and trials."""


def format_params(params: Mapping[str, Value | None]) -> str:
    """Parameters in one short line."""
    return "  ".join(
        f"{key}={value:.3g}" if isinstance(value, float) else f"{key}={value}" for key, value in params.items()
    )
