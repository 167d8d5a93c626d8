"""Dtypes: which there are, what kinds they are of, and which is common to several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import plugrad
from plugrad import Tensor, dtype
from plugrad.dtypes import Category, get_default_complex_dtype, get_default_dtype

__all__ = ["KINDS", "astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]

_SIGNED: Final = (plugrad.int8, plugrad.int16, plugrad.int32, plugrad.int64)
_UNSIGNED: Final = (plugrad.uint8, plugrad.uint16, plugrad.uint32, plugrad.uint64)
_REAL: Final = (plugrad.float32, plugrad.float64)
_COMPLEX: Final = (plugrad.complex64, plugrad.complex128)

KINDS: Final[dict[str, tuple[dtype, ...]]] = {
    "bool": (plugrad.bool,),
    "signed integer": _SIGNED,
    "unsigned integer": _UNSIGNED,
    "integral": _SIGNED + _UNSIGNED,
    "real floating": _REAL,
    "complex floating": _COMPLEX,
    "numeric": _SIGNED + _UNSIGNED + _REAL + _COMPLEX,
}
"""The dtypes of the standard, by the names that it gives their kinds."""

_CATEGORY_OF: Final = {
    bool: Category.BOOL,
    int: Category.INTEGER,
    float: Category.FLOATING,
    complex: Category.COMPLEX,
}


def _common(left: dtype, right: dtype) -> dtype:
    """Return the dtype that two promote to.

    Between integers, the standard's: PyTorch's has nothing for wide unsigned ones. Between kinds,
    PyTorch's: the standard has nothing.
    """
    if left is right:
        return left
    if left in _UNSIGNED and right in _UNSIGNED:
        return max(left, right, key=lambda each: each.itemsize)
    if left in _UNSIGNED and right in _SIGNED:
        left, right = right, left
    if left in _SIGNED and right in _UNSIGNED and right is not plugrad.uint64:
        return next(
            each
            for each in _SIGNED
            if each.itemsize >= left.itemsize and each.itemsize > right.itemsize
        )
    return plugrad.promote_types(left, right)


def _with_number(kind: dtype, number: type) -> dtype:
    """Return the dtype of an operation of an array of `kind` with a Python number.

    Raises
    ------
    TypeError
        If it is no number.
    """
    category = next((_CATEGORY_OF[t] for t in number.__mro__ if t in _CATEGORY_OF), None)
    if category is None:
        raise TypeError(f"an operand is a Tensor, a dtype or a number, not {number.__name__}")
    if category <= kind.category:
        return kind
    if category is Category.COMPLEX:
        real = kind.is_floating_point
        return kind.to_complex() if real else get_default_complex_dtype()
    return plugrad.int64 if category is Category.INTEGER else get_default_dtype()


def result_type(*arrays_and_dtypes: Tensor | dtype | bool | int | float | complex) -> dtype:
    """Return the dtype that arrays, dtypes and Python numbers promote to.

    The shapes of arrays do not matter, unlike in `plugrad.result_type`.

    Parameters
    ----------
    *arrays_and_dtypes : Tensor, dtype or number
        One array or dtype at least.

    Raises
    ------
    ValueError
        If there is neither an array nor a dtype.
    RuntimeError
        For ``uint64`` with signed integers, which no integer dtype holds.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.result_type(xp.uint16, xp.int8), xp.result_type(xp.ones(3, dtype=xp.float32), 2)
    (plugrad.int32, plugrad.float32)
    """
    kinds = [
        each.dtype if isinstance(each, Tensor) else each
        for each in arrays_and_dtypes
        if isinstance(each, (Tensor, dtype))
    ]
    if not kinds:
        raise ValueError("result_type() needs an array or a dtype, beside Python numbers")
    numbers = {type(each) for each in arrays_and_dtypes if not isinstance(each, (Tensor, dtype))}
    return reduce(_with_number, numbers, reduce(_common, kinds))


def can_cast(from_: dtype | Tensor, to: dtype, /) -> bool:
    """Return whether promotion leads from one dtype to another.

    Only within one kind, and from real to complex numbers: the standard promotes no others.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.can_cast(xp.int8, xp.int16), xp.can_cast(xp.int16, xp.int8)
    (True, False)
    >>> xp.can_cast(xp.int8, xp.float32)
    False
    """
    source = from_.dtype if isinstance(from_, Tensor) else from_
    floating = (Category.FLOATING, Category.COMPLEX)
    if source.category is not to.category and not {source.category, to.category} <= {*floating}:
        return False
    if {source, to} & {plugrad.uint64} and {source, to} & {*_SIGNED}:
        return False
    return _common(source, to) is to


def isdtype(dtype: dtype, kind: dtype | str | tuple[dtype | str, ...]) -> bool:
    """Return whether a dtype is of a kind.

    Parameters
    ----------
    dtype : dtype
    kind : dtype, str or tuple of them
        A dtype; ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``,
        ``"real floating"``, ``"complex floating"``, ``"numeric"``; or one of several.

    Raises
    ------
    ValueError
        If there is no such kind.
    TypeError
        If it is nothing of these.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.isdtype(xp.uint8, "integral"), xp.isdtype(xp.float32, ("bool", xp.float64))
    (True, False)
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, each) for each in kind)
    if isinstance(kind, plugrad.dtype):
        return dtype is kind
    if not isinstance(kind, str):
        raise TypeError(f"a kind is a str, a dtype or a tuple of them, not {kind!r}")
    if kind not in KINDS:
        raise ValueError(f"there is no kind of dtypes {kind!r}; there are {', '.join(KINDS)}")
    if kind == "numeric":
        return dtype is not plugrad.bool
    if kind == "real floating":  # those that the standard does not know, too
        return dtype.is_floating_point
    return dtype in KINDS[kind]


