"""Shapes: the same elements in another shape.

What an operator here returns is a view of its input's memory, and lies in it as PyTorch's does;
only `reshape` and its kin copy where they must. The public functions read PyTorch's flexible
arguments (``x.view(2, 3)``, ``x.view((2, 3))``) and settle what is open (a negative dimension, a -1
in a shape) before an operator sees it. Gradient rules call `reshape` as it is.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.autograd.views import share_memory
from plugrad.dtypes import dtype as Dtype
from plugrad.layouts import memory_format as Format
from plugrad.layouts import order_of
from plugrad.shapes import (
    expanded_shape,
    infer_view_shape,
    normalize_dim,
    normalize_dims,
    shape_from_args,
)
from plugrad.vocabulary.forms import function, linear
from plugrad.vocabulary.registry import methods

_PLAIN = frozenset({int})
"""What a size or a dimension usually is; all else is looked at more closely."""

__all__ = [
    "clone_contiguous",
    "contiguous",
    "expand",
    "expand_as",
    "one_or_several",
    "reshape",
    "reshape_as",
    "reshaped",
    "shape_of",
    "squeeze",
    "unsqueeze",
    "view",
    "view_as",
]


def shape_of(caller: str, input: Any) -> tuple[int, ...]:
    """Return the shape of what must be a tensor.

    Raises
    ------
    TypeError
        If it is none.
    """
    if not isinstance(input, TensorBase):
        raise TypeError(f"{caller}(): expected a Tensor, not {type(input).__name__}")
    return input._array.shape  # type: ignore[no-any-return]


def one_or_several(caller: str, args: tuple[Any, ...], named: Any = None) -> Any:
    """Return what is given as ``f(2, 3)``, ``f((2, 3))`` or ``f(name=(2, 3))``: one sequence.

    Raises
    ------
    TypeError
        If nothing is given, or both.
    """
    if not args:
        if named is None:
            raise TypeError(f"{caller}() takes one or more ints, or one sequence of them")
        return named
    if named is not None:
        raise TypeError(f"{caller}() takes ints either by position or by name, not both")
    first = args[0]
    if len(args) > 1 or first.__class__ is int or isinstance(first, TensorBase):
        return args
    return first


def _resolved(shape: tuple[int, ...], wanted: Any, caller: str) -> tuple[int, ...]:
    """Return the shape that is asked for, with its -1 replaced by what fits.

    What is usual is settled here; `infer_view_shape` knows the rest, and what is wrong.
    """
    if _PLAIN.issuperset(map(type, wanted)):
        least = min(wanted, default=0)
        if least >= 0:
            return tuple(wanted)  # the kernel finds out whether it fits
        if least == -1 and wanted.count(-1) == 1:
            count, known = math.prod(shape), -math.prod(wanted)
            if known > 0 and not count % known:
                place = wanted.index(-1)
                return (*wanted[:place], count // known, *wanted[place + 1 :])
    return infer_view_shape(shape, shape_from_args(wanted, caller=caller))


# -------------------------------------------------------------------------------------- operators

viewing = partial(linear, view=True, result="same")
"""Declare a view operator."""

moving = partial(linear, moves=True, result="same")
"""Declare a linear operator that works on every dtype as it is."""

_alias = viewing("alias", "x", x=lambda g: g)

_view = viewing("view", "x; shape", x=lambda k, g, x_shape: k.reshape(g, x_shape))

# What PyTorch records where a reshape is a view of memory with gaps, or in another order.
_reshape_alias = viewing(
    "reshape_alias", "x; shape", aten="aten::_reshape_alias",
    x=lambda k, g, x_shape: k.reshape(g, x_shape),
)  # fmt: skip

# The two halves of a reshape that copies; nobody else has the memory of the copy.
clone_contiguous = moving(
    "clone_contiguous", "x", node="CloneBackward0", aten="aten::clone", x=lambda g: g
)
_unsafe_view = moving(
    "unsafe_view", "x; shape", aten="aten::_unsafe_view",
    x=lambda k, g, x_shape: k.reshape(g, x_shape),
)  # fmt: skip

_unsqueeze = viewing("unsqueeze", "x; dim", x=lambda k, g, dim: k.squeeze_dim(g, dim))

_squeeze = viewing("squeeze", "x", x=lambda k, g, x_shape: k.reshape(g, x_shape))

_squeeze_dim = viewing(
    "squeeze_dim", "x; dim", node="SqueezeBackward1", aten="aten::squeeze",
    x=lambda k, g, x_shape: k.reshape(g, x_shape),
)  # fmt: skip

_squeeze_dims = viewing(
    "squeeze_dims", "x; dims", node="SqueezeBackward2", aten="aten::squeeze",
    x=lambda k, g, x_shape: k.reshape(g, x_shape),
)  # fmt: skip

# The engine sums a gradient to the shape of its input: that is the transpose of `expand`.
_expand = viewing("expand", "x; shape", x=lambda g: g)


def view(self: Any, *args: Any, size: Any = None, dtype: Any = None) -> Any:
    """Return the same memory in another shape, or as another dtype.

    Parameters
    ----------
    *args : int, or one sequence of int (or ``size=``), or one dtype (or ``dtype=``)
        One size may be -1, for what fits. With a dtype the bytes are read as numbers of it, and the
        last dimension grows or shrinks if those have another size; that has no gradient.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the elements do not fit, or the strides do not allow it: `reshape` copies then.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    wanted = one_or_several("view", args, dtype if size is None else size)
    if wanted.__class__ is Dtype:
        return _view_dtype(self, wanted)
    if not isinstance(wanted, (tuple, list)):
        raise TypeError(f"view(): expected ints or a dtype, not {type(wanted).__name__}")
    return _view(self, _resolved(self._array.shape, wanted, "view()"))


