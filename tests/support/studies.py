"""A study on a real PostgreSQL, and as many workers' benches as a test wants."""

import uuid

from optuna.trial import TrialState

from search.database.lease import Lease, Leases
from search.database.optuna_internals import study_id
from search.database.queries import study_key
from search.stores.checkpoints import Checkpoints
from search.stores.folder import FolderStore
from search.study.study import ensure_study, load_study
from search.worker.context import WorkerContext
from search.worker.signals import Stopper
from search.worker.timeouts import Timeouts
from search.worker.trial_runner import run_trial
from tests.support.data_sets import make_data
from tests.support.scripted import ScriptedRun
from trainer.config.runtime import Runtime
from trainer.training.run import Run


class StudyFixture:
    """A study, its data, and benches; ``storage`` may be another one of the same database."""

    def __init__(self, storage, spec, folder, data=None):
        self.storage = storage
        self.spec = spec
        self.data = data or make_data()
        self.study, _ = ensure_study(storage, spec, self.data)
        self.store = FolderStore(folder / "points")
        self.key = study_key(storage.engine, study_id(self.study))
        self.checkpoints = Checkpoints(self.store, "tiny-1234")
        self.events = []
        self.runs = []
        self.artifact_writer = None

    def context(self, run=Run, storage=None, timeouts=None, **more):
        study = self.study if storage is None else load_study(storage, self.spec.study.name, worker=0)

        def keep(*arguments):
            self.runs.append(run(*arguments))
            return self.runs[-1]

        return WorkerContext(
            worker=0,
            study=study,
            key=self.key,
            spec=self.spec,
            data=self.data,
            runtime=Runtime(),
            checkpoints=self.checkpoints,
            stopper=more.pop("stopper", None) or Stopper(),
            emit=self.events.append,
            timeouts=timeouts or Timeouts(),
            artifact_writer=more.pop("exhibitor", self.artifact_writer),
            run=keep,
            **more,
        )

    def claim(self, duration=90.0, storage=None, token=None):
        study = self.study if storage is None else load_study(storage, self.spec.study.name)
        closed = self.spec.ablation is not None
        leases = Leases(study, worker="w", device="cpu", duration=duration, closed=closed)
        claim = leases.claim(token or uuid.uuid4().hex)
        assert isinstance(claim, Lease)
        return claim

    def run(self, lease, run=Run, **more):
        return run_trial(self.context(run, **more), lease)[1]

    @property
    def trials(self):
        return self.study.get_trials(deepcopy=False)

    @property
    def states(self):
        return [trial.state for trial in self.trials]


def scripted(**options):
    """A factory of scripted runs for :meth:`StudyFixture.run`."""
    return lambda config, data, runtime: ScriptedRun(config, data, runtime, **options)


FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
