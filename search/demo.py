"""``search demo``: draw people, search, finalize, predict; the whole way on one machine without a network."""

from pathlib import Path

import pandas as pd
from optuna.trial import TrialState
from rich.console import Console
from trainer.synthetic.dataset import draw_competition

from search.config.load import load_spec
from search.console import print_line
from search.database.connection import home_folder, open_storage
from search.launch import fork_server
from search.launch.work import work
from search.launch.workers import WorkerPool
from search.stores.artifacts import open_artifacts
from search.study.delete import delete_study
from search.study.study import exists, load_study, value_of

_STUDY = "demo"
_WORKERS = 2
_MIN_PRUNED = 2


@fork_server.running()
def run_demo(console: Console, *, again: bool) -> None:
    """Run the demo and print what was made and what to do next; ``again`` forgets an earlier demo study.

    Raises:
        RuntimeError: The demo did not do what it shows; a failure of ours.
    """
    spec = load_spec(_STUDY)
    home, folder, answer = home_folder(), Path("models") / _STUDY, Path("models") / f"{_STUDY}-answer.csv"
    drawn = spec.data.root.parent
    _step(console, 1, f"drawing people in {drawn}/")
    draw_competition(drawn)
    # The server stays up for the whole demo instead of starting once a step.
    with open_storage(None, home=home) as storage:
        if again and exists(storage, _STUDY):
            from search.finalization.retrain import delete_retrainings

            locations = WorkerPool().locations(home)
            delete_retrainings(storage, _STUDY, locations)
            delete_study(storage, _STUDY, open_artifacts(locations.artifacts))
        _step(console, 2, f"searching: {spec.study.trials} trials, {_WORKERS} workers, PostgreSQL in {home}/")
        pool = WorkerPool(workers=_WORKERS, devices="cpu")
        outcome = work(spec, pool, storage, console)
        if outcome.is_stopped:
            raise KeyboardInterrupt  # and so is the rest
        if outcome.code:
            raise RuntimeError("the demo's search did not end well; see above")
        study = load_study(storage, _STUDY)
        pruned = study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
        if len(pruned) < _MIN_PRUNED:
            raise RuntimeError(f"the demo pruned {len(pruned)} trials instead of at least {_MIN_PRUNED}")
        for trial in pruned:
            console.print(f"  trial {trial.number:>2} was pruned: {trial.user_attrs['reason']}", markup=False)
        from search.finalization.finalize import finalize
        from search.finalization.plan import FinalizeOptions, LocalSetup
        from search.finalization.retrain import UnfinishedError

        _step(console, 3, "finalizing: the leaders again over folds of people, then the best of them on everybody")
        try:
            done = finalize(storage, _STUDY, folder, LocalSetup(pool=pool), FinalizeOptions(), console=console)
        except UnfinishedError as error:
            console.print(str(error), markup=False)
            raise KeyboardInterrupt from error
        best, expected = study.trials[done.info.origin["trial"]], done.info.origin["confirmed"]
    from trainer.predict.inputs import read_request
    from trainer.predict.model import load
    from trainer.predict.predictions import write_predictions

    _step(console, 4, "predicting people nobody has seen")
    request = read_request([drawn / "eval" / "info.csv"])
    write_predictions(request, load(folder).predict(request.files), answer)
    reached = _score(answer, drawn / "eval" / "truth.csv", len(done.info.classes))
    low, high = expected["new_f1"]
    print_line(
        console,
        f"\nmacro-F1 that the search claims: {value_of(best):.3f}\n"
        f"that {expected['folds']} folds expect of a network which knows {expected['folds'] - 1} of "
        f"{expected['folds']} people: {expected['f1']['value']:.3f}, on {expected['new_people']} new people "
        f"{low:.3f} to {high:.3f}\n"
        f"that the network which knows all has on the {len(request.files)} images of new people: {reached:.3f}\n"
        f"model:       {folder}/ (its page: {done.folder}/report.html)\n"
        f"predictions: {answer}\n\n"
        "next (after `. .venv/bin/activate`):\n"
        f"  search status --study {_STUDY}\n"
        f"  search dashboard --study {_STUDY}\n"
        f"  predict --model {folder} {drawn}/eval/images --output answer.csv\n"
        "  search check --study mask-f1 --data YOUR/IMAGES      (then: search work --study mask-f1 --data ...)",
    )


def _step(console: Console, number: int, what: str) -> None:
    console.print(f"\n[bold cyan]{number}/4[/] {what}", soft_wrap=True)


def _score(answer: Path, truth: Path, classes: int) -> float:
    from sklearn.metrics import f1_score

    given, right = (pd.read_csv(path, index_col="ImageID")["ans"] for path in (answer, truth))
    return float(f1_score(right, given.loc[right.index], labels=range(classes), average="macro", zero_division=0))
