"""Making tensors of random numbers for tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import plugrad
from plugrad import dtypes
from plugrad.size import shape_from_args

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["make_tensor"]


def make_tensor(
    *shape: Any, dtype: dtypes.dtype, device: Any, low: float | None = None,
    high: float | None = None, requires_grad: bool = False, noncontiguous: bool = False,
    exclude_zero: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return a tensor of random numbers, the same for the same seed as PyTorch's.

    Parameters
    ----------
    *shape : int
        Or one tuple of them.
    dtype : dtype
    device : device or str
    low, high : float, optional
        Between which they lie, `high` excluded: by default -9 and 9 (10 for integers, from 0 if
        unsigned), 0 and 2 for bool. What the dtype cannot hold is cut off.
    requires_grad : bool
    noncontiguous : bool
        Whether the elements lie apart from each other in memory.
    exclude_zero : bool
        Whether zeros are replaced by the smallest number above.
    memory_format : memory_format, optional

    Raises
    ------
    ValueError
        If `low` is not less than `high`, the dtype holds nothing between them, integers are to
        require grad, or both `noncontiguous` and `memory_format` are given.
    TypeError
        For a dtype that no numbers can be drawn in.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.testing.make_tensor((2, 3), dtype=plugrad.float32, device="cpu", low=0, high=1)
    >>> x.shape
    plugrad.Size([2, 3])
    """
    sizes = tuple(shape_from_args(*shape, caller="make_tensor()"))
    if noncontiguous and memory_format is not None:
        raise ValueError("make_tensor(): a memory format is contiguous; leave out noncontiguous")
    inexact = dtype.is_floating_point or dtype.is_complex
    if requires_grad and not inexact:
        raise ValueError(f"make_tensor(): only floating-point numbers require grad, not {dtype}")
    if noncontiguous and math.prod(sizes) > 1:
        drawn = _drawn((*sizes[:-1], 2 * sizes[-1]), dtype, device, low, high)
        result = drawn[..., 1::2]
    else:
        result = _drawn(sizes, dtype, device, low, high)
    if memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        least = plugrad.finfo(dtype).tiny if inexact else 1
        result[result == 0] = least
    result.requires_grad = bool(requires_grad)
    return result  # type: ignore[no-any-return]


def _drawn(sizes: tuple[int, ...], dtype: Any, device: Any, low: Any, high: Any) -> Any:
    if dtype is dtypes.bool_:
        first, last = _bounds(dtype, low, high, (0, 2), 0, 2)
        return plugrad.randint(math.ceil(first), math.ceil(last), sizes, device=device, dtype=dtype)
    if dtype.is_floating_point or dtype.is_complex:
        most = plugrad.finfo(dtype).max
        first, last = _bounds(dtype, low, high, (-9, 9), -most, most)
        real = dtype.to_real()
        pairs = (*sizes, 2) if dtype.is_complex else sizes
        # The width alone may be more than the dtype holds.
        result = plugrad.empty(pairs, dtype=real, device=device)
        result.uniform_(first / 2, last / 2).mul_(2) if last - first > most else result.uniform_(
            first, last
        )
        return plugrad.view_as_complex(result) if dtype.is_complex else result
    limits = plugrad.iinfo(dtype)
    usual = (0 if limits.min == 0 else -9, 10)
    first, last = _bounds(dtype, low, high, usual, limits.min, limits.max + 1)
    last = min(math.ceil(last), 2**63 - 1)
    return plugrad.randint(math.ceil(first), last, sizes, device=device, dtype=dtype)


def _bounds(
    dtype: Any, low: Any, high: Any, usual: tuple[float, float], least: float, most: float
) -> tuple[float, float]:
    """Return the bounds as the dtype holds them."""
    first, last = usual[0] if low is None else low, usual[1] if high is None else high
    if math.isnan(first) or math.isnan(last):
        raise ValueError(f"make_tensor(): low and high must be numbers, not {first} and {last}")
    inexact = dtype.is_floating_point or dtype.is_complex
    if first > last or (first == last and not inexact):
        raise ValueError(f"make_tensor(): low must be less than high; they are {first} and {last}")
    if last < least or first > most or (not inexact and (last <= least or first >= most)):
        raise ValueError(f"make_tensor(): {dtype} has no numbers from {first} to {last}")
    return max(first, least), min(last, most)
