"""What makes numbers comparable: softmax, its logarithm and its denominator, layer normalization.

The backwards of these are operators of their own, so that a backend can fuse them too; their bodies
are what is differentiated for derivatives of higher order.
"""

from __future__ import annotations

from typing import Any

from plugrad.dtypes import get_default_dtype
from plugrad.operators.dimensions import (
    UNSET,
    along,
    apply,
    one_dim,
    reduced_dims,
    restored,
    result_kind,
)
from plugrad.operators.spaces import cast
from plugrad.vocabulary.forms import composite, function, primitive

__all__ = ["layer_norm", "log_softmax", "logsumexp", "softmax"]


def _softmax_body(k: Any, x: Any, dim: int) -> Any:
    dims = along(x, dim)
    powers = k.exp(x if 0 in x.shape else x - k.amax(x, dims, True))
    return powers / k.sum_dim(powers, dims, True)


def _log_softmax_body(k: Any, x: Any, dim: int) -> Any:
    dims = along(x, dim)
    below = x if 0 in x.shape else x - k.amax(x, dims, True)
    return below - k.log(k.sum_dim(k.exp(below), dims, True))


_softmax = primitive(
    "softmax", "x; dim", aten="aten::_softmax", body=_softmax_body,
    x=lambda k, g, out, dim: k.softmax_grad(g, out, dim),
)  # fmt: skip

_log_softmax = primitive(
    "log_softmax", "x; dim", aten="aten::_log_softmax", body=_log_softmax_body,
    x=lambda k, g, out, dim: k.log_softmax_grad(g, out, dim),
)  # fmt: skip


@composite("softmax_grad", expose="", aten="aten::_softmax_backward_data")
def _softmax_grad(k: Any, g: Any, out: Any, dim: int) -> Any:
    return (g - k.sum_dim(g * out, along(out, dim), True)) * out


@composite("log_softmax_grad", expose="", aten="aten::_log_softmax_backward_data")
def _log_softmax_grad(k: Any, g: Any, out: Any, dim: int) -> Any:
    return g - k.exp(out) * k.sum_dim(g, along(out, dim), True)


def _logsumexp_body(k: Any, x: Any, dim: Any, keepdim: bool) -> Any:
    if 0 in x.shape:
        total = k.log(k.sum_dim(k.exp(x), dim, True))
    else:
        highest = k.amax(x, dim, True)
        shift = k.where(k.isinf(highest), k.zeros_like(highest), highest)
        total = k.log(k.sum_dim(k.exp(x - shift), dim, True)) + shift
    return total if keepdim else k.squeeze_dims(total, dim)


_logsumexp = primitive(
    "logsumexp", "x; dim, keepdim=False", out="casts", body=_logsumexp_body,
    x=lambda k, g, x, x_shape, out, dim, keepdim: restored(k, g, x_shape, dim, keepdim)
    * k.exp(k.conj(x - restored(k, out, x_shape, dim, keepdim))),
)  # fmt: skip


@function("function method")
def logsumexp(input: Any, dim: Any = UNSET, keepdim: bool = False, *, out: Any = None,
              axis: Any = UNSET, keepdims: bool = False) -> Any:  # fmt: skip
    """Return ``log(sum(exp(x)))`` along dimensions, for numbers of any size.

    Parameters
    ----------
    input : Tensor
        Integers are computed in the default dtype.
    dim : int or sequence of int
    keepdim : bool
        Whether the dimensions stay, with size 1.
    out : Tensor, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        Without a dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1000.0, 1000.0]).logsumexp(0)
    tensor(1000.6932)
    """
    dim = dim if axis is UNSET else axis
    keepdim = keepdim or keepdims
    if dim is UNSET or dim is None:
        raise TypeError("logsumexp(): dim must be an int or a sequence of ints")
    dims = reduced_dims("logsumexp", input, dim, keepdim)
    if not (input._dtype.is_floating_point or input._dtype.is_complex):
        input = cast(input, get_default_dtype())
    return apply("logsumexp", (input,), (dims, keepdim), out)


def _normalized(name: str, input: Any, dim: Any, dtype: Any, out: Any) -> Any:
    number = one_dim(name, input, dim)
    kind = result_kind(name, input, dtype)
    if kind is not None and kind is not input._dtype:
        input = cast(input, kind)
    if not input._dtype.is_floating_point:
        raise NotImplementedError(
            f"{name}() needs a floating-point dtype, not {input._dtype}; pass dtype=, or convert "
            "the input with .float()"
        )
    return apply(name, (input,), (number,), out)


