"""Making tensors of evenly spaced numbers, and of the indices of a triangle.

The numbers are computed on the host, with PyTorch's roundings, and then brought to the device.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.operators import spacing
from plugrad.operators.numbers import fitting, number_given
from plugrad.operators.options import dtype_given, integer_given, made
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.dtypes import dtype as Dtype
    from plugrad.tensor import Tensor

__all__ = ["arange", "linspace", "logspace", "range", "tril_indices", "triu_indices"]

_INDEX_DTYPES: Final = frozenset({dtypes.int32, dtypes.int64})


@function("function")
def arange(
    *bounds: Any, start: Any = None, end: Any = None, step: Any = None, out: Any = None,
    dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the numbers from `start` to before `end` in steps of `step`.

    Parameters
    ----------
    *bounds : number
        ``end``, or ``start, end``, or ``start, end, step``, also as keywords. By default `start` is
        0 and `step` 1.
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`. By default the dtype is
        int64 if all numbers are integers.

    Returns
    -------
    Tensor, shape (ceil((end - start) / step),)

    Raises
    ------
    RuntimeError
        If `step` is 0 or leads away from `end`, or a bound is not finite.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(5), plugrad.arange(1, 2, 0.25)
    (tensor([0, 1, 2, 3, 4]), tensor([1.0000, 1.2500, 1.5000, 1.7500]))
    """
    first, last, stride = _bounds(bounds, start, end, step)
    kind = _range_dtype("arange", (first, last, stride), dtype, out)
    first, last, stride, count = spacing.count_of_range(first, last, stride, kind)
    if out is not None and isinstance(out, TensorBase):
        present = math.prod(out._array.shape)
        if present not in (0, count):
            warnings.warn(
                f"arange(): out has {present} elements, and was resized to {count}; pass an empty "
                "tensor to have it resized silently",
                UserWarning,
                stacklevel=2,
            )

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.from_host(mode.quiet(spacing.arithmetic, first, stride, count, kind))

    return made(
        "arange(empty arange*(resize_))", build, ((count,),), None, out,
        kind if out is None else dtype, layout, device, pin_memory, requires_grad,
    )  # fmt: skip


