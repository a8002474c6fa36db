"""What a machine changes in a study before it is made or joined."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from trainer.errors import ConfigError
from trainer.support.validation import explain

from search.config.study_spec import StudySpec

DEBUG_EPOCHS: Final = 2


def with_weights(spec: StudySpec, options: Sequence[str]) -> StudySpec:
    """The same study with weights that a machine names.

    As ``SOURCE`` for all backbones or ``BACKBONE=SOURCE``; a source is imagenet, none or a file.
    """
    if not options:
        return spec
    stored = spec.fixed.get("weights", "imagenet")
    table = dict(stored) if isinstance(stored, dict) else {"default": stored}
    named = []
    for option in options:
        backbone, separator, source = option.partition("=")
        if separator and "/" not in backbone:
            table[backbone] = source
            named.append(backbone)
        else:
            table = {"default": option}
    # Of these names alone: an ablation's file may know weights of backbones that it does not use.
    if unknown := [name for name in named if name not in spec.backbones]:
        raise ConfigError(
            f"weights: backbone {unknown[0]!r} is not searched; this study has {', '.join(spec.backbones)}"
        )
    try:
        return StudySpec.model_validate(spec.with_fixed(weights=table).model_dump())
    except ValidationError as error:
        raise explain(error, where="weights") from error


def debugged(spec: StudySpec) -> StudySpec:
    """The rehearsal of this study: a study of its own name with few people and few epochs."""
    study = spec.study.model_copy(update={"name": f"{spec.study.name}-debug", "debug": True})
    pruner = spec.pruner.model_copy(update={"min_epochs": min(spec.pruner.min_epochs, DEBUG_EPOCHS)})
    return spec.model_copy(update={"study": study, "pruner": pruner}).with_fixed(epochs=DEBUG_EPOCHS)
