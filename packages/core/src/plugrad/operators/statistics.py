"""Statistics: variance and standard deviation."""

from __future__ import annotations

import math
import warnings
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import UNSET, apply, reduced_dims, restored
from plugrad.vocabulary.forms import function, primitive

__all__ = ["std", "std_mean", "var", "var_mean"]


def _freedom(shape: tuple[int, ...], dim: tuple[int, ...], correction: float) -> float:
    """Return what the sum of squares is divided by: no less than 0."""
    return max(math.prod([shape[number] for number in dim]) - correction, 0)


def _var_rule(
    k: Any, g: Any, x: Any, x_shape: Any, dim: Any, correction: float, keepdim: bool
) -> Any:
    freedom = _freedom(x_shape, dim, correction)
    scale = 2.0 / freedom if freedom else math.inf
    g = restored(k, g, x_shape, dim, keepdim)
    return scale * g * (x - k.mean_dim(x, dim, True))


def _std_rule(
    k: Any, g: Any, x: Any, x_shape: Any, out: Any, dim: Any, correction: float, keepdim: bool
) -> Any:
    # Where all elements are equal the gradient is 0, by convention.
    safe = k.where(out == 0, k.ones_like(out), out)
    half = k.keep(g / (safe * 2), out != 0)
    return _var_rule(k, half, x, x_shape, dim, correction, keepdim)


def _mean_rule(k: Any, g: Any, x_shape: Any, dim: Any, keepdim: bool) -> Any:
    count = math.prod([x_shape[number] for number in dim])
    return k.expand(restored(k, g / count, x_shape, dim, keepdim), x_shape)


def _var_mean_rule(
    k: Any, g_var: Any, g_mean: Any, x: Any, x_shape: Any, dim: Any, correction: float,
    keepdim: bool,
) -> Any:  # fmt: skip
    spread = _var_rule(k, g_var, x, x_shape, dim, correction, keepdim)
    return spread + _mean_rule(k, g_mean, x_shape, dim, keepdim)


def _std_mean_rule(
    k: Any, g_std: Any, g_mean: Any, x: Any, x_shape: Any, std: Any, dim: Any, correction: float,
    keepdim: bool,
) -> Any:  # fmt: skip
    spread = _std_rule(k, g_std, x, x_shape, std, dim, correction, keepdim)
    return spread + _mean_rule(k, g_mean, x_shape, dim, keepdim)


