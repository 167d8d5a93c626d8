"""Taking a tensor apart along a dimension, into views."""

from __future__ import annotations

from itertools import pairwise
from operator import index as as_int
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.parts import narrow
from plugrad.operators.shape import shape_of
from plugrad.shapes import normalize_dim
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions, methods, operators

__all__ = ["chunk", "split", "split_with_sizes", "tensor_split", "unbind"]

primitive(
    "split", "x; size, dim", outputs="*", moves=True,
    view=lambda shape, number, size, dim: (
        "slice", (dim, number * size, min((number + 1) * size, shape[dim]), 1), shape
    ),
    x=lambda k, g, dim: k.cat(g, dim),
)  # fmt: skip

primitive(
    "split_with_sizes", "x; sizes, dim", outputs="*", moves=True,
    view=lambda shape, number, sizes, dim: (
        "slice", (dim, sum(sizes[:number]), sum(sizes[: number + 1]), 1), shape
    ),
    x=lambda k, g, dim: k.cat(g, dim),
)  # fmt: skip

primitive(
    "unbind", "x; dim", outputs="*", moves=True,
    view=lambda shape, number, dim: ("select", (dim, number), shape),
    x=lambda k, g, dim: k.stack(g, dim),
)  # fmt: skip


def _length(caller: str, input: Any, dim: int) -> tuple[int, int]:
    """Return a dimension counted from the front, and its size."""
    shape = shape_of(caller, input)
    if not shape:
        raise RuntimeError(f"{caller}() needs a tensor with a dimension; this one has none")
    dim = normalize_dim(dim, len(shape))
    return dim, shape[dim]


@function("function")
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Return parts of a size, the last of which may be smaller, or of the sizes given.

    Parameters
    ----------
    tensor : Tensor
    split_size_or_sections : int or sequence of int
    dim : int

    Returns
    -------
    tuple of Tensor
        Views.

    Raises
    ------
    RuntimeError
        If the sizes do not add up to that of the dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.split(plugrad.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if isinstance(split_size_or_sections, (tuple, list)):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    size = as_int(split_size_or_sections)
    dim, length = _length("split", tensor, dim)
    if size < 0 or (size == 0 and length > 0):
        raise RuntimeError(f"split(): parts of size {size} do not make up a dimension of {length}")
    return tuple(operators["split"].call(tensor, max(size, 1), dim))


def _split_method(self: Any, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
    return split(self, split_size, dim)


methods["split"] = _split_method


@function()
def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """Return parts of the sizes given.

    Raises
    ------
    RuntimeError
        If they do not add up to the size of the dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.split_with_sizes(plugrad.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    dim, length = _length("split_with_sizes", input, dim)
    sizes = tuple(map(as_int, split_sizes))
    if sum(sizes) != length or any(size < 0 for size in sizes):
        raise RuntimeError(
            f"split_with_sizes(): the sizes {list(sizes)} must not be negative, and add up to "
            f"that of dimension {dim}, {length}"
        )
    return tuple(operators["split_with_sizes"].call(input, sizes, dim))


@function(aten="aten::chunk")
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Return `chunks` parts at most, all of one size but for the last.

    Raises
    ------
    RuntimeError
        If `chunks` is not positive.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.chunk(plugrad.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    dim, length = _length("chunk", input, dim)
    if chunks <= 0:
        raise RuntimeError(f"chunk(): the number of chunks must be positive, and is {chunks}")
    if not length:
        # PyTorch keeps the number then.
        return split_with_sizes(input, (0,) * chunks, dim)
    return tuple(operators["split"].call(input, -(-length // chunks), dim))


@function()
def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """Return the view of every index along a dimension, which goes.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.unbind(plugrad.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    shape = shape_of("unbind", input)
    if not shape:
        raise IndexError("unbind(): a 0-d tensor has no dimension to take apart")
    return tuple(operators["unbind"].call(input, normalize_dim(dim, len(shape))))


@function()
def tensor_split(
    input: Any, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None,
    sections: Any = None, tensor_indices_or_sections: Any = None,
) -> tuple[Any, ...]:  # fmt: skip
    """Return parts between indices, or a number of parts that differ by 1 in size at most.

    Parameters
    ----------
    input : Tensor
    indices_or_sections : int, sequence of int or Tensor
        A number of parts; or where each part but the first begins.
    dim : int
    indices, sections, tensor_indices_or_sections
        Other names of the second argument.

    Returns
    -------
    tuple of Tensor
        Views.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor_split(plugrad.arange(4), 3)
    (tensor([0, 1]), tensor([2]), tensor([3]))
    >>> plugrad.tensor_split(plugrad.arange(4), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3]))
    """
    dim, length = _length("tensor_split", input, dim)
    names = (indices_or_sections, indices, sections, tensor_indices_or_sections)
    given = [value for value in names if value is not None]
    if len(given) != 1:
        raise TypeError("tensor_split() takes either a number of parts, or where they begin")
    (where,) = given
    if isinstance(where, TensorBase):
        where = where.tolist()  # type: ignore[attr-defined]
    if isinstance(where, (tuple, list)):
        return _between(input, [0, *map(as_int, where), length], dim)
    parts = as_int(where)
    if parts <= 0:
        raise RuntimeError(f"tensor_split(): the number of parts must be positive, and is {parts}")
    size, larger = divmod(length, parts)
    ends = [size * number + min(number, larger) for number in range(parts + 1)]
    return _between(input, ends, dim)


def _between(input: Any, ends: list[int], dim: int) -> tuple[Any, ...]:
    """Return the slices between neighbours among `ends`, which count as in a Python slice."""
    length = input._array.shape[dim]
    parts = []
    for begin, end in pairwise(ends):
        start, stop, _ = slice(begin, end).indices(length)
        parts.append(narrow(input, dim, start, max(0, stop - start)))
    return tuple(parts)


def _split_along(name: str, least: int, dim: int, example: str) -> None:
    """Declare ``hsplit`` and kin: `tensor_split` along a certain dimension, into equal parts."""

    def public(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
        shape = shape_of(name, input)
        if len(shape) < least:
            raise RuntimeError(
                f"{name}() needs a tensor of {least} dimension(s) at least, not {len(shape)}"
            )
        along = 0 if len(shape) == 1 else dim
        where = indices_or_sections
        if not isinstance(where, (tuple, list)) and (where <= 0 or shape[along] % where):
            raise RuntimeError(
                f"{name}(): dimension {along} of size {shape[along]} does not divide into {where} "
                "equal parts"
            )
        return tensor_split(input, where, along)

    public.__name__ = public.__qualname__ = name
    public.__doc__ = (
        f"Return parts along dimension {dim}: equal ones, or those between indices.\n\n"
        f"Examples\n--------\n>>> import plugrad\n{example}\n"
    )
    functions[name] = methods[name] = public


_split_along("hsplit", 1, 1, ">>> [part.shape[1] for part in plugrad.ones(2, 4).hsplit(2)]\n[2, 2]")
_split_along(
    "vsplit", 2, 0, ">>> [part.shape[0] for part in plugrad.ones(4, 2).vsplit([1])]\n[1, 3]"
)
_split_along(
    "dsplit", 3, 2, ">>> [part.shape[2] for part in plugrad.ones(1, 1, 4).dsplit(2)]\n[2, 2]"
)
