"""Normalization by channel: batch, instance and group normalization.

Channels are the second dimension. What the backwards need is an operator of its own, which a
backend can fuse; its body is what is differentiated for derivatives of higher order.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes
from plugrad.autograd.modes import mode, no_grad
from plugrad.operators.dimensions import require_tensor
from plugrad.operators.spaces import cast
from plugrad.vocabulary.forms import composite, function, primitive
from plugrad.vocabulary.registry import tensor_table

__all__ = ["batch_norm", "group_norm", "instance_norm"]


def _across(k: Any, vector: Any, ndim: int) -> Any:
    """Return a number for each channel in a shape that broadcasts against `ndim` dimensions."""
    return k.reshape(vector, (1, vector.shape[0], *(1,) * (ndim - 2)))


def _others(x: Any) -> tuple[int, ...]:
    """Return all dimensions but that of the channels."""
    return (0, *range(2, len(x.shape)))


def _scaled(k: Any, x: Any, weight: Any, bias: Any) -> Any:
    ndim = len(x.shape)
    if weight is not None:
        x = x * _across(k, weight, ndim)
    return x if bias is None else x + _across(k, bias, ndim)


def _moments(k: Any, x: Any, dims: tuple[int, ...]) -> tuple[Any, Any]:
    mean = k.mean_dim(x, dims, True)
    away = x - mean
    return mean, k.mean_dim(away * away, dims, True)


def _normal(k: Any, x: Any, mean: Any, var: Any, training: bool, eps: float) -> tuple[Any, Any]:
    """Return `x` normalized, and what it was multiplied with for it.

    In training mean and variance are computed anew: what was handed in has no derivative.
    """
    ndim = len(x.shape)
    if training:
        mean, var = _moments(k, x, _others(x))
    else:
        mean, var = _across(k, mean, ndim), _across(k, var, ndim)
    scale = k.rsqrt(var + eps)
    return (x - mean) * scale, scale


# ------------------------------------------------------------------------------------ by the batch

_batch_moments = primitive(
    "batch_moments", "x", outputs="mean, var", body=lambda k, x: tuple(
        k.reshape(each, (x.shape[1],)) for each in _moments(k, x, _others(x))
    ),
)  # fmt: skip

# In training `mean` and `var` are those of the batch, so that a kernel need not find them again.
_batch_norm = primitive(
    "batch_norm", "x, weight?, bias?, mean?, var?; training, eps",
    node="NativeBatchNormBackward0", aten="aten::native_batch_norm",
    body=lambda k, x, weight, bias, mean, var, training, eps: _scaled(
        k, _normal(k, x, mean, var, training, eps)[0], weight, bias
    ),
    differentiable="x, weight, bias",
    joint=lambda k, g, x, weight, mean, var, training, eps, needs: k.batch_norm_grad(
        g, x, weight, mean, var, training, eps, needs
    ),
)  # fmt: skip


@composite("batch_norm_grad", expose="", aten="aten::native_batch_norm_backward")
def _batch_norm_grad(
    k: Any, g: Any, x: Any, weight: Any, mean: Any, var: Any, training: bool, eps: float,
    needs: tuple[bool, bool, bool],
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Return the gradients that are needed, and None for the others.

    Source: S. Ioffe and C. Szegedy, "Batch normalization", 2015, https://arxiv.org/abs/1502.03167.
    """
    dims = _others(x)
    normal, scale = _normal(k, x, mean, var, training, eps)
    g_x = g_weight = g_bias = None
    if needs[2]:
        g_bias = k.sum_dim(g, dims, False)
    if needs[1]:
        g_weight = k.sum_dim(g * normal, dims, False)
    if needs[0]:
        inner = g if weight is None else g * _across(k, weight, len(x.shape))
        if training:
            inner = inner - k.mean_dim(inner, dims, True)
            inner = inner - normal * k.mean_dim(inner * normal, dims, True)
        g_x = inner * scale
    return g_x, g_weight, g_bias


