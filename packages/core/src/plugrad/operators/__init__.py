"""The operators, by family: importing this package declares them all.

Each module declares operators with the forms of `plugrad.vocabulary.forms`; what is public ends up
as functions of `plugrad` and methods of `Tensor`.
"""

from __future__ import annotations

from typing import Any

from plugrad.operators import (  # noqa: F401  # imported for what they declare
    activation,
    addmm,
    arithmetic,
    arranging,
    attention,
    axes,
    binary,
    blending,
    bounds,
    comparison,
    complex_making,
    complex_parts,
    construction,
    contraction,
    conversion,
    counting,
    creation,
    differences,
    dropout,
    dunders,
    einsum,
    embedding,
    entropy,
    extremes,
    filling,
    gathering,
    grids,
    indexing,
    interchange,
    joining,
    keys,
    legacy,
    likeness,
    linalg,
    losses,
    masking,
    matmul,
    matrices,
    network,
    normalization,
    norms,
    ordering,
    parts,
    picking,
    powers,
    products,
    queries,
    random_fills,
    randomness,
    ranges,
    ranks,
    reduction,
    resizing,
    restriding,
    rounding,
    sampling,
    scans,
    selection,
    shape,
    sharing,
    spaces,
    special_functions,
    splitting,
    statistics,
    transcendental,
)
from plugrad.tensor import Tensor
from plugrad.vocabulary.registry import methods

__all__ = ["plugin_method"]

for _name, _method in methods.items():
    setattr(Tensor, _name, _method)


def plugin_method(tensor: Tensor, name: str) -> Any:
    """Return the method of a tensor that a plugin's operator adds.

    Raises
    ------
    AttributeError
        If there is none.
    """
    raise AttributeError(f"'Tensor' object has no attribute {name!r}")
