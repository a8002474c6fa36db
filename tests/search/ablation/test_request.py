"""Ablations on a real PostgreSQL, with runs that cost nothing: what is run, what is lost, what is told."""

import dataclasses
import io
import json
import re

import pytest
from optuna.trial import TrialState
from rich.console import Console

from search.ablation.request import Request, compared, is_done, resolve, try_again, write_picture
from search.ablation.table import print_differences
from search.config.ablation import parse_changes
from search.config.load import load_spec
from search.database.connection import open_storage
from search.database.lease import Lease, Leases, NoTrial
from search.database.optuna_internals import study_id
from search.errors import StudyError
from search.finalization.finalize import finalize
from search.finalization.plan import LocalSetup
from search.plans.kind import kind_of
from search.plans.orders import order_of
from search.reports.status import print_status, read_status
from search.reports.study_report import gather, render
from search.study.study import ensure_study, load_study, stored_spec
from search.worker.trial_runner import MachineFaultError, run_trial
from tests.support.data_sets import make_data
from tests.support.scripted import ScriptedRun
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from trainer.data.prepare import resplit
from trainer.errors import ConfigError, Diverged

START = '[[start]]\nlr = 1e-3\noptimizer = "adam"\ncutmix_prob = 0.0'
F1 = {4: 0.30, 5: 0.40, 6: 0.35}
"""Of the base with the seeds after the study's own, which is 3."""


class Graded(ScriptedRun):
    """Its F1 depends on the configuration and the seed alone, as if the training side were as large as it looks."""

    def __init__(self, config, data, runtime, **options):
        focal = {0.0: 0.0, 1.0: 0.01 * (config.seed - 3), 2.0: -0.05}[config.focal_gamma]
        super().__init__(config, data, runtime, f1=F1[config.seed] + focal, **options)
        self.data = data

    def epochs(self):
        for result in super().epochs():
            seconds = 2.0 if self.config.focal_gamma == 2 else 1.0
            yield dataclasses.replace(result, seconds=seconds)


@pytest.fixture
def storage(storage_url):
    with open_storage(storage_url) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path, tmp_path, epochs=2, trials=9, more=START)
    return tmp_path


def request(*knobs, study="tiny", **more):
    return Request(study, changes=parse_changes(knobs), **more)


def made(storage, folder, *knobs, seeds=3, **more):
    """An ablation with all its runs to come."""
    spec = resolve(storage, request(*knobs, seeds=seeds, **more)).with_pixels("exact")
    shop = StudyFixture(storage, spec, folder, resplit(make_data(), spec.data, 3))
    shop.study = load_study(storage, spec.study.name, worker=0)  # with its pruner
    return shop


def work(shop, run=Graded, most=99):
    """Do the runs that are left, as one worker does."""
    leases = Leases(shop.study, worker="w", device="cpu", closed=True)
    for number in range(most):
        claim = leases.claim(f"{len(shop.runs)}-{number}")
        if not isinstance(claim, Lease):
            return claim
        shop.run(claim, run)
    return None


def shown(found):
    console = Console(file=io.StringIO(), width=100)
    print_differences(found, console)
    return console.file.getvalue()


def test_the_runs_are_the_base_and_each_change_times_the_seeds(storage, folder):
    shop = made(storage, folder, "focal_gamma=0,1,2", "schedule=step")
    assert shop.states == [TrialState.WAITING] * 12
    assert work(shop) is NoTrial.SPENT
    assert shop.states == [TrialState.COMPLETE] * 12
    assert [order_of(trial) for trial in shop.trials] == kind_of(shop.spec).runs()
    assert [trial.user_attrs["change"] for trial in shop.trials[:4]] == [
        "base",
        "focal_gamma = 1",
        "focal_gamma = 2",
        "schedule = step",
    ]
    # What the dashboard takes for parameters: the knobs that are changed, in the base as well.
    assert [trial.params for trial in shop.trials[:4]] == [
        {"focal_gamma": gamma, "schedule": schedule}
        for gamma, schedule in ((0.0, "cosine"), (1.0, "cosine"), (2.0, "cosine"), (0.0, "step"))
    ]
    configs = [run.config for run in shop.runs]
    assert [config.seed for config in configs] == [4] * 4 + [5] * 4 + [6] * 4
    assert {config.optimizer for config in configs} == {"adam"}  # the study file's start
    # Each seed has a split of its own, which its four runs share.
    for first in (0, 4, 8):
        expected = resplit(shop.data, shop.spec.data, configs[first].seed)
        for run, trial in zip(shop.runs[first : first + 4], shop.trials[first : first + 4], strict=True):
            assert (run.data.validation == expected.validation).all()
            assert order_of(trial).split == expected.fingerprint["split"]
    assert len({order_of(trial).split for trial in shop.trials}) == 3
    assert is_done(storage, shop.spec)


