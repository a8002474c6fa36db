"""``finalize``: confirm the leaders of a search, choose one, train it on everybody, and write the model folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from pydantic import ValidationError
from rich.console import Console
from trainer.data.prepare import Data
from trainer.errors import ConfigError, SaveError, WeightsError
from trainer.model.network import check_name
from trainer.saved_model.latest import pointed_at
from trainer.saved_model.versions import alone, check_root, publish
from trainer.support.text import pluralize
from trainer.support.validation import explain
from trainer.training.kept_run import RunOutput

from search.config.retraining import CONFIRM, Leader, Order
from search.config.sections import FinalizeSection
from search.config.study_spec import StudySpec
from search.console import Preparation, print_line
from search.database.queries import study_key
from search.errors import StudyError
from search.finalization.attach import attach_model
from search.finalization.confirmation import (
    LostError,
    RetrainingState,
    checkpoints_of,
    confirming,
    finishing,
    forget,
    order_again,
    read_retrained,
)
from search.finalization.leaders import NearDuplicate, leader_of, outlooks, pick
from search.finalization.write_model import Finalized, FinalizePlan, Trained, same_model, write_version
from search.launch.work import work
from search.launch.workers import WorkerPool
from search.plans.retraining import best_epoch
from search.stores.artifacts import open_artifacts
from search.stores.objects import open_store
from search.stores.shared import claim_location
from search.study.study import best_complete, check_same, load_study, read_data, stored_spec

Ensemble = Literal["none", "folds", "seeds"]

NETWORKS: Final = 3
"""Networks of an ensemble by seeds."""


class UnfinishedError(Exception):
    """Trainings are left to do: somebody asked to stop, or workers failed; the same command goes on."""

    def __init__(self, line: str, code: int) -> None:
        """What to tell, and the exit code."""
        super().__init__(line)
        self.code = code


@dataclass(frozen=True)
class LocalSetup:
    """Where the data and the weights are on this machine, and what computes; none: as stored with the study."""

    home: Path
    storage: str | None = None
    data: Path | None = None
    on_bad_image: Literal["stop", "skip"] | None = None
    weights: tuple[str, ...] = ()
    pool: WorkerPool = field(default_factory=WorkerPool)


@dataclass(frozen=True)
class FinalizeOptions:
    """How a study shall be finalized.

    Attributes:
        leaders: Configurations that are confirmed; none: as the study says.
        folds: Into how many the people are dealt; 0: nothing is confirmed; none: as the study says.
        ensemble: Which networks the model has: one of everybody, those of the folds, or several of everybody.
        voting: How those of an ensemble make one answer.
        tta: Views of an image that are predicted; auto: those that paid on people who were held out.
        licence: Of the model, for its card; none: as the study says.
        force: Confirm and train again what has been before.
    """

    leaders: int | None = None
    folds: int | None = None
    ensemble: Ensemble = "none"
    voting: Literal["soft", "hard"] = "soft"
    tta: Literal["auto", "none", "flip", "crops", "flip-crops"] = "auto"
    licence: str | None = None
    force: bool = False

    def settled(self, stored: FinalizeSection) -> FinalizeSection:
        """What counts: the wish, else what the study says.

        Raises:
            ConfigError: A value breaks its rule.
        """
        given = {"leaders": self.leaders, "folds": self.folds, "licence": self.licence}
        try:
            return FinalizeSection.model_validate(
                {**stored.model_dump(), **{key: value for key, value in given.items() if value is not None}}
            )
        except ValidationError as error:
            raise explain(error, where="command line") from error


def finalize(
    storage: RDBStorage,
    name: str,
    output: Path,
    setup: LocalSetup,
    options: FinalizeOptions = FinalizeOptions(),
    *,
    console: Console,
) -> Finalized:
    """Confirm the leaders of a study, train the chosen configuration on everybody, and write a version of the model.

    Whatever has been trained before is not trained again, whoever did it; nothing is done where the newest version
    is this very model, unless ``options.force``.

    Args:
        storage: Where the study is.
        name: The study.
        output: The folder of the model's versions.
        setup: This machine's paths and workers.
        options: How it shall be done.
        console: Where people read how it goes on.

    Raises:
        UserError: The study, its data or the output folder are not what they must be.
        UnfinishedError: Trainings are left to do.
    """
    return _Finalization(storage, name, output, setup, options, console).run()


def best_of(study: optuna.Study) -> FrozenTrial:
    """The best trial of a study that can be finalized.

    Raises:
        StudyError: None is complete yet, or the study is no search.
    """
    best, name, spec = best_complete(study), study.study_name, stored_spec(study)
    if (compared := spec.ablation) is not None:
        raise StudyError(
            f"study {name!r} compares changes and chooses none; look at them with `search ablate --study {name}`, and "
            f"finalize a study that searches" + (f" (finalize --study {compared.study})" if compared.study else "")
        )
    if spec.retraining is not None:
        raise StudyError(f"study {name!r} is a part of finalizing; run finalize --study {spec.retraining.study}")
    if best is None:
        raise StudyError(
            f"study {name!r} has no complete trial yet, so there is nothing to finalize; let `search work --study "
            f"{name}` complete one (`search status --study {name}` shows how far it is)"
        )
    return best


class _Finalization:
    """One command's way through it; every step finds what was done before."""

    def __init__(
        self,
        storage: RDBStorage,
        name: str,
        output: Path,
        setup: LocalSetup,
        options: FinalizeOptions,
        console: Console,
    ) -> None:
        self._storage = storage
        self._name = name
        self._output = output
        self._setup = setup
        self._options = options
        self._console = console
        self._search = load_study(storage, name)
        self._best = best_of(self._search)
        self._key = study_key(storage.engine, self._search._study_id)
        stored = stored_spec(self._search)
        self._settled = options.settled(stored.finalize)
        if options.ensemble == "folds" and not self._settled.folds:
            raise ConfigError("--ensemble folds needs folds; take --ensemble seeds, or confirm with --folds 5")
        self._spec = stored.with_data(setup.data, setup.on_bad_image).with_weights(setup.weights)
        self._locations = setup.pool.locations(setup.home)
        self._store = open_store(self._locations.checkpoints)

    def run(self) -> Finalized:
        """Go the whole way."""
        check_root(self._output)  # before anything is trained
        # Of an earlier study of this name.
        forget(self._storage, self._name, self._locations, only=lambda found: found.wanted.key != self._key)
        leaders, copies = self._leaders()
        confirmed: RetrainingState | None = None
        if not self._options.force:
            confirmed = self._confirmed()
            is_answered = confirmed is not None and confirmed.is_done and self._has(confirmed, leaders)
            if (is_answered or not self._settled.folds) and (done := self._written(confirmed, leaders)) is not None:
                return done
        self._check_backbones(leaders)
        data = self._check_data()
        if self._options.force:
            forget(self._storage, self._name, self._locations)
        folds: list[RunOutput] = []
        if self._settled.folds:
            confirmed, folds = self._confirm(leaders, copies)
        choice = self._choice(confirmed, leaders)
        finals = self._train(choice) if choice.finals else []
        made = Trained(
            study=self._search,
            spec=self._spec,
            everybody=data,
            folds=folds,
            finals=finals,
            home=self._setup.home,
            devices=self._setup.pool.devices,
        )
        with alone(self._output, self._message):
            if (written := self._written(confirmed, leaders)) is not None:
                return written  # by another command, meanwhile
            done = write_version(self._output, choice, made, self._message)
            self._publish(done)
        return done

    def _publish(self, done: Finalized) -> None:
        """Let the dashboard list a version, then let ``latest`` point at it: what points at it is complete."""
        try:
            artifacts = open_artifacts(self._locations.artifacts)
        except SaveError as error:  # no list in a dashboard is worth a model
            self._message(f"{done.folder} is whole, but the dashboard does not list it: {error}")
        else:
            attach_model(self._storage, self._name, done.folder, done.folder.name, artifacts, self._message)
        publish(self._output, done.folder.name)

    def _message(self, line: str) -> None:
        print_line(self._console, line)

    def _leaders(self) -> tuple[list[Leader], list[NearDuplicate]]:
        if not self._settled.folds:
            return [leader_of(self._best)], []
        return pick(self._complete(), self._spec.space, self._settled.leaders)

    def _complete(self) -> list[FrozenTrial]:
        return self._search.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    def _confirmed(self) -> RetrainingState | None:
        """The confirmation that there is.

        Raises:
            ConfigError: It is over another number of folds.
        """
        if not self._settled.folds:
            return None
        found = read_retrained(self._storage, f"{self._name}{CONFIRM}")
        if found is not None and found.wanted.folds != self._settled.folds:
            raise ConfigError(
                f"--folds {self._settled.folds}: the leaders of {self._name!r} are being confirmed over "
                f"{found.wanted.folds}; go on with --folds {found.wanted.folds}, or begin anew with --force"
            )
        return found

    def _has(self, confirmed: RetrainingState, leaders: Sequence[Leader]) -> bool:
        known = {leader.trial for leader in confirmed.wanted.leaders}
        return all(leader.trial in known for leader in leaders)

    def _written(self, confirmed: RetrainingState | None, leaders: Sequence[Leader]) -> Finalized | None:
        """The newest version, if it is what would be written; where its writer was killed, published now."""
        if self._options.force:
            return None
        found = same_model(self._output, self._choice(confirmed, leaders))
        if found is not None and pointed_at(self._output) != found.folder:
            self._publish(found)
        return found

    def _choice(self, confirmed: RetrainingState | None, leaders: Sequence[Leader]) -> FinalizePlan:
        if confirmed is None:
            leader, epochs = leaders[0], self._best_epoch()
        else:
            place = confirmed.chosen
            leader, epochs = confirmed.wanted.leaders[place], confirmed.folds.epochs(place)
        members = {"none": 1, "folds": 0, "seeds": NETWORKS}[self._options.ensemble]
        return FinalizePlan(
            study=self._name,
            key=self._key,
            leader=leader,
            epochs=epochs,
            confirmed=confirmed,
            finals=tuple(Order(trial=leader.trial, member=member, epochs=epochs) for member in range(members)),
            voting=self._options.voting,
            tta=self._options.tta,
            licence=self._settled.licence,
        )

    def _best_epoch(self) -> int:
        """Of the best trial; one that somebody told by hand may not know it."""
        told, curve = self._best.user_attrs.get("best_epoch"), self._best.intermediate_values
        if told is not None:
            return int(told)
        return best_epoch(curve) if curve else self._spec.config(self._best.params).epochs

    def _check_backbones(self, leaders: Sequence[Leader]) -> None:
        for leader in leaders:
            try:
                check_name(self._spec.config(leader.params).backbone)
            except WeightsError as error:
                made_with = self._search.user_attrs.get("packages", {}).get("timm", "another version")
                raise StudyError(
                    f"trial {leader.trial} of {self._name!r} cannot be trained with timm {version('timm')}: {error}; "
                    f"or install timm {made_with}, with which the study was made"
                ) from error

    def _check_data(self) -> Data:
        """See that the data of the study are there and unchanged."""
        root, known = self._spec.data.root, self._search.user_attrs["data"]
        if not root.exists():
            raise StudyError(
                f"the data folder {root} of study {self._name!r} is not there; it had {known['images']} images of "
                f"{known['groups_count']} people or groups; name where they are now with --data"
            )
        if self._settled.folds > int(known["groups_count"]):
            raise ConfigError(
                f"--folds {self._settled.folds}: {self._name!r} has only {known['groups_count']} people or groups; "
                f"take --folds {known['groups_count']} or fewer"
            )
        with Preparation(self._console) as preparation:
            data = read_data(self._spec, self._setup.home, preparation.decoding)
        for note in data.notes:
            self._message(f"note: {note}")
        check_same(self._search, self._spec, data)
        return data

    def _confirm(
        self, leaders: Sequence[Leader], copies: Sequence[NearDuplicate]
    ) -> tuple[RetrainingState, list[RunOutput]]:
        """Have the leaders confirmed; returns how they did, and what the folds of the chosen one have left behind."""
        before, picked = self._confirmed(), {leader.trial for leader in leaders}
        earlier = [each for each in before.wanted.leaders if each.trial not in picked] if before else []
        if earlier:  # they stay in the choice; new trials have changed what is to be expected of them, too
            outlook = outlooks(self._complete(), self._spec.space)
            earlier = [each.expecting(outlook.get(each.trial, each.outlook)) for each in earlier]
        inside = picked | {each.trial for each in earlier}
        spec = confirming(self._spec, self._key, [*leaders, *earlier], self._settled.folds)
        for copy in copies:
            if copy.trial not in inside:
                self._message(f"left out: {copy}")
        if self._best.number not in inside | {copy.trial for copy in copies}:
            self._message(f"left out: trial {self._best.number} has the best score, but its neighbours speak for luck")
        trials = ", ".join(str(leader.trial) for leader in leaders)
        what = (
            f"confirming over {self._settled.folds} folds of people: trials {trials}; others join with `search work "
            f"--study {self._name} --confirm`"
        )
        while True:
            found = self._work(spec, what)
            orders = found.orders_of(found.wanted.leaders[found.chosen])
            if (kept := self._kept(found, orders)) is not None:
                return found, kept

    def _train(self, choice: FinalizePlan) -> list[RunOutput]:
        """Have the chosen configuration trained on everybody; returns what that has left behind."""
        spec = finishing(self._spec, self._key, choice.leader, choice.finals)
        horizon = self._spec.config(choice.leader.params).epochs
        networks = "" if len(choice.finals) == 1 else f"{len(choice.finals)} networks of "
        what = f"training {networks}trial {choice.leader.trial} on everybody, {choice.epochs} of {horizon} epochs"
        before = read_retrained(self._storage, spec.study.name)
        if before is not None and (failed := before.failed(choice.finals)):
            order_again(self._storage, before, failed)
        while True:
            found = self._work(spec, what)
            if failed := found.failed(choice.finals):
                reason = found.trials[failed[0]].user_attrs.get("reason", "somebody ended it")
                raise StudyError(f"the model could not be trained on everybody: {reason}")
            if (kept := self._kept(found, choice.finals)) is not None:
                return kept

    def _work(self, spec: StudySpec, what: str) -> RetrainingState:
        """Have a study worked to its end, if it is not there yet; ``what`` says what is done.

        Returns:
            How it stands then.

        Raises:
            UnfinishedError: It was not.
        """
        name = spec.study.name
        if (found := read_retrained(self._storage, name)) is not None and found.is_done_with(spec.retraining):
            return found
        self._message(what)
        if found is not None and claim_location(self._storage, found.study, self._store):
            self._message(
                "what earlier trainings left behind is not in this place any more; what is needed is trained again"
            )
        setup = self._setup
        code = work(spec, setup.pool, setup.storage, setup.home, self._console)
        found = read_retrained(self._storage, name)
        if code or found is None or not found.is_done_with(spec.retraining):
            without = " without --force" if self._options.force else ""
            raise UnfinishedError(f"not finished; the same command{without} goes on from here", code or 130)
        return found

    def _kept(self, found: RetrainingState, orders: Sequence[Order]) -> list[RunOutput] | None:
        """What trainings have left behind; none, where some is lost and has been ordered again."""
        try:
            return found.kept(checkpoints_of(found, self._store), orders)
        except LostError as lost:
            self._message(
                f"once more, since what was left behind is lost: {pluralize(lost.orders, 'training')} ({lost})"
            )
            order_again(self._storage, found, lost.orders)
            return None
