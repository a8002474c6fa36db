"""``report.html`` of a model folder: what may be expected of the model, on one page that opens anywhere."""

from __future__ import annotations

from pathlib import Path

from search.model_story import ModelStory


def write_model_page(folder: Path, told: ModelStory) -> None:
    """Write ``report.html`` into a model folder.

    Raises:
        SaveError: It cannot be written.
    """
    raise NotImplementedError