def test_the_table_has_known_numbers(storage, folder):
    shop = made(storage, folder, "focal_gamma=0,1,2")
    work(shop)
    found = compared(storage, "tiny-ablate")
    assert found.base.f1 == pytest.approx(sum(F1.values()) / 3 + 0.002003)  # and what scripted epochs add
    assert found.base.deviation == pytest.approx(0.05)
    as_base, one, two = found.rows
    assert as_base.is_base
    assert [run.difference for run in one.runs] == pytest.approx([0.01, 0.02, 0.03])
    assert (one.difference.mean, one.difference.standard_error) == pytest.approx((0.02, 0.01 / 3**0.5))
    # t(2) at 97.5 % is 4.302653; the hold-outs overlap by the images to validate per image to train on.
    overlap = len(shop.data.validation) / len(shop.data.train)
    assert one.difference.high - one.difference.mean == pytest.approx(
        4.302653 * 0.01 * (1 / 3 + overlap) ** 0.5, rel=1e-6
    )
    assert found.redrawn
    assert (two.difference.mean, two.difference.standard_error) == pytest.approx((-0.05, 0.0), abs=1e-12)
    assert (one.time, two.time) == (1.0, 2.0)
    text = shown(found)
    assert "tiny-ablate: 9 of 9 runs are complete" in text
    assert "base: the file of study tiny; F1 0.3520, from seed to seed ± 0.0500" in text
    assert re.search(r"focal_gamma = 0 +as base", text)
    assert re.search(r"focal_gamma = 1 +3/3 +0\.3720 +\+0\.0200 ± 0\.0058 +-0\.0\d\d \.\.\. \+0\.0\d\d +x1\.00", text)
    assert json.loads(json.dumps(found.as_json()))["rows"][1]["difference"]["mean"] == one.difference.mean
    picture = folder / "picture.png"
    write_picture(found, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_an_early_look_is_balanced_and_compares_pairs_only(storage, folder):
    shop = made(storage, folder, "focal_gamma=1,2")
    work(shop, most=5)
    shop.claim()  # somebody is at the sixth
    found = compared(storage, "tiny-ablate")
    assert (found.complete, found.left) == (5, 4)
    one, two = found.rows
    assert [run.seed for run in one.runs] == [4, 5]
    assert one.difference.mean == pytest.approx(0.015)
    assert [run.seed for run in two.runs] == [4]
    assert two.difference.low is None
    assert re.search(r"focal_gamma = 2 +1/3 +0\.2520 +-0\.0500 +- ", shown(found))
    assert not is_done(storage, shop.spec)


def test_nothing_is_known_before_the_first_run(storage, folder):
    made(storage, folder, "focal_gamma=1")
    found = compared(storage, "tiny-ablate")
    assert (found.base.f1, found.rows[0].difference) == (None, None)
    assert "6 to come" in shown(found)
    write_picture(found, folder / "empty.png")
    assert "One change at a time" in render(gather(storage, "tiny-ablate"))


def diverging(config, data, runtime):
    def before(epoch):
        if config.focal_gamma == 1 and config.seed == 5:
            raise Diverged("the loss is infinite")
        if config.focal_gamma == 2 and config.seed == 4:
            raise ValueError("no such head")

    return Graded(config, data, runtime, before=before)


def test_runs_that_fail_are_told_and_not_replaced_until_somebody_asks(storage, folder):
    shop = made(storage, folder, "focal_gamma=1,2")
    assert work(shop, diverging) is NoTrial.SPENT
    assert len(shop.trials) == 9  # no other trial takes the place of the one that failed
    found = compared(storage, "tiny-ablate")
    assert [(each.change, each.seed, each.outcome) for each in found.troubles] == [
        ("focal_gamma = 2", 4, "failed"),
        ("focal_gamma = 1", 5, "pruned"),
    ]
    assert (found.complete, found.left) == (7, 0)
    text = shown(found)
    assert "focal_gamma = 1, seed 5 (trial 4) pruned: diverged: the loss is infinite" in text
    assert "focal_gamma = 2, seed 4 (trial 2) failed: ValueError: no such head" in text
    assert "diverged" in render(gather(storage, "tiny-ablate"))
    assert is_done(storage, shop.spec)

    assert try_again(storage, "tiny-ablate") == 1  # what diverged would do so again
    assert not is_done(storage, shop.spec)
    assert work(shop) is NoTrial.SPENT
    assert len(shop.trials) == 10
    assert order_of(shop.trials[9]) == order_of(shop.trials[2])
    assert [run.seed for run in compared(storage, "tiny-ablate").rows[1].runs] == [4, 5, 6]
    assert try_again(storage, "tiny-ablate") == 0


def test_a_run_whose_worker_died_goes_on_with_its_split(storage, folder):
    shop = made(storage, folder, "focal_gamma=1", seeds=1)

    def die(epoch):
        if epoch == 2:
            raise KeyboardInterrupt

    dead = shop.claim(duration=0.0)
    with pytest.raises(KeyboardInterrupt):
        shop.run(dead, lambda config, data, runtime: Graded(config, data, runtime, before=die))
    assert shop.trials[0].state == TrialState.RUNNING
    again = shop.claim()
    assert (again.claim.trial_id, again.claim.attempt) == (dead.claim.trial_id, 2)
    assert shop.run(again, Graded).kind == "complete"
    first, second = shop.runs
    assert second.total == 3  # both epochs, the first of them from the resume point
    assert (first.data.validation == second.data.validation).all()
    assert list(shop.trials[0].intermediate_values) == [1, 2]


def test_a_machine_that_splits_otherwise_leaves_the_run_to_others(storage, folder):
    shop = made(storage, folder, "focal_gamma=1", seeds=1)
    section = shop.spec.data.model_copy(update={"validation": 0.5})
    context = dataclasses.replace(shop.context(Graded), spec=shop.spec.model_copy(update={"data": section}))
    with pytest.raises(MachineFaultError, match="splits the images of seed 4 otherwise"):
        run_trial(context, shop.claim())
    assert shop.trials[0].state == TrialState.RUNNING  # handed back
    assert work(shop) is NoTrial.SPENT


def test_more_is_compared_later_while_a_worker_is_at_it(storage, folder):
    shop = made(storage, folder, "focal_gamma=1", seeds=2)
    work(shop, most=3)
    held = shop.claim()
    more = resolve(storage, request("focal_gamma=1", "optimizer=sgd,adamw", study="tiny-ablate", seeds=3))
    assert not is_done(storage, more)
    ensure_study(storage, more, shop.data)
    assert shop.run(held, Graded).kind == "complete"
    assert work(shop) is NoTrial.SPENT  # a bench of before, which has never heard of optimizers
    stored = stored_spec(load_study(storage, "tiny-ablate"))
    assert stored.study.trials == len(shop.trials) == len(kind_of(stored).runs()) == 12
    assert [str(run) for run in kind_of(stored).runs()[:4]] == [
        "base",
        "focal_gamma = 1",
        "optimizer = sgd",
        "optimizer = adamw",
    ]
    assert shop.states == [TrialState.COMPLETE] * 12
    assert {run.config.optimizer for run in shop.runs[4:]} == {"adam", "sgd", "adamw"}
    assert all(row.difference is not None and len(row.runs) == 3 for row in compared(storage, "tiny-ablate").rows)
    # Who comes with what he knew before takes nothing away.
    ensure_study(storage, shop.spec, shop.data)
    assert stored_spec(load_study(storage, "tiny-ablate")) == stored


def test_a_trial_that_somebody_enqueued_by_hand_is_none_of_its_runs(storage, folder):
    shop = made(storage, folder, "focal_gamma=1,2", seeds=1)
    shop.study.enqueue_trial({"focal_gamma": 2.0})
    assert work(shop, diverging) is NoTrial.SPENT
    assert shop.states == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL]
    assert "enqueued by hand" in shop.trials[3].user_attrs["reason"]
    assert compared(storage, "tiny-ablate").complete == 2


