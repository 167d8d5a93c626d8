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
    """Return a triangular window, ``1 - abs(2 * n / (M - 1) - 1)``: see `plugrad.signal.windows`.

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
    """Return half a period of a sine, ``sin(pi * (n + 1/2) / M)``: see `plugrad.signal.windows`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.cosine(4)
    tensor([0.3827, 0.9239, 0.9239, 0.3827])
    """

    def formula(places: Any, size: int) -> Any:
        return numpy.sin((places + 0.5) * (math.pi / size))

    return _made("cosine", formula, M, sym, dtype, layout, device, requires_grad)


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, dtype: Any = None,
    layout: Any = strided, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return ``exp(-abs(n - center) / tau)``: see `plugrad.signal.windows`.

    Raises
    ------
    ValueError
        If `tau` is not positive, or a symmetric window is given a center.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.exponential(5)
    tensor([0.1353, 0.3679, 1.0000, 0.3679, 0.1353])
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
    """Return ``exp(-((n - (M - 1) / 2) / std) ** 2 / 2)``: see `plugrad.signal.windows`.

    Raises
    ------
    ValueError
        If `std` is not positive.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.gaussian(5)
    tensor([0.1353, 0.6065, 1.0000, 0.6065, 0.1353])
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

    It is ``i0(beta * sqrt(1 - (2 * n / (M - 1) - 1) ** 2)) / i0(beta)``.

    Raises
    ------
    ValueError
        If `beta` is negative.

    References
    ----------
    J. F. Kaiser and R. W. Schafer, On the use of the I0-sinh window for spectrum analysis, 1980.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.kaiser(5, beta=5.0)
    tensor([0.0367, 0.5529, 1.0000, 0.5529, 0.0367])
    """
    if beta < 0:
        raise ValueError(f"kaiser(): beta must not be negative, but is {beta}")
    return _made("kaiser", tapers.kaiser(beta), M, sym, dtype, layout, device, requires_grad)


def general_cosine(
    M: int, *, a: Iterable[float], sym: bool = True, dtype: Any = None, layout: Any = strided,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a sum of cosines with the weights `a`: see `plugrad.signal.windows`.

    It is the sum of ``(-1) ** i * a[i] * cos(2 * pi * i * n / (M - 1))``.

    Raises
    ------
    TypeError, ValueError
        If `a` is no sequence, or empty.

    References
    ----------
    F. J. Harris, On the use of windows for harmonic analysis with the discrete Fourier transform,
    1978.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.general_cosine(5, a=[0.5, 0.4, 0.1])
    tensor([0.2000, 0.4000, 1.0000, 0.4000, 0.2000])
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
    """Return ``alpha - (1 - alpha) * cos(2 * pi * n / (M - 1))``: see `plugrad.signal.windows`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.general_hamming(5, alpha=0.6)
    tensor([0.2000, 0.6000, 1.0000, 0.6000, 0.2000])
    """
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, dtype=dtype, layout=layout,
                          device=device, requires_grad=requires_grad)  # fmt: skip


def blackman(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Blackman's window, `general_cosine` of 0.42, 0.5, 0.08: see `plugrad.signal.windows`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.blackman(5)[1:4]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, dtype=dtype, layout=layout,
                          device=device, requires_grad=requires_grad)  # fmt: skip


def hamming(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Hamming's window, `general_hamming` of 0.54: see `plugrad.signal.windows`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.hamming(5)
    tensor([0.0800, 0.5400, 1.0000, 0.5400, 0.0800])
    """
    return general_hamming(M, sym=sym, dtype=dtype, layout=layout, device=device,
                           requires_grad=requires_grad)  # fmt: skip


def hann(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Hann's window, `general_hamming` of 0.5: see `plugrad.signal.windows`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.hann(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    >>> plugrad.signal.windows.hann(4, sym=False)  # one period, to be repeated
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return general_hamming(M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device,
                           requires_grad=requires_grad)  # fmt: skip


def nuttall(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = strided, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Nuttall's window, a sum of four cosines: see `plugrad.signal.windows`.

    References
    ----------
    A. H. Nuttall, Some windows with very good sidelobe behavior, 1981.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.signal.windows.nuttall(5)
    tensor([3.6280e-04, 2.2698e-01, 1.0000e+00, 2.2698e-01, 3.6280e-04])
    """
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, dtype=dtype,
                          layout=layout, device=device, requires_grad=requires_grad)  # fmt: skip
