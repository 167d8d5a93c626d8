"""Scans: running sums and extremes along a dimension."""

from __future__ import annotations

from typing import Any

from plugrad import return_types
from plugrad.dtypes import bool_
from plugrad.operators.dimensions import (
    along,
    apply,
    one_dim,
    require_real,
    result_kind,
)
from plugrad.vocabulary.forms import function, linear, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = [
    "cummax",
    "cummin",
    "cumsum",
    "cumsum_",
    "logcumsumexp",
    "scan_kind",
]

_cumsum = linear(
    "cumsum", "x; dim, kind=None", out="casts", moves=True,
    x=lambda k, g, dim: k.flip(k.cumsum(k.flip(g, along(g, dim)), dim), along(g, dim)),
)  # fmt: skip


@function("function method")
def cumsum(input: Any, dim: int | None = None, *, dtype: Any = None, out: Any = None,
           axis: int | None = None) -> Any:  # fmt: skip
    """Return the running sums along a dimension.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
        Of the result; by default integers and bools are summed in int64.
    out : Tensor, optional
        Where to put the result.
    axis
        NumPy's name of `dim`.

    Returns
    -------
    Tensor
        Of the input's shape.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1, 2], [3, 4]]).cumsum(0)
    tensor([[1, 2],
            [4, 6]])
    """
    dim = one_dim("cumsum", input, dim if axis is None else axis)
    return apply("cumsum", (input,), (dim, scan_kind("cumsum", input, dtype, out)), out)


def scan_kind(name: str, input: Any, kind: Any, out: Any) -> Any:
    """Return the dtype to accumulate in: see `result_kind`.

    Raises
    ------
    NotImplementedError
        If `out` holds bools, which do not add up.
    """
    kind = result_kind(name, input, kind, out)
    if out is not None and kind is not None and kind is bool_ and input.shape and input.numel():
        raise NotImplementedError(f"{name}(): out must hold numbers, and is of {kind}")
    return kind


@function("method")
def cumsum_(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Put the running sums along a dimension in the tensor's place; see `cumsum`."""
    dim = one_dim("cumsum_", input, dim)
    return inplace(operators["cumsum"], (input,), (dim, result_kind("cumsum_", input, dtype)))


# ------------------------------------------------------------------------- extremes, logarithms


def _added_along(k: Any, g: Any, indices: Any, dim: int) -> Any:
    # One element may have been the extreme several times.
    return k.gather_grad(g, indices, g.shape, dim)


primitive("cummax", "x; dim", outputs="values, indices", moves=True, x=_added_along)
primitive("cummin", "x; dim", outputs="values, indices", moves=True, x=_added_along)


def _running_extreme(name: str, input: Any, dim: Any, out: Any) -> Any:
    number = one_dim(name, input, dim)
    require_real(name, input, NotImplementedError)
    return getattr(return_types, name)(apply(name, (input,), (number,), out))


@function("function method")
def cummax(input: Any, dim: int | None = None, *, out: Any = None,
           axis: int | None = None) -> Any:  # fmt: skip
    """Return the largest element so far along a dimension, and its index: the last of several.

    Parameters
    ----------
    input : Tensor
        Of real numbers. NaN counts as larger than everything.
    dim : int
    out : tuple of two Tensors, optional
        Where to put the result.
    axis
        NumPy's name of `dim`.

    Returns
    -------
    (values, indices)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 3, 2, 3]).cummax(0)
    plugrad.return_types.cummax(
    values=tensor([1, 3, 3, 3]),
    indices=tensor([0, 1, 1, 3]))
    """
    return _running_extreme("cummax", input, dim if axis is None else axis, out)


@function("function method")
def cummin(input: Any, dim: int | None = None, *, out: Any = None,
           axis: int | None = None) -> Any:  # fmt: skip
    """Return the smallest element so far along a dimension, and its index.

    Everything else is as for `cummax`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([3, 1, 2]).cummin(0).values
    tensor([3, 1, 1])
    """
    return _running_extreme("cummin", input, dim if axis is None else axis, out)


def _logcumsumexp_rule(k: Any, g: Any, x: Any, out: Any, dim: int) -> Any:
    """Return ``exp(x) * (the sum from here on of g * exp(-out))``, in logarithms.

    The positive and the negative part of `g` have a logarithm each; -1e30 stands for that of 0.
    """
    dims = along(x, dim)
    if k.is_complex(x):
        some = g != 0
        logarithm = k.where(some, k.log(k.where(some, g, k.ones_like(g))), k.zeros_like(g) - 1e30)
        backwards = k.logcumsumexp(k.flip(logarithm - k.conj(out), dims), dim)
        return k.exp(k.flip(backwards, dims) + k.conj(x))

    def from_here_on(part: Any, present: Any) -> Any:
        safe = k.where(present, part, k.ones_like(part))
        logarithm = k.where(present, k.log(safe), k.zeros_like(part) - 1e30)
        backwards = k.logcumsumexp(k.flip(logarithm - out, dims), dim)
        return k.exp(k.flip(backwards, dims) + x)

    return from_here_on(g, g > 0) - from_here_on(-g, g < 0)


primitive("logcumsumexp", "x; dim", x=_logcumsumexp_rule)


@function("function method")
def logcumsumexp(input: Any, dim: int | None = None, *, out: Any = None,
                 axis: int | None = None) -> Any:  # fmt: skip
    """Return ``log(cumsum(exp(x)))`` along a dimension, for numbers of any size.

    Parameters
    ----------
    input : Tensor
        Of floating-point or complex numbers.
    dim : int
    out : Tensor, optional
        Where to put the result.
    axis
        NumPy's name of `dim`.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    NotImplementedError
        For integers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([0.0, 0.0]).logcumsumexp(0)
    tensor([0.0000, 0.6931])
    """
    dim = one_dim("logcumsumexp", input, dim if axis is None else axis)
    if not (input._dtype.is_floating_point or input._dtype.is_complex):
        raise NotImplementedError(
            f"logcumsumexp() needs a floating-point dtype, not {input._dtype}; convert the input "
            "with .float()"
        )
    return apply("logcumsumexp", (input,), (dim,), out)
