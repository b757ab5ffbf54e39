"""How cores are shared by workers."""

import pytest

from tunelet.serve._cores import Cores


@pytest.mark.parametrize(
    ("threads", "workers", "each"), [(1, 1, 1), (2, 2, 1), (8, 8, 1), (9, 4, 2), (16, 8, 2), (20, 6, 3), (64, 8, 8)]
)
def test_no_more_than_eight_workers_share_the_cores_evenly(threads, workers, each):
    found = Cores.shared(threads, "cpu")
    assert (found.workers, found.each) == (workers, each)


def test_as_many_as_the_variable_says(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert Cores.shared(0, "cpu").threads == 3
