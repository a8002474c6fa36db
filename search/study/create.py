"""What is done before there are workers: check data, backbones and weights, and make the study or join it."""

from typing import Protocol

import optuna
from trainer.config.runtime import Runtime
from trainer.model.network import check_model
from trainer.runtime.devices import choose_device
from trainer.support.code_version import code_version
from trainer.support.cpu import available_cores
from trainer.training.batch_size import largest_batch
from trainer.training.precision import fastest_precision

from search.config.search_space import LARGEST
from search.config.study_spec import StudySpec
from search.database.connection import Database, StudyStorage, open_storage
from search.plans.kind import kind_of
from search.study.class_coverage import missing_classes
from search.study.knob_checks import check_knobs, check_names
from search.study.package_versions import made_by
from search.study.study import ensure_study, exists, joining, read_data


class Reporter(Protocol):
    """Whoever tells people how it goes on."""

    def message(self, line: str) -> None:
        """Tell a line."""

    def decoding(self, done: int, total: int) -> None:
        """Tell how many of the images have been decoded."""


def create(spec: StudySpec, storage: StudyStorage, runtime: Runtime, reporter: Reporter) -> optuna.Study:
    """Check data, backbones and weights, then make the study or join it.

    What the study file leaves open and what moves numbers (precision, the largest batch, the pixels) is settled here,
    with ``runtime`` and this machine's disk, and kept with the study.

    Raises:
        UserError: Something does not fit; nothing was made.
    """
    spec = joining(spec.anchored(), storage)
    check_names(spec)  # before all images are decoded
    check_knobs(spec)
    data = read_data(spec, storage.database.home, reporter.decoding)
    spec = spec.with_pixels(data.pixels)
    for note in data.notes:
        reporter.message(f"note: {note}")
    for warning in missing_classes(data)[0]:
        reporter.message(f"warning: {warning}")
    for backbone in kind_of(spec).trained_backbones:
        check_model(spec.any_config(backbone), len(data.classes))
    if not exists(storage, spec.study.name):
        if unmeasured := spec.unmeasured:
            table = {name: fastest_precision(spec.any_config(name), data, runtime) for name in unmeasured}
            known = spec.fixed.get("precision")
            spec = spec.with_fixed(precision={**known, **table} if isinstance(known, dict) else table)
        if spec.fixed.get("batch_size") == LARGEST:
            largest = min(largest_batch(spec.any_config(name), data, runtime) for name in spec.backbones)
            reporter.message(f"the largest batch that fits on {runtime.device}: {largest} images")
            spec = spec.with_fixed(batch_size=largest)
    study, is_new = ensure_study(storage, spec, data)
    if (other := made_by(study)) != code_version():
        reporter.message(f"note: this is studyhall {code_version()}; {spec.study.name} was made by {other}")
    if is_new and not kind_of(spec).part_of:  # else finalize has said what it trains
        images, groups = data.own, len(set(data.groups[: data.own]))
        known = spec.data.knows_groups(images, groups)
        people = f" of {groups} people or groups" if known else ""
        doubt = "" if known else "; no groups are known, so images of one person may stand on both sides"
        reporter.message(
            f"study {spec.study.name}: {images} images{people}, {len(data.classes)} classes, "
            f"{len(data.train) - data.extra} to train on and {len(data.validation)} to validate"
            f"{f'; {data.extra} extra ones to train on' if data.extra else ''}{doubt}"
        )
    return study


def create_here(spec: StudySpec, database: Database, runtime: Runtime, reporter: Reporter) -> None:
    """Do all of it on this machine, with all of its cores; raises what :func:`create` does."""
    choose_device(runtime.device)
    with open_storage(database.url, home=database.home) as storage:
        alone = runtime.model_copy(update={"threads": available_cores(), "loader_workers": 0})
        create(spec, storage, alone, reporter)
