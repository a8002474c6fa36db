"""``README.md`` of a model folder: a model card in the form of Hugging Face's."""

from __future__ import annotations

from pathlib import Path

from search.model_story import ModelStory


def write_card(folder: Path, told: ModelStory) -> None:
    """Write ``README.md`` into a model folder.

    Raises:
        SaveError: It cannot be written.
    """
    raise NotImplementedError
