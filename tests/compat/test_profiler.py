"""The profiler against PyTorch's: the text of tables, and the names and nesting of events."""

from __future__ import annotations

import itertools
import re
import warnings

import pytest
import torch
from torch.autograd import DeviceType
from torch.autograd.profiler_util import EventList as TorchList
from torch.autograd.profiler_util import FunctionEventAvg as TorchAvg

import plugrad
from plugrad.autograd import profiler

NAMES = (
    "key", "count", "self_cpu_time_total", "cpu_time_total", "cpu_memory_usage",
    "self_cpu_memory_usage", "flops", "input_shapes",
)  # fmt: skip
LONG = "autograd::engine::evaluate_function: torch::autograd::AccumulateGrad"
ROWS = [
    dict(zip(NAMES, row, strict=True))
    for row in (
        ("aten::mul", 3, 10.5, 2000.25, 100, 2048, 1500, "[[2, 3]]"),
        (LONG, 1, 1e6, 2e6, -3_000_000_000, 5_000_000, 2_500_000, f"[[{'1, ' * 40}]]"),
        ("x" * 52, 12, 999.9999, 1000.0, 0, -1, 0, "[]"),
        ("y" * 51, 7, 0.0004, 0.5, 1, 1024, 1, "[[], []]"),
    )
]

STACKS = [["a.py(3): f", "b.py(4): g"], [f"{'long/' * 20}c.py(1): h"], [], ["d.py(2): k"]]


def _averages(rows, kind):
    averages = []
    for row in rows:
        average = kind()
        values = {
            "self_device_time_total": 0, "device_time_total": 0, "device_memory_usage": 0,
            "self_device_memory_usage": 0, "cpu_parent": None, "use_device": None, "stack": [],
            "input_shapes": "", **row,
        }  # fmt: skip
        for name, value in values.items():
            setattr(average, name, value)
        if kind is TorchAvg:
            device = values["use_device"] and values["key"] == "kernel"
            average.device_type = DeviceType.CUDA if device else DeviceType.CPU
            average.node_id, average.is_async, average.is_remote = -1, False, False
            average.is_user_annotation = average.is_legacy = False
        averages.append(average)
    return averages


def _same(rows, options, **table):
    ours = profiler.EventList(_averages(rows, profiler.FunctionEventAvg), **options).table(**table)
    theirs = TorchList(_averages(rows, TorchAvg), **options).table(**table)
    assert ours == theirs


def _without(rows, *names):
    return [{k: v for k, v in row.items() if k not in names} for row in rows]


@pytest.mark.parametrize("memory", [False, True])
@pytest.mark.parametrize("flops", [False, True])
@pytest.mark.parametrize("shapes", [False, True])
def test_tables_have_the_same_text(memory, flops, shapes):
    rows = ROWS if shapes else _without(ROWS, "input_shapes")
    options = {"profile_memory": memory, "with_flops": flops}
    for sort_by, unit in itertools.product(
        (None, "count", "cpu_time_total", "self_cpu_time_total", "cpu_memory_usage", "key"),
        (None, "us", "ms", "s"),
    ):
        _same(rows, options, sort_by=sort_by, time_unit=unit)


@pytest.mark.parametrize(
    "table",
    [
        {"row_limit": 0}, {"row_limit": 2}, {"row_limit": -1}, {"header": "Some header"},
        {"max_name_column_width": 20}, {"max_name_column_width": None},
        {"max_shapes_column_width": 20}, {"max_shapes_column_width": None},
        {"top_level_events_only": True}, {"top_level_events_only": True, "header": "H"},
    ],
    ids=str,
)  # fmt: skip
def test_options_of_tables(table):
    _same(ROWS, {}, **table)
    _same([], {}, **table)


@pytest.mark.parametrize(
    "flops", [(1, 2), (999, 0), (1000, 5e6), (2e9, 7e12), (3e15, 3e18), (0, 0)]
)
def test_units_of_operations(flops):
    rows = [{**row, "flops": n} for row, n in zip(ROWS, flops, strict=False)]
    _same(rows, {"with_flops": True})


