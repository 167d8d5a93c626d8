"""`einsum`: sums of products, told by the names of dimensions.

Every operand is brought to the same order of dimensions, those of the result first, then those that
are summed. Operands are then joined from left to right: where a dimension of both is summed and no
later operand has it, by a batched matrix product, else by a product of elements.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.linalg import bmm
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["einsum"]

Labels = list[Hashable]
"""The name of each dimension: a letter or a number, a pair for one that an ellipsis stands for."""

_ELLIPSIS = "..."


@function("function", aten="aten::einsum")
def einsum(*args: Any) -> Any:
    """Return sums of products of the operands' elements, in Einstein's notation.

    Parameters
    ----------
    equation : str
        For each operand a letter a dimension, as in ``"ij,jk->ik"``: letters that the result lacks
        are summed over. Without an arrow the result has the letters that occur once, in
        alphabetical order. ``...`` stands for any dimensions, which broadcast.
    *operands : Tensor
        Or a list of them. Instead of an equation each operand may be followed by a list of numbers,
        and the last by that of the result.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the equation cannot be understood, or does not fit the operands.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> plugrad.einsum("ij,kj->ik", x, x)
    tensor([[ 5., 11.],
            [11., 25.]])
    >>> plugrad.einsum("ii", x)
    tensor(5.)
    """
    labels, result, operands = _read(args)
    for operand in operands:
        if not isinstance(operand, TensorBase):
            raise TypeError(f"einsum(): operands are Tensors, not {type(operand).__name__}")
    if len(labels) != len(operands):
        raise RuntimeError(
            f"einsum(): the equation names {len(labels)} operands, but {len(operands)} were given"
        )
    named = [_spelled_out(i, *pair) for i, pair in enumerate(zip(labels, operands, strict=True))]
    ellipsis = _longest_ellipsis(named)
    if result is None:
        result = _implied(named, ellipsis)
    else:
        result = [name for each in result for name in (ellipsis if each == _ELLIPSIS else [each])]
    _refuse_wrong_result(result, named)
    sizes = _sizes(named, operands)
    summed = [label for label in sizes if label not in result]
    summed.sort(key=_order)
    order = [*result, *summed]
    aligned = [
        _aligned(operand, each, order) for operand, each in zip(operands, named, strict=True)
    ]
    return _joined(aligned, len(result), [sizes[label] for label in result])


# ----------------------------------------------------------------------------------- the equation


def _read(args: tuple[Any, ...]) -> tuple[list[Labels], Labels | None, list[Any]]:
    """Return the labels of each operand, those of the result if they are told, and the operands."""
    if not args:
        raise ValueError("einsum(): expected an equation and operands")
    if not isinstance(args[0], str):
        return _read_lists(args)
    equation, *operands = args
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = list(operands[0])
    if not operands:
        raise ValueError("einsum(): expected at least one operand")
    inputs, arrow, result = equation.partition("->")
    labels = [_letters(word, equation) for word in inputs.split(",")]
    return labels, _letters(result, equation) if arrow else None, operands


def _letters(word: str, equation: str) -> Labels:
    head, dots, tail = word.replace(" ", "").partition(_ELLIPSIS)
    for letter in head + tail:
        if not (letter.isascii() and letter.isalpha()):
            raise RuntimeError(
                f"einsum(): found {letter!r} in {equation!r}; dimensions are named by letters, and "
                "an ellipsis (...) may stand once in each term"
            )
    return [*head, *([_ELLIPSIS] if dots else []), *tail]


def _read_lists(args: tuple[Any, ...]) -> tuple[list[Labels], Labels | None, list[Any]]:
    def read(numbers: Sequence[Any]) -> Labels:
        labels: Labels = []
        for number in numbers:
            if number is not Ellipsis and not 0 <= number < 52:
                raise ValueError(
                    f"einsum(): dimension {number} is out of range: names are from 0 to 51"
                )
            labels.append(_ELLIPSIS if number is Ellipsis else number)
        return labels

    count = len(args) // 2
    labels = [read(args[2 * i + 1]) for i in range(count)]
    return labels, read(args[-1]) if len(args) % 2 else None, [args[2 * i] for i in range(count)]


def _spelled_out(number: int, labels: Labels, operand: Any) -> Labels:
    """Return labels with one in place of the ellipsis for each dimension that it stands for.

    Those count from the back, so that dimensions broadcast as they do elsewhere.
    """
    shape = operand._array.shape
    missing = len(shape) - sum(label != _ELLIPSIS for label in labels)
    if missing < 0 or (missing and _ELLIPSIS not in labels):
        raise RuntimeError(
            f"einsum(): operand {number} has {len(shape)} dimensions, of shape {list(shape)}, but "
            f"the equation names {len(shape) - missing}"
        )
    dots = [(_ELLIPSIS, i) for i in range(missing, 0, -1)]
    return [name for label in labels for name in (dots if label == _ELLIPSIS else [label])]


def _longest_ellipsis(named: list[Labels]) -> Labels:
    found = {label for labels in named for label in labels if isinstance(label, tuple)}
    return [(_ELLIPSIS, i) for i in range(len(found), 0, -1)]


def _implied(named: list[Labels], ellipsis: Labels) -> Labels:
    """Return the labels of a result of which the equation says nothing."""
    every = [label for labels in named for label in labels if not isinstance(label, tuple)]
    return [*ellipsis, *sorted((each for each in every if every.count(each) == 1), key=_order)]


def _order(label: Hashable) -> tuple[int, Any]:
    """Ellipses come first, then letters in alphabetical order, capitals before the others."""
    return (0, -label[1]) if isinstance(label, tuple) else (1, label)


def _refuse_wrong_result(result: Labels, named: list[Labels]) -> None:
    for label in result:
        if result.count(label) > 1:
            raise RuntimeError(f"einsum(): the result names dimension {label!r} more than once")
        if not any(label in labels for labels in named):
            raise RuntimeError(
                f"einsum(): the result names dimension {label!r}, which no operand has"
            )


def _sizes(named: list[Labels], operands: list[Any]) -> dict[Hashable, int]:
    sizes: dict[Hashable, int] = {}
    for number, (labels, operand) in enumerate(zip(named, operands, strict=True)):
        own: dict[Hashable, int] = {}
        for label, size in zip(labels, operand._array.shape, strict=True):
            if own.setdefault(label, size) != size:
                raise RuntimeError(
                    f"einsum(): operand {number} names two dimensions {label!r}, but they have "
                    f"sizes {own[label]} and {size}"
                )
        for label, size in own.items():
            known = sizes.setdefault(label, size)
            if known == 1:
                sizes[label] = size
            elif size not in (1, known):
                raise RuntimeError(
                    f"einsum(): dimension {label!r} has size {size} in operand {number}, but size "
                    f"{known} before"
                )
    return sizes


# ----------------------------------------------------------------------------------- the operands


def _aligned(operand: Any, labels: Labels, order: Labels) -> Any:
    """Return an operand with one dimension for each label, in order; missing ones have size 1."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            operand = k.diagonal(operand, 0, first, second)
            # The diagonal is the last dimension now; it takes the place of the first.
            kept = [each for i, each in enumerate(labels) if i not in (first, second)]
            dims = [*range(len(kept))]
            dims.insert(first, len(kept))
            operand = k.permute(operand, tuple(dims))
            labels = [*kept[:first], label, *kept[first:]]
    missing = [label for label in order if label not in labels]
    for _ in missing:
        operand = k.unsqueeze(operand, len(operand._array.shape))
    have = [*labels, *missing]
    return k.permute(operand, tuple(have.index(label) for label in order))


