"""The frequencies of a discrete Fourier transform, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.operators.numbers import number_given
from plugrad.operators.options import dtype_given, integer_given, made
from plugrad.operators.shape import shape_of
from plugrad.shapes import normalize_dims
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import functions

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.tensor import Tensor

__all__ = ["fftfreq", "fftshift", "ifftshift", "rfftfreq"]


def fftfreq(
    n: int, d: float = 1.0, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the frequency of each element of `fft` of `n` samples that are `d` apart.

    Parameters
    ----------
    n : int
    d : float
    out, dtype, layout, device, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    count = _count("fftfreq", n)
    numbers = numpy.arange(count)
    numbers[count - count // 2 :] -= count
    return _made("fftfreq", numbers, n, d, out, dtype, layout, device, requires_grad)


def rfftfreq(
    n: int, d: float = 1.0, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the frequency of each element of `rfft` of `n` samples that are `d` apart.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    numbers = numpy.arange(_count("rfftfreq", n) // 2 + 1)
    return _made("rfftfreq", numbers, n, d, out, dtype, layout, device, requires_grad)


def _count(name: str, n: Any) -> int:
    count = integer_given(name, "n", n)
    if count < 0:
        raise RuntimeError(f"{name}(): there cannot be {count} samples")
    return count


def _made(
    name: str, numbers: Any, n: int, d: Any, out: Any, dtype: Any, layout: Any, device: Any,
    requires_grad: Any,
) -> Tensor:  # fmt: skip
    kind = dtypes.get_default_dtype() if dtype is None else dtype_given(name, dtype)
    if kind.is_complex:
        raise NotImplementedError(f"{name}(): frequencies are real numbers, not of {kind}")
    if not kind.is_floating_point:
        raise RuntimeError(f"{name}() needs a floating-point dtype, not {kind}")
    whole = number_given(name, "d", d) * n

    def scaled(kind: dtypes.dtype) -> Any:
        # In half precision, the number is multiplied in single.
        working = numpy.float32 if kind.low_precision else kind.np
        with_step = numpy.divide(1.0, whole).astype(working)
        return (numbers.astype(kind.np).astype(working) * with_step).astype(kind.np)

    def build(table: Kernels, shape: tuple[int, ...], kind: dtypes.dtype) -> Any:
        return table.from_host(mode.quiet(scaled, kind))

    return made(
        f"fft_{name}(empty mul_*)", build, ((len(numbers),),), None, out,
        kind if out is None else dtype, layout, device, False, requires_grad,
    )  # fmt: skip


@shown_as("aten::fft_fftshift")
def fftshift(input: Any, dim: Any = None) -> Any:
    """Return what `fft` returns with the frequency 0 in the middle.

    Parameters
    ----------
    input : Tensor
    dim : int or sequence of int, optional
        By default all dimensions.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.fftshift(plugrad.tensor([0, 1, -2, -1]))
    tensor([-2, -1,  0,  1])
    """
    return _shifted("fftshift", input, dim, 0)


@shown_as("aten::fft_ifftshift")
def ifftshift(input: Any, dim: Any = None) -> Any:
    """Return the inverse of `fftshift`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.ifftshift(plugrad.tensor([-1, 0, 1]))
    tensor([ 0,  1, -1])
    """
    return _shifted("ifftshift", input, dim, 1)


def _shifted(name: str, input: Any, dim: Any, more: int) -> Any:
    shape = shape_of(name, input)
    dims = normalize_dims(dim, len(shape))
    if not dims:
        raise RuntimeError(f"{name}() needs a dimension to shift along")
    return functions["roll"](input, tuple([(shape[d] + more) // 2 for d in dims]), dims)
