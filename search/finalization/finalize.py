"""``finalize``: confirm the leaders of a search, choose one, train it on everybody, and write the model folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from trainer.data.dataset import Dataset
from trainer.errors import ConfigError, SaveError, WeightsError
from trainer.model.network import check_backbone
from trainer.saved_model.versions import check_root, exclusive_writer, publish, read_latest
from trainer.support.code_version import code_version
from trainer.training.run_output import RunOutput

from search.config.orders import RetrainOrder
from search.config.overrides import with_weights
from search.config.retraining import CONFIRM, Leader
from search.console import Preparation, print_line
from search.database.connection import StudyStorage
from search.database.optuna_internals import study_id
from search.database.queries import study_key
from search.errors import StudyError
from search.finalization.attach import attach_model
from search.finalization.leaders import NearDuplicate, expected_scores, leader_of, select_leaders
from search.finalization.plan import FinalizeOptions, FinalizePlan, LocalSetup, Trained
from search.finalization.retrain import RetrainingRunner, confirm_spec, delete_retrainings, final_spec
from search.finalization.retraining_state import RetrainingState, read_retraining
from search.finalization.write_model import Finalized, same_version, write_version
from search.plans.ablation import Ablation
from search.plans.folds import best_epoch
from search.plans.kind import kind_of
from search.stores.artifacts import open_artifacts
from search.stores.open import open_store
from search.study.study import best_complete, check_same, load_study, read_data, stored_spec


def finalize(
    storage: StudyStorage,
    name: str,
    output: Path,
    setup: LocalSetup,
    options: FinalizeOptions | None = None,
    *,
    console: Console,
) -> Finalized:
    """Confirm the leaders of a study, train the chosen configuration on everybody, and write a version of the model.

    Whatever has been trained before is not trained again, whoever did it; nothing is done where the newest version
    is this very model, unless ``options.force``. ``output`` is the folder of the model's versions.

    Raises:
        UserError: The study, its data or the output folder are not what they must be.
        UnfinishedError: Trainings are left to do.
    """
    code_version()  # asked before hours of training in which somebody may commit
    return _Finalization(storage, name, output, setup, options or FinalizeOptions(), console).run()


def best_trial(study: optuna.Study) -> FrozenTrial:
    """The best trial of a study that can be finalized.

    Raises:
        StudyError: None is complete yet, or the study is no search.
    """
    best, name, kind = best_complete(study), study.study_name, kind_of(stored_spec(study))
    if isinstance(kind, Ablation):
        origin = kind.section.study
        raise StudyError(
            f"study {name!r} compares changes and chooses none; look at them with `search ablate --study {name}`, and "
            f"finalize a study that searches" + (f" (finalize --study {origin})" if origin else "")
        )
    if kind.part_of:
        raise StudyError(f"study {name!r} is a part of finalizing; run finalize --study {kind.part_of}")
    if best is None:
        raise StudyError(
            f"study {name!r} has no complete trial yet, so there is nothing to finalize; let `search work --study "
            f"{name}` complete one (`search status --study {name}` shows how far it is)"
        )
    return best


@dataclass
class _Finalization:
    """One command's way through it; every step finds what was done before."""

    storage: StudyStorage
    name: str
    output: Path
    setup: LocalSetup
    options: FinalizeOptions
    console: Console

    def __post_init__(self) -> None:
        self.study = load_study(self.storage, self.name)
        self.best = best_trial(self.study)
        self.key = study_key(self.storage.engine, study_id(self.study))
        stored = stored_spec(self.study)
        self.section = self.options.merged_with(stored.finalize)
        if self.options.ensemble == "folds" and not self.section.folds:
            raise ConfigError("ensemble 'folds' needs folds; take 'seeds', or confirm with folds = 5")
        self.spec = with_weights(stored.with_data(self.setup.data, self.setup.on_bad_image), self.setup.weights)
        self.locations = self.setup.pool.locations(self.storage.database.home)
        store = open_store(self.locations.checkpoints)
        self.runner = RetrainingRunner(self.storage, store, self.setup, self.console, self.options.force)

    def run(self) -> Finalized:
        """Go the whole way."""
        check_root(self.output)  # before anything is trained
        # Of an earlier study of this name.
        delete_retrainings(self.storage, self.name, self.locations, only=lambda state: state.section.key != self.key)
        leaders, near_duplicates = self._leaders()
        confirmation: RetrainingState | None = None
        if not self.options.force:
            confirmation = self._read_confirmation()
            is_confirmed = confirmation is not None and confirmation.is_done and confirmation.has(leaders)
            if (is_confirmed or not self.section.folds) and (done := self._same_version(confirmation, leaders)):
                return done
        self._check_backbones(leaders)
        data = self._read_data()
        if self.options.force:
            delete_retrainings(self.storage, self.name, self.locations)
        folds: list[RunOutput] = []
        if self.section.folds:
            confirmation, folds = self._confirm(leaders, near_duplicates)
        plan = self._plan(confirmation, leaders)
        finals = self._train(plan) if plan.finals else []
        home, devices = self.storage.database.home, self.setup.pool.devices
        trained = Trained(self.study, self.spec, data, folds, finals, home, devices)
        with exclusive_writer(self.output, self._message):
            if written := self._same_version(confirmation, leaders):
                return written  # by another command, meanwhile
            done = write_version(self.output, plan, trained, self._message)
            self._publish(done)
        return done

    def _check_backbones(self, leaders: Sequence[Leader]) -> None:
        """Refuse leaders whose backbones the installed timm does not have."""
        for leader in leaders:
            try:
                check_backbone(self.spec.config(leader.params).backbone)
            except WeightsError as error:
                made_with = self.study.user_attrs.get("packages", {}).get("timm", "another version")
                raise StudyError(
                    f"trial {leader.trial} of {self.name!r} cannot be trained with timm {version('timm')}: {error}; "
                    f"or install timm {made_with}, with which the study was made"
                ) from error

    def _read_data(self) -> Dataset:
        """The study's data, if they are there and unchanged, and have as many people as folds."""
        root, folds, known = self.spec.data.root, self.section.folds, self.study.user_attrs["data"]
        if not root.exists():
            raise StudyError(
                f"the data folder {root} of study {self.name!r} is not there; it had {known['images']} images of "
                f"{known['groups_count']} people or groups; name where they are now as data, or in DATA_ROOT"
            )
        if folds > int(known["groups_count"]):
            raise ConfigError(
                f"folds = {folds}: {self.name!r} has only {known['groups_count']} people or groups; "
                f"take {known['groups_count']} or fewer"
            )
        with Preparation(self.console) as preparation:
            data = read_data(self.spec, self.storage.database.home, preparation.decoding)
        for note in data.notes:
            self._message(f"note: {note}")
        check_same(self.study, self.spec, data)
        return data

    def _publish(self, done: Finalized) -> None:
        """Let the dashboard list a version, then let ``latest`` point at it: what points at it is complete."""
        try:
            artifacts = open_artifacts(self.locations.artifacts)
        except SaveError as error:  # no list in a dashboard is worth a model
            self._message(f"{done.folder} is whole, but the dashboard does not list it: {error}")
        else:
            attach_model(self.storage, self.name, done.folder, done.folder.name, artifacts, self._message)
        publish(self.output, done.folder.name)

    def _message(self, line: str) -> None:
        print_line(self.console, line)

    def _leaders(self) -> tuple[list[Leader], list[NearDuplicate]]:
        if not self.section.folds:
            return [leader_of(self.best)], []
        return select_leaders(self._complete_trials(), self.spec.space, self.section.leaders)

    def _complete_trials(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    def _read_confirmation(self) -> RetrainingState | None:
        """The confirmation that there is.

        Raises:
            ConfigError: It is over another number of folds.
        """
        if not self.section.folds:
            return None
        state = read_retraining(self.storage, f"{self.name}{CONFIRM}")
        if state is not None and state.section.folds != self.section.folds:
            raise ConfigError(
                f"folds = {self.section.folds}: the leaders of {self.name!r} are being confirmed over "
                f"{state.section.folds}; go on with {state.section.folds}, or begin anew with force"
            )
        return state

    def _same_version(self, confirmation: RetrainingState | None, leaders: Sequence[Leader]) -> Finalized | None:
        """The newest version, if it is what would be written; where its writer was killed, published now."""
        if self.options.force:
            return None
        done = same_version(self.output, self._plan(confirmation, leaders))
        if done is not None and read_latest(self.output) != done.folder:
            self._publish(done)
        return done

    def _plan(self, confirmation: RetrainingState | None, leaders: Sequence[Leader]) -> FinalizePlan:
        if confirmation is None:
            leader, epochs = leaders[0], self._best_epoch()
        else:
            chosen = confirmation.chosen
            leader, epochs = confirmation.section.leaders[chosen], confirmation.folds.epochs(chosen)
        members = {"none": 1, "folds": 0, "seeds": 3}[self.options.ensemble]
        return FinalizePlan(
            study=self.name,
            key=self.key,
            leader=leader,
            epochs=epochs,
            confirmation=confirmation,
            finals=tuple(RetrainOrder(trial=leader.trial, member=member, epochs=epochs) for member in range(members)),
            options=self.options,
            licence=self.section.licence,
        )

    def _best_epoch(self) -> int:
        """Of the best trial; one that somebody told by hand may not know it."""
        stored, curve = self.best.user_attrs.get("best_epoch"), self.best.intermediate_values
        if stored is not None:
            return int(stored)
        return best_epoch(curve) if curve else self.spec.config(self.best.params).epochs

    def _confirm(
        self, leaders: Sequence[Leader], near_duplicates: Sequence[NearDuplicate]
    ) -> tuple[RetrainingState, list[RunOutput]]:
        """Have the leaders confirmed; returns how they did, and what the folds of the chosen one have left behind."""
        before, selected = self._read_confirmation(), {leader.trial for leader in leaders}
        earlier = [leader for leader in before.section.leaders if leader.trial not in selected] if before else []
        if earlier:  # they stay in the choice; new trials have changed what is to be expected of them, too
            expected = expected_scores(self._complete_trials(), self.spec.space)
            earlier = [
                leader.with_expected_score(expected.get(leader.trial, leader.expected_score)) for leader in earlier
            ]
        included = selected | {leader.trial for leader in earlier}
        for duplicate in near_duplicates:
            if duplicate.trial not in included:
                self._message(f"left out: {duplicate}")
        if self.best.number not in included | {duplicate.trial for duplicate in near_duplicates}:
            self._message(f"left out: trial {self.best.number} has the best score, but its neighbours speak for luck")
        trials = ", ".join(str(leader.trial) for leader in leaders)
        return self.runner.confirm(
            confirm_spec(self.spec, self.key, [*leaders, *earlier], self.section.folds),
            f"confirming over {self.section.folds} folds of people: trials {trials}; others join with `search work "
            f"--study {self.name} --confirm`",
        )

    def _train(self, plan: FinalizePlan) -> list[RunOutput]:
        """Have the chosen configuration trained on everybody; returns what that has left behind."""
        horizon = self.spec.config(plan.leader.params).epochs
        networks = "" if len(plan.finals) == 1 else f"{len(plan.finals)} networks of "
        return self.runner.train(
            final_spec(self.spec, self.key, plan.leader, plan.finals),
            plan.finals,
            f"training {networks}trial {plan.leader.trial} on everybody, {plan.epochs} of {horizon} epochs",
        )
