"""Floating-point formats as random numbers see them, and numbers brought into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FLOAT32", "FLOAT64", "RealFormat", "real_format", "real_view", "store"]

FLOAT32: Final = np.dtype(np.float32)
FLOAT64: Final = np.dtype(np.float64)


class RealFormat(NamedTuple):
    """What drawing needs to know about a real floating-point dtype.

    Attributes
    ----------
    work : numpy.dtype
        The dtype that PyTorch computes in: float32 for the formats of 16 bits.
    digits : int
        Bits of the significand, the implicit one included.
    largest : float
        The greatest finite number.
    """

    work: np.dtype[Any]
    digits: int
    largest: float


_FORMATS: Final[dict[np.dtype[Any], RealFormat]] = {
    np.dtype(np.float16): RealFormat(FLOAT32, 11, 65504.0),
    FLOAT32: RealFormat(FLOAT32, 24, float(np.finfo(np.float32).max)),
    FLOAT64: RealFormat(FLOAT64, 53, float(np.finfo(np.float64).max)),
}
_BFLOAT16: Final = RealFormat(FLOAT32, 8, float.fromhex("0x1.fep127"))


def real_format(dtype: np.dtype[Any]) -> RealFormat | None:
    """Return the format of a real floating-point dtype, and None for every other dtype.

    Parameters
    ----------
    dtype : numpy.dtype
        bfloat16 is known by its name: its package is not a dependency.

    Returns
    -------
    RealFormat or None

    Examples
    --------
    >>> real_format(np.dtype(np.float32)).digits
    24
    """
    found = _FORMATS.get(dtype)
    if found is None and dtype.name == "bfloat16":
        found = _FORMATS[dtype] = _BFLOAT16
    return found


def real_view(array: NDArray[Any]) -> NDArray[Any]:
    """Return the real numbers of a contiguous array, flat: a complex one gives its parts in turn.

    Parameters
    ----------
    array : ndarray
        C-contiguous.

    Returns
    -------
    ndarray, one-dimensional
        The same memory.
    """
    flat = array.reshape(-1)
    if array.dtype.kind == "c":
        return flat.view(FLOAT32 if array.dtype.itemsize == 8 else FLOAT64)
    return flat


def store(out: NDArray[Any], values: NDArray[np.float64]) -> None:
    """Round float64 numbers into an array, as PyTorch does: into 16 bits by way of float32.

    Parameters
    ----------
    out : ndarray
        Of a real floating-point dtype.
    values : ndarray of float64
        As many numbers, in the order of `out`.
    """
    if out.itemsize == 2:
        values = values.astype(FLOAT32)
    out[...] = values.reshape(out.shape)
