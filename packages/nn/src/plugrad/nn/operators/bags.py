"""Bags of rows of a table: looked up like an embedding, then added up, averaged, or compared."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.operators.embedding import by_frequency
from plugrad.size import listed
from plugrad.vocabulary.forms import composite, function, primitive
from plugrad.vocabulary.registry import tensor_table

__all__ = ["embedding_bag"]

_SUM, _MEAN, _MAX = range(3)


def _rows(k: Any, x: Any, indices: Any, padding_idx: int) -> Any:
    rows = k.embedding(x, indices, -1, False)
    return rows if padding_idx < 0 else k.keep(rows, k.unsqueeze(indices != padding_idx, 1))


def _summed(
    k: Any, x: Any, indices: Any, bags: Any, amounts: Any, count: int, padding_idx: int, scaled: Any
) -> Any:
    rows = _rows(k, x, indices, padding_idx)
    if amounts is not None:
        rows = rows * k.unsqueeze(amounts, 1)
    # To add rows to their bags is what the gradient of an embedding does.
    return k.embedding_grad(rows, bags, count, -1)


@composite("embedding_bag_grad", expose="", aten="aten::_embedding_bag_backward")
def _summed_grad(
    k: Any, g: Any, x: Any, indices: Any, bags: Any, amounts: Any, padding_idx: int, scaled: bool,
    needs: Any,
) -> Any:  # fmt: skip
    g = k.embedding(g, bags, -1, False)
    g_x = g_amounts = None
    if needs[0]:
        g_rows = g if amounts is None else g * k.unsqueeze(amounts, 1)
        g_rows = by_frequency(k, g_rows, indices, indices.shape, scaled)
        g_x = k.embedding_grad(g_rows, indices, x.shape[0], padding_idx)
    if amounts is not None and needs[1]:
        g_amounts = k.sum_dim(_rows(k, x, indices, padding_idx) * g, (1,), False)
    return g_x, g_amounts


_embedding_bag = primitive(
    "embedding_bag", "x, indices, bags, amounts?; count, padding_idx, scaled",
    differentiable="x, amounts", body=_summed, aten="aten::_embedding_bag",
    joint=lambda k, g, x, indices, bags, amounts, padding_idx, scaled, needs: k.embedding_bag_grad(
        g, x, indices, bags, amounts, padding_idx, scaled, needs
    ),
)  # fmt: skip


def _candidates(k: Any, x: Any, indices: Any, inside: Any) -> Any:
    rows = k.embedding(x, indices, -1, False)
    return k.masked_fill(
        rows, k.logical_not(k.expand(k.unsqueeze(inside, 2), rows.shape)), -numpy.inf
    )


def _largest(k: Any, x: Any, indices: Any, inside: Any, amounts: Any) -> Any:
    return k.amax(_candidates(k, x, indices, inside), (1,), False)


@composite("embedding_bag_max_grad", expose="", aten="aten::_embedding_bag_dense_backward")
def _largest_grad(k: Any, g: Any, x: Any, indices: Any, inside: Any) -> Any:
    rows = _candidates(k, x, indices, inside)
    _, places = k.max_dim(rows, 1, True)
    spread = k.place_along(k.unsqueeze(g, 1), places, tuple(rows.shape), 1)
    return k.embedding_grad(spread, indices, x.shape[0], -1)


# The indices are a matrix here, a row for each bag; `inside` tells which of them are any.
_embedding_bag_max = primitive(
    "embedding_bag_max", "x, indices, inside, amounts?", differentiable="x, amounts",
    node="EmbeddingBagBackward0", aten="aten::_embedding_bag", body=_largest,
    joint=lambda k, g, x, indices, inside: (
        k.embedding_bag_max_grad(g, x, indices, inside), None
    ),
)  # fmt: skip


def _on(like: Any, array: Any, kind: Any = dtypes.int64) -> Any:
    """Return a host's array as a tensor beside another."""
    return new_tensor(like._table.cast(like._table.from_host(array), kind), like._table, kind)


def _bounds(name: str, offsets: Any, count: int, include_last_offset: bool) -> Any:
    """Return where bags begin and, last, where the last one ends, on the host."""
    starts = numpy.asarray(offsets._table.to_host(offsets._array)).astype("i8")
    if include_last_offset:
        if not starts.size:
            raise RuntimeError(f"{name}(): with include_last_offset there must be an offset")
    else:
        starts = numpy.append(starts, count)
    if starts.size and (starts[0] != 0 or starts[-1] > count or (numpy.diff(starts) < 0).any()):
        raise RuntimeError(
            f"{name}(): offsets must begin with 0, not decrease, and not exceed the number of "
            f"indices, {count}; they are {starts.tolist()}"
        )
    return starts


