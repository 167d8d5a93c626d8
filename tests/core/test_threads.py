"""Work on large arrays, shared among threads."""

import os
import threading
import warnings
from collections.abc import Iterator

import numpy
import pytest

import plugrad
from plugrad import threads
from plugrad.threads import at_once

LARGE = 1 << 19


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = plugrad.get_num_threads()
    plugrad.set_num_threads(2)
    if plugrad.get_num_threads() != 2:
        pytest.skip("this NumPy's linear algebra cannot be told how many threads to use")
    yield
    plugrad.set_num_threads(before)


def computed() -> dict[str, numpy.ndarray]:
    x = plugrad.linspace(-3, 9, LARGE + 17 * 4, dtype=plugrad.float64).reshape(-1, 4)
    functions = ["erf", "erfinv", "lgamma", "digamma", "sin", "expm1", "hypot"]
    results = {
        name: getattr(plugrad, name)(*([x, x] if name == "hypot" else [x])) for name in functions
    }
    results["single"] = plugrad.nn.functional.gelu(x.float())
    return {name: result.numpy() for name, result in results.items()}


def test_threads_change_no_bit(two_threads):
    shared = computed()
    plugrad.set_num_threads(1)
    for name, alone in computed().items():
        numpy.testing.assert_array_equal(shared[name], alone, err_msg=name)


def test_no_warning_leaks_from_a_helping_thread(two_threads):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = plugrad.full((LARGE,), -2.0, dtype=plugrad.float64).log1p()
    assert result.isnan().all()


def test_tasks_run_side_by_side():
    meeting = threading.Barrier(2, timeout=30)
    assert sorted(at_once([meeting.wait, meeting.wait])) == [0, 1]


def test_an_error_waits_for_the_others():
    done = []

    def fail():
        raise ZeroDivisionError

    for tasks in ([fail, lambda: done.append(1)], [lambda: done.append(1), fail]):
        with pytest.raises(ZeroDivisionError):
            at_once(tasks)
    assert len(done) in (1, 2)  # one that no thread had begun is left out


def test_busy_helpers_are_not_waited_for():
    # A task that shares its own work finds the only helper busy with itself.
    inner = [lambda: "a", lambda: "b"]
    assert at_once([lambda: at_once(inner), lambda: at_once(inner)]) == [["a", "b"]] * 2


def test_without_threads_all_is_done_here(monkeypatch):
    def none(process: int, number: int) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_helpers", none)
    assert at_once([threading.get_ident] * 3) == [threading.get_ident()] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_forked_process_has_helpers_of_its_own(two_threads):
    at_once([int, int])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads
        child = os.fork()
    if child == 0:
        os._exit(0 if at_once([lambda: 1, lambda: 2]) == [1, 2] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
