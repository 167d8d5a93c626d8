"""Arrays from shapes, numbers, sequences and other libraries' arrays."""

from __future__ import annotations

from math import ceil
from typing import Any, TypeAlias

import plugrad
from plugrad import Tensor, dtype

Shape: TypeAlias = int | tuple[int, ...]
Number: TypeAlias = bool | int | float | complex


def _sizes(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def asarray(
    obj: Any, /, *, dtype: dtype | None = None, device: Any = None, copy: bool | None = None
) -> Tensor:
    """Return an array of what a number, a sequence or another array holds.

    Parameters
    ----------
    obj : Tensor, number, sequence, or an array that supports DLPack or the buffer protocol
    dtype : dtype, optional
    device : device, optional
    copy : bool, optional
        Whether to copy always, or never; by default only where it must.

    Raises
    ------
    ValueError
        If it must be copied and must not be.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.asarray([1, 2], dtype=xp.float64)
    tensor([1., 2.], dtype=plugrad.float64)
    """
    return plugrad.asarray(obj, dtype=dtype, device=device, copy=copy)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return an array over another library's, of which it shares the memory.

    Parameters
    ----------
    x : object
        An array with ``__dlpack__``.
    device : device, optional
        Where to; by default where `x` is.
    copy : bool, optional
        Whether to copy always, or never; by default only where it must.

    Examples
    --------
    >>> import numpy
    >>> from plugrad import array_api as xp
    >>> xp.from_dlpack(numpy.arange(3.0))
    tensor([0., 1., 2.], dtype=plugrad.float64)
    """
    return plugrad.from_dlpack(x, device=device, copy=copy)


def empty(shape: Shape, *, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """Return an array whose elements are not set.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.empty((2, 3)).shape
    plugrad.Size([2, 3])
    """
    return plugrad.empty(_sizes(shape), dtype=dtype, device=device)


def zeros(shape: Shape, *, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """Return an array of zeros.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.zeros(2)
    tensor([0., 0.])
    """
    return plugrad.zeros(_sizes(shape), dtype=dtype, device=device)


def ones(shape: Shape, *, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """Return an array of ones.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.ones((1, 2))
    tensor([[1., 1.]])
    """
    return plugrad.ones(_sizes(shape), dtype=dtype, device=device)


def full(
    shape: Shape, fill_value: Number, *, dtype: dtype | None = None, device: Any = None
) -> Tensor:
    """Return an array of one number, whose dtype that decides if none is given.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.full(2, 7)
    tensor([7, 7])
    """
    return plugrad.full(_sizes(shape), fill_value, dtype=dtype, device=device)


def empty_like(x: Tensor, /, *, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """Return an array like another, whose elements are not set.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.empty_like(xp.ones((2, 3))).shape
    plugrad.Size([2, 3])
    """
    return plugrad.empty_like(x, dtype=dtype, device=device)


def zeros_like(x: Tensor, /, *, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """Return an array like another, of zeros.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.zeros_like(xp.asarray([1, 2]))
    tensor([0, 0])
    """
    return plugrad.zeros_like(x, dtype=dtype, device=device)


def ones_like(x: Tensor, /, *, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """Return an array like another, of ones.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.ones_like(xp.asarray([1, 2]))
    tensor([1, 1])
    """
    return plugrad.ones_like(x, dtype=dtype, device=device)


def full_like(
    x: Tensor, /, fill_value: Number, *, dtype: dtype | None = None, device: Any = None
) -> Tensor:
    """Return an array like another, of one number.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.full_like(xp.asarray([1, 2]), 5)
    tensor([5, 5])
    """
    return plugrad.full_like(x, fill_value, dtype=dtype, device=device)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: dtype | None = None,
    device: Any = None,
) -> Tensor:
    """Return a matrix with ones on diagonal `k`, and zeros elsewhere.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.eye(2, 3, k=1)
    tensor([[0., 1., 0.],
            [0., 0., 1.]])
    """
    rows = plugrad.arange(n_rows, device=device).unsqueeze(1)
    columns = plugrad.arange(n_rows if n_cols is None else n_cols, device=device)
    return (columns - rows == k).to(plugrad.get_default_dtype() if dtype is None else dtype)


def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: dtype | None = None,
    device: Any = None,
) -> Tensor:
    """Return numbers from `start` up to `stop`, which is left out, in equal steps.

    Parameters
    ----------
    start : number
        The only one is `stop`.
    stop, step : number
    dtype : dtype, optional
        By default ``int64`` if all are integers, else the default one.
    device : device, optional

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.arange(1, 7, 2), xp.arange(3, 1)
    (tensor([1, 3, 5]), tensor([], dtype=plugrad.int64))
    """
    first, last = (0, start) if stop is None else (start, stop)
    if dtype is None:
        whole = all(isinstance(each, int) for each in (first, last, step))
        dtype = plugrad.int64 if whole else plugrad.get_default_dtype()
    if step == 0:
        raise ValueError("arange() with step=0 would never arrive; choose another step")
    # An end before the start is no error here, and no dtype is without numbers.
    if dtype.is_floating_point:
        count = max(ceil((last - first) / step), 0)
        made = plugrad.arange(count, dtype=plugrad.float64, device=device) * step + first
        return made.to(dtype)
    if (last - first) * step <= 0:
        return plugrad.empty((0,), dtype=dtype, device=device)
    return plugrad.arange(first, last, step, device=device).to(dtype)


def linspace(
    start: complex,
    stop: complex,
    /,
    num: int,
    *,
    dtype: dtype | None = None,
    device: Any = None,
    endpoint: bool = True,
) -> Tensor:
    """Return `num` numbers at equal distances.

    Parameters
    ----------
    start, stop : number
    num : int
    dtype : dtype, optional
    device : device, optional
    endpoint : bool
        Whether `stop` is the last of them, or would come next.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.linspace(0, 1, 2), xp.linspace(0, 1, 2, endpoint=False)
    (tensor([0., 1.]), tensor([0.0000, 0.5000]))
    """
    if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
        return linspace(
            start, stop, num, dtype=plugrad.float64, device=device, endpoint=endpoint
        ).to(dtype)
    if endpoint:
        return plugrad.linspace(start, stop, num, dtype=dtype, device=device)
    return plugrad.linspace(start, stop, num + 1, dtype=dtype, device=device)[:num]


def meshgrid(*arrays: Tensor, indexing: str = "xy") -> list[Tensor]:
    """Return the coordinates of the points of a grid.

    Parameters
    ----------
    *arrays : Tensor
        Of one dimension: the coordinates along each axis.
    indexing : str
        ``"xy"``: the first array runs along the second axis; ``"ij"``: along the first.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.meshgrid(xp.arange(2), xp.arange(3))[0]
    tensor([[0, 1],
            [0, 1],
            [0, 1]])
    """
    return list(plugrad.meshgrid(*arrays, indexing=indexing)) if arrays else []


def tril(x: Tensor, /, *, k: int = 0) -> Tensor:
    """Return the elements of matrices on diagonal `k` and below; zeros elsewhere.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.tril(xp.ones((2, 2)))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return x.tril(k)


def triu(x: Tensor, /, *, k: int = 0) -> Tensor:
    """Return the elements of matrices on diagonal `k` and above; zeros elsewhere.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.triu(xp.ones((2, 2)))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return x.triu(k)