methods["view"] = view


def _view_dtype(self: Any, kind: Dtype) -> Any:
    have = self._dtype
    shape = self._array.shape
    if have.itemsize != kind.itemsize:
        if not shape:
            raise RuntimeError(f"a 0-d tensor of {have} cannot be seen as {kind}: sizes differ")
        strides = self._table.strides(self._array)
        ratio = kind.itemsize / have.itemsize
        if strides[-1] != 1 or (shape[-1] / ratio) % 1 or any(s / ratio % 1 for s in strides[:-1]):
            raise RuntimeError(
                f"a tensor of {have}, shape {list(shape)} and strides {list(strides)} cannot be "
                f"seen as {kind}: the last dimension must be dense, and fill whole elements"
            )
    array = self._table.view_dtype(self._array, kind)
    tensor = new_tensor(array, self._table, kind)
    share_memory(tensor, self)
    return tensor


@function("function", aten="aten::reshape")
def reshape(input: Any, shape: Any) -> Any:
    """Return the elements in another shape: a view where the memory allows, else a copy.

    Parameters
    ----------
    input : Tensor
    shape : sequence of int
        One size may be -1, for what fits.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the elements do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.reshape(plugrad.arange(4), (2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    found = shape_of("reshape", input)
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"reshape(): shape must be a sequence of int, not {type(shape).__name__}")
    return reshaped(input, _resolved(found, shape, "reshape()"))


def reshaped(input: Any, shape: tuple[int, ...]) -> Any:
    """Return a tensor in a shape that is known to fit, by the operators that PyTorch records."""
    table, array = input._table, input._array
    if table.is_contiguous(array):
        return _view(input, shape)
    if table.viewable(array, shape):
        return _reshape_alias(input, shape)
    return _unsafe_view(clone_contiguous(input), shape)


def _reshape_method(self: Any, *args: Any, shape: Any = None) -> Any:
    return reshape(self, one_or_several("reshape", args, shape))


methods["reshape"] = _reshape_method


@function("method", aten="aten::view_as")
def view_as(self: Any, other: Any) -> Any:
    """Return ``self.view(other.shape)``.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(4).view_as(plugrad.ones(2, 2)).shape
    plugrad.Size([2, 2])
    """
    return view(self, shape_of("view_as", other))


@function("method")
def reshape_as(self: Any, other: Any) -> Any:
    """Return ``self.reshape(other.shape)``.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(4).reshape_as(plugrad.ones(2, 2)).shape
    plugrad.Size([2, 2])
    """
    return reshape(self, shape_of("reshape_as", other))


@function("method", aten="aten::contiguous")
def contiguous(self: Any, memory_format: Format | None = None) -> Any:
    """Return a tensor whose elements lie in memory in the order of their indices.

    Parameters
    ----------
    memory_format : memory_format, optional
        Another order, such as ``channels_last``.

    Returns
    -------
    Tensor
        Itself if it is so already, else a copy.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3).t().contiguous().stride()
    (2, 1)
    """
    shape = shape_of("contiguous", self)
    order = order_of(memory_format, shape)
    if order is None or list(order) == sorted(order):
        if self._table.is_contiguous(self._array):
            return self
        return clone_contiguous(self)
    return self if self.is_contiguous(memory_format) else self.clone(memory_format=memory_format)


@function()
def squeeze(input: Any, dim: Any = None) -> Any:
    """Return a view without dimensions of size 1.

    Parameters
    ----------
    input : Tensor
    dim : int or sequence of int, optional
        Only these, as far as their size is 1; by default all.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(1, 2, 1).squeeze(0).shape
    plugrad.Size([2, 1])
    """
    shape = shape_of("squeeze", input)
    if dim is None:
        return _squeeze(input)
    if isinstance(dim, (tuple, list)):
        return _squeeze_dims(input, normalize_dims(dim, len(shape)))
    return _squeeze_dim(input, normalize_dim(dim, len(shape)))


@function()
def unsqueeze(input: Any, dim: int) -> Any:
    """Return a view with a new dimension of size 1 at `dim`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3).unsqueeze(-1).shape
    plugrad.Size([2, 3, 1])
    """
    return _unsqueeze(input, normalize_dim(dim, len(shape_of("unsqueeze", input)) + 1))


@function("method")
def expand(self: Any, *args: Any, size: Any = None, implicit: bool = False) -> Any:
    """Return a view in which dimensions of size 1 are repeated, and new ones come first.

    All repetitions share one place in memory, so the view cannot be changed in place.

    Parameters
    ----------
    *args : int, or one sequence of int (or ``size=``)
        -1 leaves a dimension as it is.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If a dimension of another size than 1 would change.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    wanted = one_or_several("expand", args, size)
    if _PLAIN.issuperset(map(type, wanted)) and -1 not in wanted:
        return _expand(self, tuple(wanted))
    shape = shape_from_args(wanted, caller="expand()")
    return _expand(self, expanded_shape(self._array.shape, shape))


@function("method", aten="aten::expand_as")
def expand_as(self: Any, other: Any) -> Any:
    """Return ``self.expand(other.shape)``.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(1).expand_as(plugrad.ones(2, 3)).shape
    plugrad.Size([2, 3])
    """
    return expand(self, tuple(shape_of("expand_as", other)))


@function()
def broadcast_to(input: Any, size: Any) -> Any:
    """Return ``input.expand(size)``.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.broadcast_to(plugrad.ones(3), (2, 3)).shape
    plugrad.Size([2, 3])
    """
    shape_of("broadcast_to", input)
    return expand(input, size)
