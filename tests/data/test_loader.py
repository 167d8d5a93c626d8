"""The loader of batches: workers that fail, die, are slow, or are left behind."""

import gc
import os
import pickle
import subprocess
import sys
import time
from typing import Any

import pytest
from troubled import Numbers, Shares, fail

import plugrad
from plugrad.utils.data import DataLoader, TensorDataset, serving

KINDS = ["fork", "spawn", "thread"] if hasattr(os, "fork") else ["spawn", "thread"]
# Python warns of forking where other tests have left threads that help.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def loaded(data: Any, kind: str, **given: Any) -> list[Any]:
    return list(DataLoader(data, 2, num_workers=2, multiprocessing_context=kind, **given))


def test_order_is_kept(kind):
    rows = TensorDataset(plugrad.arange(10), plugrad.arange(20.0).view(10, 2))
    found = loaded(rows, kind)
    assert plugrad.cat([first for first, _ in found]).tolist() == list(range(10))
    assert plugrad.equal(plugrad.cat([second for _, second in found]), rows.tensors[1])


def test_out_of_order_all_come(kind):
    found = loaded(Numbers(), kind, in_order=False)
    assert sorted(plugrad.cat(found).tolist()) == list(range(10))


def test_an_error_tells_where_it_was(kind):
    with pytest.raises(KeyError, match="worker.*\n.*seven|worker.*seven") as caught:
        loaded(Numbers("key"), kind)
    assert "__getitem__" in str(caught.value)
    with pytest.raises(RuntimeError, match="1 and 2"):
        loaded(Numbers("stubborn"), kind)
    with pytest.raises(OSError, match="cannot begin"):
        loaded(Numbers(), kind, worker_init_fn=fail)


def test_after_an_error_the_next_batches_come(kind):
    batches = iter(DataLoader(Numbers("key"), num_workers=2, multiprocessing_context=kind))
    found = []
    for _ in range(10):
        try:
            found.append(next(batches).item())
        except KeyError:
            found.append(-1)
    assert found == [0, 1, 2, 3, 4, 5, 6, -1, 8, 9]
    with pytest.raises(StopIteration):
        next(batches)


@pytest.mark.parametrize("how", [k for k in KINDS if k != "thread"])
def test_what_cannot_be_sent_is_told(how):
    with pytest.raises(TypeError, match="pickle"):
        loaded(Numbers("unsendable"), how, collate_fn=list)


@pytest.mark.parametrize("how", [k for k in KINDS if k != "thread"])
@pytest.mark.parametrize("trouble", ["killed", "left"])
def test_a_dead_worker_is_told(how, trouble):
    with pytest.raises(RuntimeError, match=r"pid \d+.*(signal 9|exit code 0)"):
        loaded(Numbers(trouble), how)


def test_a_slow_worker_runs_out_of_time(kind, monkeypatch):
    monkeypatch.setattr(serving, "_LOOK", 0.2)
    timeout = 8.0 if kind == "spawn" else 3.0  # in which a worker also has to start
    begun = time.monotonic()
    batches = iter(
        DataLoader(Numbers("slow"), num_workers=1, multiprocessing_context=kind, timeout=timeout)
    )
    assert [next(batches).item() for _ in range(7)] == list(range(7))
    with pytest.raises(RuntimeError, match=f"{timeout} s"):
        next(batches)
    del batches
    assert time.monotonic() - begun < 29


def test_persistent_workers_stay(kind):
    loader = DataLoader(
        Shares(), num_workers=2, multiprocessing_context=kind, persistent_workers=True
    )
    first = [batch.item() for batch in loader]
    served = loader._served
    assert first == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    left = iter(loader)
    next(left)  # and no more of this one
    assert [batch.item() for batch in loader] == first
    assert loader._served is served


def test_an_iteration_that_is_dropped_leaves_no_process():
    batches = iter(DataLoader(Numbers(), num_workers=2))
    next(batches)
    processes = batches._crew._processes
    del batches
    gc.collect()
    assert not any(process.is_alive() for process in processes)


def test_the_program_may_end_at_any_time():
    program = (
        "from plugrad.utils.data import DataLoader\n"
        "batches = iter(DataLoader(range(1000), num_workers=2))\n"
        "print(next(batches).item())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "0\n"
    assert done.stderr == ""


def test_bad_arguments_change_nothing():
    loader = DataLoader(Numbers(), 4)
    with pytest.raises(ValueError, match="batch_size"):
        loader.batch_size = 2
    assert loader.batch_size == 4
    assert len(loader) == 3


def test_tensors_travel():
    for tensor in (plugrad.arange(3), plugrad.ones(2, 2, dtype=plugrad.float16).t()):
        again = pickle.loads(pickle.dumps(tensor))
        assert again.dtype is tensor.dtype
        assert plugrad.equal(again, tensor)