@function("function")
def range(
    start: Any, end: Any, step: Any = 1, *, out: Any = None, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the numbers from `start` to `end` inclusive. Deprecated in PyTorch: use `arange`.

    Examples
    --------
    >>> import warnings, plugrad
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     plugrad.range(1, 3)
    tensor([1., 2., 3.])
    """
    warnings.warn(
        "range() includes its end, unlike Python's; use arange()", UserWarning, stacklevel=2
    )
    first, last, stride = (
        number_given("range", name, value)
        for name, value in (("start", start), ("end", end), ("step", step))
    )
    kind = _range_dtype("range", (0.0, 0.0, 0.0), dtype, out)
    count = spacing.count_with_end(first, last, stride)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.from_host(mode.quiet(spacing.arithmetic, first, stride, count, kind))

    return made(
        "range(empty range*(resize_))", build, ((count,),), None, out,
        kind if out is None else dtype, layout, device, pin_memory, requires_grad,
    )  # fmt: skip


def _bounds(given: tuple[Any, ...], start: Any, end: Any, step: Any) -> tuple[Any, Any, Any]:
    """Read ``end``, ``start, end`` or ``start, end, step``, each also as a keyword."""
    if len(given) == 1 and end is None:
        (end,) = given
    elif given:
        named = (start, end, step)[: len(given)]
        if len(given) > 3 or any(value is not None for value in named):
            raise TypeError(
                f"arange() takes start, end and step, each once; {len(given)} stand without a name"
            )
        start, end, step = (*given, *(start, end, step)[len(given) :])
    return (
        0 if start is None else number_given("arange", "start", start),
        number_given("arange", "end", end),
        1 if step is None else number_given("arange", "step", step),
    )


def _range_dtype(name: str, numbers: tuple[Any, ...], dtype: Any, out: Any) -> Dtype:
    if isinstance(out, TensorBase):
        kind = out._dtype
    elif dtype is not None:
        kind = dtype_given(name, dtype)
    else:
        first, last, step = numbers
        whole = isinstance(first, int) and isinstance(last, int) and isinstance(step, int)
        kind = dtypes.int64 if whole else dtypes.get_default_dtype()
    _refuse_dtype(name, kind)
    for number in numbers:
        if number.__class__ is complex:
            raise RuntimeError(f"{name}(): complex numbers have no order, and so no range")
    return kind


def _refuse_dtype(name: str, kind: Dtype, *, complex_too: bool = True) -> None:
    wide = not kind.is_signed and kind is not dtypes.uint8  # bool, and the wide unsigned ones
    if wide or (complex_too and kind.is_complex):
        raise NotImplementedError(f"{name}() does not make numbers of {kind}")


# -------------------------------------------------------------------------- a given number of steps


@function("function")
def linspace(
    start: Any, end: Any, steps: int, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return `steps` evenly spaced numbers from `start` to `end`, both included.

    Parameters
    ----------
    start, end : number, or 0-d Tensor
    steps : int
        How many: at least 0.
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor, shape (steps,)

    Raises
    ------
    RuntimeError
        If `steps` is negative, or the dtype cannot hold a bound.

    Notes
    -----
    The first half is counted from `start`, the second half from `end`, so both are met exactly.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    return _stepped("linspace", spacing.linear, lambda first: first, start, end, steps, out, dtype,
                    layout, device, pin_memory, requires_grad)  # fmt: skip


@function("function")
def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, out: Any = None, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return `steps` powers of `base`, their exponents evenly spaced from `start` to `end`.

    Parameters
    ----------
    start, end : number, or 0-d Tensor
        The first and the last exponent.
    steps : int
        How many: at least 0.
    base : float
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor, shape (steps,)

    Raises
    ------
    RuntimeError
        If `steps` is negative, or the dtype cannot hold an exponent.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    foot = number_given("logspace", "base", base)
    if isinstance(foot, complex):
        raise TypeError("logspace(): base must be a real number")

    def powers(first: Any, last: Any, count: int, kind: Dtype) -> Any:
        return spacing.powers(float(foot), first, last, count, kind)

    return _stepped("logspace", powers, partial(spacing.power, float(foot)), start, end, steps, out,
                    dtype, layout, device, pin_memory, requires_grad)  # fmt: skip


def _stepped(
    name: str, compute: Callable[..., Any], single: Callable[[Any], Any], start: Any, end: Any,
    steps: Any, out: Any, dtype: Any, layout: Any, device: Any, pin_memory: Any, requires_grad: Any,
) -> Tensor:  # fmt: skip
    first, last = _end_given(name, "start", start), _end_given(name, "end", end)
    count = integer_given(name, "steps", steps)
    if count < 0:
        raise RuntimeError(f"{name}(): the number of steps cannot be negative, but is {count}")
    if dtype is not None:
        kind = dtype_given(name, dtype)
    elif isinstance(first, complex) or isinstance(last, complex):
        kind = dtypes.get_default_complex_dtype()
    else:
        kind = dtypes.get_default_dtype()
    target = out._dtype if isinstance(out, TensorBase) else kind
    _refuse_dtype(name, target, complex_too=False)
    if count == 1:  # computed like any number, in double precision
        only = fitting(name, mode.quiet(single, first), target)
    elif count:
        first, last = fitting(name, first, target), fitting(name, last, target)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        if not count:
            return table.empty(shape, kind)
        if count == 1:
            return table.from_host(mode.quiet(numpy.array([only]).astype, kind.np))
        return table.from_host(mode.quiet(compute, first, last, count, kind))

    return made(
        f"{name}(empty {name}*)", build, ((count,),), None, out, kind if out is None else dtype,
        layout, device, pin_memory, requires_grad,
    )  # fmt: skip


def _end_given(name: str, which: str, value: Any) -> Any:
    if isinstance(value, TensorBase):
        if value._array.shape:
            raise RuntimeError(
                f"{name}(): {which} must be a 0-d tensor, not one of {len(value._array.shape)} "
                "dimensions"
            )
        return value.item()  # type: ignore[attr-defined]
    return number_given(name, which, value)


# ------------------------------------------------------------------------------- parts of a matrix


@function("function")
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None,
    layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return the indices of the lower triangle of a matrix, row by row.

    Parameters
    ----------
    row, col : int
        The shape of the matrix.
    offset : int
        Up to which diagonal the triangle reaches: 0 is the main one, positive ones lie above.
    dtype : dtype
        int64 or int32.
    device, layout, pin_memory
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor, shape (2, count)
        Rows, then columns.

    Raises
    ------
    RuntimeError
        If `row` or `col` is negative.
    NotImplementedError
        For any other dtype.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle("tril_indices", row, col, offset, dtype, device, layout, pin_memory)


@function("function")
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None,
    layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return the indices of the upper triangle of a matrix, row by row.

    Parameters
    ----------
    row, col : int
        The shape of the matrix.
    offset : int
        From which diagonal the triangle reaches: 0 is the main one, positive ones lie above.
    dtype : dtype
        int64 or int32.
    device, layout, pin_memory
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor, shape (2, count)
        Rows, then columns.

    Raises
    ------
    RuntimeError
        If `row` or `col` is negative.
    NotImplementedError
        For any other dtype.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle("triu_indices", row, col, offset, dtype, device, layout, pin_memory)


def _triangle(
    name: str, row: Any, col: Any, offset: Any, dtype: Any, device: Any, layout: Any, pin: Any
) -> Tensor:
    rows, columns = integer_given(name, "row", row), integer_given(name, "col", col)
    diagonal = integer_given(name, "offset", offset)
    if rows < 0 or columns < 0:
        raise RuntimeError(f"{name}(): a matrix has no {rows} rows and {columns} columns")
    kind = dtypes.int64 if dtype is None else dtype_given(name, dtype)
    if kind not in _INDEX_DTYPES:
        raise NotImplementedError(f"{name}(): indices are of int64 or int32, not {kind}")
    if name == "tril_indices":
        inside = numpy.tri(rows, columns, diagonal, dtype=bool)
    else:
        inside = ~numpy.tri(rows, columns, diagonal - 1, dtype=bool)
    places = numpy.stack(inside.nonzero())

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.from_host(places.astype(kind.np, copy=False))

    return made(f"{name}*", build, (places.shape,), None, None, kind, layout, device, pin, False)
