"""Initial values beside PyTorch's: the same seed gives the same weights, and the same stream on."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from behaviour import caught

import plugrad

EXACT: dict[str, Any] = {
    "dirac_": lambda i, e: i.dirac_(e(4, 3, 3)),
    "dirac_ of images": lambda i, e: i.dirac_(e(3, 5, 2, 3)),
    "dirac_ in groups": lambda i, e: i.dirac_(e(6, 2, 3, 3, 2), 2),
    "dirac_ of nothing": lambda i, e: i.dirac_(e(0, 2, 3)),
    "sparse_": lambda i, e: i.sparse_(e(9, 5), 0.3),
    "sparse_ of nothing": lambda i, e: i.sparse_(e(0, 5), 0.3),
    "sparse_ beyond": lambda i, e: i.sparse_(e(4, 5), 1.5, 2.0),
    "sparse_ below": lambda i, e: i.sparse_(e(4, 5), -0.5),
    **{
        f"trunc_normal_ {bounds}": lambda i, e, bounds=bounds: i.trunc_normal_(e(7, 9), *bounds)
        for bounds in (
            (), (0.0, 1.0, -1.0, 1.0), (0.0, 1.0, 0.0, 2.0), (1.0, 0.02), (0.0, 1.0, 0.5, 5.0),
            (0.0, 1.0, -0.1, 0.1), (0.0, 1.0, 1.0, 2.0), (0.0, 1.0, 3.0, 4.0), (5.0,),
            (0.3, 2.0, -0.1, 0.2), (0.0, 1.0, -4.0, -3.0),
        )
    },
    "trunc_normal_ of nothing": lambda i, e: i.trunc_normal_(e(0, 2)),
    "uniform": lambda i, e: i.uniform(e(3, 4)),
    "normal": lambda i, e: i.normal(e(3, 4), std=2.0),
    "constant": lambda i, e: i.constant(e(3), val=2.0),
    "eye": lambda i, e: i.eye(e(3, 2)),
    "xavier_uniform": lambda i, e: i.xavier_uniform(e(3, 2)),
    "kaiming_normal": lambda i, e: i.kaiming_normal(e(3, 2)),
}  # fmt: skip
ROUNDED: dict[str, Any] = {
    "orthogonal_": lambda i, e: i.orthogonal_(e(5, 5)),
    "orthogonal_ wide": lambda i, e: i.orthogonal_(e(3, 2, 4), 1.5),
    "orthogonal_ tall": lambda i, e: i.orthogonal_(e(7, 3)),
    "orthogonal_ of nothing": lambda i, e: i.orthogonal_(e(0, 3)),
    "orthogonal": lambda i, e: i.orthogonal(e(2, 2)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*EXACT, *ROUNDED])
def test_values_and_what_is_drawn_afterwards_agree(name: str, dtype: str) -> None:
    found = []
    for t in (plugrad, torch):
        t.manual_seed(11)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            fill = {**EXACT, **ROUNDED}[name]
            filled = fill(t.nn.init, lambda *shape, t=t: t.empty(shape, dtype=getattr(t, dtype)))
        kinds = [each.category for each in told]
        found.append(
            (filled.numpy(), str(filled.dtype).rpartition(".")[2], kinds, t.rand(3).tolist())
        )
    (ours, *told_here), (theirs, *told_there) = found
    assert told_here == told_there
    # Normal numbers of large tensors come from a vectorised logarithm: the last bit may differ.
    rounding = 1e-6 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(ours, theirs, rounding, rounding)
    if name.startswith("dirac_"):
        np.testing.assert_array_equal(ours, theirs)


REFUSED: dict[str, Any] = {
    "orthogonal_ of a vector": lambda t: t.nn.init.orthogonal_(t.empty(3)),
    "dirac_ of a matrix": lambda t: t.nn.init.dirac_(t.empty(3, 3)),
    "dirac_ in broken groups": lambda t: t.nn.init.dirac_(t.empty(4, 3, 3), 3),
    "sparse_ of three": lambda t: t.nn.init.sparse_(t.empty(3, 4, 5), 0.1),
    "trunc_normal_ the wrong way": lambda t: t.nn.init.trunc_normal_(t.empty(3), a=2.0, b=-2.0),
    "trunc_normal_ of one": lambda t: t.nn.init.trunc_normal_(t.empty(3), std=0.0),
    "trunc_normal_ of int": lambda t: t.nn.init.trunc_normal_(t.empty(3, dtype=t.int64)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_alike(name: str) -> None:
    ours, theirs = (caught(lambda t=t: REFUSED[name](t)) for t in (plugrad, torch))
    assert ours == theirs != ""


def test_a_generator_is_drawn_from() -> None:
    for name, shape in (("orthogonal_", (4, 4)), ("trunc_normal_", (40,)), ("sparse_", (6, 3))):
        found = []
        for t in (plugrad, torch):
            t.manual_seed(1)
            generator = t.Generator().manual_seed(5)
            given = (0.5,) if name == "sparse_" else ()
            filled = getattr(t.nn.init, name)(t.empty(shape), *given, generator=generator)
            found.append((filled.numpy(), t.rand(2, generator=generator).numpy()))
        for ours, theirs in zip(*found, strict=True):
            np.testing.assert_allclose(ours, theirs, 1e-5, 1e-6)