def test_it_is_none_of_the_searches_business(storage, folder):
    shop = made(storage, folder, "focal_gamma=1")
    work(shop)
    with pytest.raises(StudyError, match=r"compares changes and chooses none.*search ablate --study tiny-ablate"):
        finalize(storage, "tiny-ablate", folder / "model", LocalSetup(), console=Console(quiet=True))
    status = read_status(storage, "tiny-ablate")
    assert (status.best, status.importances, status.finished) == (None, {}, 6)
    console = Console(file=io.StringIO(), width=150)
    print_status(status, console)
    assert "search ablate --study tiny-ablate --look" in console.file.getvalue()
    assert "best F1" not in console.file.getvalue()
    page = render(gather(storage, "tiny-ablate"))
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings[0] == "One change at a time"
    assert not {"Best configuration", "Leaders", "Importance of the parameters"} & set(headings)
    assert "focal_gamma = 1" in page
    note = "".join(
        str(value)
        for key, value in sorted(storage.get_study_system_attrs(study_id(shop.study)).items())
        if "note_str" in key
    )
    assert "the luckiest trial's" in note
    assert "focal" in note
    StudyFixture(storage, load_spec("tiny"), folder)
    with pytest.raises(StudyError, match="'tiny' searches and compares nothing"):
        compared(storage, "tiny")


