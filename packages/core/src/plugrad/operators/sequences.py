"""Nested sequences of Python numbers as NumPy arrays, with PyTorch's choice of dtype.

What is usual (lists and tuples, all the way down to plain numbers) goes to NumPy as it is. What is
not (NumPy numbers, tensors, ranges, buffers, whatever has a length and items) is walked through
element by element, and so is what is wrong, to say why.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import reduce
from typing import Any, Final, NoReturn

import numpy

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import Category, dtype, from_numpy_dtype
from plugrad.limits import iinfo
from plugrad.promotion import dtype_of_number, promote_types
from plugrad.size import Size

__all__ = ["array_of"]

Array = numpy.ndarray[Any, Any]

_NESTED: Final = frozenset({list, tuple, Size})
_PLAIN: Final = frozenset({bool, int, float, complex})


def array_of(caller: str, data: Any, kind: dtype | None) -> tuple[Array, dtype]:
    """Return a new array of the numbers in `data`.

    Parameters
    ----------
    caller : str
        For error messages.
    data : number or nested sequence
        Neither a tensor nor an array.
    kind : dtype or None
        None takes what the numbers promote to: bool < int64 < the default dtype < the complex one.

    Returns
    -------
    array : ndarray
    kind : dtype

    Raises
    ------
    ValueError
        If sequences of one depth differ in length, or an integer exceeds 64 bits.
    TypeError
        If numbers and sequences stand side by side, or there is text.
    RuntimeError
        If an element is no number, or the dtype cannot hold it.

    Examples
    --------
    >>> array_of("tensor", [[1, 2], [3, 4.5]], None)
    (array([[1. , 2. ],
           [3. , 4.5]], dtype=float32), plugrad.float32)
    """
    found: set[type] = set()
    if data.__class__ in _NESTED:
        _survey(data, found)
    else:
        found.add(data.__class__)
    if not found <= _PLAIN:
        return _element_by_element(caller, data, kind)
    into = _dtype_of(found) if kind is None else kind
    try:
        return _plain(caller, data, found, into), into
    except ValueError:
        return _element_by_element(caller, data, kind)  # which says what is wrong


def _survey(data: Sequence[Any], found: set[type]) -> None:
    """Add the types of the elements of nested sequences to `found`."""
    kinds = set(map(type, data))
    if kinds and kinds <= _NESTED:
        for each in data:
            _survey(each, found)
    else:
        found |= kinds


def _dtype_of(found: set[type]) -> dtype:
    if complex in found:
        return dtypes.get_default_complex_dtype()
    if float in found or not found:
        return dtypes.default.dtype
    return dtypes.int64 if int in found else dtypes.bool_


def _plain(caller: str, data: Any, found: set[type], kind: dtype) -> Array:
    """Return an array of plain numbers; NumPy raises ValueError if sequences do not match."""
    category = kind.category
    # Quietly, for what is too large becomes infinite without a word.
    if category is Category.COMPLEX or category is Category.BOOL:
        return mode.quiet(numpy.array, data, kind.np)  # type: ignore[no-any-return]
    if complex in found:
        raise TypeError(f"{caller}(): complex numbers do not go into {kind}; take their .real")
    if category is Category.FLOATING:
        if kind.low_precision:  # PyTorch rounds by way of float32
            return mode.quiet(mode.quiet(numpy.array, data, numpy.float32).astype, kind.np)  # type: ignore[no-any-return]
        return mode.quiet(numpy.array, data, kind.np)  # type: ignore[no-any-return]
    try:
        if float in found:
            return _narrowed(caller, numpy.array(data, numpy.float64), kind)
        # Unsigned 64-bit integers are read as such.
        wide = numpy.array(data, kind.np if kind is dtypes.uint64 else numpy.int64)
    except OverflowError:
        failure = OverflowError if kind is dtypes.uint64 else ValueError
        raise failure(f"{caller}(): an integer does not fit into 64 bits") from None
    return wide if wide.dtype == kind.np else _narrowed(caller, wide, kind)


def _narrowed(caller: str, wide: Array, kind: dtype) -> Array:
    """Return numbers as integers of `kind`, which must hold them."""
    info = iinfo(kind)
    lowest, highest = int(info.min), int(info.max)
    if wide.dtype.kind == "i" and lowest == 0:
        lowest = -highest  # negative integers count from the top, as in PyTorch
    inside = (wide >= lowest) & (wide <= highest)
    if not inside.all():
        value = wide[~inside].flat[0].item()
        raise RuntimeError(f"{caller}(): {kind} cannot hold the value {value!r}")
    return wide.astype(kind.np)


# --------------------------------------------------------------------------------- the unusual


def _element_by_element(caller: str, data: Any, kind: dtype | None) -> tuple[Array, dtype]:
    sizes = _sizes(caller, data)
    elements: list[Any] = []
    if 0 not in sizes:
        _collect(caller, data, sizes, 0, elements)
    plain = [_number(caller, element)[0] for element in elements]
    if kind is None:
        kind = _promoted(caller, data)
    return _plain(caller, plain, set(map(type, plain)), kind).reshape(sizes), kind


def _promoted(caller: str, data: Any) -> dtype:
    """Return what all elements promote to; an empty sequence counts as the default dtype."""
    if not _is_sequence(data):
        return _number(caller, data)[1]
    if not len(data):
        return dtypes.default.dtype
    return reduce(promote_types, [_promoted(caller, data[i]) for i in range(len(data))])


def _is_sequence(value: Any) -> bool:
    if isinstance(value, (TensorBase, numpy.generic, str, bytes, dict)):
        return False
    if isinstance(value, numpy.ndarray):
        return value.ndim > 0
    return hasattr(value, "__len__") and hasattr(value, "__getitem__")


def _sizes(caller: str, data: Any) -> list[int]:
    """Return the shape that the first element of each sequence suggests."""
    sizes: list[int] = []
    while _is_sequence(data):
        sizes.append(len(data))
        if not sizes[-1]:
            break
        data = data[0]
    if isinstance(data, (str, bytes)):
        failure = ValueError if sizes and isinstance(data, str) else TypeError
        raise failure(f"{caller}(): {data!r} is text, not a number")
    return sizes


def _collect(caller: str, data: Any, sizes: list[int], dim: int, elements: list[Any]) -> None:
    if dim == len(sizes):
        if _is_sequence(data):
            raise TypeError(
                f"{caller}(): expected a number at depth {dim}, as at the first place, but found "
                f"a {type(data).__name__}"
            )
        elements.append(data)
        return
    if not _is_sequence(data):
        raise TypeError(
            f"{caller}(): expected a sequence of {sizes[dim]} at depth {dim}, as at the first "
            f"place, but found {data!r}"
        )
    if len(data) != sizes[dim]:
        raise ValueError(
            f"{caller}(): expected a sequence of {sizes[dim]} at depth {dim}, as at the first "
            f"place, but found one of {len(data)}"
        )
    for position in range(sizes[dim]):
        _collect(caller, data[position], sizes, dim + 1, elements)


def _number(caller: str, element: Any) -> tuple[Any, dtype]:
    """Return one element as a Python number, and the dtype it suggests."""
    if isinstance(element, (numpy.generic, numpy.ndarray)):
        return element.item(), from_numpy_dtype(element.dtype)
    if isinstance(element, TensorBase):
        return _number_of_tensor(caller, element)
    kinds: tuple[type[Any], ...] = (bool, int, float, complex)
    for plain in kinds:
        if isinstance(element, plain):
            return plain(element), dtype_of_number(element)
    _refuse(caller, element)


def _number_of_tensor(caller: str, tensor: Any) -> tuple[Any, dtype]:
    if math.prod(tensor._array.shape) != 1:
        raise ValueError(
            f"{caller}(): in a sequence, tensors must have one element each, unlike shape "
            f"{list(tensor._array.shape)}; use stack()"
        )
    if tensor._edge is not None:
        warnings.warn(
            f"{caller}(): a tensor that requires grad becomes a number, and its history is lost; "
            "use stack() to keep it",
            UserWarning,
            stacklevel=5,
        )
    return tensor.item(), tensor._dtype


def _refuse(caller: str, element: Any) -> NoReturn:
    if isinstance(element, (str, bytes)):
        raise TypeError(f"{caller}(): {element!r} is text, not a number")
    raise RuntimeError(
        f"{caller}(): cannot tell which dtype a {type(element).__name__} should have; numbers, "
        "nested sequences of them, NumPy arrays and Tensors become tensors"
    )
