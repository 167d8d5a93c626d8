"""Samples of what makes tensors of constants and of data."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy

from plugrad.testing.samples import Input, Sample, positive, real

__all__ = ["SAMPLES", "calls_of", "made"]

Call = Callable[..., Any]


def made(name: str, *calls: Call, exact: bool = True) -> list[Sample]:
    """Return samples of calls without inputs."""
    return calls_of(name, *calls, inputs=(), exact=exact)


def calls_of(
    name: str,
    *calls: Call,
    inputs: tuple[Input, ...] = (real(3, 4),),
    exact: bool = True,
    second: bool = True,
    skip: dict[str, str] | None = None,
    dtypes: tuple[str, ...] = ("float32", "float64"),
    label: str = "",
) -> list[Sample]:
    """Return samples of several calls with the same inputs, numbered."""
    return [
        Sample(
            name,
            call,
            inputs,
            dtypes,
            exact,
            second=second,
            skip=skip or {},
            label=f"{label}{number}",
        )
        for number, call in enumerate(calls)
    ]


def _deprecated(call: Call) -> Call:
    def quietly(t: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(t)

    return quietly


_CONSTANTS = [
    *made(
        "zeros",
        lambda t: t.zeros(2, 3),
        lambda t: t.zeros((2, 0), dtype=t.int32),
        lambda t: t.zeros(()),
        lambda t: t.zeros(size=[2], dtype=t.complex64),
        lambda t: t.zeros(2, 3, out=t.ones(5)),
        lambda t: t.zeros(2, dtype=int, layout=t.strided, requires_grad=False),
    ),
    *made(
        "ones",
        lambda t: t.ones(2, 3),
        lambda t: t.ones(t.Size([3]), dtype=t.bool),
        lambda t: t.ones(3, dtype=t.uint8),
        lambda t: t.ones([2, 2], dtype=t.float64, requires_grad=True),
    ),
    *made(
        "full",
        lambda t: t.full((2, 2), 7),
        lambda t: t.full((2,), 2.5),
        lambda t: t.full((2,), True),
        lambda t: t.full((2,), 1 + 2j),
        lambda t: t.full((2,), -1, dtype=t.uint8),
        lambda t: t.full((2,), 2.7, dtype=t.int64),
        lambda t: t.full((2,), float("inf")),
        lambda t: t.full((2,), t.tensor(3)),
        lambda t: t.full((), 3.0, out=t.empty(0, dtype=t.float64)),
    ),
    *made(
        "eye",
        lambda t: t.eye(3),
        lambda t: t.eye(2, 4, dtype=t.int64),
        lambda t: t.eye(3, 1),
        lambda t: t.eye(0),
    ),
    *made(
        "scalar_tensor", lambda t: t.scalar_tensor(3), lambda t: t.scalar_tensor(2.5, dtype=t.int32)
    ),
    *made(
        "empty",
        lambda t: t.empty(2, 3).shape,
        lambda t: t.empty(2, 3, 4, 5, memory_format=t.channels_last).stride(),
    ),
    *made("empty_permuted", lambda t: t.empty_permuted((2, 3, 4), (2, 0, 1)).stride()),
    *made("empty_strided", lambda t: t.empty_strided((2, 3), (1, 2)).stride()),
]

_RANGES = [
    *made(
        "arange",
        lambda t: t.arange(5),
        lambda t: t.arange(1, 5, 2),
        lambda t: t.arange(5, 0, -2),
        lambda t: t.arange(0, 1, 0.1),
        lambda t: t.arange(0, 1, 0.1, dtype=t.float64),
        lambda t: t.arange(0.3, 40, 0.37),
        lambda t: t.arange(0.3, 40, 0.37, dtype=t.float64),
        lambda t: t.arange(-3, 30.5),
        lambda t: t.arange(3, 3),
        lambda t: t.arange(start=1, end=4, dtype=t.int32),
        lambda t: t.arange(2.5, out=t.empty(0)),
    ),
    *made(
        "range",
        _deprecated(lambda t: t.range(1, 4)),
        _deprecated(lambda t: t.range(0, 1, 0.1)),
        _deprecated(lambda t: t.range(1, 4, dtype=t.int64)),
    ),
    *made(
        "linspace",
        lambda t: t.linspace(0, 1, 5),
        lambda t: t.linspace(-1.7, 2.3, 50),
        lambda t: t.linspace(-1.7, 2.3, 50, dtype=t.float64),
        lambda t: t.linspace(3, -4, 7, dtype=t.int64),
        lambda t: t.linspace(0, 1 + 2j, 9),
        lambda t: t.linspace(2, 5, 1),
        lambda t: t.linspace(2, 5, 0),
        lambda t: t.linspace(t.tensor(1.0), 2, 4),
    ),
    *made(
        "logspace",
        lambda t: t.logspace(0, 2, 3),
        lambda t: t.logspace(-1.5, 2.5, 20),
        lambda t: t.logspace(-1.5, 2.5, 20, base=2, dtype=t.float64),
        lambda t: t.logspace(0, 3, 4, dtype=t.int64),
        lambda t: t.logspace(0, 2, 3, base=-2.0),
    ),
    *made(
        "tril_indices",
        lambda t: t.tril_indices(3, 4),
        lambda t: t.tril_indices(3, 2, -1),
        lambda t: t.tril_indices(0, 3),
        lambda t: t.tril_indices(3, 3, 1, dtype=t.int32),
    ),
    *made(
        "triu_indices",
        lambda t: t.triu_indices(3, 4),
        lambda t: t.triu_indices(3, 2, 1),
        lambda t: t.triu_indices(2, 3, -5),
    ),
]

_LIKENESS = [
    *calls_of(
        "zeros_like",
        lambda t, x: t.zeros_like(x),
        lambda t, x: t.zeros_like(x, dtype=t.int64),
        lambda t, x: t.zeros_like(x.t()).stride(),
        lambda t, x: t.zeros_like(x.t(), memory_format=t.contiguous_format).stride(),
    ),
    *calls_of(
        "ones_like", lambda t, x: t.ones_like(x), lambda t, x: t.ones_like(x, requires_grad=True)
    ),
    *calls_of(
        "full_like", lambda t, x: t.full_like(x, 2), lambda t, x: t.full_like(x, 2, dtype=t.bool)
    ),
    *calls_of(
        "empty_like",
        lambda t, x: t.empty_like(x).shape,
        lambda t, x: t.empty_like(x[:, ::2]).stride(),
        lambda t, x: t.empty_like(x[0].expand(2, 4)).stride(),
    ),
    *calls_of(
        "new_zeros", lambda t, x: x.new_zeros(2), lambda t, x: x.new_zeros((2, 0), dtype=t.int8)
    ),
    *calls_of("new_ones", lambda t, x: x.new_ones(2, 3), lambda t, x: x.new_ones(size=(2,))),
    *calls_of("new_empty", lambda t, x: x.new_empty(2, 3).shape),
    *calls_of("new_empty_strided", lambda t, x: x.new_empty_strided((2, 3), (1, 2)).stride()),
    *calls_of("new_full", lambda t, x: x.new_full((2,), 3), lambda t, x: x.new_full([2], 3.5)),
    *calls_of("new_tensor", lambda t, x: x.new_tensor([1, 2]), lambda t, x: x.new_tensor(3.5)),
    *calls_of(
        "new",
        lambda t, x: x.new([1, 2]),
        lambda t, x: x.new(2, 3).shape,
        skip={"device": "old constructors are the processor's"},
    ),
]

_DATA = [
    *made(
        "tensor",
        lambda t: t.tensor([[1, 2], [3, 4.5]]),
        lambda t: t.tensor([True, False]),
        lambda t: t.tensor([True, 2]),
        lambda t: t.tensor([1, 2j]),
        lambda t: t.tensor(2.5),
        lambda t: t.tensor([]),
        lambda t: t.tensor([[], []]),
        lambda t: t.tensor(range(3)),
        lambda t: t.tensor((1, 2), dtype=t.float64, requires_grad=True),
        lambda t: t.tensor([numpy.float64(1.5), 2]),
        lambda t: t.tensor([t.tensor(1), 2.5]),
        lambda t: t.tensor(numpy.arange(3)),
        lambda t: t.tensor(1e300),
        lambda t: t.tensor([-1], dtype=t.uint8),
    ),
    *made(
        "as_tensor",
        lambda t: t.as_tensor([1.0, 2.0]),
        lambda t: t.as_tensor(3, dtype=t.int8),
        lambda t: t.as_tensor(numpy.ones(2)),
    ),
    *made(
        "asarray",
        lambda t: t.asarray([1, 2]),
        lambda t: t.asarray(numpy.ones(2), dtype=t.int32),
        lambda t: t.asarray(t.ones(2), copy=True),
    ),
    *made("from_numpy", lambda t: t.from_numpy(numpy.ones((2, 3)).T)),
    *made("frombuffer", lambda t: t.frombuffer(bytearray(b"abcdefgh"), dtype=t.int16, offset=2)),
    *made("from_dlpack", lambda t: t.from_dlpack(numpy.arange(3.0))),
    *calls_of("complex", lambda t, x, y: t.complex(x, y), inputs=(real(3, 4), real(3, 4))),
    *calls_of("complex", lambda t, x, y: t.complex(x, y), inputs=(real(3, 1), real(4))),
    *calls_of(
        "polar", lambda t, x, y: t.polar(x, y), inputs=(positive(3, 4), real(3, 4)), exact=False
    ),
    *calls_of("polar", lambda t, x, y: t.polar(x, y), inputs=(positive(), real(2)), exact=False),
]

SAMPLES: tuple[Sample, ...] = (*_CONSTANTS, *_RANGES, *_LIKENESS, *_DATA)
