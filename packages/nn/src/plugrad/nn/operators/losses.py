"""Losses that compare numbers: mse, l1, smooth l1 and huber, as ``torch.nn.functional`` has them.

Each is one operator with its reduction: ``"mean"``, ``"sum"`` or ``"none"``. Its backward is
another, so that a backend can fuse both; the bodies serve other backends, and derivatives of higher
order.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import require_tensor
from plugrad.operators.spaces import cast
from plugrad.promotion import promote_types
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.forms import composite, primitive
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import tensor_table

__all__ = [
    "check_reduction",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "reduced",
    "reduction_named",
    "refuse_gradient",
    "smooth_l1_loss",
    "weight_of_each",
]


_REDUCTIONS = ("none", "mean", "sum")


def check_reduction(name: str, reduction: Any) -> None:
    """Check that a reduction is one.

    Raises
    ------
    ValueError
        If not.
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{name}(): reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


def reduction_named(name: str, reduction: Any) -> str:
    """Return a reduction by its name, where it may be a number: ``torch.kl_div`` takes 0, 1, 2.

    Raises
    ------
    ValueError
        If it is none.
    """
    if reduction.__class__ is int and 0 <= reduction < len(_REDUCTIONS):
        return _REDUCTIONS[reduction]
    check_reduction(name, reduction)
    return reduction  # type: ignore[no-any-return]


def refuse_gradient(name: str, argument: str, tensor: Any) -> None:
    """Check that an argument without a gradient wants none.

    Raises
    ------
    TypeError
        If it is neither None nor a tensor.
    RuntimeError
        If it does.
    """
    if tensor is None:
        return
    require_tensor(name, tensor, argument)
    if tensor._edge is not None:
        raise RuntimeError(f"{name}() has no gradient for {argument}: detach it")


def reduced(k: Any, x: Any, reduction: str) -> Any:
    """Return the losses of all elements as one, unless `reduction` is ``"none"``."""
    if reduction == "none":
        return x
    return k.mean(x) if reduction == "mean" else k.sum(x)


def weight_of_each(shape: tuple[int, ...], reduction: str) -> float:
    """Return how much the loss of one element counts in the result."""
    return 1 / max(math.prod(shape), 1) if reduction == "mean" else 1


