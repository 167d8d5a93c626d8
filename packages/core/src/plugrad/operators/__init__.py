"""The operators, by family: importing this package declares them all.

Each module declares operators with the forms of `plugrad.vocabulary.forms`; what is public ends up
as functions of `plugrad` and methods of `Tensor`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

from plugrad.operators import (  # noqa: F401  # imported for what they declare
    activation,
    addmm,
    alignment,
    alternates,
    arithmetic,
    arranging,
    attention,
    axes,
    bags,
    bilinear,
    binary,
    blending,
    bounds,
    channels,
    cholesky,
    columns,
    combining,
    comparison,
    complex_making,
    complex_parts,
    construction,
    contraction,
    conv,
    conversion,
    convolution,
    counting,
    covariance,
    creation,
    decompositions,
    determinants,
    diagonals,
    differences,
    distances,
    divergence,
    divisors,
    dropout,
    dunders,
    einsum,
    embedding,
    entropy,
    extremes,
    filling,
    flattening,
    frequencies,
    gathering,
    grids,
    histograms,
    indexing,
    inserting,
    interchange,
    joining,
    keys,
    legacy,
    likeness,
    linalg,
    losses,
    lowrank,
    lu,
    margins,
    masking,
    matmul,
    matrices,
    matrix_functions,
    matrix_norms,
    network,
    normalization,
    norms,
    ordering,
    padding,
    pairs,
    parts,
    picking,
    pooling,
    pools,
    powers,
    products,
    pseudoinverses,
    queries,
    random_fills,
    randomness,
    ranges,
    ranks,
    reduction,
    reflectors,
    renorming,
    resampling,
    resizing,
    restriding,
    rounding,
    rrelu,
    sampled,
    sampling,
    sampling_grids,
    scans,
    selection,
    shape,
    sharing,
    short_time,
    shuffling,
    similarity,
    solving,
    spaces,
    special_functions,
    spectral,
    splitting,
    statistics,
    tapers,
    transcendental,
)
from plugrad.operators.device_table import use_plugin_kernels
from plugrad.tensor import Tensor
from plugrad.vocabulary.registry import methods

__all__ = ["plugin_method", "plugin_operator"]

for _name, _method in methods.items():
    setattr(Tensor, _name, _method)


def plugin_method(tensor: Tensor, name: str) -> Any:
    """Return the method of a tensor that a plugin's operator adds.

    Raises
    ------
    AttributeError
        If there is none.
    """
    if name.startswith("_"):
        raise AttributeError(f"'Tensor' object has no attribute {name!r}")
    return MethodType(plugin_operator(name, "'Tensor' object"), tensor)


def plugin_operator(name: str, owner: str) -> Callable[..., Any]:
    """Return the operator that a plugin offers under a name.

    Parameters
    ----------
    name : str
    owner : str
        Whose attribute was asked for, for the error message.

    Raises
    ------
    AttributeError
        If no plugin offers it; tells which plugins were left out.
    """
    # Plugins are discovered when something is first asked that core does not have.
    from plugrad.plugins import NotRegisteredError, lookup

    try:
        found: Any = lookup("operators", name)
    except NotRegisteredError as error:
        message = str(error)
        raise AttributeError(f"{owner} has no attribute {name!r}, and {message}") from None
    use_plugin_kernels()
    return found  # type: ignore[no-any-return]