@pytest.mark.parametrize("width", [75, 20, None])
def test_sources(width):
    rows = [{**row, "stack": stack} for row, stack in zip(ROWS, STACKS, strict=True)]
    _same(_without(rows, "input_shapes"), {}, max_src_column_width=width)
    _same(rows, {}, max_src_column_width=width)


@pytest.mark.parametrize("sort_by", [None, "cuda_time_total", "self_cuda_time_total"])
@pytest.mark.parametrize("memory", [0, 4096])
def test_device_columns(sort_by, memory):
    device = {"use_device": "cuda", "self_device_memory_usage": memory}
    host = {**ROWS[0], **device, "device_memory_usage": memory}
    kernel = {
        **ROWS[3], **device, "key": "kernel", "self_device_time_total": 5000.0,
        "device_time_total": 5000.0,
    }  # fmt: skip
    for flag in (False, True):
        _same([host, kernel], {"use_device": "cuda", "profile_memory": flag}, sort_by=sort_by)


def test_nothing_took_any_time():
    rows = [{**row, "self_cpu_time_total": 0, "cpu_time_total": 0} for row in ROWS]
    _same(rows, {})


def test_averages_print_the_same():
    ours, theirs = (_averages(ROWS, kind) for kind in (profiler.FunctionEventAvg, TorchAvg))
    assert list(map(repr, ours)) == list(map(repr, theirs))


def _tree(prf, hidden=()):
    def depth(event):
        return 0 if event.cpu_parent is None else 1 + depth(event.cpu_parent)

    found, skipped = [], None
    for event in prf.function_events:
        level = depth(event)
        if skipped is not None and level > skipped:
            continue
        skipped = level if event.name in hidden else None
        if skipped is None:
            found.append((level, event.name))
    return found


# What PyTorch does to convert Python numbers and to make outputs says nothing of the program.
INNER = ("aten::to", "aten::as_strided", "aten::resolve_conj", "aten::fill_", "aten::_to_copy")


def _both(program, **options):
    trees = []
    for module, library in ((profiler, plugrad), (torch.autograd.profiler, torch)):
        arrays = [library.ones(2, 3), library.ones(2, 3)]
        program(library, module, *arrays)
        with module.profile(**options) as prf:
            program(library, module, *arrays)
        trees.append(_tree(prf, INNER))
    return trees


def _ranges(t, profiler, x, y):
    @profiler.record_function("decorated")
    def f():
        return x * y

    with profiler.record_function("outer"):
        f()
        with profiler.record_function("inner"):
            x + y


