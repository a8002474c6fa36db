"""Read a study file; each mistake in it is one line that names file, key and rule."""

import tomllib
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from trainer.data.spec import DataSpec, ExtraSpec
from trainer.errors import ConfigError
from trainer.support.validation import explain, first_error

from search.config.ablation import AblationSection
from search.config.search_space import Choices, Range
from search.config.sections import FinalizeSection, PrunerSection, SamplerSection, StudySection
from search.config.study_spec import StudySpec

STUDIES: Final = Path("studies")


def load_spec(study: str | Path) -> StudySpec:
    """Read ``studies/<study>.toml``, or the file if ``study`` ends in ``.toml``.

    Raises:
        ConfigError: There is no such file, or a value in it breaks its rule.
    """
    study = str(study)
    path = Path(study) if study.endswith(".toml") else STUDIES / f"{study}.toml"
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError as error:
        names = sorted(entry.stem for entry in path.parent.glob("*.toml"))
        have = f"{path.parent}/ has {', '.join(names)}" if names else f"{path.parent}/ holds no study files"
        raise ConfigError(f"study file {path} does not exist; {have}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from error
    spec = parse_spec(values, str(path))
    # Elsewhere the study is called by its name alone, so the file must be found under it.
    if not study.endswith(".toml") and spec.study.name != study:
        raise ConfigError(f"{path}: study.name is {spec.study.name!r}; call it {study!r} or rename the file")
    return spec


def parse_spec(values: dict[str, Any], where: str) -> StudySpec:
    """Validate the content of a study file.

    Raises:
        ConfigError: A value breaks its rule; the message names file, key and rule.
    """
    try:
        return StudySpec.model_validate(values)
    except ValidationError as error:
        location = first_error(error)["loc"]
        tag_at = 2 if location[:1] == ("space",) else None
        raise explain(error, where=where, known=_known_keys(location), tag_at=tag_at) from error


def _known_keys(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys that may stand where an error is."""
    models: dict[str, type[BaseModel]] = {
        "study": StudySection,
        "data": DataSpec,
        "sampler": SamplerSection,
        "pruner": PrunerSection,
        "finalize": FinalizeSection,
        "ablation": AblationSection,
    }
    if len(location) <= 1:
        return tuple(StudySpec.model_fields)
    if location[0] == "space":
        return (*Range.model_fields, *Choices.model_fields)
    if location[:2] == ("data", "extra"):
        return tuple(ExtraSpec.model_fields)
    return tuple(models[str(location[0])].model_fields) if location[0] in models else ()
