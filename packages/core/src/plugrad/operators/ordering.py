"""Order: sorting, the largest few, unique elements, and places among sorted ones.

Sorting keeps the order of equal elements, whether that is asked for or not. NaN counts as larger
than everything, and no NaN equals another.
"""

from __future__ import annotations

from typing import Any

from plugrad import dtypes, return_types
from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import apply, one_dim, require_real, require_tensor
from plugrad.operators.numbers import number_given
from plugrad.operators.spaces import cast
from plugrad.vocabulary.forms import function, primitive

__all__ = [
    "argsort",
    "bucketize",
    "msort",
    "searchsorted",
    "sort",
    "topk",
    "unique",
    "unique_consecutive",
]


def _placed(k: Any, g: Any, indices: Any, x_shape: Any, dim: int) -> Any:
    return k.place_along(g, indices, x_shape, dim)


_sort = primitive("sort", "x; dim, descending", outputs="values, indices", moves=True, x=_placed)
_sort_stable = primitive(
    "sort_stable", "x; dim, descending", outputs="values, indices", node="SortBackward1",
    aten="aten::sort", moves=True, x=_placed,
    body=lambda k, x, dim, descending: k.sort(x, dim, descending),
)  # fmt: skip
_topk = primitive(
    "topk", "x; count, dim, largest, sorted", outputs="values, indices", moves=True, x=_placed
)


@function("function method")
def sort(
    input: Any, dim: int = -1, descending: bool = False, stable: bool | None = None, *,
    out: Any = None, axis: int | None = None,
) -> Any:  # fmt: skip
    """Return the elements in order along a dimension, and where they were.

    Parameters
    ----------
    input : Tensor
        Of real numbers.
    dim : int
    descending : bool
        Whether the largest comes first.
    stable : bool, optional
        Accepted for compatibility: equal elements keep their order in any case.
    out : tuple of two Tensors, optional
        Where to put the result.
    axis
        NumPy's name of `dim`.

    Returns
    -------
    (values, indices)

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([3, 1, 2]).sort(descending=True)
    plugrad.return_types.sort(
    values=tensor([3, 2, 1]),
    indices=tensor([0, 2, 1]))
    """
    dim = one_dim("sort", input, dim if axis is None else axis)
    require_real("sort", input)
    name = "sort" if stable is None else "sort_stable"
    return return_types.sort(apply(name, (input,), (dim, bool(descending)), out))


@function("function method")
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool | None = None) -> Any:
    """Return the indices that put the elements in order along a dimension: see `sort`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([3, 1, 2]).argsort()
    tensor([1, 2, 0])
    """
    return sort(input, dim, descending, stable)[1]


@function("function method")
def msort(input: Any, *, out: Any = None) -> Any:
    """Return the elements in order along the first dimension: see `sort`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([3, 1, 2]).msort()
    tensor([1, 2, 3])
    """
    if out is None:
        return sort(input, 0)[0]
    return sort(input, 0, out=(out, out.new_empty(0, dtype=dtypes.int64)))[0]


@function("function method")
def topk(
    input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *,
    out: Any = None, axis: int | None = None,
) -> Any:  # fmt: skip
    """Return the `k` largest or smallest elements along a dimension, and where they are.

    Parameters
    ----------
    input : Tensor
        Of real numbers.
    k : int
        How many.
    dim : int
    largest : bool
        Whether the largest or the smallest are wanted.
    sorted : bool
        Accepted for compatibility: they are returned in order in any case.
    out : tuple of two Tensors, optional
        Where to put the result.
    axis
        NumPy's name of `dim`.

    Returns
    -------
    (values, indices)
        Which of several equal elements are returned is not defined.

    Raises
    ------
    RuntimeError
        If there are not so many.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([3, 1, 4, 2]).topk(2)
    plugrad.return_types.topk(
    values=tensor([4, 3]),
    indices=tensor([2, 0]))
    """
    dim = one_dim("topk", input, dim if axis is None else axis)
    require_real("topk", input)
    if input._dtype is dtypes.bool_:
        raise RuntimeError("topk() does not take bools; convert the input with .int()")
    size = input._array.shape[dim] if input._array.shape else 1
    if not 0 <= k <= size:
        raise RuntimeError(
            f"topk(): there are no {k} elements along dimension {dim} of size {size}"
        )
    params = (k, dim, bool(largest), bool(sorted))
    return return_types.topk(apply("topk", (input,), params, out))


# ------------------------------------------------------------------------------- unique elements


def _no_derivative(name: str) -> Any:
    def refuse(g: Any) -> Any:
        raise NotImplementedError(f"{name}() has no derivative; detach its input, or use sort()")

    return refuse


_OUTPUTS = "values, inverse, counts"
_unique = primitive(
    "unique", "x", outputs=_OUTPUTS, node="Unique2Backward0", aten="aten::_unique2", moves=True,
    x=_no_derivative("unique"),
)  # fmt: skip
_unique_dim = primitive(
    "unique_dim", "x; dim", outputs=_OUTPUTS, moves=True, x=_no_derivative("unique")
)
_unique_consecutive = primitive(
    "unique_consecutive", "x", outputs=_OUTPUTS, moves=True,
    x=_no_derivative("unique_consecutive"),
)  # fmt: skip
_unique_consecutive_dim = primitive(
    "unique_consecutive_dim", "x; dim", outputs=_OUTPUTS, node="UniqueConsecutiveBackward0",
    aten="aten::unique_consecutive", moves=True, x=_no_derivative("unique_consecutive"),
)  # fmt: skip


def _chosen(results: Any, return_inverse: bool, return_counts: bool) -> Any:
    values, inverse, counts = results
    if not (return_inverse or return_counts):
        return values
    found = [values]
    if return_inverse:
        found.append(inverse)
    if return_counts:
        found.append(counts)
    return tuple(found)


