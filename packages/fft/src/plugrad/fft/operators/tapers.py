"""Windows: what a signal is multiplied by, so that it fades in and out.

Each is a formula of the places of its elements, computed on the host. What ``torch.hann_window``
and its like make is periodic unless told otherwise; `plugrad.signal.windows` symmetric.

Source: F. Harris, On the use of windows for harmonic analysis with the discrete Fourier transform,
1978; A. Nuttall, Some windows with very good sidelobe behavior, 1981.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.layouts import strided
from plugrad.operators.options import dtype_given, integer_given, made
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.tensor import Tensor

__all__ = ["cosines", "kaiser", "triangle", "window"]

Array = numpy.ndarray[Any, Any]
Formula = Callable[[Array, int], Array]
"""From the places of the elements and the size of the symmetric window to their values."""

# ---------------------------------------------------------------------------------- the formulas


def cosines(coefficients: Sequence[float]) -> Formula:
    """Return the formula of a sum of cosines: of 0, 1, 2... periods, with alternating signs."""

    def formula(places: Array, size: int) -> Array:
        turns = places * (2 * math.pi / (size - 1))
        total = numpy.zeros_like(places)
        for i, weight in enumerate(coefficients):
            total += (-1) ** i * weight * numpy.cos(i * turns)
        return total

    return formula


def triangle(places: Array, size: int) -> Array:
    """Return values that rise to 1 and fall along straight lines."""
    return 1 - numpy.abs(2 * places / (size - 1) - 1)


def kaiser(beta: float) -> Formula:
    """Return the formula with Bessel functions."""

    def formula(places: Array, size: int) -> Array:
        middle = (size - 1) / 2
        inside = numpy.maximum(1 - ((places - middle) / middle) ** 2, 0.0)
        values: Array = numpy.i0(beta * numpy.sqrt(inside)) / numpy.i0(beta)
        return values

    return formula


def window(
    calls: str, formula: Formula, size: int, periodic: bool, kind: dtypes.dtype | None, layout: Any,
    device: Any, pin_memory: Any, requires_grad: Any,
) -> Tensor:  # fmt: skip
    """Return a tensor of `size` elements; a periodic window leaves out the last of one more.

    Observers are shown `calls`: see `plugrad.operators.watched`.
    """

    def build(table: Kernels, shape: tuple[int, ...], kind: dtypes.dtype) -> Any:
        if size < 2:
            return table.full(shape, 1, kind)
        places = numpy.arange(size, dtype=numpy.float64)
        values = mode.quiet(formula, places, size + 1 if periodic else size)
        return table.from_host(values.astype(kind.np))

    return made(
        calls, build, ((size,),), None, None, kind, layout, device, pin_memory, requires_grad
    )


# ----------------------------------------------------------------------------- the older functions


def _older(
    name: str, formula: Formula, window_length: Any, periodic: Any, dtype: Any, layout: Any,
    device: Any, pin_memory: Any, requires_grad: Any,
) -> Tensor:  # fmt: skip
    size = integer_given(name, "window_length", window_length)
    if not isinstance(periodic, bool):
        raise TypeError(f"{name}(): periodic must be a bool, not {type(periodic).__name__}")
    kind = dtypes.get_default_dtype() if dtype is None else dtype_given(name, dtype)
    if layout is not None and layout is not strided:
        raise RuntimeError(f"{name}() makes strided tensors, not {layout}")
    if kind.is_complex:
        raise NotImplementedError(f"{name}() makes real numbers, not {kind}")
    if not kind.is_floating_point:
        raise RuntimeError(f"{name}() needs a floating-point dtype, not {kind}")
    if size < 0:
        raise RuntimeError(f"{name}(): a window cannot have {size} elements")
    return window(
        f"{name}(empty mul_*)",
        formula,
        size,
        periodic,
        kind,
        None,
        device,
        pin_memory,
        requires_grad,
    )


@function("function")
def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a triangular window.

    Parameters
    ----------
    window_length : int
    periodic : bool
        Whether to leave out the last element of a symmetric window of one more.
    dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _older("bartlett_window", triangle, window_length, periodic, dtype, layout, device,
                  pin_memory, requires_grad)  # fmt: skip


@function("function")
def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Blackman's window, a sum of three cosines: see `bartlett_window`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.blackman_window(5, periodic=False)[1:4]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return _older("blackman_window", cosines((0.42, 0.5, 0.08)), window_length, periodic, dtype,
                  layout, device, pin_memory, requires_grad)  # fmt: skip


@function("function")
def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *,
    dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Hamming's window, ``alpha - beta * cos``: see `bartlett_window`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    return _older("hamming_window", cosines((alpha, beta)), window_length, periodic, dtype,
                  layout, device, pin_memory, requires_grad)  # fmt: skip


@function("function")
def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Hann's window, one period of a cosine: see `bartlett_window`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _older("hann_window", cosines((0.5, 0.5)), window_length, periodic, dtype, layout,
                  device, pin_memory, requires_grad)  # fmt: skip


@function("function")
def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return Kaiser's window, the narrower the greater `beta` is: see `bartlett_window`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.kaiser_window(4, True, 5.0)
    tensor([0.0367, 0.5529, 1.0000, 0.5529])
    """
    return _older("kaiser_window", kaiser(beta), window_length, periodic, dtype, layout, device,
                  pin_memory, requires_grad)  # fmt: skip