@function("function")
def embedding_bag(
    weight: Any,
    indices: Any,
    offsets: Any,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """Return the sum, mean or maximum of bags of rows of a table.

    Parameters
    ----------
    weight : Tensor of shape (n, m)
        The table.
    indices : Tensor of shape (l,)
        Rows, int64 or int32: those of the first bag, then of the second, and so on.
    offsets : Tensor of shape (b,)
        Where each bag begins.
    scale_grad_by_freq : bool
        Whether gradients are divided by how often their row was looked up.
    mode : int
        0 for the sum, 1 for the mean, 2 for the maximum.
    sparse : bool
        Accepted, but gradients are dense.
    per_sample_weights : Tensor of shape (l,), optional
        Factors of the rows of a sum.
    include_last_offset : bool
        Whether a last offset tells where the last bag ends.
    padding_idx : int, optional
        A row that does not count.

    Returns
    -------
    tuple of Tensor
        The result of shape (b, m), the bag of each index, the sizes of bags, and for the maximum
        where it is.

    Raises
    ------
    RuntimeError, ValueError
        If arguments do not fit.

    Examples
    --------
    >>> import plugrad
    >>> table = plugrad.eye(3)
    >>> plugrad.embedding_bag(table, plugrad.tensor([0, 1, 2]), plugrad.tensor([0, 2]))[0]
    tensor([[1., 1., 0.],
            [0., 0., 1.]])
    """
    name = "embedding_bag"
    for tensor in (weight, indices, offsets):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): expected a Tensor, not {type(tensor).__name__}")
    if len(weight._array.shape) != 2 or len(indices._array.shape) != 1:
        raise RuntimeError(
            f"{name}(): the table is a matrix and indices a vector, not of shapes "
            f"{listed(weight._array.shape)} and {listed(indices._array.shape)}"
        )
    if not weight._dtype.is_floating_point:
        raise RuntimeError(f"{name}(): the table needs a floating-point dtype, not {weight._dtype}")
    for tensor in (indices, offsets):
        if tensor._dtype not in (dtypes.int64, dtypes.int32):
            raise RuntimeError(f"{name}(): indices and offsets are integers, not {tensor._dtype}")
    if per_sample_weights is not None:
        if mode != _SUM:
            raise RuntimeError(f"{name}(): per_sample_weights are for sums only")
        if per_sample_weights._dtype is not weight._dtype:
            raise RuntimeError(f"{name}(): per_sample_weights need the dtype of the table")
    size, padding = weight._array.shape[0], -1 if padding_idx is None else padding_idx
    if padding_idx is not None and padding_idx < 0:
        padding += size
    starts = _bounds(name, offsets, indices._array.shape[0], include_last_offset)
    lengths = numpy.diff(starts)
    indices = indices[: int(starts[-1])].to(dtypes.int64) if starts.size else indices
    bags = numpy.repeat(numpy.arange(lengths.size), lengths)
    found = _on(weight, bags)
    host = numpy.asarray(indices._table.to_host(indices._array))
    counted = host != padding if padding >= 0 else numpy.ones(host.size, bool)
    sizes = numpy.bincount(bags[counted], minlength=lengths.size)
    tensor_sizes = _on(weight, sizes)
    if mode == _MAX:
        result, places = _maximum(weight, host, bags, counted, sizes)
        return result, found, tensor_sizes, places
    amounts = per_sample_weights
    if mode == _MEAN:
        amounts = _on(weight, 1 / numpy.maximum(sizes, 1)[bags], weight._dtype)
    result = _embedding_bag(
        weight, indices, found, amounts, lengths.size, padding, scale_grad_by_freq
    )
    return result, found, tensor_sizes, tensor_sizes


def _maximum(weight: Any, host: Any, bags: Any, counted: Any, sizes: Any) -> tuple[Any, Any]:
    """Return the maxima of bags, 0 for those of nothing, and the rows where they are."""
    host, bags = host[counted], bags[counted]
    longest = max(int(sizes.max(initial=0)), 1)
    ranks = numpy.arange(host.size) - (numpy.cumsum(sizes) - sizes)[bags]
    matrix, inside = (
        numpy.zeros((sizes.size, longest), "i8"),
        numpy.zeros((sizes.size, longest), bool),
    )
    matrix[bags, ranks], inside[bags, ranks] = host, True
    # A bag of nothing is not asked: a maximum of nothing is no number.
    full = sizes > 0
    chosen, any_ = _on(weight, matrix[full]), _on(weight, inside[full], dtypes.bool_)
    k = tensor_table
    width = weight._array.shape[1]
    if not full.any() or not width:
        empty = weight[:0].sum(0, keepdim=True).expand(sizes.size, width)
        return empty, _on(weight, numpy.zeros((sizes.size, width), "i8"))
    largest = _embedding_bag_max(weight, chosen, any_, None)
    rows = _candidates(k, weight.detach(), chosen, any_)
    _, places = k.max_dim(rows, 1, False)
    where = k.gather(chosen, places, 1)
    if full.all():
        return largest, where
    order = _on(weight, numpy.flatnonzero(full))
    zeros = _on(weight, numpy.zeros((sizes.size, width)), weight._dtype)
    none = _on(weight, numpy.zeros((sizes.size, width), "i8"))
    return k.index_copy(zeros, order, largest, 0), k.index_copy(none, order, where, 0)
