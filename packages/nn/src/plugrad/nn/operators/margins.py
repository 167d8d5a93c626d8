"""Losses that want a margin between classes."""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes
from plugrad.autograd.modes import no_grad
from plugrad.nn.operators.losses import reduced, reduction_named, refuse_gradient, weight_of_each
from plugrad.operators.dimensions import require_tensor
from plugrad.operators.spaces import cast
from plugrad.vocabulary.forms import composite, primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "multi_margin_loss",
    "multilabel_margin_loss",
    "soft_margin_loss",
]

# ------------------------------------------------------------------------------------ a soft margin

_soft_margin_loss = primitive(
    "soft_margin_loss", "x, y; reduction", differentiable="x",
    body=lambda k, x, y, reduction: reduced(k, k.log1p(k.exp(-y * x)), reduction),
    x=lambda k, g, x, y, x_shape, reduction: (
        -y * k.sigmoid(-y * x) * (g * weight_of_each(x_shape, reduction))
    ),
)  # fmt: skip


def soft_margin_loss(input: Any, target: Any, reduction: int | str = "mean") -> Any:
    """Return ``log(1 + exp(-target * input))``, averaged.

    Parameters
    ----------
    input : Tensor
    target : Tensor of that shape
        1 or -1.
    reduction : {"none", "mean", "sum"}, or the number of one

    Raises
    ------
    RuntimeError
        If shapes do not broadcast.
    """
    name = "soft_margin_loss"
    reduction = reduction_named(name, reduction)
    require_tensor(name, input)
    require_tensor(name, target, "target")
    refuse_gradient(name, "target", target)
    if input._array.shape != target._array.shape:
        input, target = k.broadcast_tensors(input, target)
    if not (input._dtype.is_floating_point or input._dtype.is_complex):
        raise RuntimeError(f"{name}() needs floating-point input, not {input._dtype}")
    if target._dtype is not input._dtype:
        target = cast(target, input._dtype)
    return _soft_margin_loss(input, target, reduction)


# ------------------------------------------------------------------------- a margin between classes


def _short(k: Any, x: Any, target: Any, margin: float) -> Any:
    """Return how much each class but the right one lacks of the margin, in rows."""
    rows = _rows(k, x)
    picked = k.gather(rows, k.reshape(target, (rows.shape[0], 1)), 1)
    lacking = k.clamp_min(rows - picked + margin, 0)
    return k.keep(lacking, k.logical_not(_chosen(k, rows, target)))


def _rows(k: Any, x: Any) -> Any:
    return k.reshape(x, (1, math.prod(x.shape))) if len(x.shape) < 2 else x


def _chosen(k: Any, rows: Any, target: Any) -> Any:
    return k.one_hot(k.reshape(target, (rows.shape[0],)), rows.shape[1]) != 0


def _counted(k: Any, x: Any, target: Any, weight: Any) -> Any:
    """Multiply rows by the weights of their targets."""
    if weight is None:
        return x
    flat = k.reshape(target, (x.shape[0],))
    return x * k.reshape(k.index_select(weight, flat, 0), (x.shape[0], 1))


def _multi_margin(
    k: Any, x: Any, target: Any, weight: Any, p: int, margin: float, reduction: str
) -> Any:
    lacking = _short(k, x, target, margin)
    losses = _counted(k, lacking if p == 1 else lacking * lacking, target, weight)
    each = k.sum_dim(losses, (1,), False) / losses.shape[1]
    return k.reshape(each, target.shape) if reduction == "none" else reduced(k, each, reduction)


_multi_margin_loss = primitive(
    "multi_margin_loss", "x, target, weight?; p, margin, reduction", differentiable="x",
    body=_multi_margin,
    x=lambda k, g, x, target, weight, p, margin, reduction: k.multi_margin_loss_grad(
        g, x, target, weight, p, margin, reduction
    ),
)  # fmt: skip


@composite("multi_margin_loss_grad", expose="", aten="aten::multi_margin_loss_backward")
def _multi_margin_grad(
    k: Any, g: Any, x: Any, target: Any, weight: Any, p: int, margin: float, reduction: str
) -> Any:
    lacking = _short(k, x, target, margin)
    slope = k.keep(k.ones_like(lacking), lacking > 0) if p == 1 else lacking * 2
    slope = _counted(k, slope, target, weight) / lacking.shape[1]
    slope = slope * _start(k, g, lacking, reduction)
    back = k.sum_dim(slope, (1,), True)
    return k.reshape(slope - k.keep(back + slope, _chosen(k, lacking, target)), x.shape)


def _start(k: Any, g: Any, rows: Any, reduction: str) -> Any:
    """Return the gradient of each row's loss."""
    count = rows.shape[0]
    if reduction == "none":
        return k.reshape(g, (count, 1))
    return g * weight_of_each((count,), reduction)


