"""Element types: `dtype`, its singletons and aliases, and the default floating-point type.

A `dtype` is an interned singleton, compared by ``is``: NumPy's own dtypes cannot be (one that went
through pickle is equal to, but not the same object as, the built-in one). Each carries what
the layers above ask for on every operation: the NumPy dtype of its arrays, its promotion category,
and whether a Python scalar may go to a kernel beside it as it is.

The names ``bool``, ``int`` and ``float`` would hide Python's own here, so they are spelled
``bool_``, ``int_`` and ``float_``, and renamed where `plugrad` exports them (`PUBLIC_NAMES`).
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any, Final, NoReturn, final

import numpy

__all__ = [
    "PUBLIC_NAMES",
    "Category",
    "absent_dtype_message",
    "all_dtypes",
    "bfloat16",
    "bool_",
    "cdouble",
    "cfloat",
    "complex64",
    "complex128",
    "default",
    "double",
    "dtype",
    "float16",
    "float32",
    "float64",
    "float_",
    "from_numpy_dtype",
    "get_default_complex_dtype",
    "get_default_dtype",
    "half",
    "int8",
    "int16",
    "int32",
    "int64",
    "int_",
    "long",
    "numpy_dtypes",
    "set_default_dtype",
    "short",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]


class Category(IntEnum):
    """The four kinds of number, in promotion order: a higher one always wins."""

    BOOL = 0
    INTEGER = 1
    FLOATING = 2
    COMPLEX = 3


@final
class dtype:
    """The type of a tensor's elements.

    There is one object for each type (`plugrad.float32`, `plugrad.int64`...), so types are compared
    with ``is`` or ``==`` alike; none can be created, changed or subclassed.

    Attributes
    ----------
    name : str
        The name without the package: ``"float32"``.
    abbr : str
        A short name: ``"f32"``.
    itemsize : int
        Bytes of one element.
    is_floating_point, is_complex, is_signed : bool
        What its numbers are. Complex types are signed, and not floating point.
    np : numpy.dtype
        The type of NumPy arrays that hold such elements. Asking `plugrad.bfloat16` for it needs the
        extra ``plugrad-core[bfloat16]``.
    category : Category
        Bool, integer, floating or complex: what type promotion looks at first.
    low_precision : bool
        Whether PyTorch computes in float32 what it stores in this type: float16 and bfloat16.
    direct : bool
        Whether a kernel on arrays of this type may run as it is: real, and not of low precision.
    weak_scalar : bool
        Whether a Python float or int may be handed to a kernel beside an array of this type as it
        is, with the result that PyTorch gives.

    Examples
    --------
    >>> from plugrad.dtypes import float32, complex64
    >>> float32
    plugrad.float32
    >>> float32.itemsize, float32.is_floating_point, float32.to_complex() is complex64
    (4, True, True)
    """

    __module__ = "plugrad"
    __slots__ = (
        "abbr",
        "category",
        "direct",
        "is_complex",
        "is_floating_point",
        "is_signed",
        "itemsize",
        "low_precision",
        "name",
        "np",
        "weak_scalar",
    )

    name: str
    abbr: str
    itemsize: int
    is_floating_point: bool
    is_complex: bool
    is_signed: bool
    np: numpy.dtype[Any]
    category: Category
    low_precision: bool
    direct: bool
    weak_scalar: bool

    def __init__(self, *_: object) -> None:
        raise TypeError(
            "a plugrad.dtype cannot be created; use an existing one, such as plugrad.float32"
        )

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("plugrad.dtype cannot be subclassed")

    def __setattr__(self, attribute: str, value: object) -> NoReturn:
        raise AttributeError(f"{self!r} cannot be changed: setting {attribute!r} is not possible")

    def __delattr__(self, attribute: str) -> NoReturn:
        raise AttributeError(f"{self!r} cannot be changed: deleting {attribute!r} is not possible")

    def __getattr__(self, attribute: str) -> Any:
        # Python comes here only for what has no value: a name that no dtype has, or the NumPy type
        # of bfloat16, whose package is imported when it is first asked for. Every other read of
        # `np` is that of a plain slot.
        if attribute == "np":
            object.__setattr__(self, "np", _numpy_bfloat16())
            return self.np
        raise AttributeError(f"'plugrad.dtype' object has no attribute {attribute!r}")

    def __repr__(self) -> str:
        return f"plugrad.{self.name}"

    def __reduce__(self) -> str:
        # A string names a global of `__module__`: pickle and copy give back the singleton.
        return self.name

    def to_real(self) -> dtype:
        """Return the type of the real part: of complex64, float32; of a real type, itself.

        Examples
        --------
        >>> from plugrad.dtypes import complex128
        >>> complex128.to_real()
        plugrad.float64
        """
        return _REAL_OF.get(self, self)

    def to_complex(self) -> dtype:
        """Return the complex type whose parts hold this type; of a complex type, itself.

        Raises
        ------
        RuntimeError
            If there is none: for bool and integers, and for float16 (`plugrad` has no complex32).

        Examples
        --------
        >>> from plugrad.dtypes import bfloat16, float64
        >>> float64.to_complex(), bfloat16.to_complex()
        (plugrad.complex128, plugrad.complex64)
        """
        if self.is_complex:
            return self
        try:
            return _COMPLEX_OF[self]
        except KeyError:
            raise RuntimeError(
                f"{self!r} has no complex counterpart; convert to plugrad.float32 or "
                "plugrad.float64 first"
            ) from None


def _numpy_bfloat16() -> numpy.dtype[Any]:
    try:
        import ml_dtypes
    except ImportError as error:
        raise ImportError(
            "plugrad.bfloat16 needs the package ml_dtypes, because NumPy has no such type: "
            "pip install 'plugrad-core[bfloat16]'"
        ) from error
    numpy_dtype: numpy.dtype[Any] = numpy.dtype(ml_dtypes.bfloat16)
    numpy_dtypes[numpy_dtype] = bfloat16
    return numpy_dtype


def _intern(name: str, abbr: str, category: Category, itemsize: int) -> dtype:
    new = object.__new__(dtype)
    values: dict[str, object] = {
        "name": name,
        "abbr": abbr,
        "itemsize": itemsize,
        "category": category,
        "is_floating_point": category is Category.FLOATING,
        "is_complex": category is Category.COMPLEX,
        "is_signed": category >= Category.INTEGER and not name.startswith("uint"),
        "low_precision": name in ("float16", "bfloat16"),
        "direct": category is not Category.COMPLEX and name not in ("float16", "bfloat16"),
        "weak_scalar": name in ("float32", "float64"),
    }
    if name != "bfloat16":
        values["np"] = numpy.dtype(name)
    for attribute, value in values.items():
        object.__setattr__(new, attribute, value)
    return new


bool_: Final = _intern("bool", "b8", Category.BOOL, 1)
uint8: Final = _intern("uint8", "u8", Category.INTEGER, 1)
uint16: Final = _intern("uint16", "u16", Category.INTEGER, 2)
uint32: Final = _intern("uint32", "u32", Category.INTEGER, 4)
uint64: Final = _intern("uint64", "u64", Category.INTEGER, 8)
int8: Final = _intern("int8", "i8", Category.INTEGER, 1)
int16: Final = _intern("int16", "i16", Category.INTEGER, 2)
int32: Final = _intern("int32", "i32", Category.INTEGER, 4)
int64: Final = _intern("int64", "i64", Category.INTEGER, 8)
float16: Final = _intern("float16", "f16", Category.FLOATING, 2)
bfloat16: Final = _intern("bfloat16", "bf16", Category.FLOATING, 2)
float32: Final = _intern("float32", "f32", Category.FLOATING, 4)
float64: Final = _intern("float64", "f64", Category.FLOATING, 8)
complex64: Final = _intern("complex64", "c64", Category.COMPLEX, 8)
complex128: Final = _intern("complex128", "c128", Category.COMPLEX, 16)

half = float16
float_ = float32
double = float64
cfloat = complex64
cdouble = complex128
short = int16
int_ = int32
long = int64

_ALL: Final = (
    bool_,
    uint8,
    uint16,
    uint32,
    uint64,
    int8,
    int16,
    int32,
    int64,
    float16,
    bfloat16,
    float32,
    float64,
    complex64,
    complex128,
)

PUBLIC_NAMES: Final[dict[str, dtype]] = {
    **{each.name: each for each in _ALL},
    "half": half,
    "float": float_,
    "double": double,
    "cfloat": cfloat,
    "cdouble": cdouble,
    "short": short,
    "int": int_,
    "long": long,
}
"""Every name under which `plugrad` shows a dtype, aliases included."""

_REAL_OF: Final = {complex64: float32, complex128: float64}
_COMPLEX_OF: Final = {bfloat16: complex64, float32: complex64, float64: complex128}


class _NumpyDtypes(dict[Any, dtype]):
    """From NumPy dtypes to ours; one that is asked for under another guise is looked for."""

    def __missing__(self, numpy_dtype: numpy.dtype[Any]) -> dtype:
        return from_numpy_dtype(numpy_dtype)


numpy_dtypes: Final = _NumpyDtypes({each.np: each for each in _ALL if each is not bfloat16})
"""From NumPy dtypes to ours: what a kernel table on NumPy arrays looks results up in."""


def all_dtypes() -> tuple[dtype, ...]:
    """Return every dtype, in promotion order within its category."""
    return _ALL


def from_numpy_dtype(numpy_dtype: numpy.dtype[Any]) -> dtype:
    """Return the dtype whose elements are those of `numpy_dtype`.

    An equal dtype that is another object (one that was unpickled) and one of foreign byte order are
    found too: byte order is no part of a `dtype`, so who takes an array in looks at
    ``numpy_dtype.isnative`` for itself.

    Parameters
    ----------
    numpy_dtype : numpy.dtype
        The type of an array.

    Returns
    -------
    dtype

    Raises
    ------
    TypeError
        If no dtype has such elements: strings, objects, dates, records, long double.

    Examples
    --------
    >>> import numpy
    >>> from plugrad.dtypes import from_numpy_dtype
    >>> from_numpy_dtype(numpy.dtype(">f4"))
    plugrad.float32
    """
    found = numpy_dtypes.get(numpy_dtype)
    if found is not None:
        return found
    native = numpy_dtype.newbyteorder("=")
    found = numpy_dtypes.get(native)
    if found is not None:
        return found
    # Such an array can exist before anybody asked plugrad for bfloat16.
    if numpy_dtype.name == "bfloat16" and native == bfloat16.np:
        return bfloat16
    supported = ", ".join(each.name for each in _ALL)
    raise TypeError(
        f"NumPy arrays of dtype {numpy_dtype!s} cannot become tensors; convert them with "
        f".astype(...) to one of: {supported}"
    )


_ABSENT: Final = {
    r"complex32|chalf": "float16 has no complex counterpart; use plugrad.complex64",
    r"float[48]_\w+": "its narrowest floating-point types are float16 and bfloat16",
    r"u?int[1-7]|bits?\d*|bits\dx\d": "its narrowest integer types are int8 and uint8",
    r"qu?int\w+": "it has no quantized types",
}


def absent_dtype_message(name: str) -> str | None:
    """Say why PyTorch's dtype `name` does not exist here, or None if it is not the name of one.

    Examples
    --------
    >>> from plugrad.dtypes import absent_dtype_message
    >>> absent_dtype_message("complex32")
    'plugrad has no complex32: float16 has no complex counterpart; use plugrad.complex64'
    """
    for names, reason in _ABSENT.items():
        if re.fullmatch(names, name):
            return f"plugrad has no {name}: {reason}"
    return None


class _Default:
    """Holds the default dtype where hot code reads it with one attribute: `default.dtype`."""

    __slots__ = ("dtype",)

    dtype: dtype

    def __init__(self) -> None:
        self.dtype = float32


default: Final = _Default()


def get_default_dtype() -> dtype:
    """Return the dtype of tensors made from Python floats.

    Examples
    --------
    >>> from plugrad.dtypes import get_default_dtype
    >>> get_default_dtype()
    plugrad.float32
    """
    return default.dtype


def get_default_complex_dtype() -> dtype:
    """Return the dtype of tensors made from Python complex numbers: it follows the default dtype.

    Raises
    ------
    RuntimeError
        If the default dtype is float16 or bfloat16, which have no complex type of their own width.
    """
    real = default.dtype
    if real.itemsize < 4:
        raise RuntimeError(
            f"no complex dtype goes with the default dtype {real!r}; pass dtype=plugrad.complex64, "
            "or set a default of plugrad.float32 or plugrad.float64"
        )
    return real.to_complex()


def set_default_dtype(d: dtype) -> None:
    """Set the dtype of tensors made from Python floats; that of complex numbers follows it.

    Parameters
    ----------
    d : dtype
        A floating-point dtype.

    Raises
    ------
    TypeError
        If `d` is not a floating-point dtype.

    Examples
    --------
    >>> from plugrad.dtypes import (
    ...     float32, float64, get_default_complex_dtype, get_default_dtype, set_default_dtype)
    >>> set_default_dtype(float64)
    >>> get_default_dtype(), get_default_complex_dtype()
    (plugrad.float64, plugrad.complex128)
    >>> set_default_dtype(float32)
    """
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"the default dtype must be a floating-point plugrad.dtype, not {d!r}")
    default.dtype = d


# Doctest passes over a class that is shown under the package's name.
__test__ = {"dtype": dtype}