@function("function method", aten="aten::softmax")
def softmax(input: Any, dim: int | None = None, dtype: Any = None, *, out: Any = None,
            axis: int | None = None) -> Any:  # fmt: skip
    """Return ``exp(x) / sum(exp(x))`` along a dimension: positive numbers that add up to 1.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
        What to convert the input to first.
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
        For integers and complex numbers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([0.0, 0.0, 0.0, 0.0]).softmax(0)
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    return _normalized("softmax", input, dim if axis is None else axis, dtype, out)


@function("function method", aten="aten::log_softmax")
def log_softmax(input: Any, dim: int | None = None, dtype: Any = None, *, out: Any = None,
                axis: int | None = None) -> Any:  # fmt: skip
    """Return the logarithm of `softmax` along a dimension, without computing the softmax.

    Everything else is as for `softmax`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1000.0, 0.0]).log_softmax(0)
    tensor([    0., -1000.])
    """
    return _normalized("log_softmax", input, dim if axis is None else axis, dtype, out)


# --------------------------------------------------------------------------- layer normalization


def _trailing(x: Any, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the dimensions before the last ``len(shape)``, and those."""
    ndim = len(x.shape)
    first = ndim - len(shape)
    return tuple(range(first)), tuple(range(first, ndim))


def _standardized(k: Any, x: Any, dims: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """Return `x` with mean 0 and variance 1 along `dims`, and what it was multiplied with."""
    away = x - k.mean_dim(x, dims, True)
    scale = k.rsqrt(k.mean_dim(away * away, dims, True) + eps)
    return away * scale, scale


def _layer_norm_body(k: Any, x: Any, weight: Any, bias: Any, shape: Any, eps: float) -> Any:
    result, _ = _standardized(k, x, _trailing(x, shape)[1], eps)
    if weight is not None:
        result = result * weight
    return result if bias is None else result + bias


_layer_norm = primitive(
    "layer_norm", "x, weight?, bias?; shape, eps", node="NativeLayerNormBackward0",
    aten="aten::native_layer_norm", body=_layer_norm_body,
    joint=lambda k, g, x, weight, shape, eps, needs: k.layer_norm_grad(
        g, x, weight, shape, eps, needs
    ),
)  # fmt: skip


@composite("layer_norm_grad", expose="", aten="aten::native_layer_norm_backward")
def _layer_norm_grad(
    k: Any, g: Any, x: Any, weight: Any, shape: tuple[int, ...], eps: float,
    needs: tuple[bool, bool, bool],
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Return the gradients that are needed, and None for the others.

    Source: J. Ba, J. Kiros and G. Hinton, "Layer normalization", 2016, https://arxiv.org/abs/1607.06450.
    """
    lead, dims = _trailing(x, shape)
    normal, scale = _standardized(k, x, dims, eps)
    g_x = g_weight = g_bias = None
    if needs[2]:
        g_bias = k.sum_dim(g, lead, False)
    if needs[1]:
        g_weight = k.sum_dim(g * normal, lead, False)
    if needs[0]:
        inner = g if weight is None else g * weight
        away = inner - k.mean_dim(inner, dims, True)
        g_x = (away - normal * k.mean_dim(inner * normal, dims, True)) * scale
    return g_x, g_weight, g_bias


@function("function", aten="aten::layer_norm")
def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Any:  # fmt: skip
    """Return the input with mean 0 and variance 1 over its last dimensions, scaled and shifted.

    Parameters
    ----------
    input : Tensor
        Of shape ``(*, *normalized_shape)``.
    normalized_shape : int or sequence of int
        The shape of the last dimensions, over which each slice is normalized.
    weight, bias : Tensor, optional
        Of shape `normalized_shape`: what to multiply with, and what to add.
    eps : float
        Added to the variance, so that nothing is divided by 0.
    cudnn_enable : bool
        Accepted for compatibility; nothing depends on it.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.layer_norm(plugrad.tensor([[1.0, 3.0], [5.0, 9.0]]), (2,))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    have = input._array.shape
    if not shape:
        raise RuntimeError("layer_norm(): normalized_shape must name at least one size")
    if have[len(have) - len(shape) :] != shape or len(have) < len(shape):
        raise RuntimeError(
            f"layer_norm(): the input of shape {list(have)} does not end with normalized_shape "
            f"{list(shape)}"
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor._array.shape != shape:
            raise RuntimeError(
                f"layer_norm(): {name} must have normalized_shape {list(shape)}, not "
                f"{list(tensor._array.shape)}"
            )
    if not input._dtype.is_floating_point:
        raise NotImplementedError(
            f"layer_norm() needs a floating-point dtype, not {input._dtype}; convert the input "
            "with .float()"
        )
    return _layer_norm(input, weight, bias, shape, eps)