def _refuse_vectors(name: str, input: Any, vectors: dict[str, Any]) -> None:
    require_tensor(name, input)
    shape = input._array.shape
    if len(shape) < 2:
        raise IndexError(
            f"{name}(): channels are the second dimension, but the input has shape {list(shape)}"
        )
    for role, vector in vectors.items():
        if vector is None:
            continue
        require_tensor(name, vector, role)
        if vector._array.shape != (shape[1],):
            raise RuntimeError(
                f"{name}(): {role} needs one number for each of the {shape[1]} channels, but has "
                f"shape {list(vector._array.shape)}"
            )
    if not input._dtype.is_floating_point:
        raise NotImplementedError(
            f"{name}() needs a floating-point dtype, not {input._dtype}; convert the input with "
            ".float()"
        )


def _follow(running: Any, level: Any, found: Any, momentum: float) -> None:
    """Move running statistics towards those of a batch.

    As in PyTorch that does not count as a change: what was computed with the old ones stays good.
    """
    if running is not None:
        table, old = running._table, running._array
        if level.level > table.level:  # statistics are numbers, whatever a transform follows
            found = table.from_host(level.to_host(found))
        new = mode.quiet(lambda: old * (1 - momentum) + found * momentum)
        running._array = mode.quiet(table.assign, old, new)