@dataclass(frozen=True, slots=True)
class FloatingInfo:
    """What `finfo` tells of a dtype; of a complex one, that of its parts."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: dtype


@dataclass(frozen=True, slots=True)
class IntegerInfo:
    """What `iinfo` tells of a dtype."""

    bits: int
    max: int
    min: int
    dtype: dtype


def finfo(type: dtype | Tensor, /) -> FloatingInfo:
    """Return the limits of a floating-point dtype, or of that of an array.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> info = xp.finfo(xp.complex64)
    >>> info.bits, info.dtype, info.eps == 2**-23
    (32, plugrad.float32, True)
    """
    kind = (type.dtype if isinstance(type, Tensor) else type).to_real()
    known = plugrad.finfo(kind)
    eps, tiny = float(known.eps), float(known.smallest_normal)
    return FloatingInfo(known.bits, eps, float(known.max), float(known.min), tiny, kind)


def iinfo(type: dtype | Tensor, /) -> IntegerInfo:
    """Return the limits of an integer dtype, or of that of an array.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.iinfo(xp.int8)
    IntegerInfo(bits=8, max=127, min=-128, dtype=plugrad.int8)
    """
    kind = type.dtype if isinstance(type, Tensor) else type
    known = plugrad.iinfo(kind)
    return IntegerInfo(known.bits, known.max, known.min, kind)


def astype(x: Tensor, dtype: dtype, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """Return an array with the elements of `x` in another dtype.

    Parameters
    ----------
    x : Tensor
    dtype : dtype
    copy : bool
        Whether to copy even if `x` has this dtype.
    device : device, optional
        Where to; by default where `x` is.

    Raises
    ------
    TypeError
        From complex to real: say `real` or `abs`.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.astype(xp.asarray([0.5, 1.5]), xp.int64)
    tensor([0, 1])
    """
    if x.dtype.is_complex and not dtype.is_complex and dtype is not plugrad.bool:
        raise TypeError(f"astype() from {x.dtype} to {dtype} would lose parts; write xp.real(x)")
    return x.to(device=x.device if device is None else device, dtype=dtype, copy=copy)
