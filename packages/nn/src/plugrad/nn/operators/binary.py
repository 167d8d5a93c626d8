"""Losses that compare yes-or-no probabilities: of probabilities, and of logits."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.nn.operators.losses import (
    check_reduction,
    reduced,
    reduction_named,
    refuse_gradient,
    weight_of_each,
)
from plugrad.operators.spaces import cast
from plugrad.promotion import promote_types
from plugrad.shapes import expanded_shape
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]

# ---------------------------------------------------------------------------------- the operators


def _weighed(x: Any, weight: Any) -> Any:
    return x if weight is None else x * weight


# PyTorch bounds logarithms by -100, so that a confident mistake does not cost the infinite.
_bce = primitive(
    "binary_cross_entropy", "x, y, weight?; reduction",
    body=lambda k, x, y, weight, reduction: reduced(
        k,
        _weighed(
            (y - 1) * k.clamp(k.log1p(-x), -100.0, None) - y * k.clamp(k.log(x), -100.0, None),
            weight,
        ),
        reduction,
    ),
    x=lambda k, g, x, y, weight, x_shape, reduction: _weighed(
        (x - y) * (g * weight_of_each(x_shape, reduction)), weight
    )
    / k.clamp((1 - x) * x, 1e-12, None),
    y=lambda k, g, x, weight, x_shape, reduction: _weighed(
        (k.log1p(-x) - k.log(x)) * (g * weight_of_each(x_shape, reduction)), weight
    ),
)  # fmt: skip


def _positives(k: Any, x: Any, y: Any, pos_weight: Any) -> Any:
    """Return ``log(1 + exp(-x))``, the loss of a positive, times what positives count."""
    loss = k.log1p(k.exp(-k.abs(x))) + k.clamp(-x, 0.0, None)
    return loss if pos_weight is None else loss * ((pos_weight - 1) * y + 1)


def _logits_slope(k: Any, x: Any, y: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return k.sigmoid(x) - y
    positive = pos_weight * y
    return (positive + 1 - y) * k.sigmoid(x) - positive


def _target_slope(k: Any, x: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return -x
    return (pos_weight - 1) * (k.log1p(k.exp(-k.abs(x))) + k.clamp(-x, 0.0, None)) - x


_bce_with_logits = primitive(
    "binary_cross_entropy_with_logits", "x, y, weight?, pos_weight?; reduction",
    body=lambda k, x, y, weight, pos_weight, reduction: reduced(
        k, _weighed((1 - y) * x + _positives(k, x, y, pos_weight), weight), reduction
    ),
    x=lambda k, g, x, y, weight, pos_weight, x_shape, reduction: _weighed(
        _logits_slope(k, x, y, pos_weight) * (g * weight_of_each(x_shape, reduction)), weight
    ),
    y=lambda k, g, x, weight, pos_weight, x_shape, reduction: _weighed(
        _target_slope(k, x, pos_weight) * (g * weight_of_each(x_shape, reduction)), weight
    ),
)  # fmt: skip


# --------------------------------------------------------------------------------- the functions


def _refuse_pair(name: str, input: Any, target: Any) -> None:
    for tensor in (input, target):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): expected Tensors, not {type(tensor).__name__}")
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"{name}(): target must have the shape of the input, {list(input._array.shape)}, not "
            f"{list(target._array.shape)}"
        )
    if not input._dtype.is_floating_point:
        raise NotImplementedError(f"{name}() needs floating-point input, not {input._dtype}")


def _holds_probabilities(tensor: Any) -> bool:
    array, table = tensor._array, tensor._table
    if 0 in array.shape:
        return True
    dims = tuple(range(len(array.shape)))
    low, high = (mode.quiet(extreme, array, dims, False) for extreme in (table.amin, table.amax))
    return bool(low >= 0) and bool(high <= 1)


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """Return the cross entropy of yes-or-no probabilities, averaged.

    Parameters
    ----------
    input : Tensor of shape (...)
        Probabilities, between 0 and 1.
    target : Tensor of shape (...)
        The right ones.
    weight : Tensor, optional
        How much each element counts; broadcasts.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or (...) without reduction

    Raises
    ------
    ValueError
        If the shapes differ.
    RuntimeError
        If a number is no probability, or the dtypes differ.

    See Also
    --------
    binary_cross_entropy_with_logits : is more precise.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.binary import binary_cross_entropy
    >>> binary_cross_entropy(plugrad.tensor([0.5]), plugrad.tensor([1.0]))
    tensor(0.6931)
    """
    name = "binary_cross_entropy"
    check_reduction(name, reduction)
    _refuse_pair(name, input, target)
    if target._dtype is not input._dtype:
        raise RuntimeError(
            f"{name}(): target must be of the input's dtype, {input._dtype}, not {target._dtype}"
        )
    for role, tensor in (("input", input), ("target", target)):
        if not _holds_probabilities(tensor):
            raise RuntimeError(
                f"{name}(): {role} must hold probabilities, between 0 and 1; for logits there is "
                "binary_cross_entropy_with_logits"
            )
    if weight is not None:
        refuse_gradient(name, "weight", weight)
        weight = k.expand(weight, tuple(expanded_shape(weight.shape, input.shape)))
    return _bce(input, target, weight, reduction)


@function("function", aten="aten::binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    pos_weight: Any = None,
    reduction: int | str = "none",
) -> Any:
    """Return the cross entropy of yes-or-no probabilities and logits, averaged.

    Parameters
    ----------
    input : Tensor of shape (...)
        Logits: `sigmoid` makes probabilities of them.
    target : Tensor of shape (...)
        Probabilities.
    weight : Tensor, optional
        How much each element counts; broadcasts.
    pos_weight : Tensor, optional
        How much a yes counts; broadcasts.
    reduction : {"none", "mean", "sum"}, or the number of one

    Returns
    -------
    Tensor of shape (), or (...) without reduction

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.binary import binary_cross_entropy_with_logits
    >>> binary_cross_entropy_with_logits(plugrad.tensor([0.0]), plugrad.tensor([1.0]))
    tensor([0.6931])
    """
    name = "binary_cross_entropy_with_logits"
    reduction = reduction_named(name, reduction)
    _refuse_pair(name, input, target)
    refuse_gradient(name, "weight", weight)
    refuse_gradient(name, "pos_weight", pos_weight)
    if target._dtype is not input._dtype:
        kind = promote_types(input._dtype, target._dtype)
        input, target = cast(input, kind), cast(target, kind)
    for each in (weight, pos_weight):
        if each is not None:
            expanded_shape(each.shape, input.shape)
    return _bce_with_logits(input, target, weight, pos_weight, reduction)
