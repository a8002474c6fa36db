import os

import pytest

from trainer.support.cpu import available_cores, compute_threads


@pytest.fixture
def sixteen(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))


@pytest.mark.parametrize(
    ("limit", "cores"),
    [
        ("400000 100000\n", 4),
        ("150000 100000\n", 1),
        ("50000 100000\n", 1),
        ("9900000 100000\n", 16),
        ("max 100000\n", 16),
    ],
)
@pytest.mark.usefixtures("sixteen")
def test_a_containers_quota_counts(tmp_path, limit, cores):
    (tmp_path / "cpu.max").write_text(limit)
    assert available_cores(tmp_path) == cores


@pytest.mark.parametrize(("quota", "cores"), [("400000\n", 4), ("-1\n", 16), ("what?\n", 16)])
@pytest.mark.usefixtures("sixteen")
def test_the_first_version_of_control_groups_too(tmp_path, quota, cores):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert available_cores(tmp_path) == cores


def test_without_a_control_group_it_is_where_the_process_may_run(tmp_path):
    assert available_cores(tmp_path) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(("told", "all_cores", "of_three"), [("2", 2, 2), ("8,4", 8, 3), ("99", 16, 3), ("", 16, 3)])
def test_who_limits_the_threads_of_openmp_limits_ours(monkeypatch, told, all_cores, of_three):
    monkeypatch.setattr("trainer.support.cpu.available_cores", lambda: 16)
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert compute_threads() == all_cores
    assert compute_threads(3) == of_three