PROGRAMS = {
    "arithmetic": lambda t, p, x, y: ((x * y) / y + x - y).exp(),
    "numbers": lambda t, p, x, y: x * 2 + 1,
    "in place": lambda t, p, x, y: x.mul_(y).add_(y).exp_(),
    "creation": lambda t, p, x, y: (t.ones(2, 3), t.zeros(2), t.empty(3)),
    "filled": lambda t, p, x, y: t.full((2,), 3.0),
    "products": lambda t, p, x, y: t.mm(x, y.transpose(0, 1)),
    "reductions": lambda t, p, x, y: (x.sum(), x.sum(1), x.sum(0, keepdim=True)),
    "comparisons": lambda t, p, x, y: (x > y, x == y),
    "ranges": _ranges,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_events_have_the_same_names_and_nest_the_same(name):
    ours, theirs = _both(PROGRAMS[name])
    assert ours == theirs


def _backward(t, p, x, y):
    a = x.clone().requires_grad_()
    ((a * y).exp() / y).sum().backward()


def test_a_backward_shows_its_nodes():
    ours, theirs = (
        [(level, name) for level, name in tree if "Backward" in name or "Accumulate" in name]
        for tree in _both(_backward)
    )
    assert ours == theirs


def test_the_loop_of_the_tutorial_prints_the_same():
    tables = []
    for module, library in ((profiler, plugrad), (torch.autograd.profiler, torch)):
        x, y = library.rand(2, 3, requires_grad=True), library.rand(2, 3, requires_grad=True)
        z = library.ones(2, 3, requires_grad=True)
        z = (z / x) * y
        with module.profile() as prf:
            for _ in range(1000):
                z = (z / x) * y
        text = prf.key_averages().table(sort_by="self_cpu_time_total")
        head, *rows = text.splitlines()[1:-1]
        masked = [re.sub(r"\s*[\d.]+(us|ms|s|%)", " TIME", row) for row in rows]
        tables.append((head, sorted(masked)))
    assert tables[0] == tables[1]


@pytest.mark.parametrize("name", ["sum", "mm", "mul", "cat"])
def test_shapes_of_tensors_are_the_same(name):
    program = {
        "sum": lambda t, p, x, y: x.sum(1),
        "mm": lambda t, p, x, y: t.mm(x, y.transpose(0, 1)),
        "mul": lambda t, p, x, y: x * y,
        "cat": lambda t, p, x, y: x.exp(),
    }[name]
    found = []
    for module, library in ((profiler, plugrad), (torch.autograd.profiler, torch)):
        arrays = [library.ones(2, 3), library.ones(2, 3)]
        with module.profile(record_shapes=True) as prf:
            program(library, module, *arrays)
        top = [event for event in prf.function_events if event.cpu_parent is None]
        found.append([[s for s in event.input_shapes if s] for event in top])
    assert found[0] == found[1]


def test_operations_are_counted_the_same():
    counts = []
    for module, library in ((profiler, plugrad), (torch.autograd.profiler, torch)):
        x, y, b = library.ones(4, 5), library.ones(5, 6), library.ones(6)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with module.profile(with_flops=True) as prf:
                library.mm(x, y)
                library.addmm(b, x, y)
                library.bmm(x.reshape(1, 4, 5), y.reshape(1, 5, 6))
                x * x
                x + x
        counts.append([event.flops for event in prf.key_averages() if event.flops])
    assert counts[0] == counts[1]


def test_memory_of_what_is_made_and_freed():
    found = []
    for module, library in ((profiler, plugrad), (torch.autograd.profiler, torch)):
        x, y = library.ones(20, 30), library.ones(20, 30)
        with module.profile(profile_memory=True) as prf:
            z = x * y
            z = z + y
            z.mul_(x)
            z.sum(1)
            z.view(600)
            del z
        found.append({event.key: event.cpu_memory_usage for event in prf.key_averages()})
    names = ("aten::mul", "aten::add", "aten::mul_", "aten::sum", "aten::view", "[memory]")
    assert [found[0][name] for name in names] == [found[1][name] for name in names]


OUTER = """x @ y.t(); x @ v; b @ b.transpose(1, 2); F.linear(x, w); F.linear(b, w, v);
    x.softmax(1); x.log_softmax(1); x.reshape(-1); y.t().reshape(-1); b.flatten(1);
    x.chunk(2, 1); t.einsum("ij,kj->ik", x, y); t.outer(v, v); F.dropout(x, 0.5);
    F.layer_norm(x, (3,)); F.cross_entropy(x, i); F.nll_loss(x, i); v.expand_as(x);
    v.view_as(v); t.hstack([x, x]); y.t().contiguous(); x.movedim(0, 1); x.tile(2);
    F.one_hot(i); t.allclose(x, y); x.sum().item(); x.detach()"""


@pytest.mark.parametrize("text", [text.strip() for text in OUTER.split(";")])
def test_what_only_parses_is_shown_around_what_it_calls(text):
    def program(t, p, x, y):
        names = {"t": t, "F": t.nn.functional, "x": x, "y": y}
        names |= {"v": t.ones(3), "b": t.ones(2, 3, 3), "w": t.ones(3, 3), "i": t.arange(2)}
        with p.record_function("the call"):
            eval(text, names)

    ours, theirs = ([name for level, name in tree if level == 1] for tree in _both(program))
    assert ours == theirs
