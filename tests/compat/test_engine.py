"""The engine against PyTorch's: its own tests run under PyTorch, then graphs, versions and bits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from comparison import graph, tensors_in
from hypothesis import given, settings
from hypothesis import strategies as st

import plugrad

Program = Callable[[Any], Any]

TESTS = Path(__file__).parents[1]
PORTABLE = {
    TESTS / "core" / "engine": ("backward", "graphs", "hooks", "inplace", "modes", "versions"),
    TESTS / "autograd": (
        "anomaly",
        "checkpoint",
        "custom_functions",
        "forward_ad",
        "func",
        "gradcheck",
        "graph",
        "saved_tensors",
        "vmap",
    ),
}
"""Tests that hold for both libraries, by folder."""

UNDER_PYTORCH = """
import sys, pytest, torch
sys.modules["plugrad"] = torch
options = ["-q", "-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning"]
sys.exit(pytest.main([*options, *sys.argv[1:]]))
"""


@pytest.mark.parametrize("folder", PORTABLE, ids=lambda folder: folder.name)
def test_their_own_tests_hold_under_pytorch(folder: Path) -> None:
    files = [str(folder / f"test_{topic}.py") for topic in PORTABLE[folder]]
    command = [sys.executable, "-c", UNDER_PYTORCH, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout


# ---------------------------------------------------------------------------- graphs after changes


def leaf(t: Any, rows: int = 3, columns: int = 4) -> Any:
    values = np.sin(np.arange(rows * columns, dtype="float32") + 1).reshape(rows, columns)
    return t.from_numpy(values).requires_grad_()


def the_base(t: Any) -> Any:
    y = leaf(t) * 1
    y.mul_(2)
    return y


def the_base_with_views(t: Any) -> Any:
    y = leaf(t) * 1
    row, column, deeper = y[0], y[:, 1], y[1][2:]
    y.mul_(2)
    return y, row, column, deeper


def a_view(t: Any) -> Any:
    y = leaf(t) * 1
    row = y[0]
    row.mul_(2)
    return y, row


def a_view_of_a_view(t: Any) -> Any:
    y = leaf(t) * 1
    turned = y.t()
    part = turned[1:]
    part.exp_()
    return y, turned, part


def a_sibling(t: Any) -> Any:
    y = leaf(t) * 1
    left, right = y[:, :2], y[:, 1:]
    left.add_(1)
    return y, left, right


def twice(t: Any) -> Any:
    y = leaf(t) * 1
    row = y[0]
    row.mul_(2)
    row.add_(3)
    y.sin_()
    return y, row


def reshaped(t: Any) -> Any:
    y = leaf(t) * 1
    flat, other, wide = y.view(-1), y.reshape(4, 3), y.unsqueeze(0)
    y.mul_(2)
    return y, flat, other, wide


def permuted(t: Any) -> Any:
    y = leaf(t) * 1
    views = y.permute(1, 0), y.transpose(0, 1), y.expand(2, 3, 4), y.diagonal(), y[None]
    y.mul_(2)
    return y, *views


def copied_into(t: Any) -> Any:
    y = t.zeros(3, 4)
    row = y[0]
    row.copy_(leaf(t)[1])
    return y, row


def set_by_index(t: Any) -> Any:
    y = t.zeros(3, 4)
    y[0] = leaf(t)[1]
    return y


def set_by_a_number(t: Any) -> Any:
    y = leaf(t) * 1
    y[0] = 1.0
    return y


def set_by_integers(t: Any) -> Any:
    y = leaf(t) * 1
    y[t.tensor([0, 1])] = 1.0
    return y


def set_by_a_mask(t: Any) -> Any:
    x = leaf(t)
    y = x * 1
    y[x > 0] = 1.0
    return y


def set_deep(t: Any) -> Any:
    x = leaf(t)
    y = x * 1
    y[1:][0, 1:3] = x[0, :2]
    return y


def with_another(t: Any) -> Any:
    x = leaf(t)
    y = x * 1
    y.add_(x[0])
    y[1].mul_(x[2])
    return y


def filled(t: Any) -> Any:
    y = leaf(t) * 1
    y.zero_()
    z = leaf(t) * 1
    z.fill_(3.0)
    z[0].zero_()
    return y, z


def masked(t: Any) -> Any:
    x = leaf(t)
    y = x * 1
    y.masked_fill_(x > 0, 2.0)
    return y


def augmented(t: Any) -> Any:
    y = leaf(t) * 1
    y += 1
    y *= leaf(t)
    y -= 2
    y /= 3
    return y


def of_a_constant(t: Any) -> Any:
    y = t.ones(3, 4)
    row = y[0]
    y.mul_(leaf(t))
    return y, row


def detached(t: Any) -> Any:
    y = leaf(t) * 1
    row = y[0]
    y.detach_()
    return y, row


def promoted(t: Any) -> Any:
    x = leaf(t)
    y = x.double()
    y.mul_(x)
    return y


def cloned(t: Any) -> Any:
    y = leaf(t).clone()
    z = y.contiguous()
    w = y.t().contiguous()
    z.mul_(2)
    return y, z, w


def several_outputs(t: Any) -> Any:
    y = leaf(t) * 1
    first, *_ = y.unbind(0)
    values, places = y.sort(1)
    left, right = y.split(2, 1)
    return first, values, places, left, right, y.max(1)


PROGRAMS: tuple[Program, ...] = (
    the_base, the_base_with_views, a_view, a_view_of_a_view, a_sibling, twice, reshaped, permuted,
    copied_into, set_by_index, set_by_a_number, set_by_integers, set_by_a_mask, set_deep,
    with_another, filled, masked, augmented, of_a_constant, detached, promoted, cloned,
    several_outputs,
)  # fmt: skip


def described(outputs: list[Any]) -> list[Any]:
    return [
        (
            graph(y.grad_fn),
            y._version,
            y.is_leaf,
            y.requires_grad,
            y._is_view(),
            y.output_nr,
        )
        for y in outputs
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_graphs_and_versions(program: Program) -> None:
    ours, theirs = (list(tensors_in(program(t))) for t in (plugrad, torch))
    assert described(ours) == described(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert one.numpy(force=True) == pytest.approx(other.numpy(force=True), rel=1e-6)


# ------------------------------------------------------------------------------------------- names


def test_the_names_and_texts_of_nodes() -> None:
    def seen(t: Any) -> list[Any]:
        x = leaf(t)
        y = (x * 2).sum()
        accumulation = (x * 1).grad_fn.next_functions[0][0]
        changed = x * 1
        changed[0].mul_(2)
        nodes = [y.grad_fn, accumulation, changed.grad_fn]
        texts = [f"{y!r}", f"{changed.sum()!r}", f"{x.sum(0).max()!r}"]
        return [
            [repr(n).split(" object")[0] for n in nodes],
            texts,
            [type(n).__name__ for n in nodes],
        ]

    assert seen(plugrad) == seen(torch)


# --------------------------------------------------------------------------- the order of addition

UNARY = ("sin", "exp", "tanh", "sigmoid", "neg", "abs")
BINARY = ("mul", "add", "sub")


@st.composite
def random_graphs(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Programs: each step applies an operator to earlier results, so that gradients meet often."""
    steps: list[tuple[Any, ...]] = []
    for position in range(1, draw(st.integers(3, 14))):
        earlier = st.integers(0, position - 1)
        if draw(st.booleans()):
            steps.append((draw(st.sampled_from(UNARY)), draw(earlier)))
        else:
            steps.append((draw(st.sampled_from(BINARY)), draw(earlier), draw(earlier)))
    return steps