def _slices_dim(name: str, input: Any, dim: int) -> int:
    number = one_dim(name, input, dim)
    shape = input._array.shape
    if 0 in shape and shape[number] != 0:
        raise RuntimeError(
            f"{name}(): the slices along dimension {number} of shape {list(shape)} have no "
            "elements to be told apart by"
        )
    return number


def _check_unique(name: str, input: Any) -> None:
    require_tensor(name, input)
    require_real(name, input, NotImplementedError)


@function("function method")
def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """Return the different elements, or slices, in ascending order.

    Parameters
    ----------
    input : Tensor
        Of real numbers. Every NaN differs from every other.
    sorted : bool
        Accepted for compatibility: the result is sorted in any case.
    return_inverse : bool
        Whether to return also where each element of the input is in the result.
    return_counts : bool
        Whether to return also how often each element of the result is in the input.
    dim : int, optional
        Compare the slices along this dimension; by default single elements.

    Returns
    -------
    Tensor, or a tuple of Tensors

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([3, 1, 3]).unique(return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    _check_unique("unique", input)
    if dim is None or not input._array.shape:
        return _chosen(_unique(input), return_inverse, return_counts)
    results = _unique_dim(input, _slices_dim("unique", input, dim))
    return _chosen(results, return_inverse, return_counts)


@function("function method")
def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the elements, or slices, that differ from the one before.

    Everything else is as for `unique`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 1, 2, 1]).unique_consecutive()
    tensor([1, 2, 1])
    """
    _check_unique("unique_consecutive", input)
    if dim is None or not input._array.shape:
        return _chosen(_unique_consecutive(input), return_inverse, return_counts)
    number = _slices_dim("unique_consecutive", input, dim)
    return _chosen(_unique_consecutive_dim(input, number), return_inverse, return_counts)


# ----------------------------------------------------------------------- places among sorted ones

primitive("searchsorted", "boundaries, x; right", out="casts", result="index")


def _right(name: str, right: bool, side: str | None) -> bool:
    if side not in (None, "left", "right"):
        raise RuntimeError(f'{name}(): side must be "left" or "right", not {side!r}')
    if side == "left" and right:
        raise RuntimeError(f'{name}(): side="left" contradicts right=True; pass one of them')
    return right or side == "right"


@function("function")
def searchsorted(
    sorted_sequence: Any, input: Any, *, out_int32: bool = False, right: bool = False,
    side: str | None = None, sorter: Any = None, out: Any = None,
) -> Any:  # fmt: skip
    """Return where to insert elements into sorted rows, so that these stay sorted.

    Parameters
    ----------
    sorted_sequence : Tensor
        Of shape ``(n,)``, or ``(..., n)`` with the leading sizes of `input`: ascending along the
        last dimension.
    input : Tensor or number
        What to insert; a number only beside one row.
    out_int32 : bool
        Whether the result is of int32, not int64.
    right : bool
        Whether the place after equal elements is returned, not that before them.
    side : "left" or "right", optional
        NumPy's way to say `right`.
    sorter : Tensor, optional
        Indices that sort a sequence that is not sorted: what `argsort` returns.
    out : Tensor, optional
        Where to put the result.

    Returns
    -------
    Tensor
        In the shape of `input`.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.searchsorted(plugrad.tensor([1, 3, 5]), plugrad.tensor([0, 3, 6]))
    tensor([0, 1, 3])
    """
    name = "searchsorted"
    right = _right(name, right, side)
    require_tensor(name, sorted_sequence, "sorted_sequence")
    if not isinstance(input, TensorBase):
        input = sorted_sequence.new_tensor(number_given(name, "input", input))
    rows, shape = sorted_sequence._array.shape, input._array.shape
    if not rows or (len(rows) > 1 and rows[:-1] != shape[:-1]):
        raise RuntimeError(
            f"{name}(): the sorted sequence of shape {list(rows)} must be one row, or rows with "
            f"the leading sizes of the input of shape {list(shape)}"
        )
    for tensor in (sorted_sequence, input):
        if tensor._dtype is dtypes.bool_:
            raise NotImplementedError(f"{name}() does not take bools; convert them with .int()")
        require_real(name, tensor, NotImplementedError)
    kind = dtypes.int32 if out_int32 else dtypes.int64
    if isinstance(out, TensorBase) and out._dtype is not kind:
        raise RuntimeError(f"{name}(): out must be of {kind}, as the result, not {out._dtype}")
    if sorter is not None:
        if sorter._array.shape != rows:
            raise RuntimeError(
                f"{name}(): sorter must have the sequence's shape {list(rows)}, not "
                f"{list(sorter._array.shape)}"
            )
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    found = apply(name, (sorted_sequence, input), (right,), out)
    return cast(found, dtypes.int32) if out_int32 and out is None else found


@function("function")
def bucketize(
    input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False, out: Any = None
) -> Any:
    """Return the bucket of each element, between boundaries that ascend.

    Parameters
    ----------
    input : Tensor or number
    boundaries : Tensor
        Of shape ``(n,)``: n + 1 buckets.
    out_int32, right, out
        As for `searchsorted`.

    Returns
    -------
    Tensor
        In the shape of `input`.

    Raises
    ------
    RuntimeError
        If there is more than one row of boundaries.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.bucketize(plugrad.tensor([0.5, 3.0, 9.0]), plugrad.tensor([1.0, 3.0, 5.0]))
    tensor([0, 1, 3])
    """
    require_tensor("bucketize", boundaries, "boundaries")
    if len(boundaries._array.shape) != 1:
        raise RuntimeError(
            f"bucketize(): boundaries must have 1 dimension, not shape "
            f"{list(boundaries._array.shape)}"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right, out=out)
