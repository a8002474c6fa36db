"""Optuna's private parts: used in one module alone, and each does what that module says, on a real database."""

import ast
import contextlib
import json
from pathlib import Path

import optuna
import pytest
import sqlalchemy as sa
from optuna.trial import TrialState, create_trial
from optuna_dashboard import get_note

from search.database import optuna_internals as internals
from search.database.connection import open_storage
from search.database.transaction import transaction

SEARCH = Path(internals.__file__).parents[1]
FILES = sorted(path for path in SEARCH.rglob("*.py") if path != Path(internals.__file__))

NOT_DOCUMENTED = {
    "create_new_trial",
    "get_study_system_attrs",
    "get_trial_system_attrs",
    "scoped_session",
    "set_study_system_attr",
    "set_trial_system_attr",
    "set_trial_system_attrs",
    "system_attrs",
}
"""Without an underscore, but for Optuna's own use."""
OTHERS = ("forkserver", "os", "ray")
"""Whose private parts are no affair of this test."""
KNOWN_STRINGS = {("fork_server.py", "optuna.storages._rdb.models")}


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def root_of(node):
    """The name that a chain of attributes begins with, empty where it begins with something else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_foreign(node, defined):
    """Whether an attribute is private to something that is neither this object nor defined in the same file."""
    if node.attr in NOT_DOCUMENTED:
        return True
    is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    return is_private(node.attr) and not is_own and node.attr not in defined and root_of(node) not in OTHERS


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def names_a_private_part(text):
    if " " in text:  # prose
        return False
    is_module = text.startswith(("optuna.", "optuna_dashboard.")) and any(map(is_private, text.split(".")))
    return is_module or text.startswith(("artifacts:", "dashboard:", "study:metric_names"))


def private_uses(path, code):
    """Private attributes of foreign objects, private modules of Optuna, and its keys, each with its line."""
    tree = ast.parse(code)
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        found = []
        if isinstance(node, ast.Attribute) and is_foreign(node, defined):
            found = [ast.unparse(node)]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found = [module for module in imported(node) if names_a_private_part(module)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and names_a_private_part(node.value):
            found = [node.value]
        yield from ((node.lineno, each) for each in found if (path.name, each) not in KNOWN_STRINGS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SEARCH).as_posix())
def test_no_other_module_uses_private_parts(path):
    assert list(private_uses(path, path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "study._study_id",
        "self._study._storage.get_trial(1)",
        "trial.system_attrs",
        "load(study)._trial_id",
        "from optuna.storages import _rdb",
        "import optuna_dashboard._note",
        "x = 'artifacts:'",
        "x = 'optuna_dashboard._app'",
    ],
)
def test_private_parts_are_seen(line):
    assert list(private_uses(Path("any.py"), line))


@pytest.fixture
def storage(storage_url):
    with open_storage(storage_url) as storage:
        yield storage


@pytest.fixture
def study(storage):
    return optuna.create_study(study_name="s", storage=storage, direction="maximize")


def rows(storage, table):
    with storage.engine.connect() as connection:
        return connection.execute(sa.text(f"SELECT * FROM {table}")).mappings().all()


def test_the_tables_are_those_that_our_sql_knows(storage):
    assert storage.get_head_version() == internals.SCHEMA


def test_ids_are_those_of_the_tables(storage, study):
    trial = study.ask()
    (row,) = rows(storage, "trials")
    (frozen,) = study.trials
    assert internals.study_id(study) == row["study_id"] == storage.get_study_id_from_name("s")
    assert internals.trial_id(frozen) == row["trial_id"]
    assert trial.number == row["number"]


def test_the_storage_is_the_one_below_the_cache(storage, study):
    assert internals.storage_of(study) is storage


def test_what_optuna_writes_is_part_of_our_transaction(storage, study):
    with contextlib.suppress(ZeroDivisionError), transaction(storage):
        study.set_user_attr("a", 1)
        assert study.user_attrs == {"a": 1}
        raise ZeroDivisionError
    assert study.user_attrs == {}
    with transaction(storage) as connection:
        study.set_user_attr("a", 2)
        assert connection.execute(sa.text("SELECT value_json FROM study_user_attributes")).scalar_one() == "2"
    assert study.user_attrs == {"a": 2}


def test_a_running_trial_is_made_and_gone_on_with_elsewhere(storage, study):
    trial_id = internals.create_running_trial(study)
    assert internals.stored_trial(study, trial_id).state == TrialState.RUNNING

    other = optuna.load_study(study_name="s", storage=storage)
    assert other.get_trials(states=(TrialState.COMPLETE,)) == []
    trial = internals.read_trial(other, trial_id)
    assert trial.suggest_float("x", 0, 1) == internals.last_read(trial).params["x"]
    trial.report(0.5, step=1)
    assert internals.last_read(trial).intermediate_values == {1: 0.5}
    other.tell(trial, 0.5)
    assert internals.stored_trial(study, trial_id).value == 0.5


def test_a_trial_that_is_read_makes_the_sampler_see_what_others_found(storage, study):
    other = optuna.load_study(study_name="s", storage=storage)
    seen = other._get_trials(deepcopy=False, use_cache=True)  # as samplers ask
    study.tell(study.ask(), 0.5)
    trial_id = internals.create_running_trial(study)
    assert other._get_trials(deepcopy=False, use_cache=True) == seen == []
    internals.read_trial(other, trial_id)
    assert len(other._get_trials(deepcopy=False, use_cache=True)) == 2


def test_attributes_of_trials_and_studies(study):
    study.add_trial(create_trial(state=TrialState.WAITING, system_attrs={"a": [1]}))
    assert internals.trial_attributes(study.trials[0])["a"] == [1]
    internals.set_study_attribute(study, "b", {"c": 2})
    assert internals.study_attributes(study)["b"] == {"c": 2}


def test_the_name_of_the_metric_is_optunas(study):
    for key, value in internals.metric_attribute("macro-F1").items():
        internals.set_study_attribute(study, key, value)
    assert study.metric_names == ["macro-F1"]


@pytest.mark.parametrize("length", [0, 1, 2045, 2046, 5000])
def test_notes_are_the_dashboards(study, length):
    study.add_trial(create_trial(state=TrialState.WAITING))
    trial = internals.read_trial(study, internals.trial_id(study.trials[0]))
    note = "xyz" * (length // 3) + "ä" * (length % 3)
    for whose, trial_id in ((study, None), (trial, internals.trial_id(study.trials[0]))):
        for key, value in internals.note_attributes(note, trial_id).items():
            internals.set_study_attribute(study, key, value)
        assert get_note(whose) == note


def test_artifacts_are_optunas(study):
    one, two = "0" * 8 + "-0000-4000-8000-" + "0" * 12, "1" * 8 + "-0000-4000-8000-" + "0" * 12
    for artifact_id in (one, two):
        for key, value in internals.artifact_attribute(artifact_id, f"{artifact_id}.png", "image/png").items():
            internals.set_study_attribute(study, key, value)
    (first, second) = optuna.artifacts.get_all_artifact_meta(study)
    assert (first.artifact_id, first.filename, first.mimetype) == (one, f"{one}.png", "image/png")
    known = internals.study_attributes(study)
    assert internals.artifact_ids(known) == [one, two]
    assert internals.artifact_filename(known, two) == second.filename

    for key, value in internals.removed_artifact_attribute(one).items():
        internals.set_study_attribute(study, key, value)
    known = internals.study_attributes(study)
    assert json.loads(known[internals.ARTIFACT_KEY + one]) is None
    assert internals.artifact_filename(known, one) == ""
    assert sorted(internals.artifact_ids(known)) == [one, two]


def test_the_dashboard_has_the_modules_that_log():
    import optuna_dashboard._app
    import optuna_dashboard._bottle_util

    for module in (optuna_dashboard._bottle_util, optuna_dashboard._app):
        assert module.__name__ in internals.DASHBOARD_LOGGERS


def test_the_dashboard_serves_artifacts_where_we_say():
    from optuna_dashboard.artifact._backend import get_artifact_path

    study = optuna.create_study()
    trial = study.ask()
    assert get_artifact_path(trial, "a-1") == internals.artifact_page(0, 0, "a-1")