def _paired(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Return input and target in one shape and one dtype, both checked.

    Raises
    ------
    TypeError
        If one is no tensor.
    RuntimeError
        If the shapes do not broadcast.
    NotImplementedError
        If they are not real floating-point numbers.
    """
    try:
        same = input._dtype is target._dtype and input._array.shape == target._array.shape
        kind = input._dtype
    except AttributeError:
        wrong = target if isinstance(input, TensorBase) else input
        raise TypeError(f"{name}(): expected Tensors, not {type(wrong).__name__}") from None
    if not same:
        kind = promote_types(kind, target._dtype)
        input, target = cast(input, kind), cast(target, kind)
        one, other = input._array.shape, target._array.shape
        if one != other:
            shape = tuple(broadcast_shapes(one, other))
            warnings.warn(
                f"{name}(): target has shape {list(other)}, input {list(one)}; they are broadcast, "
                "which is likely to give wrong results. Give both the same shape",
                UserWarning,
                stacklevel=3,
            )
            input, target = (
                x if x._array.shape == shape else tensor_table.expand(x, shape)
                for x in (input, target)
            )
    if not kind.is_floating_point:
        raise NotImplementedError(
            f"{name}() needs real floating-point numbers, not {kind}; convert with .float()"
        )
    return input, target


# ---------------------------------------------------------------------------------- the operators

_mse_loss = primitive(
    "mse_loss", "x, y; reduction", body=lambda k, x, y, reduction: reduced(
        k, k.square(x - y), reduction
    ),
    x=lambda k, g, x, y, x_shape, reduction: k.mse_loss_grad(
        g, x, y, 2 * weight_of_each(x_shape, reduction)
    ),
    y=lambda k, g, x, y, x_shape, reduction: k.mse_loss_grad(
        g, y, x, 2 * weight_of_each(x_shape, reduction)
    ),
)  # fmt: skip


@composite("mse_loss_grad", expose="", aten="aten::mse_loss_backward")
def _mse_loss_grad(k: Any, g: Any, x: Any, y: Any, factor: float) -> Any:
    return (x - y) * (g * factor)


def _bent(k: Any, x: Any, y: Any, bound: float) -> Any:
    """Return half the squares of differences up to `bound`, from there on their tangent."""
    size = k.abs(x - y)
    inner = k.clamp(size, None, bound)
    return inner * (size - inner * 0.5)


@composite("bent_grad", expose="", aten="aten::huber_loss_backward")
def _bent_grad(k: Any, g: Any, x: Any, y: Any, bound: float, factor: float) -> Any:
    difference = x - y
    beyond = k.sign(difference) * bound
    return k.where(k.abs(difference) < bound, difference, beyond) * (g * factor)


_smooth_l1_loss = primitive(
    "smooth_l1_loss", "x, y; reduction, beta", node="SmoothL1LossBackward0",
    body=lambda k, x, y, reduction, beta: reduced(k, _bent(k, x, y, beta) / beta, reduction),
    x=lambda k, g, x, y, x_shape, reduction, beta: k.bent_grad(
        g, x, y, beta, weight_of_each(x_shape, reduction) / beta
    ),
    y=lambda k, g, x, y, x_shape, reduction, beta: k.bent_grad(
        g, y, x, beta, weight_of_each(x_shape, reduction) / beta
    ),
)  # fmt: skip

_huber_loss = primitive(
    "huber_loss", "x, y; reduction, delta",
    body=lambda k, x, y, reduction, delta: reduced(k, _bent(k, x, y, delta), reduction),
    x=lambda k, g, x, y, x_shape, reduction, delta: k.bent_grad(
        g, x, y, delta, weight_of_each(x_shape, reduction)
    ),
    y=lambda k, g, x, y, x_shape, reduction, delta: k.bent_grad(
        g, y, x, delta, weight_of_each(x_shape, reduction)
    ),
)  # fmt: skip


# --------------------------------------------------------------------------------- the functions


def mse_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """Return the squares of the differences, averaged.

    Parameters
    ----------
    input, target : Tensor of shape (...)
        Real floating-point numbers.
    reduction : {"mean", "sum", "none"}
    weight : Tensor, optional
        How much each element counts; the mean is then over the sum of the weights.

    Returns
    -------
    Tensor of shape (), or (...) without reduction

    Raises
    ------
    ValueError
        For another reduction.
    RuntimeError
        If the shapes do not broadcast.
    NotImplementedError
        For integers.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.losses import mse_loss
    >>> mse_loss(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 4.0]))
    tensor(2.)
    """
    check_reduction("mse_loss", reduction)
    input, target = _paired("mse_loss", input, target)
    if weight is None:
        return _mse_loss(input, target, reduction)
    return _weighted("mse_loss", tensor_table.square(input - target), weight, reduction)


def _weighted(name: str, losses: Any, weight: Any, reduction: str) -> Any:
    """Return weighted losses; their mean is that over the weights."""
    if weight._array.shape != losses._array.shape:
        raise ValueError(
            f"{name}(): weight must have the shape of the input, {list(losses._array.shape)}, not "
            f"{list(weight._array.shape)}"
        )
    losses = losses * weight
    if reduction == "mean":
        return losses.sum() / weight.sum()
    return losses.sum() if reduction == "sum" else losses


@shown_as("aten::l1_loss")
def l1_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """Return the sizes of the differences, averaged.

    Parameters
    ----------
    input, target : Tensor of shape (...)
    reduction : {"mean", "sum", "none"}
    weight : Tensor, optional
        How much each element counts; the mean is then over the sum of the weights.

    Returns
    -------
    Tensor of shape (), or (...) without reduction

    Raises
    ------
    ValueError
        For another reduction.
    RuntimeError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.losses import l1_loss
    >>> l1_loss(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 4.0]))
    tensor(1.)
    """
    check_reduction("l1_loss", reduction)
    if not (isinstance(input, TensorBase) and input._dtype.is_complex):
        input, target = _paired("l1_loss", input, target)
    losses = tensor_table.abs(input - target)
    if weight is not None:
        return _weighted("l1_loss", losses, weight, reduction)
    return reduced(tensor_table, losses, reduction)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """Return the sizes of the differences, rounded off below `beta`, averaged.

    ``d**2 / (2 * beta)`` where the difference d is smaller than `beta`, else ``d - beta / 2``.

    Parameters
    ----------
    input, target : Tensor of shape (...)
        Real floating-point numbers.
    reduction : {"mean", "sum", "none"}
    beta : float
        0 makes it `l1_loss`.

    Returns
    -------
    Tensor of shape (), or (...) without reduction

    Raises
    ------
    ValueError
        For another reduction.
    RuntimeError
        If `beta` is negative, or the shapes do not broadcast.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.losses import smooth_l1_loss
    >>> smooth_l1_loss(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.5, 4.0]), reduction="none")
    tensor([0.1250, 1.5000])
    """
    check_reduction("smooth_l1_loss", reduction)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss(): beta must not be negative, but is {beta}")
    input, target = _paired("smooth_l1_loss", input, target)
    if beta == 0:
        return reduced(tensor_table, tensor_table.abs(input - target), reduction)
    return _smooth_l1_loss(input, target, reduction, float(beta))


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """Return half the squares of the differences, with a constant slope from `delta` on, averaged.

    ``d**2 / 2`` where the difference d is smaller than `delta`, else ``delta * (d - delta / 2)``.

    Parameters
    ----------
    input, target : Tensor of shape (...)
        Real floating-point numbers.
    reduction : {"mean", "sum", "none"}
    delta : float
    weight : Tensor, optional
        What to multiply the losses by before they are averaged.

    Returns
    -------
    Tensor of shape (), or (...) without reduction

    Raises
    ------
    ValueError
        For another reduction.
    RuntimeError
        If `delta` is not positive, or the shapes do not broadcast.

    References
    ----------
    Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35, 1964.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.losses import huber_loss
    >>> huber_loss(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.5, 4.0]), reduction="none")
    tensor([0.1250, 1.5000])
    """
    check_reduction("huber_loss", reduction)
    if delta <= 0:
        raise RuntimeError(f"huber_loss(): delta must be positive, but is {delta}")
    input, target = _paired("huber_loss", input, target)
    if weight is None:
        return _huber_loss(input, target, reduction, float(delta))
    losses = _huber_loss(input, target, "none", float(delta))
    return reduced(tensor_table, losses * weight, reduction)
