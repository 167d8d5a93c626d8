"""Losses that compare classes, or their probabilities: nll and cross entropy.

Those of a yes or no are in `plugrad.nn.operators.binary`.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase
from plugrad.nn.operators.losses import check_reduction, refuse_gradient
from plugrad.operators.network import divided, times
from plugrad.operators.spaces import cast
from plugrad.vocabulary.forms import linear
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["cross_entropy", "nll_loss"]

# ---------------------------------------------------------------------------------- the operators


def _declare(name: str, node: str, **options: Any) -> Any:
    return linear(
        name, "x, target, weight?; reduction, ignore_index", node=node,
        aten=f"aten::{name}_forward",
        x=lambda k, g, target, weight, x_shape, reduction, ignore_index: k.nll_loss_grad(
            g, target, weight, x_shape, reduction, ignore_index
        ),
        **options,
    )  # fmt: skip


# The negative of one element in each row, times what its class counts. The second is the same for
# images, which PyTorch's graph tells apart.
_nll_loss = _declare("nll_loss", "NllLossBackward0")
_nll_loss2d = _declare(
    "nll_loss2d", "NllLoss2DBackward0",
    body=lambda k, x, target, weight, *params: k.nll_loss(x, target, weight, *params),
)  # fmt: skip

linear(
    "nll_loss_grad", "grad, target, weight?; shape, reduction, ignore_index",
    node="NllLossBackwardBackward0", aten="aten::nll_loss_backward",
    grad=lambda k, g, target, weight, reduction, ignore_index: k.nll_loss(
        g, target, weight, reduction, ignore_index
    ),
)  # fmt: skip

# --------------------------------------------------------------------------------- the functions


@shown_as("aten::nll_loss_nd")
def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """Return the negative of the logarithm of the probability of each right class, averaged.

    Parameters
    ----------
    input : Tensor of shape (C,), (N, C) or (N, C, d1, ...)
        Logarithms of probabilities, as `log_softmax` gives them.
    target : Tensor of shape (), (N,) or (N, d1, ...)
        The right classes, int64 or uint8.
    weight : Tensor of shape (C,), optional
        How much each class counts; the mean is over the weights.
    ignore_index : int
        A target that does not count.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or that of `target` without reduction

    Raises
    ------
    ValueError
        If the shapes do not fit.
    IndexError
        If a target is no class.
    RuntimeError
        If dtypes or the weight do not fit.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.entropy import nll_loss
    >>> nll_loss(plugrad.tensor([[-1.0, -2.0], [-3.0, -4.0]]), plugrad.tensor([0, 1]))
    tensor(2.5000)
    """
    check_reduction("nll_loss", reduction)
    _refuse_classes("nll_loss", input, target, weight)
    return _negative_log(input, target, weight, reduction, ignore_index)


def _negative_log(input: Any, target: Any, weight: Any, reduction: str, ignore: int) -> Any:
    shape = input._array.shape
    if len(shape) <= 2:
        return _nll_loss(input, target, weight, reduction, ignore)
    if len(shape) == 4:
        return _nll_loss2d(input, target, weight, reduction, ignore)
    # One more or many more dimensions count as an image of one row.
    inner = math.prod(shape[2:])
    image = k.reshape(input, (*shape[:2], 1, inner))
    rows = k.reshape(target, (shape[0], 1, inner))
    loss = _nll_loss2d(image, rows, weight, reduction, ignore)
    return k.reshape(loss, tuple(target._array.shape)) if reduction == "none" else loss


def _refuse_classes(name: str, input: Any, target: Any, weight: Any) -> None:
    """Check what classes are compared: shapes and dtypes."""
    for tensor in (input, target):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): expected Tensors, not {type(tensor).__name__}")
    shape, classes = input._array.shape, target._array.shape
    if not shape:
        raise ValueError(f"{name}(): input needs a dimension of classes, but has no dimension")
    if not input._dtype.is_floating_point:
        raise NotImplementedError(f"{name}() needs floating-point input, not {input._dtype}")
    rows = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    fits = classes == rows or (not rows and classes == (1,))
    if not fits:
        # A wrong number of rows is a ValueError in PyTorch, any other wrong shape a RuntimeError.
        short = not rows or classes[:1] != rows[:1]
        raise (ValueError if short else RuntimeError)(
            f"{name}(): input of shape {list(shape)} takes classes of shape {list(rows)}, but "
            f"target has shape {list(classes)}"
        )
    if target._dtype is not dtypes.int64 and target._dtype is not dtypes.uint8:
        raise RuntimeError(
            f"{name}(): classes are numbers of int64 or uint8, not {target._dtype}; convert with "
            ".long()"
        )
    if weight is not None:
        _refuse_weight(name, weight, input, (shape[1] if len(shape) > 1 else shape[0],))


def _refuse_weight(name: str, weight: Any, input: Any, shape: tuple[int, ...]) -> None:
    if tuple(weight._array.shape) != shape:
        raise RuntimeError(
            f"{name}(): weight needs one number for each of the {shape[0]} classes, but has shape "
            f"{list(weight._array.shape)}"
        )
    if weight._dtype is not input._dtype:
        raise RuntimeError(f"{name}(): weight must be of {input._dtype}, not {weight._dtype}")
    refuse_gradient(name, "weight", weight)


@shown_as("aten::cross_entropy_loss")
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Return the cross entropy of right classes, or of probabilities, and logits; averaged.

    Parameters
    ----------
    input : Tensor of shape (C,), (N, C) or (N, C, d1, ...)
        Logits: logarithms of probabilities but for a constant.
    target : Tensor
        The right classes, in the shape (), (N,) or (N, d1, ...); or probabilities, in the shape of
        `input`.
    weight : Tensor of shape (C,), optional
        How much each class counts.
    ignore_index : int
        A target that does not count.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        Which part of the probabilities to spread evenly over all classes.

    Returns
    -------
    Tensor of shape (), or that of the classes without reduction

    Raises
    ------
    ValueError
        If the shapes do not fit.
    IndexError
        If a target is no class.
    RuntimeError
        If dtypes or the weight do not fit.

    References
    ----------
    Label smoothing: Szegedy et al., Rethinking the Inception Architecture, 2015, section 7,
    https://arxiv.org/abs/1512.00567

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.entropy import cross_entropy
    >>> cross_entropy(plugrad.zeros(1, 2), plugrad.tensor([1]))
    tensor(0.6931)
    """
    if reduction != "mean":
        check_reduction("cross_entropy", reduction)
    if label_smoothing > 1:
        raise RuntimeError(
            f"cross_entropy(): label_smoothing lies between 0 and 1, but is {label_smoothing}"
        )
    by_class = not (
        isinstance(target, TensorBase)
        and isinstance(input, TensorBase)
        and target._dtype.is_floating_point
        and target._array.shape == input._array.shape
    )
    if not by_class:
        if ignore_index >= 0:
            raise RuntimeError(
                "cross_entropy(): ignore_index names a class, but target holds probabilities"
            )
        return _of_probabilities(input, target, weight, reduction, label_smoothing)
    _refuse_classes("cross_entropy", input, target, weight)
    dim = 1 if len(input._array.shape) > 1 else 0
    logs = k.log_softmax(input, dim)
    loss = _negative_log(logs, target, weight, reduction, ignore_index)
    if label_smoothing <= 0:
        return loss
    return _smoothed(loss, logs, target, weight, reduction, ignore_index, label_smoothing)


