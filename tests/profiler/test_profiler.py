"""The profiler: what it records, how that is grouped and shown, and that it disturbs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy
import pytest

import plugrad
from plugrad.autograd import profiler
from plugrad.autograd.modes import mode
from plugrad.autograd.profiler import profile, record_function
from plugrad.vocabulary import observers

BACKWARD = "autograd::engine::evaluate_function: "


@pytest.fixture(autouse=True)
def _nobody_watches_afterwards():
    yield
    assert mode.observers == []
    assert mode.run is not None


def _tree(prf: profile) -> list[tuple[int, str]]:
    """Return the depth and the name of each event."""

    def depth(event: Any) -> int:
        return 0 if event.cpu_parent is None else 1 + depth(event.cpu_parent)

    return [(depth(event), event.name) for event in prf.function_events]


def _names(prf: profile) -> list[str]:
    return [event.name for event in prf.function_events]


# ------------------------------------------------------------------------------------- recording


def test_events_nest_as_pytorchs_do():
    with profile() as prf:
        plugrad.ones(2, 3)
    assert _tree(prf) == [(0, "aten::ones"), (1, "aten::empty"), (1, "aten::fill_")]
    made, empty, fill = prf.events()
    assert made.cpu_children == [empty, fill]
    assert empty.cpu_parent is made
    assert made.cpu_parent is None


def test_self_time_is_what_children_leave():
    with profile() as prf, record_function("outer"):
        time.sleep(0.002)
        with record_function("inner"):
            time.sleep(0.004)
    outer, inner = prf.function_events
    assert inner.cpu_time_total == inner.self_cpu_time_total >= 4000
    assert outer.self_cpu_time_total == pytest.approx(outer.cpu_time_total - inner.cpu_time_total)
    assert outer.self_cpu_time_total >= 2000
    assert prf.self_cpu_time_total == pytest.approx(outer.cpu_time_total)
    assert outer.time_range.start <= inner.time_range.start
    assert inner.time_range.end <= outer.time_range.end
    assert inner.time_range.elapsed_us() == pytest.approx(inner.cpu_time)


def test_results_and_gradients_are_the_same_as_without():
    def program() -> list[Any]:
        x = plugrad.tensor([[0.5, 2.0], [3.0, -1.0]], requires_grad=True)
        y = ((x * x).exp() / 7 + x).sum()
        y.backward()
        return [y.tolist(), x.grad.tolist()]

    alone = program()
    with profile(record_shapes=True, profile_memory=True, with_stack=True, with_flops=True):
        watched = program()
    numpy.testing.assert_allclose(watched[1], alone[1], rtol=1e-6)
    assert watched[0] == alone[0]


def test_a_backward_shows_the_nodes_that_run():
    x = plugrad.ones(2, 3, requires_grad=True)
    with profile() as prf:
        (x * 2.0).sum().backward()
    names = _tree(prf)
    for name in ("SumBackward0", "MulBackward0", "torch::autograd::AccumulateGrad"):
        at = names.index((0, BACKWARD + name))
        assert names[at + 1] == (1, name)
    at = names.index((1, "MulBackward0"))
    assert names[at + 1] == (2, "aten::mul")
    by_name = {event.name: event for event in prf.function_events if event.scope == 1}
    forward = next(event for event in prf.function_events if event.name == "aten::sum")
    assert by_name["SumBackward0"].sequence_nr == forward.sequence_nr >= 0


def test_gradients_of_gradients_are_shown_too():
    x = plugrad.ones(2, requires_grad=True)
    with profile() as prf:
        (slope,) = plugrad.autograd.grad((x**3).sum(), x, create_graph=True)
        slope.sum().backward()
    assert _names(prf).count(f"{BACKWARD}PowBackward0") == 2


def test_in_place_operators_carry_their_own_names():
    x = plugrad.ones(3)
    with profile() as prf:
        x.mul_(2.0)
        x += 1.0
    assert _names(prf) == ["aten::mul_", "aten::add_"]


def test_ranges_as_context_and_as_decorator():
    @record_function("decorated")
    def double(x: Any) -> Any:
        return x * 2.0

    x = plugrad.ones(2)
    with profile() as prf:
        with record_function("outer"):
            double(x)
        double(x)
    assert double.__name__ == "double"
    assert _tree(prf) == [
        (0, "outer"),
        (1, "decorated"),
        (2, "aten::mul"),
        (0, "decorated"),
        (1, "aten::mul"),
    ]
    assert [event.is_user_annotation for event in prf.function_events][:3] == [True, True, False]


def test_a_range_without_a_profile_does_nothing():
    with record_function("nobody sees it"):
        assert plugrad.ones(2).sum().item() == 2


def test_a_range_may_be_entered_again_inside_itself():
    span = record_function("span")
    with profile() as prf, span, span:
        pass
    assert _tree(prf) == [(0, "span"), (1, "span")]


def test_a_range_needs_a_name():
    with pytest.raises(TypeError, match="name"):
        record_function(3)  # type: ignore[arg-type]


def test_a_range_left_open_ends_with_the_profile():
    span = record_function("open")
    with profile() as prf:
        span.__enter__()
        plugrad.ones(2)
    span.__exit__(None, None, None)
    assert _tree(prf)[0] == (0, "open")
    first = prf.function_events[0]
    assert first.cpu_time_total >= first.cpu_children[0].cpu_time_total


def test_threads_are_recorded_each_by_its_own_profile():
    found: dict[str, profile] = {}

    def work() -> None:
        plugrad.zeros(2)
        with profile() as inner:
            plugrad.ones(2)
        found["thread"] = inner

    with profile() as prf:
        plugrad.empty(2)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert _names(prf) == ["aten::empty"]
    assert _names(found["thread"])[0] == "aten::ones"
    assert prf.function_events[0].thread != found["thread"].function_events[0].thread


def test_a_profile_ends_in_its_own_thread():
    refused: list[str] = []

    def end() -> None:
        try:
            prf.__exit__(None, None, None)
        except RuntimeError as error:
            refused.append(str(error))

    with profile() as prf:
        thread = threading.Thread(target=end)
        thread.start()
        thread.join()
        plugrad.empty(2)
    assert len(refused) == 1
    assert _names(prf) == ["aten::empty"]


def test_forward_mode_is_recorded_as_well():
    def program(x: Any) -> Any:
        return (x * x).sin().sum()

    x = plugrad.ones(3)
    alone = plugrad.autograd.functional.jvp(program, x, plugrad.ones(3))
    with profile(record_shapes=True, profile_memory=True, with_stack=True) as prf:
        watched = plugrad.autograd.functional.jvp(program, x, plugrad.ones(3))
    assert [t.item() for t in watched] == pytest.approx([t.item() for t in alone])
    assert "aten::sin" in _names(prf)


def test_profiles_inside_each_other_each_see_what_happens():
    with profile() as outer:
        plugrad.empty(2)
        with profile() as inner:
            plugrad.empty(2)
    assert _names(outer) == ["aten::empty"] * 2
    assert _names(inner) == ["aten::empty"]


def test_inference_mode_and_no_grad_are_recorded_as_well():
    x = plugrad.ones(2, requires_grad=True)
    with profile() as prf:
        with plugrad.inference_mode():
            assert (x * 2.0).is_inference()
        with plugrad.no_grad():
            assert not (x + 2.0).requires_grad
    assert _names(prf) == ["aten::mul", "aten::add"]


# --------------------------------------------------------------------------------- what goes wrong


def test_errors_of_the_program_pass_and_end_their_events():
    prf = profile()
    with pytest.raises(RuntimeError, match="shape|size"), prf, record_function("around"):
        plugrad.ones(2) + plugrad.ones(3)
    assert _names(prf)[0] == "around"
    assert _names(prf)[-1] == "aten::add"
    assert all(event.cpu_time_total >= 0 for event in prf.function_events)
    assert mode.run is not None


def test_an_observer_that_raises_is_dropped_with_a_warning():
    class Broken:
        def enter(self, op: Any, inputs: Any) -> None:
            raise ValueError("broken")

        def leave(self, token: Any, op: Any, result: Any) -> None:
            raise AssertionError("is never reached")

    observers.watch(Broken())
    with profile() as prf:
        with pytest.warns(RuntimeWarning, match="Broken raised ValueError: broken"):
            x = plugrad.ones(2).sum()
        plugrad.empty(1)
    assert x.item() == 2
    assert "aten::sum" in _names(prf)


def test_an_observer_that_raises_at_the_end_is_dropped_too():
    class Broken:
        def enter(self, op: Any, inputs: Any) -> None:
            return None

        def leave(self, token: Any, op: Any, result: Any) -> None:
            raise ValueError("late")

    observers.watch(Broken())
    with pytest.warns(RuntimeWarning, match="late"):
        x = plugrad.empty(2)
    assert x.shape == (2,)


def test_a_profile_is_entered_once():
    prf = profile()
    with prf, pytest.raises(RuntimeError, match="only once"):
        prf.__enter__()
    with pytest.raises(RuntimeError, match="only once"), prf:
        pass


def test_before_and_during_it_shows_nothing():
    prf = profile()
    assert str(prf) == repr(prf) == "<unfinished plugrad.autograd.profile>"
    assert prf.key_averages() == []
    assert prf.table() == ""
    with pytest.raises(RuntimeError, match="did not run"):
        prf.export_chrome_trace("nowhere.json")
    with prf:
        plugrad.ones(2)
        assert prf.function_events == []
        with pytest.raises(RuntimeError, match="still runs"):
            prf.export_chrome_trace("nowhere.json")
    assert len(prf.function_events) == 3
    assert not Path("nowhere.json").exists()


def test_a_profile_that_is_not_enabled_records_nothing():
    prf = profile(enabled=False)
    with prf as entered:
        assert mode.run is not None
        plugrad.ones(2)
    assert entered is None
    assert prf.function_events == []
    assert prf.key_averages().table() == ""


def test_without_the_device_only_the_host_is_timed(monkeypatch):
    monkeypatch.setenv("PLUGRAD_DISABLE_PLUGINS", "cuda")
    with pytest.warns(UserWarning, match="cuda"):
        prf = profile(use_device="cuda")
    assert prf.use_device is None
    with (
        pytest.warns(UserWarning, match="only the host"),
        pytest.warns(FutureWarning, match="use_device"),
    ):
        profile(use_cuda=True)


def test_the_host_is_always_timed():
    with pytest.raises(AssertionError, match="use_cpu"):
        profile(use_cpu=False)
    assert profile(use_device="cpu").use_device is None


class _Clock:
    """A point in the work of a device on which every operator takes a millisecond."""

    now = 0.0

    def record(self) -> None:
        self.at = _Clock.now
        _Clock.now += 0.5

    def elapsed_time(self, end: _Clock) -> float:
        return end.at - self.at


class _Device:
    device_type = "cuda"
    event = _Clock
    waited = 0

    def synchronize(self) -> None:
        self.waited += 1


def test_a_device_is_timed_on_its_own_clock(monkeypatch):
    device = _Device()
    monkeypatch.setattr("plugrad.profiler.session._timed_backend", lambda kind: device)
    x = plugrad.ones(2)
    with profile(use_device="cuda") as prf:
        with record_function("outer"):
            x * x
        x * x
    assert device.waited == 1
    outer, inner, last = prf.function_events
    assert [e.device_time_total for e in (outer, inner, last)] == [1500, 500, 500]
    assert [e.self_device_time_total for e in (outer, inner, last)] == [1000, 500, 500]
    table = prf.key_averages().table(sort_by="self_cuda_time_total")
    assert "CUDA time avg" in table
    assert table.splitlines()[-1] == "Self CUDA time total: 2.000ms"


# -------------------------------------------------------------------------------------- averages


def _profiled() -> profile:
    x, y = plugrad.ones(2, 3), plugrad.ones(4)
    with profile(record_shapes=True) as prf:
        for _ in range(3):
            x * x
        y * y
        with record_function("slow"):
            time.sleep(0.003)
    return prf


def test_averages_are_by_name():
    averages = {average.key: average for average in _profiled().key_averages()}
    assert {key: average.count for key, average in averages.items()} == {"aten::mul": 4, "slow": 1}
    mul = averages["aten::mul"]
    assert mul.cpu_time == pytest.approx(mul.cpu_time_total / 4)
    assert mul.input_shapes == ""


def test_averages_are_by_shape_where_wanted():
    averages = _profiled().key_averages(group_by_input_shape=True)
    assert [(a.key, a.count, a.input_shapes) for a in averages] == [
        ("aten::mul", 3, "[[2, 3], [2, 3]]"),
        ("aten::mul", 1, "[[4], [4]]"),
        ("slow", 1, "[]"),
    ]
    assert "Input Shapes" in averages.table()


def test_averages_are_by_caller_where_wanted():
    x = plugrad.ones(2)

    def here() -> None:
        x * x

    def there() -> None:
        x * x

    with profile(with_stack=True) as prf:
        here(), here(), there()
    averages = prf.key_averages(group_by_stack_n=1)
    assert [average.count for average in averages] == [2, 1]
    assert [average.stack[0].rpartition(": ")[2] for average in averages] == ["here", "there"]
    assert all("plugrad" not in entry.partition("(")[0].rpartition("/")[2] for entry in
               prf.function_events[0].stack)  # fmt: skip
    assert "Source Location" in averages.table()


def test_the_total_is_that_of_all_events():
    prf = _profiled()
    total = prf.total_average()
    assert total.key == "Total"
    assert total.count == 5
    assert total.self_cpu_time_total == pytest.approx(prf.self_cpu_time_total)
    assert profile().total_average().count == 0


def test_rows_are_sorted_and_cut():
    averages = _profiled().key_averages()
    by_time = averages.table(sort_by="cpu_time_total", row_limit=1).splitlines()
    assert by_time[3].split()[0] == "slow"
    assert len(by_time) == 6
    assert averages.table(sort_by="count").splitlines()[3].split()[0] == "aten::mul"
    with pytest.raises(AttributeError, match="price"):
        averages.table(sort_by="price")
    with pytest.raises(ValueError, match="time_unit"):
        averages.table(time_unit="years")


def test_a_table_has_pytorchs_columns():
    lines = _profiled().key_averages().table().splitlines()
    assert lines[1].split("  ") != []
    assert lines[1] == (
        "         Name    Self CPU %      Self CPU   CPU total %     CPU total  CPU time avg"
        "    # of Calls  "
    )
    assert lines[0] == lines[2] == lines[-2]
    assert lines[-1].startswith("Self CPU time total: ")
    assert str(_profiled()).startswith("-")


# --------------------------------------------------------------------------- memory, operations


def test_memory_is_noted_where_it_is_made_and_freed():
    x = plugrad.ones(10, 10)
    with profile(profile_memory=True) as prf:
        y = x * x
        y.mul_(2.0)
        y.view(100)
        x.sum(0)
        del y
    used = {average.key: average.self_cpu_memory_usage for average in prf.key_averages()}
    assert used == {
        "aten::mul": 400,
        "aten::mul_": 0,
        "aten::view": 0,
        "aten::sum": 40,
        "[memory]": -440,
    }
    assert "Self CPU Mem" in prf.table()
    events = len(prf.function_events)
    del x
    assert len(prf.function_events) == events


def test_memory_made_inside_counts_for_what_is_around():
    with profile(profile_memory=True) as prf, record_function("around"):
        kept = plugrad.ones(5, dtype=plugrad.float64)
    around, made = prf.function_events[:2]
    assert around.cpu_memory_usage == made.cpu_memory_usage == kept.element_size() * 5
    assert around.self_cpu_memory_usage == 0


def test_operations_are_counted():
    x, y = plugrad.ones(4, 5), plugrad.ones(5, 6)
    with profile(with_flops=True) as prf:
        plugrad.mm(x, y)
        x * x
        x.exp()
    assert [event.flops for event in prf.key_averages()] == [240, 20, 0]
    assert "FLOPs" in prf.table()


# ---------------------------------------------------------------------------------------- traces


def test_a_trace_loads_and_nests(tmp_path):
    x = plugrad.ones(2, 3, requires_grad=True)
    with profile(record_shapes=True) as prf, record_function("step"):
        (x * 2.0).sum().backward()
    path = tmp_path / "trace.json"
    prf.export_chrome_trace(path)
    entries = json.loads(path.read_text())["traceEvents"]
    complete = [entry for entry in entries if entry["ph"] == "X"]
    assert [entry["name"] for entry in complete] == _names(prf)
    assert {entry["cat"] for entry in complete} == {"cpu_op", "user_annotation"}
    for entry in complete:
        assert {"ts", "dur", "pid", "tid", "name", "cat", "args"} <= entry.keys()
        assert entry["dur"] >= 0
    step = complete[0]
    for entry in complete[1:]:
        assert step["ts"] <= entry["ts"]
        assert entry["ts"] + entry["dur"] <= step["ts"] + step["dur"] + 1e-6
    mul = next(entry for entry in complete if entry["name"] == "aten::mul")
    assert mul["args"]["Input Dims"] == [[2, 3], []]
    metadata = {entry["name"] for entry in entries if entry["ph"] == "M"}
    assert {"process_name", "thread_name"} <= metadata
    arrows = [entry for entry in entries if entry.get("cat") == "fwdbwd"]
    assert [entry["ph"] for entry in arrows] == ["s", "f"] * (len(arrows) // 2)
    assert len(arrows) >= 4
    assert arrows[0]["id"] == arrows[1]["id"]


# --------------------------------------------------------------------------- packages and plugins


def test_the_two_names_are_one_package():
    assert profiler.profile is plugrad.profiler.profile
    assert plugrad.autograd.profiler is profiler
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        profiler.nothing_of_the_kind  # noqa: B018


WITHOUT_THE_PACKAGE = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name == "plugrad.profiler" else find(name, *more)
import plugrad
from plugrad.autograd import profiler
assert plugrad.ones(2).sum().item() == 2
try:
    profiler.profile
except ImportError as error:
    print(error)
try:
    from plugrad.autograd.profiler import record_function
except ImportError as error:
    print(error)
"""


def test_core_without_the_package_says_what_to_install():
    command = [sys.executable, "-c", WITHOUT_THE_PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.count("python -m pip install plugrad-profiler") == 2


def test_operators_take_the_fast_path_again_afterwards():
    run = mode.run
    with profile():
        assert mode.run is None
        plugrad.ones(2, 3)
        assert mode.run is None
    assert mode.run == run


def test_recording_a_loop_is_cheap():
    """Recording one operator costs microseconds: a bound that only a gross mistake would break."""
    x, z = plugrad.ones(2, 3), plugrad.ones(2, 3)
    with profile() as prf:
        for _ in range(1000):
            z = z * x
    start = time.perf_counter()
    table = prf.key_averages().table()
    assert time.perf_counter() - start < 1
    assert "1000" in table
    assert prf.self_cpu_time_total < 1e6