def _joined(operands: list[Any], kept: int, shape: list[int]) -> Any:
    """Return the product of aligned operands, summed over all but the first `kept` dimensions."""
    result, *others = operands
    ndim = len(result._array.shape)
    # After which operand a dimension can be summed: the last that has it.
    last = [
        max((i for i, x in enumerate(operands) if x._array.shape[dim] != 1), default=0)
        for dim in range(ndim)
    ]
    alone = tuple(dim for dim in range(kept, ndim) if last[dim] == 0)
    if alone:
        result = k.sum_dim(result, alone, bool(others))
    for number, other in enumerate(others, 1):
        both = []
        for dim in range(kept, ndim):
            if last[dim] != number:
                continue
            if result._array.shape[dim] == 1:
                other = k.sum_dim(other, (dim,), True)
            elif other._array.shape[dim] == 1:
                result = k.sum_dim(result, (dim,), True)
            else:
                both.append(dim)
        result = _contracted(result, other, both) if both else k.mul(result, other)
    if others and ndim > kept:
        result = k.view(result, tuple(shape))
    return result


def _contracted(x: Any, y: Any, summed: list[int]) -> Any:
    """Return the product of two operands, summed over dimensions that both have, by a `bmm`."""
    one, two = x._array.shape, y._array.shape
    rest = [dim for dim in range(len(one)) if dim not in summed]
    batch = [dim for dim in rest if (one[dim] == 1) == (two[dim] == 1)]
    of_x = [dim for dim in rest if one[dim] != 1 == two[dim]]
    of_y = [dim for dim in rest if one[dim] == 1 != two[dim]]
    if of_x and of_y and of_y[0] < of_x[0]:
        # This way round the result lies in memory in the order of its dimensions.
        x, y, one, two, of_x, of_y = y, x, two, one, of_y, of_x
    count = math.prod(one[dim] for dim in batch)
    inner = math.prod(one[dim] for dim in summed)
    rows = math.prod(one[dim] for dim in of_x)
    columns = math.prod(two[dim] for dim in of_y)
    x = k.reshape(k.permute(x, (*batch, *of_x, *summed, *of_y)), (count, rows, inner))
    y = k.reshape(k.permute(y, (*batch, *summed, *of_y, *of_x)), (count, inner, columns))
    order = [*batch, *of_x, *summed, *of_y]
    sizes = [1 if dim in summed else two[dim] if dim in of_y else one[dim] for dim in order]
    result = k.reshape(bmm(x, y), tuple(sizes))
    return k.permute(result, tuple(order.index(dim) for dim in range(len(one))))
