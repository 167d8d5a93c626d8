"""The limits of numbers: `finfo` for floating-point and complex dtypes, `iinfo` for integers."""

from __future__ import annotations

import builtins
from typing import Final, final

from plugrad.dtypes import (
    Category,
    bfloat16,
    bool_,
    default,
    dtype,
    float16,
    float32,
    float64,
)

__all__ = ["finfo", "iinfo"]

# IEEE 754 interchange formats (and bfloat16, the upper half of float32):
# stored bits of the fraction, bits of the exponent.
_FRACTION_AND_EXPONENT_BITS: Final = {
    float16: (10, 5),
    bfloat16: (7, 8),
    float32: (23, 8),
    float64: (52, 11),
}


@final
class finfo:
    """The limits of a floating-point dtype; of a complex one, those of its parts.

    Parameters
    ----------
    type : dtype, optional
        A floating-point or complex dtype; the default dtype if left out.

    Attributes
    ----------
    bits : int
        Bits of one number.
    dtype : str
        The name of the type described.
    eps : float
        The distance from 1.0 to the next larger number.
    max, min : float
        The largest and the most negative finite number.
    tiny, smallest_normal : float
        The smallest positive normal number, under both its names.
    resolution : float
        The decimal resolution: 10 to minus the number of decimal digits that are certain.

    Raises
    ------
    TypeError
        If `type` is no dtype, or an integer or bool one.

    Notes
    -----
    All values follow from the widths of fraction and exponent (IEEE 754-2019, section 3.4).

    Examples
    --------
    >>> from plugrad.dtypes import float16
    >>> from plugrad.limits import finfo
    >>> finfo(float16).max
    65504.0
    >>> finfo(float16)  # doctest: +ELLIPSIS
    finfo(resolution=0.001, min=-65504, max=65504, eps=0.000976562, ..., dtype=float16)
    """

    __module__ = "plugrad"
    __slots__ = (
        "bits",
        "dtype",
        "eps",
        "max",
        "min",
        "resolution",
        "smallest_normal",
        "tiny",
    )
    __hash__ = None  # type: ignore[assignment]  # as PyTorch's

    def __init__(self, type: dtype | None = None) -> None:
        described = default.dtype if type is None else _checked(type, "finfo").to_real()
        if not described.is_floating_point:
            raise TypeError(
                f"finfo describes floating-point and complex dtypes, not {described!r}; "
                "for integers there is iinfo"
            )
        fraction, exponent = _FRACTION_AND_EXPONENT_BITS[described]
        bias = 2 ** (exponent - 1) - 1
        certain_digits = len(str(2**fraction)) - 1
        self.bits = 8 * described.itemsize
        self.dtype = described.name
        self.eps = 2.0**-fraction
        self.max = (2.0 - self.eps) * 2.0**bias
        self.min = -self.max
        self.tiny = 2.0 ** (1 - bias)
        self.smallest_normal = self.tiny
        self.resolution = float(f"1e-{certain_digits}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


@final
class iinfo:
    """The limits of an integer dtype.

    Parameters
    ----------
    type : dtype
        An integer dtype.

    Attributes
    ----------
    bits : int
        Bits of one number.
    dtype : str
        The name of the type described.
    max, min : int
        The largest and the smallest number.

    Raises
    ------
    TypeError
        If `type` is no dtype, or a bool, floating-point or complex one.

    Examples
    --------
    >>> from plugrad.dtypes import int8
    >>> from plugrad.limits import iinfo
    >>> iinfo(int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    __module__ = "plugrad"
    __slots__ = ("bits", "dtype", "max", "min")
    __hash__ = None  # type: ignore[assignment]  # as PyTorch's

    def __init__(self, type: dtype) -> None:
        described = _checked(type, "iinfo")
        if described.category is not Category.INTEGER:
            hint = "" if described is bool_ else "; for floating-point and complex there is finfo"
            raise TypeError(f"iinfo describes integer dtypes, not {described!r}{hint}")
        self.bits = 8 * described.itemsize
        self.dtype = described.name
        self.min = -(2 ** (self.bits - 1)) if described.is_signed else 0
        self.max = self.min + 2**self.bits - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __repr__(self) -> str:
        # PyTorch prints the limits with six significant digits, as it does for finfo.
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def _checked(candidate: object, caller: str) -> dtype:
    if not isinstance(candidate, dtype):
        raise TypeError(f"{caller} takes a plugrad.dtype, not {builtins.type(candidate).__name__}")
    return candidate


# Doctest passes over classes that are shown under the package's name.
__test__ = {"finfo": finfo, "iinfo": iinfo}