def _refuse_rows(name: str, input: Any, target: Any, whole: bool) -> None:
    """Check that there is one target, or with `whole` one row of targets, for each row."""
    require_tensor(name, input)
    require_tensor(name, target, "target")
    shape, targets = input._array.shape, target._array.shape
    empty = len(shape) == 2 and shape[1] != 0 and shape[0] == 0
    if not ((len(shape) in (0, 1, 2) and 0 not in shape) or empty):
        raise RuntimeError(f"{name}(): expected rows of classes, not shape {list(shape)}")
    fitting = [shape] if whole else [shape[:-1]]
    if len(shape) < 2:
        fitting += [(1,), ()] if not whole or shape in ((), (1,)) else []
    if targets not in fitting:
        raise RuntimeError(
            f"{name}(): target of shape {list(targets)} does not fit input of {list(shape)}"
        )
    if not input._dtype.is_floating_point:
        raise NotImplementedError(f"{name}() needs floating-point input, not {input._dtype}")
    if target._dtype is not dtypes.int64:
        raise RuntimeError(f"{name}(): targets are of int64, not {target._dtype}; use .long()")


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None,
    reduction: int | str = "mean",
) -> Any:  # fmt: skip
    """Return by how much the right class fails to lead all others by a margin, averaged.

    Parameters
    ----------
    input : Tensor of shape (C,) or (N, C)
    target : Tensor of shape () or (N,)
        The right classes.
    p : {1, 2}
        The exponent of what is lacking.
    margin : float
    weight : Tensor of shape (C,), optional
    reduction : {"none", "mean", "sum"}, or the number of one

    Raises
    ------
    ValueError
        For another `p`.
    RuntimeError
        If shapes or dtypes do not fit.
    """
    name = "multi_margin_loss"
    reduction = reduction_named(name, reduction)
    if p not in (1, 2):
        raise ValueError(f"{name}(): p must be 1 or 2, not {p}")
    if weight is not None and len(weight._array.shape) != 1:
        raise ValueError(f"{name}(): weight is a vector, not of shape {list(weight._array.shape)}")
    _refuse_rows(name, input, target, whole=False)
    if weight is not None:
        refuse_gradient(name, "weight", weight)
        if weight._array.shape != input._array.shape[-1:]:
            raise RuntimeError(
                f"{name}(): weight needs one number for each class, but has shape "
                f"{list(weight._array.shape)}"
            )
    return _multi_margin_loss(input, target, weight, p, float(margin), reduction)


# The targets of a row come first, up to the first negative one; `counted` says which those are, and
# `right` which classes they name.
def _pairs(k: Any, x: Any, target: Any, counted: Any, right: Any) -> Any:
    """Return how much each wrong class lacks of the distance 1 to each right one."""
    rows = _rows(k, x)
    picked = k.unsqueeze(k.gather(rows, target, 1), 2)
    lacking = k.clamp_min(k.unsqueeze(rows, 1) - picked + 1, 0)
    wrong = k.unsqueeze(k.logical_not(right), 1)
    return k.keep(lacking, k.logical_and(k.unsqueeze(counted, 2), wrong))


def _multilabel(k: Any, x: Any, target: Any, counted: Any, right: Any, reduction: str) -> Any:
    lacking = _pairs(k, x, target, counted, right)
    each = k.sum_dim(lacking, (1, 2), False) / lacking.shape[2]
    return k.reshape(each, x.shape[:-1]) if reduction == "none" else reduced(k, each, reduction)


_multilabel_margin_loss = primitive(
    "multilabel_margin_loss", "x, target, counted, right; reduction", differentiable="x",
    body=_multilabel,
    x=lambda k, g, x, target, counted, right, reduction: k.multilabel_margin_loss_grad(
        g, x, target, counted, right, reduction
    ),
)  # fmt: skip


@composite("multilabel_margin_loss_grad", expose="", aten="aten::multilabel_margin_loss_backward")
def _multilabel_grad(
    k: Any, g: Any, x: Any, target: Any, counted: Any, right: Any, reduction: str
) -> Any:
    lacking = _pairs(k, x, target, counted, right)
    slope = k.keep(k.ones_like(lacking), lacking > 0) / lacking.shape[2]
    rows = k.sum_dim(slope, (1,), False)
    back = k.gather_grad(k.sum_dim(slope, (2,), False), target, rows.shape, 1)
    return k.reshape((rows - back) * _start(k, g, rows, reduction), x.shape)


def multilabel_margin_loss(input: Any, target: Any, reduction: int | str = "mean") -> Any:
    """Return by how much right classes fail to lead wrong ones by 1, averaged.

    Parameters
    ----------
    input : Tensor of shape (C,) or (N, C)
    target : Tensor of that shape
        The right classes first, up to the first negative number.
    reduction : {"none", "mean", "sum"}, or the number of one

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, or a target is no class.
    """
    name = "multilabel_margin_loss"
    reduction = reduction_named(name, reduction)
    _refuse_rows(name, input, target, whole=True)
    shape = input._array.shape
    count = shape[-1] if shape else 1
    with no_grad():
        rows = target.reshape(-1, count)
        if bool((rows >= count).any()):
            raise RuntimeError(f"{name}(): a target is not below the number of classes, {count}")
        counted = (rows < 0).cumsum(1) == 0
        longest = max(int(counted.sum(1).max()), 1) if rows.numel() else 1
        rows, counted = rows[:, :longest], counted[:, :longest]
        rows = rows.clamp(min=0)
        right = ((k.one_hot(rows, count) != 0) & counted.unsqueeze(2)).any(1)
    return _multilabel_margin_loss(input, rows, counted, right, reduction)
