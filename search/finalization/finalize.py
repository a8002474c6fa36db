"""``finalize``: confirm the leaders of a search, choose one, train it on everybody, and write the model folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from trainer.errors import ConfigError, SaveError
from trainer.saved_model.versions import check_root, exclusive_writer, publish, read_latest
from trainer.training.run_output import RunOutput

from search.config.orders import RetrainOrder
from search.config.overrides import with_weights
from search.config.retraining import CONFIRM, Leader
from search.console import print_line
from search.database.optuna_internals import study_id
from search.database.queries import study_key
from search.finalization.attach import attach_model
from search.finalization.checks import best_trial, check_backbones, read_same_data
from search.finalization.leaders import NearDuplicate, expected_scores, leader_of, select_leaders
from search.finalization.options import FinalizeOptions, LocalSetup
from search.finalization.plan import FinalizePlan, Trained
from search.finalization.retrain import RetrainingRunner
from search.finalization.retraining_state import RetrainingState, read_retraining
from search.finalization.studies import confirm_spec, delete_retrainings, final_spec
from search.finalization.write_model import Finalized, same_version, write_version
from search.plans.folds import best_epoch
from search.stores.artifacts import open_artifacts
from search.stores.open import open_store
from search.study.study import load_study, stored_spec

SEED_NETWORKS: Final = 3
"""Networks of an ensemble by seeds."""


def finalize(
    storage: RDBStorage,
    name: str,
    output: Path,
    setup: LocalSetup,
    options: FinalizeOptions | None = None,
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
        options: How it shall be done; none: as the study says.
        console: Where people read how it goes on.

    Raises:
        UserError: The study, its data or the output folder are not what they must be.
        UnfinishedError: Trainings are left to do.
    """
    return _Finalization(storage, name, output, setup, options or FinalizeOptions(), console).run()


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
        self._study = load_study(storage, name)
        self._best = best_trial(self._study)
        self._key = study_key(storage.engine, study_id(self._study))
        stored = stored_spec(self._study)
        self._section = options.merged_with(stored.finalize)
        if options.ensemble == "folds" and not self._section.folds:
            raise ConfigError("--ensemble folds needs folds; take --ensemble seeds, or confirm with --folds 5")
        self._spec = with_weights(stored.with_data(setup.data, setup.on_bad_image), setup.weights)
        self._locations = setup.pool.locations(setup.home)
        store = open_store(self._locations.checkpoints)
        self._runner = RetrainingRunner(storage, store, setup, console, options.force)

    def run(self) -> Finalized:
        """Go the whole way."""
        check_root(self._output)  # before anything is trained
        # Of an earlier study of this name.
        delete_retrainings(
            self._storage, self._name, self._locations, only=lambda state: state.section.key != self._key
        )
        leaders, near_duplicates = self._leaders()
        confirmation: RetrainingState | None = None
        if not self._options.force:
            confirmation = self._read_confirmation()
            is_confirmed = confirmation is not None and confirmation.is_done and confirmation.has(leaders)
            if (is_confirmed or not self._section.folds) and (
                done := self._same_version(confirmation, leaders)
            ) is not None:
                return done
        check_backbones(self._study, self._spec, leaders)
        data = read_same_data(self._study, self._spec, self._section.folds, self._setup.home, self._console)
        if self._options.force:
            delete_retrainings(self._storage, self._name, self._locations)
        folds: list[RunOutput] = []
        if self._section.folds:
            confirmation, folds = self._confirm(leaders, near_duplicates)
        plan = self._plan(confirmation, leaders)
        trained = Trained(
            study=self._study,
            spec=self._spec,
            data=data,
            folds=folds,
            finals=self._train(plan) if plan.finals else [],
            home=self._setup.home,
            devices=self._setup.pool.devices,
        )
        with exclusive_writer(self._output, self._message):
            if (written := self._same_version(confirmation, leaders)) is not None:
                return written  # by another command, meanwhile
            done = write_version(self._output, plan, trained, self._message)
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
        if not self._section.folds:
            return [leader_of(self._best)], []
        return select_leaders(self._complete_trials(), self._spec.space, self._section.leaders)

    def _complete_trials(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    def _read_confirmation(self) -> RetrainingState | None:
        """The confirmation that there is.

        Raises:
            ConfigError: It is over another number of folds.
        """
        if not self._section.folds:
            return None
        state = read_retraining(self._storage, f"{self._name}{CONFIRM}")
        if state is not None and state.section.folds != self._section.folds:
            raise ConfigError(
                f"--folds {self._section.folds}: the leaders of {self._name!r} are being confirmed over "
                f"{state.section.folds}; go on with --folds {state.section.folds}, or begin anew with --force"
            )
        return state

    def _same_version(self, confirmation: RetrainingState | None, leaders: Sequence[Leader]) -> Finalized | None:
        """The newest version, if it is what would be written; where its writer was killed, published now."""
        if self._options.force:
            return None
        done = same_version(self._output, self._plan(confirmation, leaders))
        if done is not None and read_latest(self._output) != done.folder:
            self._publish(done)
        return done

    def _plan(self, confirmation: RetrainingState | None, leaders: Sequence[Leader]) -> FinalizePlan:
        if confirmation is None:
            leader, epochs = leaders[0], self._best_epoch()
        else:
            chosen = confirmation.chosen
            leader, epochs = confirmation.section.leaders[chosen], confirmation.folds.epochs(chosen)
        members = {"none": 1, "folds": 0, "seeds": SEED_NETWORKS}[self._options.ensemble]
        return FinalizePlan(
            study=self._name,
            key=self._key,
            leader=leader,
            epochs=epochs,
            confirmation=confirmation,
            finals=tuple(RetrainOrder(trial=leader.trial, member=member, epochs=epochs) for member in range(members)),
            voting=self._options.voting,
            tta=self._options.tta,
            licence=self._section.licence,
        )

    def _best_epoch(self) -> int:
        """Of the best trial; one that somebody told by hand may not know it."""
        stored, curve = self._best.user_attrs.get("best_epoch"), self._best.intermediate_values
        if stored is not None:
            return int(stored)
        return best_epoch(curve) if curve else self._spec.config(self._best.params).epochs

    def _confirm(
        self, leaders: Sequence[Leader], near_duplicates: Sequence[NearDuplicate]
    ) -> tuple[RetrainingState, list[RunOutput]]:
        """Have the leaders confirmed; returns how they did, and what the folds of the chosen one have left behind."""
        before, selected = self._read_confirmation(), {leader.trial for leader in leaders}
        earlier = [leader for leader in before.section.leaders if leader.trial not in selected] if before else []
        if earlier:  # they stay in the choice; new trials have changed what is to be expected of them, too
            expected = expected_scores(self._complete_trials(), self._spec.space)
            earlier = [
                leader.with_expected_score(expected.get(leader.trial, leader.expected_score)) for leader in earlier
            ]
        included = selected | {leader.trial for leader in earlier}
        for duplicate in near_duplicates:
            if duplicate.trial not in included:
                self._message(f"left out: {duplicate}")
        if self._best.number not in included | {duplicate.trial for duplicate in near_duplicates}:
            self._message(f"left out: trial {self._best.number} has the best score, but its neighbours speak for luck")
        trials = ", ".join(str(leader.trial) for leader in leaders)
        return self._runner.confirm(
            confirm_spec(self._spec, self._key, [*leaders, *earlier], self._section.folds),
            f"confirming over {self._section.folds} folds of people: trials {trials}; others join with `search work "
            f"--study {self._name} --confirm`",
        )

    def _train(self, plan: FinalizePlan) -> list[RunOutput]:
        """Have the chosen configuration trained on everybody; returns what that has left behind."""
        horizon = self._spec.config(plan.leader.params).epochs
        networks = "" if len(plan.finals) == 1 else f"{len(plan.finals)} networks of "
        return self._runner.train(
            final_spec(self._spec, self._key, plan.leader, plan.finals),
            plan.finals,
            f"training {networks}trial {plan.leader.trial} on everybody, {plan.epochs} of {horizon} epochs",
        )