class TestBase:
    """Which configuration everything is compared with."""

    @pytest.fixture
    def search(self, storage, folder):
        """A study whose second trial is the best."""
        shop = StudyFixture(storage, load_spec("tiny"), folder)
        for f1 in (0.3, 0.5, 0.4):
            shop.run(shop.claim(), scripted(f1=f1))
        return shop

    def test_the_best_complete_trial(self, storage, folder, search):
        spec = resolve(storage, request("focal_gamma=1"))
        assert (spec.ablation.study, spec.ablation.trial, spec.ablation.seeds) == ("tiny", 1, 3)
        assert spec.study.name == "tiny-ablate"
        assert spec.pruner.kind == "none"
        assert spec.epochs == 2
        assert spec.config({}) == search.spec.config(search.trials[1].params)

    def test_it_stays_the_base_when_a_better_one_comes(self, storage, folder, search):
        shop = StudyFixture(storage, resolve(storage, request("focal_gamma=1")), folder)
        search.run(search.claim(), scripted(f1=0.9))
        assert resolve(storage, request("focal_gamma=1")).ablation.trial == 1
        assert resolve(storage, request("focal_gamma=1", name="again")).ablation.trial == 3
        ensure_study(storage, resolve(storage, request("focal_gamma=1,2")), shop.data)

    def test_another_trial_by_number(self, storage, folder, search):
        spec = resolve(storage, request("focal_gamma=1", trial=2))
        assert spec.config({}) == search.spec.config(search.trials[2].params)
        assert spec.ablation.base == "trial 2 of tiny"

    def test_a_change_that_helped_is_the_next_base(self, storage, folder, search):
        shop = StudyFixture(storage, resolve(storage, request("focal_gamma=1,2", seeds=1)), folder)
        work(shop)
        spec = resolve(storage, request("schedule=step", study="tiny-ablate", trial=1, name="next"))
        assert spec.config({}) == shop.spec.config({"focal_gamma": 1.0})
        assert spec.ablation.base == "trial 1 of tiny-ablate"

    def test_settings_over_it(self, storage, folder, search):
        settings = {"focal_gamma": 0.5, "step_size": 1}
        spec = resolve(storage, request("schedule=step", settings=settings))
        assert spec.config({}).focal_gamma == 0.5
        assert spec.config({"schedule": "step"}).step_size == 1

    def test_a_study_file_alone(self, storage, folder):
        spec = resolve(storage, request("focal_gamma=1", study="studies/tiny.toml"))
        assert (spec.ablation.study, spec.ablation.trial) == ("tiny", None)
        assert spec.config({}) == load_spec("tiny").config({"lr": 1e-3, "optimizer": "adam", "cutmix_prob": 0.0})

    def test_a_study_without_a_complete_trial_yet(self, storage, folder):
        StudyFixture(storage, load_spec("tiny"), folder)
        assert resolve(storage, request("focal_gamma=1")).ablation.trial is None

    def test_an_ablation_that_stands_in_a_file(self, storage, folder):
        text = (folder / "studies" / "tiny.toml").read_text()
        text = re.sub(r"(?s)\[space\].*?\[fixed\]", "[fixed]", text.replace(START, "")).replace('"tiny"', '"written"')
        text += "[ablation]\nseeds = 2\n[ablation.changes]\nfocal_gamma = [1, 2]\n"
        (folder / "studies" / "written.toml").write_text(text)
        shop = StudyFixture(storage, load_spec("written"), folder)
        assert work(shop) is NoTrial.SPENT
        assert len(shop.trials) == 6
        assert compared(storage, "written").complete == 6
        assert resolve(storage, Request("written")).study.name == "written"

    @pytest.mark.parametrize(
        ("asked", "line"),
        [
            ({"knobs": [], "name": "x"}, "nothing to compare; name what to change"),
            ({"knobs": ["lr=0.1"], "trial": 7, "name": "x"}, "study 'tiny' has no trial 7; it has 0 to 2"),
            ({"knobs": ["lr=0.1"], "study": "mask"}, "study 'mask' is neither in this storage nor a file in studies/"),
            ({"knobs": ["lr=0.1"], "name": "tiny"}, "study 'tiny' is a search; choose another name"),
            ({"knobs": ["lr=0.1"], "name": "a/b"}, "study.name: string should match pattern"),
            ({"knobs": ["step_size=3"], "name": "x"}, "--knob step_size: it has no meaning in the base"),
            (
                {"knobs": ["lr=0.1"], "settings": {"step_size": 3}, "name": "x"},
                "--set step_size: it has no meaning",
            ),
            ({"knobs": ["lr=0.1"], "trial": 2}, "--trial 2: the base of tiny-ablate is trial 1 of tiny"),
            ({"knobs": ["lr=0.1"], "settings": {"focal_gamma": 2.0}}, "--set focal_gamma = 2, while its base has 0"),
            ({"knobs": ["backbone=test_vit"]}, "a backbone cannot be added to an ablation that is there"),
            ({"knobs": ["lr=0.1"], "study": "other", "name": "tiny-ablate"}, "is of study 'tiny'; choose another name"),
        ],
        ids=lambda value: None,
    )
    def test_what_is_refused(self, storage, folder, search, asked, line):
        write_study(folder, folder, "other", more=START)
        ensure_study(storage, resolve(storage, request("focal_gamma=1")), search.data)
        with pytest.raises((ConfigError, StudyError)) as caught:
            resolve(storage, request(*asked.pop("knobs"), **asked))
        assert line in str(caught.value)
        assert "\n" not in str(caught.value)


def test_data_with_one_split_vary_the_training_seed_alone(storage, folder):
    data = dataclasses.replace(make_data(), given_split=True)
    shop = StudyFixture(storage, resolve(storage, request("focal_gamma=1", seeds=3)), folder, data)
    work(shop)
    found = compared(storage, "tiny-ablate")
    assert not found.redrawn
    assert all((run.data.validation == data.validation).all() for run in shop.runs)
    assert [run.config.seed for run in shop.runs] == [4, 4, 5, 5, 6, 6]
    assert "the data bring their own split and only the seed differs" in shown(found)
    # Then it is the plain paired t-test.
    one = found.rows[0].difference
    assert one.high - one.mean == pytest.approx(4.302653 * one.standard_error, rel=1e-6)