def _smoothed(
    loss: Any, logs: Any, target: Any, weight: Any, reduction: str, ignore: int, part: float
) -> Any:
    """Return a loss mixed with that of evenly spread probabilities."""
    shape = logs._array.shape
    dim = 1 if len(shape) > 1 else 0
    each = logs if weight is None else logs * _along(weight, shape, dim)
    ignored = target == ignore
    spread = k.masked_fill(-k.sum_dim(each, (dim,), False), ignored, 0.0)
    if reduction != "none":
        spread = k.sum(spread)
    if reduction == "mean":
        counted = k.logical_not(ignored)
        if weight is None:
            total = k.sum(cast(counted, logs._dtype))
        else:
            known = k.masked_fill(target, ignored, 0)
            flat = k.reshape(k.index_select(weight, k.reshape(known, (-1,)), 0), target.shape)
            total = k.sum(k.masked_fill(flat, ignored, 0.0))
        spread = spread / total
    return times(loss, 1 - part) + times(spread, part / shape[dim])


def _along(weight: Any, shape: tuple[int, ...], dim: int) -> Any:
    """Return a weight of each class in a shape that broadcasts along dimension `dim`."""
    return k.reshape(weight, tuple(n if i == dim else 1 for i, n in enumerate(shape)))


def _of_probabilities(
    input: Any, target: Any, weight: Any, reduction: str, smoothing: float
) -> Any:
    shape = input._array.shape
    if not shape:
        raise ValueError("cross_entropy(): input needs a dimension of classes, but has none")
    dim = 1 if len(shape) > 1 else 0
    if weight is not None:
        _refuse_weight("cross_entropy", weight, input, (shape[dim],))
    if smoothing > 0:
        target = target * (1 - smoothing) + smoothing / shape[dim]
    products = k.log_softmax(input, dim) * target
    if weight is not None:
        products = products * _along(weight, shape, dim)
    if reduction == "none":
        return -k.sum_dim(products, (dim,), False)
    loss = -k.sum(products)
    if reduction == "sum":
        return loss
    return divided(loss, math.prod(shape) // max(shape[dim], 1))