def _var_body(k: Any, x: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    away = x - k.mean_dim(x, dim, True)
    freedom = _freedom(x.shape, dim, correction)
    squares = k.real(away * k.conj(away)) if k.is_complex(x) else away * away
    total = k.sum_dim(squares, dim, keepdim)
    return total / freedom if freedom else total * math.inf


def _var_mean_body(k: Any, x: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    return k.var(x, dim, correction, keepdim), k.mean_dim(x, dim, keepdim)


def _std_mean_body(k: Any, x: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    return k.std(x, dim, correction, keepdim), k.mean_dim(x, dim, keepdim)


_SIGNATURE = "x; dim, correction, keepdim"
primitive("var", _SIGNATURE, out="casts", body=_var_body, x=_var_rule)
primitive(
    "std", _SIGNATURE, out="casts", body=lambda k, x, *params: k.sqrt(k.var(x, *params)),
    x=_std_rule,
)  # fmt: skip
primitive("var_mean", _SIGNATURE, outputs="var, mean", body=_var_mean_body, x=_var_mean_rule)
primitive("std_mean", _SIGNATURE, outputs="std, mean", body=_std_mean_body, x=_std_mean_rule)


def _spread(
    name: str, input: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any, out: Any
) -> Any:
    if isinstance(dim, bool):  # var(unbiased)
        if unbiased is not UNSET:
            raise TypeError(f"{name}(): dim must be an int or a sequence of ints, not a bool")
        dim, unbiased = None, dim
    if unbiased is not UNSET:
        if correction is not UNSET:
            raise TypeError(f"{name}(): pass unbiased or correction, not both")
        correction = 1 if unbiased else 0
    correction = 1 if correction is UNSET or correction is None else correction
    dims = reduced_dims(name, input, dim, keepdim)
    if not (input._dtype.is_floating_point or input._dtype.is_complex):
        raise RuntimeError(
            f"{name}() needs a floating-point or complex dtype, not {input._dtype}; convert the "
            "input with .float()"
        )
    shape = input._array.shape
    if isinstance(out, TensorBase) and out.is_complex() and not input.is_complex():  # type: ignore[attr-defined]
        kept = math.prod([n for number, n in enumerate(shape) if number not in dims])
        if kept > 1 and 0 not in shape:
            raise NotImplementedError(f"{name}() of real numbers needs an out of real numbers")
    if _freedom(shape, dims, correction) == 0 and 0 not in [
        n for number, n in enumerate(shape) if number not in dims
    ]:
        count = math.prod([shape[number] for number in dims])
        warnings.warn(
            f"{name}(): {count} elements less a correction of {correction} leave no degrees of "
            "freedom; the correction should be smaller than the number of elements",
            UserWarning,
            stacklevel=3,
        )
    return apply(name, (input,), (dims, correction, keepdim), out)


@function("function method")
def var(
    input: Any, dim: Any = None, unbiased: Any = UNSET, keepdim: bool = False, *,
    correction: float | Any = UNSET, out: Any = None, axis: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the variance: the sum of squared distances from the mean, by ``n - correction``.

    Parameters
    ----------
    input : Tensor
        Of floating-point or complex numbers.
    dim : int, sequence of int or None
        The dimensions to look along, by default all.
    unbiased : bool
        Bessel's correction: an older way to say ``correction=1`` or ``correction=0``.
    keepdim : bool
        Whether the dimensions stay, with size 1.
    correction : float
        By how much the divisor is less than the number of elements, by default 1.
    out : Tensor, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor
        NaN or infinity, with a warning, where no degree of freedom is left.

    Raises
    ------
    RuntimeError
        For integers.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([1.0, 2.0, 3.0, 4.0])
    >>> x.var(), x.var(correction=0)
    (tensor(1.6667), tensor(1.2500))
    """
    dim = dim if axis is None else axis
    return _spread("var", input, dim, unbiased, keepdim or keepdims, correction, out)


@function("function method")
def std(
    input: Any, dim: Any = None, unbiased: Any = UNSET, keepdim: bool = False, *,
    correction: float | Any = UNSET, out: Any = None, axis: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the standard deviation: the square root of `var`, whose arguments it takes.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1.0, 2.0, 3.0, 4.0]).std()
    tensor(1.2910)
    """
    dim = dim if axis is None else axis
    return _spread("std", input, dim, unbiased, keepdim or keepdims, correction, out)


@function("function")
def var_mean(
    input: Any, dim: Any = None, unbiased: Any = UNSET, keepdim: bool = False, *,
    correction: float | Any = UNSET, out: Any = None, axis: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the variance and the mean; the arguments are those of `var`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.var_mean(plugrad.tensor([1.0, 2.0, 3.0, 4.0]))
    (tensor(1.6667), tensor(2.5000))
    """
    dim = dim if axis is None else axis
    return _spread("var_mean", input, dim, unbiased, keepdim or keepdims, correction, out)


@function("function")
def std_mean(
    input: Any, dim: Any = None, unbiased: Any = UNSET, keepdim: bool = False, *,
    correction: float | Any = UNSET, out: Any = None, axis: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the standard deviation and the mean; the arguments are those of `var`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.std_mean(plugrad.tensor([1.0, 2.0, 3.0, 4.0]))
    (tensor(1.2910), tensor(2.5000))
    """
    dim = dim if axis is None else axis
    return _spread("std_mean", input, dim, unbiased, keepdim or keepdims, correction, out)
