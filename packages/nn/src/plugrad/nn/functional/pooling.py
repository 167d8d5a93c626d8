"""Pooling functions: those that PyTorch has only here, over core's operators."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import plugrad
from plugrad.nn.operators import pools
from plugrad.nn.operators.pooling import (
    FRACTIONAL,
    UNPOOL,
    adaptive_averages,
    adaptive_maxima,
    averages,
    maxima,
    window_arguments,
)
from plugrad.operators.dimensions import into
from plugrad.operators.windows import ints_given, tensors_given
from plugrad.size import listed
from plugrad.tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]

Many = int | Sequence[int]
Function = Callable[..., Any]

avg_pool1d: Callable[..., Tensor] = pools.avg_pool1d
adaptive_avg_pool1d: Callable[..., Tensor] = pools.adaptive_avg_pool1d


def _named(function: Function, name: str, summary: str) -> Function:
    """Give a function made for one number of dimensions its name and its documentation."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{summary}

    Parameters and results are those of the function of the same name in PyTorch; see
    `plugrad.max_pool2d` for what tells windows apart.

    Examples
    --------
    >>> from plugrad.nn import functional as F
    >>> F.{name}.__name__
    '{name}'
    """
    return function


def _max_pool(count: int) -> tuple[Function, Function]:
    name = f"max_pool{count}d"

    def max_pool(
        input: Any, kernel_size: Many, stride: Any = None, padding: Many = 0, dilation: Many = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Any:  # fmt: skip
        return maxima(
            name, count, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
        )

    def with_indices(
        input: Any, kernel_size: Many, stride: Any = None, padding: Many = 0, dilation: Many = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Any:  # fmt: skip
        return maxima(name, count, input, kernel_size, stride, padding, dilation, ceil_mode, True)

    summary = "Return the largest element of each window"
    return (
        _named(max_pool, name, f"{summary}."),
        _named(with_indices, f"{name}_with_indices", f"{summary}, and where it is."),
    )


max_pool1d, max_pool1d_with_indices = _max_pool(1)
max_pool2d, max_pool2d_with_indices = _max_pool(2)
max_pool3d, max_pool3d_with_indices = _max_pool(3)


def _avg_pool(count: int) -> Function:
    name = f"avg_pool{count}d"

    def avg_pool(
        input: Any, kernel_size: Many, stride: Any = None, padding: Many = 0,
        ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: Any = None,
        *, out: Any = None,
    ) -> Any:  # fmt: skip
        result = averages(
            name, count, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
            divisor_override,
        )  # fmt: skip
        return into(name, out, result, input)

    return _named(avg_pool, name, "Return the mean of each window, or its sum over a divisor.")


avg_pool2d = _avg_pool(2)
avg_pool3d = _avg_pool(3)


def _adaptive(count: int) -> tuple[Function, Function, Function]:
    name, mean = f"adaptive_max_pool{count}d", f"adaptive_avg_pool{count}d"

    def max_pool(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        values, indices = adaptive_maxima(name, count, input, output_size)
        return (values, indices) if return_indices else values

    def with_indices(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        return adaptive_maxima(name, count, input, output_size)

    def avg_pool(input: Any, output_size: Any) -> Any:
        return adaptive_averages(mean, count, input, output_size)

    evenly = "windows that share the input evenly"
    return (
        _named(max_pool, name, f"Return the largest elements of {evenly}."),
        _named(with_indices, f"{name}_with_indices", f"Return the largest elements of {evenly}."),
        _named(avg_pool, mean, f"Return the means of {evenly}."),
    )


adaptive_max_pool1d, adaptive_max_pool1d_with_indices, _ = _adaptive(1)
adaptive_max_pool2d, adaptive_max_pool2d_with_indices, adaptive_avg_pool2d = _adaptive(2)
adaptive_max_pool3d, adaptive_max_pool3d_with_indices, adaptive_avg_pool3d = _adaptive(3)


def _lp_pool(count: int) -> Function:
    name = f"lp_pool{count}d"

    def lp_pool(
        input: Any, norm_type: float, kernel_size: Many, stride: Any = None,
        ceil_mode: bool = False,
    ) -> Tensor:  # fmt: skip
        tensors_given(name, input=input)
        powers = input.pow(norm_type)
        means = averages(name, count, powers, kernel_size, stride, 0, ceil_mode, True)
        window = math.prod(ints_given(name, "kernel_size", kernel_size, count))
        # The sign matters to gradients, where a sum of odd powers is negative.
        sums = plugrad.sign(means) * plugrad.relu(plugrad.abs(means)) * window
        return sums.pow(1.0 / norm_type)  # type: ignore[no-any-return]

    return _named(lp_pool, name, "Return the p-norm of each window, p being `norm_type`.")


lp_pool1d = _lp_pool(1)
lp_pool2d = _lp_pool(2)
lp_pool3d = _lp_pool(3)


# -------------------------------------------------------------------------------------- fractional


def _fractional(count: int) -> tuple[Function, Function]:
    name = f"fractional_max_pool{count}d"

    def both(
        input: Any, kernel_size: Many, output_size: Any = None, output_ratio: Any = None,
        return_indices: bool = False, _random_samples: Any = None,
    ) -> Any:  # fmt: skip
        tensors_given(name, input=input)
        shape = tuple(input.shape)
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name}(): give either an output_size or an output_ratio")
        if len(shape) not in (count + 1, count + 2) or 0 in shape[-count - 1 :]:
            raise (IndexError if len(shape) <= count else RuntimeError)(
                f"{name}(): the input must have {count + 1} dimensions, or {count + 2} with a "
                f"batch, of sizes other than 0, not shape {listed(shape)}"
            )
        if not input.dtype.is_floating_point:
            raise NotImplementedError(f"{name}() is for floating-point numbers, not {input.dtype}")
        sizes = shape[-count:]
        if output_size is None:
            ratios = output_ratio if isinstance(output_ratio, tuple) else (output_ratio,) * count
            output_size = [int(n * ratio) for n, ratio in zip(sizes, ratios, strict=True)]
        kernel = ints_given(name, "kernel_size", kernel_size, count)
        counts = ints_given(name, "output_size", output_size, count)
        # In three dimensions PyTorch wants one to spare.
        spare = count - 2
        if any(c + k - 1 + spare > n for c, k, n in zip(counts, kernel, sizes, strict=True)):
            raise RuntimeError(
                f"{name}(): {listed(counts)} different windows of {listed(kernel)} do not fit "
                f"{listed(sizes)}"
            )
        batch = 1 if len(shape) == count + 1 else shape[0]
        samples = _random_samples
        if samples is None:
            samples = plugrad.rand(
                batch, shape[-count - 1], count, dtype=input.dtype, device=input.device
            )
        elif tuple(samples.shape) != (batch, shape[-count - 1], count):
            raise RuntimeError(
                f"{name}(): the random samples must have shape "
                f"{[batch, shape[-count - 1], count]}, not {listed(samples.shape)}"
            )
        if count == 2:
            # In two dimensions PyTorch has the width's first.
            samples = samples.flip(2)
        if len(shape) == count + 1:
            samples = samples[0]
        return FRACTIONAL[count - 1](input, samples, kernel, counts)

    def pool(
        input: Any, kernel_size: Many, output_size: Any = None, output_ratio: Any = None,
        return_indices: bool = False, _random_samples: Any = None,
    ) -> Any:  # fmt: skip
        found = both(input, kernel_size, output_size, output_ratio, True, _random_samples)
        return found if return_indices else found[0]

    summary = "Return the largest elements of windows at random distances."
    return _named(pool, name, summary), _named(both, f"{name}_with_indices", summary)


fractional_max_pool2d, fractional_max_pool2d_with_indices = _fractional(2)
fractional_max_pool3d, fractional_max_pool3d_with_indices = _fractional(3)


# --------------------------------------------------------------------------------------- unpooling


def _max_unpool(count: int) -> Function:
    name = f"max_unpool{count}d"

    def max_unpool(
        input: Any, indices: Any, kernel_size: Many, stride: Any = None, padding: Many = 0,
        output_size: Any = None,
    ) -> Any:  # fmt: skip
        tensors_given(name, input=input, indices=indices)
        shape = tuple(input.shape)
        kernel, strides, pads, _ = window_arguments(name, count, kernel_size, stride, padding)
        if len(shape) not in (count + 1, count + 2):
            raise RuntimeError(
                f"{name}(): the input must have {count + 1} dimensions, or {count + 2} with a "
                f"batch, not shape {listed(shape)}"
            )
        sizes = _unpooled_sizes(name, shape[-count:], kernel, strides, pads, output_size)
        if indices.dtype is not plugrad.int64 or tuple(indices.shape) != shape:
            raise RuntimeError(
                f"{name}(): indices must be int64 of shape {listed(shape)}, not {indices.dtype} "
                f"of shape {listed(indices.shape)}"
            )
        if not input.dtype.is_floating_point:
            raise NotImplementedError(f"{name}() is for floating-point numbers, not {input.dtype}")
        if count > 1:
            return UNPOOL[count - 1](input, indices, sizes)
        return UNPOOL[0](input.unsqueeze(-1), indices.unsqueeze(-1), (*sizes, 1)).squeeze(-1)

    return _named(max_unpool, name, "Put elements where they were the largest, and 0 elsewhere.")


def _unpooled_sizes(
    name: str, sizes: tuple[int, ...], kernel: tuple[int, ...], stride: tuple[int, ...],
    padding: tuple[int, ...], output_size: Any,
) -> tuple[int, ...]:  # fmt: skip
    usual = [
        (n - 1) * s + k - 2 * p for n, k, s, p in zip(sizes, kernel, stride, padding, strict=True)
    ]
    if output_size is None:
        return tuple(usual)
    wanted = tuple(output_size)
    if len(wanted) == len(sizes) + 2:
        wanted = wanted[2:]
    if len(wanted) != len(sizes):
        raise ValueError(f"{name}(): output_size must be {len(sizes)} ints, not {output_size!r}")
    for n, near, s in zip(wanted, usual, stride, strict=True):
        if not near - s < n < near + s:
            raise ValueError(
                f"{name}(): output_size {listed(wanted)} must be nearer than {listed(stride)} to "
                f"{listed(usual)}"
            )
    return wanted


max_unpool1d = _max_unpool(1)
max_unpool2d = _max_unpool(2)
max_unpool3d = _max_unpool(3)
