"""Windows, under the names of ``torch.signal.windows``.

The arguments are the same everywhere:

M : int
    How many elements.
sym : bool
    Whether the window is symmetric; otherwise it is periodic, without the last element of a
    symmetric one of one more.
dtype : dtype, optional
    float32 or float64.
layout, device, requires_grad
    As for all that makes tensors: see `plugrad.operators.creation`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy

from plugrad import dtypes
from plugrad.fft.operators import tapers
from plugrad.layouts import strided
from plugrad.operators.options import dtype_given, integer_given

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]


def _made(
    name: str, formula: tapers.Formula, M: Any, sym: Any, dtype: Any, layout: Any, device: Any,
    requires_grad: Any,
) -> Tensor:  # fmt: skip
    if layout is not strided and layout is not None:
        raise ValueError(f"{name}() makes strided tensors, not {layout}")
    kind = dtypes.get_default_dtype() if dtype is None else dtype_given(name, dtype)
    if kind not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{name}() makes plugrad.float32 or plugrad.float64, not {kind}")
    size = integer_given(name, "M", M)
    if size < 0:
        raise ValueError(f"{name}(): a window cannot have {size} elements")
    return tapers.window(
        "linspace(empty linspace*)", formula, size, not sym, kind, None, device, False,
        requires_grad,
    )  # fmt: skip


def bartlett(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a triangular window: see `plugrad.signal.windows`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return _made("bartlett", tapers.triangle, M, sym, dtype, layout, device, requires_grad)


def cosine(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return half a period of a sine: see `plugrad.signal.windows`."""

    def formula(places: Any, size: int) -> Any:
        return numpy.sin((places + 0.5) * (math.pi / size))

    return _made("cosine", formula, M, sym, dtype, layout, device, requires_grad)


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, dtype: Any = None,
    layout: Any = strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a window that decays with `tau` from `center`: see `plugrad.signal.windows`.

    Raises
    ------
    ValueError
        If `tau` is not positive, or a symmetric window is given a center.
    """
    if tau <= 0:
        raise ValueError(f"exponential(): tau must be positive, not {tau}")
    if sym and center is not None:
        raise ValueError("exponential(): the center of a symmetric window is its middle")

    def formula(places: Any, size: int) -> Any:
        middle = (size - 1) / 2 if center is None else center
        return numpy.exp(-numpy.abs(places - middle) / tau)

    return _made("exponential", formula, M, sym, dtype, layout, device, requires_grad)


def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True, dtype: Any = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a normal density, with 1 in the middle: see `plugrad.signal.windows`.

    Raises
    ------
    ValueError
        If `std` is not positive.
    """
    if std <= 0:
        raise ValueError(f"gaussian(): std must be positive, not {std}")

    def formula(places: Any, size: int) -> Any:
        return numpy.exp(-(((places - (size - 1) / 2) / std) ** 2) / 2)

    return _made("gaussian", formula, M, sym, dtype, layout, device, requires_grad)


def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True, dtype: Any = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Kaiser's window, the narrower the greater `beta` is: see `plugrad.signal.windows`.

    Raises
    ------
    ValueError
        If `beta` is negative.
    """
    if beta < 0:
        raise ValueError(f"kaiser(): beta must not be negative, but is {beta}")
    return _made("kaiser", tapers.kaiser(beta), M, sym, dtype, layout, device, requires_grad)


def general_cosine(
    M: int, *, a: Iterable[float], sym: bool = True, dtype: Any = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a sum of cosines with the weights `a`: see `plugrad.signal.windows`.

    Raises
    ------
    TypeError, ValueError
        If `a` is no sequence, or empty.
    """
    if not isinstance(a, (list, tuple)):
        raise TypeError(f"general_cosine(): a must be a list or a tuple, not {type(a).__name__}")
    if not a:
        raise ValueError("general_cosine() needs one weight at least")
    return _made("general_cosine", tapers.cosines(a), M, sym, dtype, layout, device, requires_grad)


def general_hamming(
    M: int, *, alpha: float = 0.54, sym: bool = True, dtype: Any = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return ``alpha - (1 - alpha) * cos``: see `plugrad.signal.windows`."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, dtype=dtype, layout=layout,
                          device=device, requires_grad=requires_grad)  # fmt: skip


def blackman(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Blackman's window, a sum of three cosines: see `plugrad.signal.windows`."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, dtype=dtype, layout=layout,
                          device=device, requires_grad=requires_grad)  # fmt: skip


def hamming(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Hamming's window: see `plugrad.signal.windows`."""
    return general_hamming(M, sym=sym, dtype=dtype, layout=layout, device=device,
                           requires_grad=requires_grad)  # fmt: skip


def hann(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Hann's window, one period of a cosine: see `plugrad.signal.windows`."""
    return general_hamming(M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device,
                           requires_grad=requires_grad)  # fmt: skip


def nuttall(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Nuttall's window, a sum of four cosines: see `plugrad.signal.windows`."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, dtype=dtype,
                          layout=layout, device=device, requires_grad=requires_grad)  # fmt: skip
