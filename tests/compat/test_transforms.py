"""Every sample in forward mode, and mapped over a batch, under both libraries.

What differs by choice stands in ``differences.toml``, with its reason, as for the other aspects.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from comparison import Array, array_of, coverage, expecting, start_like, tensor, tensors_in

import plugrad
import plugrad.func
from plugrad.testing.samples import Sample, samples

SAMPLES = [
    sample for sample in samples() if "compat" not in sample.skip and "float64" in sample.dtypes
]


class NothingToReturnError(Exception):
    """No output takes part."""


def pushed(t: Any, sample: Sample, arrays: list[Array], places: list[int]) -> list[Array]:
    """Return the derivatives of a sample's outputs along some directions."""
    inputs = [tensor(t, array) for array in arrays]
    directions = tuple(tensor(t, start_like(inputs[place], 7 + place)) for place in places)

    def function(*points: Any) -> Any:
        given = list(inputs)
        for place, point in zip(places, points, strict=True):
            given[place] = point
        return outputs(t, sample, given, floating=True)

    _, found = t.func.jvp(function, tuple(inputs[place] for place in places), directions)
    return [array_of(each) for each in found]


def mapped(t: Any, sample: Sample, arrays: list[Array], places: list[int]) -> list[Array]:
    """Return a sample's outputs for a batch of two, which share their random numbers."""
    inputs = [
        tensor(t, np.stack([array, array * 0.9]) if place in places else array)
        for place, array in enumerate(arrays)
    ]
    dims = tuple(0 if place in places else None for place in range(len(arrays)))
    function = t.func.vmap(
        lambda *given: outputs(t, sample, given, floating=False), dims, randomness="same"
    )
    return [array_of(each) for each in function(*inputs)]


def outputs(t: Any, sample: Sample, given: Any, *, floating: bool) -> tuple[Any, ...]:
    t.manual_seed(0)
    found = tuple(
        y
        for y in tensors_in(sample.call(t, *given))
        if not floating or y.is_floating_point() or y.is_complex()
    )
    if not found:
        raise NothingToReturnError
    return found


def agree(transform: Any, aspect: str, sample: Sample, places: list[int]) -> None:
    arrays = sample.arrays("float64")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = transform(torch, sample, arrays, places)
        except Exception:  # it cannot, or there is nothing: what we do is not to be compared
            return
        with expecting(str(sample), aspect):
            try:
                ours = transform(plugrad, sample, arrays, places)
            except Exception as error:
                raise AssertionError(f"{type(error).__name__}: {error}") from error
            assert len(ours) == len(theirs)
            for one, other in zip(ours, theirs, strict=True):
                assert one.shape == other.shape
                assert one.dtype == other.dtype
                assert np.allclose(one, other, rtol=1e-6, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_forward_mode(sample: Sample) -> None:
    coverage.names.add(sample.name)
    arrays = sample.arrays("float64")
    pairs = enumerate(zip(sample.inputs, arrays, strict=True))
    places = [i for i, (given, array) in pairs if given.grad and array.dtype.kind == "f"]
    if places:
        agree(pushed, "forward mode", sample, places)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_batches(sample: Sample) -> None:
    places = [
        i
        for i, given in enumerate(sample.inputs)
        if given.kind == "real" and given.transform is None
    ]
    if places:
        agree(mapped, "vmap", sample, places)
