"""Every sample under PyTorch: values, dtypes, gradients, graphs, in-place forms, other dtypes.

What differs by choice stands in ``differences.toml``, with its reason; an agreement that is not
expected there fails too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from comparison import Array, Seen, compare, coverage, expecting, see, unsupported

import plugrad
from plugrad.testing.samples import Sample, samples

SAMPLES = [sample for sample in samples() if "compat" not in sample.skip]
IDS = [str(sample) for sample in SAMPLES]

of_samples = pytest.mark.parametrize("sample", SAMPLES, ids=IDS)


def grads_of(sample: Sample, arrays: list[Array]) -> list[bool]:
    pairs = zip(sample.inputs, arrays, strict=True)
    return [given.grad and array.dtype.kind in "fcV" for given, array in pairs]


@lru_cache(maxsize=8)
def both(sample: Sample, dtype: str, inplace: bool = False) -> tuple[Seen, Seen]:
    """Return what is seen of a sample under plugrad and under PyTorch."""
    call = in_place(sample) if inplace else sample.call
    arrays = sample.arrays(dtype)
    grads = grads_of(sample, arrays)
    second = sample.second and not inplace
    ours, theirs = (see(t, call, arrays, grads, second=second) for t in (plugrad, torch))
    return ours, theirs


def in_place(sample: Sample) -> Any:
    def call(t: Any, first: Any, *others: Any) -> Any:
        assert sample.inplace is not None
        return sample.inplace(t, first.clone(), *others)

    return call


@of_samples
def test_forward(sample: Sample) -> None:
    coverage.names.add(sample.name)
    with expecting(str(sample), "forward"):
        for dtype in sample.dtypes:
            compare(*both(sample, dtype), "forward", 0 if sample.exact else 8)


@of_samples
def test_gradients(sample: Sample) -> None:
    with expecting(str(sample), "gradients"):
        for dtype in sample.dtypes:
            compare(*both(sample, dtype), "gradients", 16)


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.second and "second" not in s.skip], ids=str
)
def test_second_derivatives(sample: Sample) -> None:
    with expecting(str(sample), "second"):
        for dtype in sample.dtypes:
            compare(*both(sample, dtype), "second", 64)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.graph], ids=str)
def test_graphs(sample: Sample) -> None:
    with expecting(str(sample), "graph"):
        compare(*both(sample, sample.dtypes[0]), "graph", 0)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.inplace], ids=str)
def test_in_place_forms(sample: Sample) -> None:
    with expecting(str(sample), "in place"):
        for dtype in sample.dtypes:
            ours, theirs = both(sample, dtype, inplace=True)
            compare(ours, theirs, "forward", 0 if sample.exact else 8)
            compare(ours, theirs, "gradients", 16)
            if sample.graph:
                compare(ours, theirs, "graph", 0)


# --------------------------------------------------------------------------------- other dtypes

OTHER_DTYPES = ("float16", "bfloat16", "int64", "int32", "uint8", "bool", "complex64")


def converted(sample: Sample, dtype: str) -> list[Array]:
    """Return a sample's arrays with the real ones in another dtype."""
    arrays = sample.arrays("complex64" if dtype == "complex64" else "float64")
    kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    made = []
    for given, array in zip(sample.inputs, arrays, strict=True):
        if given.kind == "real" and kind.kind in "iu":
            array = np.nan_to_num(array, nan=0.0, posinf=7.0, neginf=5.0)
            array = np.asarray(np.round(np.abs(array) * 3)).astype(kind)
        elif given.kind == "real" and kind.kind == "b":
            array = np.asarray(array > 0)
        elif given.kind == "real":
            array = np.asarray(array).astype(kind)
        made.append(array)
    return made


@pytest.mark.parametrize("dtype", OTHER_DTYPES)
@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if any(given.kind == "real" for given in s.inputs)], ids=str
)
def test_other_dtypes(sample: Sample, dtype: str) -> None:
    arrays = converted(sample, dtype)
    grads = [False] * len(arrays)
    if dtype in ("float16", "bfloat16"):
        grads = [given.grad and given.kind == "real" for given in sample.inputs]
    ours, theirs = (see(t, sample.call, arrays, grads) for t in (plugrad, torch))
    if unsupported(theirs):
        return
    with expecting(f"{sample}-{dtype}", "other dtypes"):
        compare(ours, theirs, "forward", 2 if dtype != "complex64" else 16)
        compare(ours, theirs, "gradients", 4)
