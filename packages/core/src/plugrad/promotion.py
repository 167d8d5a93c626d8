"""Type promotion: which dtype the result of mixed operands has.

Two things decide. The *category* of a dtype: bool < integer < floating < complex. And the *rank* of
an operand: a tensor with dimensions outranks a 0-d tensor, which outranks a Python number.
Operands of one rank promote each other freely (`promote_types`). One of lower rank changes the
result only if its category is higher, so ``float32_tensor * 2.5`` and ``int8_tensor + 1`` stay what
they were.

Everything here works on dtypes and ranks. Nothing looks at a value, except for its Python type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import numpy

from plugrad.dtypes import (
    Category,
    bool_,
    complex128,
    default,
    dtype,
    float32,
    float64,
    int8,
    int16,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)

__all__ = [
    "Number",
    "can_cast",
    "category_of_number",
    "dtype_of_number",
    "promote_operands",
    "promote_types",
    "promote_with_number",
    "result_dtype",
]

Number: TypeAlias = bool | int | float | complex

_WIDE_UNSIGNED: Final = frozenset({uint16, uint32, uint64})
_promoted: Final[dict[tuple[dtype, dtype], dtype]] = {}


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """Return the smallest dtype, of the higher category, that both convert to.

    Parameters
    ----------
    type1, type2 : dtype
        The order does not matter.

    Returns
    -------
    dtype

    Raises
    ------
    RuntimeError
        If uint16, uint32 or uint64 meets any other type that is not floating point.
    TypeError
        If one of the arguments is no dtype.

    Examples
    --------
    >>> from plugrad.dtypes import bfloat16, float16, int8, int64, uint8
    >>> promote_types(int64, float16), promote_types(uint8, int8), promote_types(float16, bfloat16)
    (plugrad.float16, plugrad.int16, plugrad.float32)
    """
    if type1 is type2 and isinstance(type1, dtype):
        return type1
    pair = (type1, type2)
    found = _promoted.get(pair)
    if found is None:
        _require_dtypes("promote_types", type1, type2)
        found = _promoted[pair] = _promote(type1, type2)
    return found


def _promote(a: dtype, b: dtype) -> dtype:
    low, high = (a, b) if (a.category, a.itemsize) <= (b.category, b.itemsize) else (b, a)
    if not high.is_floating_point and not _WIDE_UNSIGNED.isdisjoint((low, high)):
        raise RuntimeError(
            f"{a!r} and {b!r} do not promote to a common dtype: uint16, uint32 and uint64 promote "
            "only with floating-point types; convert one of the two explicitly"
        )
    if high.is_complex and low is float64:
        return complex128
    if low.category == high.category and low.itemsize == high.itemsize:
        # The two pairs of equal width, neither of which holds the other.
        return int16 if {low, high} == {uint8, int8} else float32
    return high


def can_cast(from_: dtype, to: dtype) -> bool:
    """Tell whether conversion keeps the category or raises it. Width does not matter.

    Parameters
    ----------
    from_, to : dtype
        The type of the values, and the type that they would take.

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        If one of the arguments is no dtype.

    Examples
    --------
    >>> from plugrad.dtypes import float16, float64, int64
    >>> can_cast(float64, float16), can_cast(float16, int64)
    (True, False)
    """
    _require_dtypes("can_cast", from_, to)
    return from_.category <= to.category


_CATEGORY_OF_TYPE: Final[dict[type, Category]] = {
    bool: Category.BOOL,
    int: Category.INTEGER,
    float: Category.FLOATING,
    complex: Category.COMPLEX,
}
_CATEGORY_OF_KIND: Final = {
    "b": Category.BOOL,
    "i": Category.INTEGER,
    "u": Category.INTEGER,
    "f": Category.FLOATING,
    "c": Category.COMPLEX,
}


def category_of_number(number: object) -> Category:
    """Return the category of a Python number, or of a NumPy scalar, which counts as one.

    Raises
    ------
    TypeError
        If `number` is not a number.

    Examples
    --------
    >>> category_of_number(2.5).name
    'FLOATING'
    """
    category = _CATEGORY_OF_TYPE.get(type(number))
    if category is not None:
        return category
    if isinstance(number, numpy.generic):
        category = _CATEGORY_OF_KIND.get(number.dtype.kind)
        if category is not None:
            return category
    for ancestor in (int, float, complex):
        if isinstance(number, ancestor):
            return _CATEGORY_OF_TYPE[ancestor]
    raise TypeError(f"expected a Python number beside tensors, not {type(number).__name__}")


def _dtype_of_category(category: Category) -> dtype:
    if category is Category.FLOATING:
        return default.dtype
    if category is Category.COMPLEX:
        return default.dtype.to_complex()
    return int64 if category is Category.INTEGER else bool_


def dtype_of_number(number: object) -> dtype:
    """Return the dtype that a Python number has on its own: bool, int64, or a default dtype.

    Examples
    --------
    >>> dtype_of_number(True), dtype_of_number(3), dtype_of_number(2.5)
    (plugrad.bool, plugrad.int64, plugrad.float32)
    """
    return _dtype_of_category(category_of_number(number))


def _yield_to(strong: dtype, weak: dtype) -> dtype:
    """Promote operands of unequal rank: `weak` counts only if its category is the higher one."""
    if weak.category <= strong.category:
        return strong
    if strong.is_floating_point:
        return strong.to_complex()
    # An integer above a bool: that of uint16, uint32 and uint64 is an error here too.
    return promote_types(strong, weak) if weak.category is Category.INTEGER else weak


def _yield_to_category(strong: dtype, category: Category) -> dtype:
    # A number's own dtype is asked for only when it counts: the complex one need not exist.
    if category <= strong.category:
        return strong
    if strong.is_floating_point:
        return strong.to_complex()
    return _dtype_of_category(category)


def promote_operands(a: dtype, a_is_zero_dim: bool, b: dtype, b_is_zero_dim: bool) -> dtype:
    """Return the dtype of a result of two tensors.

    Parameters
    ----------
    a, b : dtype
        The dtypes of the tensors.
    a_is_zero_dim, b_is_zero_dim : bool
        Whether each has no dimensions.

    Returns
    -------
    dtype

    Examples
    --------
    >>> from plugrad.dtypes import float32, float64
    >>> promote_operands(float32, False, float64, True)
    plugrad.float32
    """
    if a is b:
        return a
    if a_is_zero_dim == b_is_zero_dim:
        return promote_types(a, b)
    return _yield_to(b, a) if a_is_zero_dim else _yield_to(a, b)


def promote_with_number(a: dtype, number: object) -> dtype:
    """Return the dtype of a result of a tensor and a Python number.

    Parameters
    ----------
    a : dtype
        The dtype of the tensor, 0-d or not: it outranks a number in either case.
    number : bool, int, float, complex or NumPy scalar
        Only its Python type matters.

    Returns
    -------
    dtype

    Examples
    --------
    >>> from plugrad.dtypes import float64, int8
    >>> promote_with_number(int8, 300), promote_with_number(int8, 0.5)
    (plugrad.int8, plugrad.float32)
    >>> promote_with_number(float64, 1j)
    plugrad.complex128
    """
    return _yield_to_category(a, category_of_number(number))


def result_dtype(participants: Iterable[tuple[dtype, bool] | Number]) -> dtype:
    """Return the dtype of a result of any number of operands.

    Parameters
    ----------
    participants : iterable
        For each tensor a pair ``(dtype, is_zero_dim)``; Python numbers stand for themselves.

    Returns
    -------
    dtype

    Raises
    ------
    ValueError
        If there are no participants.
    RuntimeError
        If two of one rank do not promote (see `promote_types`), or the result would be
        PyTorch's complex32.

    Examples
    --------
    >>> from plugrad.dtypes import float64, int32
    >>> result_dtype([(int32, False), (float64, True), 1j])
    plugrad.complex128
    >>> result_dtype([(int32, False), True, 2])
    plugrad.int32
    """
    dimensioned: dtype | None = None
    zero_dim: dtype | None = None
    number: Category | None = None
    for participant in participants:
        if not isinstance(participant, tuple):
            category = category_of_number(participant)
            number = category if number is None else max(number, category)
        elif participant[1]:
            own = participant[0]
            zero_dim = own if zero_dim is None else promote_types(zero_dim, own)
        else:
            own = participant[0]
            dimensioned = own if dimensioned is None else promote_types(dimensioned, own)

    if zero_dim is not None:
        weak = zero_dim if number is None else _yield_to_category(zero_dim, number)
        return weak if dimensioned is None else _yield_to(dimensioned, weak)
    if number is not None:
        if dimensioned is None:
            return _dtype_of_category(number)
        return _yield_to_category(dimensioned, number)
    if dimensioned is None:
        raise ValueError("a result dtype needs at least one operand")
    return dimensioned


def _require_dtypes(caller: str, *candidates: object) -> None:
    for position, candidate in enumerate(candidates, start=1):
        if not isinstance(candidate, dtype):
            raise TypeError(
                f"{caller} takes plugrad dtypes; argument {position} is {type(candidate).__name__}"
            )