@function("function", aten="aten::batch_norm")
def batch_norm(
    input: Any, weight: Any = None, bias: Any = None, running_mean: Any = None,
    running_var: Any = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Any:  # fmt: skip
    """Return the input with mean 0 and variance 1 in each channel, scaled and shifted.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
    weight, bias : Tensor of shape (C,), optional
        What to multiply with, and what to add.
    running_mean, running_var : Tensor of shape (C,), optional
        In training they follow the batch's statistics; otherwise they are used in their place.
    training : bool
    momentum : float
        How far they follow each time.
    eps : float
        Added to the variance.
    cudnn_enabled : bool
        Accepted for compatibility; nothing depends on it.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    IndexError
        If there is no second dimension.
    RuntimeError
        If shapes do not fit, or statistics lack.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.batch_norm(plugrad.tensor([[1.0, 5.0], [3.0, 9.0]]), training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """
    vectors = {"running_mean": running_mean, "running_var": running_var, "weight": weight}
    _refuse_vectors("batch_norm", input, {**vectors, "bias": bias})
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("batch_norm(): outside of training it needs running_mean and "
                               "running_var")  # fmt: skip
        return _batch_norm(input, weight, bias, running_mean, running_var, False, eps)
    shape = input._array.shape
    mean: Any = None
    var: Any = None
    if 0 not in shape:
        with no_grad():
            known = cast(input, dtypes.float32) if input._dtype.low_precision else input
            mean, var = _batch_moments(known)
        count = math.prod(shape) // shape[1]
        unbiased = count / (count - 1) if count > 1 else math.nan
        _follow(running_mean, mean._table, mean._array, momentum)
        _follow(running_var, var._table, var._array * unbiased, momentum)
    return _batch_norm(input, weight, bias, mean, var, True, eps)


@function("function", aten="aten::instance_norm")
def instance_norm(
    input: Any, weight: Any = None, bias: Any = None, running_mean: Any = None,
    running_var: Any = None, use_input_stats: bool = True, momentum: float = 0.1,
    eps: float = 1e-5, cudnn_enabled: bool = True,
) -> Any:  # fmt: skip
    """Return the input with mean 0 and variance 1 in each channel of each example.

    Everything else is as for `batch_norm`; `use_input_stats` stands for its `training`.

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016, https://arxiv.org/abs/1607.08022

    Examples
    --------
    >>> import plugrad
    >>> plugrad.instance_norm(plugrad.tensor([[[1.0, 3.0], [5.0, 9.0]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    vectors = {"running_mean": running_mean, "running_var": running_var, "weight": weight}
    _refuse_vectors("instance_norm", input, {**vectors, "bias": bias})
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError(
            "instance_norm(): without the input's own statistics it needs running_mean and "
            "running_var"
        )
    k = tensor_table
    shape = input._array.shape
    examples, channels = shape[:2]
    # Every channel of every example is a channel of a single example.
    weight, bias, means, variances = (
        None if vector is None else k.repeat(vector, (examples,))
        for vector in (weight, bias, running_mean, running_var)
    )
    whole = k.reshape(input, (1, examples * channels, *shape[2:]))
    result = batch_norm(whole, weight, bias, means, variances, use_input_stats, momentum, eps)
    if use_input_stats:
        with no_grad():
            for running, each in ((running_mean, means), (running_var, variances)):
                if running is not None and each is not None:
                    running.copy_(each.reshape(examples, channels).mean(0))
    return k.reshape(result, shape)


# ------------------------------------------------------------------------------ by groups of them


def _grouped(k: Any, x: Any, groups: int) -> Any:
    return k.reshape(x, (x.shape[0], groups, math.prod(x.shape[1:]) // groups))


def _group_normal(k: Any, x: Any, groups: int, eps: float) -> tuple[Any, Any]:
    """Return `x` normalized, and what each group was multiplied with for it."""
    rows = _grouped(k, x, groups)
    mean, var = _moments(k, rows, (2,))
    scale = k.rsqrt(var + eps)
    return k.reshape((rows - mean) * scale, x.shape), scale


_group_norm = primitive(
    "group_norm", "x, weight?, bias?; groups, eps", node="NativeGroupNormBackward0",
    aten="aten::native_group_norm",
    body=lambda k, x, weight, bias, groups, eps: _scaled(
        k, _group_normal(k, x, groups, eps)[0], weight, bias
    ),
    joint=lambda k, g, x, weight, groups, eps, needs: k.group_norm_grad(
        g, x, weight, groups, eps, needs
    ),
)  # fmt: skip


@composite("group_norm_grad", expose="", aten="aten::native_group_norm_backward")
def _group_norm_grad(
    k: Any, g: Any, x: Any, weight: Any, groups: int, eps: float, needs: tuple[bool, bool, bool]
) -> tuple[Any, Any, Any]:
    """Return the gradients that are needed, and None for the others.

    Source: Y. Wu and K. He, "Group normalization", 2018, https://arxiv.org/abs/1803.08494.
    """
    dims = _others(x)
    normal, scale = _group_normal(k, x, groups, eps)
    g_x = g_weight = g_bias = None
    if needs[2]:
        g_bias = k.sum_dim(g, dims, False)
    if needs[1]:
        g_weight = k.sum_dim(g * normal, dims, False)
    if needs[0]:
        inner = g if weight is None else g * _across(k, weight, len(x.shape))
        inner, rows = _grouped(k, inner, groups), _grouped(k, normal, groups)
        inner = inner - k.mean_dim(inner, (2,), True)
        inner = inner - rows * k.mean_dim(inner * rows, (2,), True)
        g_x = k.reshape(inner * scale, x.shape)
    return g_x, g_weight, g_bias


@function("function", aten="aten::group_norm")
def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Any:  # fmt: skip
    """Return the input with mean 0 and variance 1 in each group of channels of each example.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
    num_groups : int
        Into how many groups the channels fall.
    weight, bias : Tensor of shape (C,), optional
        What to multiply with, and what to add.
    eps : float
        Added to the variance.
    cudnn_enabled : bool
        Accepted for compatibility; nothing depends on it.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    RuntimeError
        If the channels do not fall into so many groups, or shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.group_norm(plugrad.tensor([[1.0, 3.0, 5.0, 9.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    _refuse_vectors("group_norm", input, {"weight": weight, "bias": bias})
    if num_groups <= 0:
        raise RuntimeError(f"group_norm(): num_groups must be positive, but is {num_groups}")
    channels = input._array.shape[1]
    if channels % num_groups:
        raise RuntimeError(
            f"group_norm(): {channels} channels do not fall into {num_groups} equal groups"
        )
    return _group_norm(input, weight, bias, num_groups, eps)
