"""The operators, by family: importing this package declares them all.

Each module declares operators with the forms of `plugrad.vocabulary.forms`; what is public ends up
as functions of `plugrad` and methods of `Tensor`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import MethodType
from typing import Any, Final

from plugrad.namespace import BROUGHT, METHODS, resolve_sibling
from plugrad.operators import (  # noqa: F401  # imported for what they declare
    activation,
    addmm,
    alternates,
    arithmetic,
    arranging,
    axes,
    blending,
    bounds,
    combining,
    comparison,
    complex_making,
    complex_parts,
    construction,
    contraction,
    conversion,
    counting,
    covariance,
    creation,
    diagonals,
    differences,
    distances,
    divisors,
    dunders,
    einsum,
    embedding,
    extremes,
    filling,
    flattening,
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
    masking,
    matmul,
    matrices,
    network,
    normalization,
    norms,
    ordering,
    padding,
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
    renorming,
    resizing,
    restriding,
    rounding,
    sampled,
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
from plugrad.operators.device_table import use_plugin_kernels
from plugrad.tensor import Tensor
from plugrad.vocabulary.registry import functions, methods

__all__ = ["plugin_method", "plugin_operator", "publish"]


def publish(names: Iterable[str]) -> None:
    """Make functions and methods that were declared attributes of `plugrad` and of `Tensor`.

    Those of core are when it is imported; the distributions of `plugrad.namespace.BROUGHT` say so
    themselves. What a plugin's hooks offer is found without it.
    """
    module = sys.modules["plugrad"]
    for name in names:
        if name in functions:
            setattr(module, name, functions[name])
        if name in methods:
            setattr(Tensor, name, methods[name])


publish([*functions, *methods])


class _Brought:
    """The place of a method that another distribution brings when it is first asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, tensor: Tensor | None, owner: type) -> Any:
        return _found(self._name, "Tensor", methods).__get__(tensor, owner)


for _name in METHODS:
    setattr(Tensor, _name, _Brought(_name))


_offered: Final[dict[str, Callable[..., Any]]] = {}
"""The operators of plugins that were asked for, until another plugin is loaded."""


def plugin_method(tensor: Tensor, name: str) -> Any:
    """Return the method of a tensor that another distribution's operator adds.

    Raises
    ------
    AttributeError
        If there is none.
    """
    if name.startswith("_"):
        raise AttributeError(f"'Tensor' object has no attribute {name!r}")
    return MethodType(_found(name, "'Tensor' object", methods), tensor)


def plugin_operator(name: str, owner: str) -> Callable[..., Any]:
    """Return the operator that another distribution offers under a name.

    Parameters
    ----------
    name : str
    owner : str
        Whose attribute was asked for, for the error message.

    Raises
    ------
    AttributeError
        If none offers it; tells what to install, or which plugins were left out.
    """
    return _found(name, owner, functions)


def _found(name: str, owner: str, published: dict[str, Any]) -> Callable[..., Any]:
    if name in BROUGHT:
        resolve_sibling(BROUGHT[name])
        if name in published:
            return published[name]  # type: ignore[no-any-return]
    offered = _offered.get(name)
    if offered is not None:
        return offered
    # Plugins are discovered when something is first asked that core does not have.
    from plugrad.plugins import NotRegisteredError, lookup
    from plugrad.plugins.discovery import forget_when_changed

    if not _offered:
        forget_when_changed(_offered)
    try:
        found: Any = lookup("operators", name)
    except NotRegisteredError as error:
        message = str(error)
        raise AttributeError(f"{owner} has no attribute {name!r}, and {message}") from None
    use_plugin_kernels()
    _offered[name] = found
    return found  # type: ignore[no-any-return]
