"""Tables that are looked up: embedding, and the one-hot vectors that it stands for."""

from __future__ import annotations

from typing import Any

from plugrad import dtypes
from plugrad.autograd.modes import no_grad
from plugrad.autograd.tape import TensorBase
from plugrad.vocabulary.forms import function, linear, primitive
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["bound_norms", "by_frequency", "embedding", "one_hot"]


def by_frequency(k: Any, g: Any, indices: Any, shape: tuple[int, ...], scaled: bool) -> Any:
    """Return gradients of rows, divided by how often each row was looked up if that is wanted."""
    return g / k.unsqueeze(k.frequency(indices, g), len(shape)) if scaled else g


def _rows_or_zeros(k: Any, g: Any, indices: Any, shape: tuple[int, ...], padding_idx: int) -> Any:
    rows = k.embedding(g, indices, -1, False)
    if padding_idx < 0:
        return rows
    return k.keep(rows, k.unsqueeze(indices != padding_idx, len(shape)))


_embedding = linear(
    "embedding", "x, indices; padding_idx, scaled",
    x=lambda k, g, indices, x_shape, indices_shape, padding_idx, scaled: k.embedding_grad(
        by_frequency(k, g, indices, indices_shape, scaled), indices, x_shape[0], padding_idx
    ),
)  # fmt: skip

# Each row of the gradient is added to the row of the table that it was looked up from.
linear(
    "embedding_grad", "grad, indices; count, padding_idx", node="EmbeddingDenseBackwardBackward0",
    aten="aten::embedding_dense_backward",
    grad=lambda k, g, indices, indices_shape, padding_idx: _rows_or_zeros(
        k, g, indices, indices_shape, padding_idx
    ),
)  # fmt: skip

# How often each index occurs, in the dtype of `like`.
primitive("frequency", "indices, like", aten="aten::bincount")

_one_hot = primitive("one_hot", "x; num_classes", result="index")


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Return the rows of a table.

    Parameters
    ----------
    input : Tensor of shape (...)
        Which rows, int64 or int32.
    weight : Tensor of shape (n, m)
        The table.
    padding_idx : int, optional
        A row that gets no gradient; may be negative.
    max_norm : float, optional
        Rows that are looked up and have a larger norm are first scaled down to it, in place.
    norm_type : float
        The norm's exponent.
    scale_grad_by_freq : bool
        Whether gradients are divided by how often their row was looked up.
    sparse : bool
        Accepted, but gradients are dense.

    Returns
    -------
    Tensor of shape (..., m)

    Raises
    ------
    IndexError
        If there is no such row.
    RuntimeError
        If the table is no matrix, or `input` holds no integers.
    AssertionError
        If `padding_idx` is no row.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.operators.embedding import embedding
    >>> embedding(plugrad.tensor([1, 1]), plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [3., 4.]])
    """
    try:
        table, kind = weight._array.shape, input._dtype
    except AttributeError:
        raise TypeError("embedding(): input and weight must be Tensors") from None
    if len(table) != 2:
        raise RuntimeError(f"embedding(): weight must be a matrix, but has shape {list(table)}")
    if kind is not dtypes.int64 and kind is not dtypes.int32:
        raise RuntimeError(
            f"embedding(): rows are told by int64 or int32 numbers, not {kind}; use .long()"
        )
    if padding_idx is None:
        padding_idx = -1
    elif not -table[0] <= padding_idx < table[0]:
        # An AssertionError, as in PyTorch.
        raise AssertionError(
            f"embedding(): padding_idx must be a row of the table, of {table[0]}, not {padding_idx}"
        )
    elif padding_idx < 0:
        padding_idx += table[0]
    if max_norm is not None:
        bound_norms(weight, input, max_norm, norm_type)
    return _embedding(weight, input, padding_idx, scale_grad_by_freq)


@no_grad()
def bound_norms(weight: Any, indices: Any, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are looked up down to a norm, in place."""
    rows = indices.reshape(-1).unique()
    found = k.embedding(weight.detach(), rows, -1, False)
    norms = found.norm(norm_type, 1, True)
    factors = k.where(norms > max_norm, max_norm / (norms + 1e-7), k.ones_like(norms))
    weight.index_copy_(0, rows, found * factors)


@function("function", names="embedding")
def _embedding_of_table(
    weight: Any,
    indices: Any,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Return the rows of a table: `embedding` with the table first.

    Parameters
    ----------
    weight : Tensor of shape (n, m)
    indices : Tensor of shape (...)
    padding_idx : int
        A row that gets no gradient; -1 for none.
    scale_grad_by_freq, sparse : bool

    Returns
    -------
    Tensor of shape (..., m)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.embedding(plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]), plugrad.tensor([1]))
    tensor([[3., 4.]])
    """
    padding = padding_idx if padding_idx >= 0 else None
    return embedding(indices, weight, padding, None, 2.0, scale_grad_by_freq, sparse)


@shown_as("aten::one_hot")
def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Return vectors with a single 1, at the place of a class.

    Parameters
    ----------
    tensor : Tensor of shape (...)
        Classes, int64.
    num_classes : int
        -1 for one more than the largest class.

    Returns
    -------
    Tensor of shape (..., num_classes)
        Of int64.

    Raises
    ------
    RuntimeError
        If a number is no class.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.operators.embedding import one_hot
    >>> one_hot(plugrad.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if not isinstance(tensor, TensorBase):
        raise TypeError(f"one_hot(): expected a Tensor, not {type(tensor).__name__}")
    classes: Any = tensor
    if classes._dtype is not dtypes.int64:
        raise RuntimeError(f"one_hot(): classes are int64 numbers, not {classes._dtype}")
    if classes.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError(
                "one_hot(): how many classes there are cannot be told from an empty tensor; pass "
                "num_classes"
            )
        return _one_hot(classes, num_classes)
    smallest, largest = int(classes.min()), int(classes.max())
    if smallest < 0:
        raise RuntimeError(f"one_hot(): classes must not be negative, but one is {smallest}")
    if num_classes == -1:
        num_classes = largest + 1
    if largest >= num_classes:
        raise RuntimeError(
            f"one_hot(): classes must be smaller than num_classes, {num_classes}, but one is "
            f"{largest}"
        )
    return _one_hot(classes, num_classes)