def gradient_of(t: Any, steps: list[tuple[Any, ...]], inputs: bool) -> tuple[Any, Any]:
    x = t.tensor([0.3, -0.7, 1.1], requires_grad=True)
    results = [x]
    for name, *operands in steps:
        results.append(getattr(t, name)(*(results[i] for i in operands)))
    order: list[int] = []
    for number, result in enumerate(results):
        result.register_hook(lambda _, number=number: order.append(number))
    total = results[-1].sum()
    if inputs:
        return t.autograd.grad(total, x)[0].tolist(), order
    total.backward()
    return x.grad.tolist(), order


@settings(max_examples=150, deadline=None)
@given(random_graphs(), st.booleans())
def test_gradients_meet_in_the_same_order(steps: list[tuple[Any, ...]], inputs: bool) -> None:
    (ours, our_order), (theirs, their_order) = (
        gradient_of(t, steps, inputs) for t in (plugrad, torch)
    )
    assert our_order == their_order
    # Where tanh is almost 1, its slope is what rounding leaves of 1 - 1; and the last digit of an
    # exponential is many in the sine of it.
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-4)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=12))
def test_sums_of_gradients_have_the_same_bits(factors: list[float]) -> None:
    def gradient(t: Any) -> Any:
        x = t.tensor([1.0, 3.0], requires_grad=True)
        y = x * 1
        total = sum(((y * factor) for factor in factors[1:]), y * factors[0])
        total.sum().backward()
        return x.grad.tolist()

    assert gradient(plugrad) == gradient(torch)


# ---------------------------------------------------------------------------------- complex numbers


@pytest.mark.parametrize(
    "function",
    [
        lambda z: z * z,
        lambda z: z * z.conj(),
        lambda z: z.abs(),
        lambda z: z.angle(),
        lambda z: z.real * z.imag,
        lambda z: z.exp(),
        lambda z: z.sin() / z,
        lambda z: (z * 2.0).real,
        lambda z: z * z.real,
        lambda z: z.sum() * z,
        lambda z: z**3,
        lambda z: z.sqrt(),
        lambda z: z.sgn(),
        lambda z: 1 / z,
        lambda z: z.real + 1j * z.imag,
    ],
)
def test_complex_gradients(function: Callable[[Any], Any]) -> None:
    def gradients(t: Any) -> Any:
        z = t.tensor([1 + 2j, -0.5 + 0.25j, 0.3 - 1.5j], dtype=t.complex128, requires_grad=True)
        y = function(z)
        start = t.tensor([1.0, 2.0, 0.5], dtype=t.float64)
        start = start.to(t.complex128) * (1 - 0.5j) if y.is_complex() else start
        (slope,) = t.autograd.grad(y, z, start, create_graph=True)
        again = None
        if slope.requires_grad:
            (again,) = t.autograd.grad((slope * slope.conj()).real.sum(), z, allow_unused=True)
        return slope.detach().tolist(), None if again is None else again.tolist()

    for ours, theirs in zip(gradients(plugrad), gradients(torch), strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)
