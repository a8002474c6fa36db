"""A user's own script beside running workers: Optuna's study, its plots and tables, and a trial that it enqueues."""

import re
import subprocess
import sys

import pytest
from optuna.trial import TrialState

from search.database.connection import open_storage
from search.study.study import load_study
from tests.support.processes import place
from tests.support.tiny import write_study

__all__ = ["place"]  # a fixture

pytestmark = pytest.mark.xdist_group("processes")

PARAMS = {"lr": 0.0021, "optimizer": "adam", "cutmix_prob": 0.125}

SCRIPT = f"""
import sys

import optuna
from optuna import visualization

study = optuna.load_study(study_name="tiny", storage=sys.argv[1])
study.enqueue_trial({PARAMS}, user_attrs={{"why": "a guess"}})
for plot in (
    visualization.plot_contour,
    visualization.plot_edf,
    visualization.plot_intermediate_values,
    visualization.plot_optimization_history,
    visualization.plot_parallel_coordinate,
    visualization.plot_param_importances,
    visualization.plot_rank,
    visualization.plot_slice,
    visualization.plot_timeline,
):
    assert plot(study).data, plot
table = study.trials_dataframe()
assert table["value_macro-F1"].notna().sum() >= 3
(number,) = table["number"][table["user_attrs_why"] == "a guess"]
print(number)
"""


@pytest.mark.slow
def test_optuna_reads_the_study_and_a_worker_takes_what_it_enqueues(place, home):
    write_study(place.folder, "images", trials=1000, epochs=1)
    (place.folder / "script.py").write_text(SCRIPT)
    embedded = place.beside(STUDY_STORAGE="", STUDY_HOME=str(home))
    assert "optuna.load_study" not in embedded.run("search", "server")  # it does not run
    with embedded.start("search", "work", "--study", "tiny", "--workers", 2, "--devices", "cpu") as running:
        running.until("3 of 1000 trials")
        line = r'from a script, while it runs: optuna\.load_study\(study_name="\.\.\.", storage="(.*)"\)\n'
        (url,) = re.findall(line, embedded.run("search", "server"))
        command = [sys.executable, "script.py", url]
        done = subprocess.run(command, cwd=place.folder, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        number = int(done.stdout)
        running.until(f"trial {number:>3}  complete")
        with open_storage(None, home=home) as storage:
            trial = load_study(storage, "tiny").get_trials()[number]
    assert trial.state == TrialState.COMPLETE
    assert trial.params == PARAMS
    assert trial.user_attrs["why"] == "a guess"
    assert list(trial.intermediate_values.values()) == [trial.value]
