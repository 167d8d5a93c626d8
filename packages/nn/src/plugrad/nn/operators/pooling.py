"""Pooling: one value for each window over the last dimensions, its largest element or its mean.

Each operator works in any number of dimensions, with names for two and three, as PyTorch has nodes
for those; in one dimension there is a second one of size 1. Where several elements of a window are
the largest, the first one is it; a NaN is larger than all.
"""

from __future__ import annotations

from typing import Any

from plugrad.operators.windows import ints_given, tensors_given
from plugrad.size import listed
from plugrad.vocabulary.forms import linear, primitive
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "FRACTIONAL",
    "UNPOOL",
    "adaptive_averages",
    "adaptive_maxima",
    "averages",
    "maxima",
    "pick",
    "put_back",
    "window_arguments",
]

Ints = tuple[int, ...]


def pick(k: Any, x: Any, indices: Any, x_shape: Ints, out_shape: Ints, count: int) -> Any:
    """Return the elements of images at indices into each, its last `count` dimensions flat."""
    flat = k.reshape(x, _flat(x_shape, count))
    places = k.reshape(indices, _flat(out_shape, count))
    return k.reshape(k.gather(flat, places, len(x_shape) - count), out_shape)


def put_back(k: Any, g: Any, indices: Any, x_shape: Ints, out_shape: Ints, count: int) -> Any:
    """Add elements to zeros at indices into each image: the transpose of `pick`."""
    places = k.reshape(indices, _flat(out_shape, count))
    flat = k.reshape(g, _flat(out_shape, count))
    spread = k.gather_grad(flat, places, _flat(x_shape, count), len(x_shape) - count)
    return k.reshape(spread, x_shape)


def _flat(shape: Ints, count: int) -> Ints:
    lead = len(shape) - count
    size = 1
    for n in shape[lead:]:
        size *= n
    return (*shape[:lead], size)


def _in_two_and_three(
    name: str, signature: str, node: str, aten: str = "", declare: Any = primitive, **rules: Any
) -> list[Any]:
    """Declare an operator, and return it under the names that it has in 1, 2 and 3 dimensions.

    Parameters
    ----------
    name, signature : str
        Of the kernel, which works in any number of dimensions.
    node, aten : str
        Patterns, for the number.
    declare : callable
        The form of declaration.
    **rules
        And whatever else it takes.
    """
    several = {name: value for name, value in rules.items() if name == "outputs"}
    primitive(name, signature, **several)

    def kernel(k: Any, *arguments: Any) -> Any:
        return getattr(k, name)(*arguments)

    two, three = (
        declare(
            f"{name}{n}d", signature, node=f"{node.format(n)}Backward0",
            aten=f"aten::{(aten or name + '{}d').format(n)}", body=kernel, **rules,
        )
        for n in (2, 3)
    )  # fmt: skip
    return [two, two, three]


def _back_to_indices(
    k: Any, g: Any, indices: Any, x_shape: Ints, out_shape: Any, counts: Ints
) -> Any:
    return put_back(k, g, indices, x_shape, out_shape[0], len(counts))


def _back_to_windows(
    k: Any, g: Any, indices: Any, x_shape: Ints, out_shape: Any, kernel: Ints
) -> Any:
    return put_back(k, g, indices, x_shape, out_shape[0], len(kernel))


# ------------------------------------------------------------------------------------------ largest

primitive("max_pool_indices", "x; kernel, stride, padding, dilation, counts", result="index")

primitive(
    "max_pool_grad", "grad, x; kernel, stride, padding, dilation, counts",
    aten="aten::max_pool2d_with_indices_backward",
    body=lambda k, grad, x, kernel, *geometry: put_back(
        k, grad, k.max_pool_indices(x, kernel, *geometry), tuple(x.shape), tuple(grad.shape),
        len(kernel)
    ),
    grad=lambda k, g, x, x_shape, grad_shape, kernel, stride, padding, dilation, counts: pick(
        k, g, k.max_pool_indices(x, kernel, stride, padding, dilation, counts), x_shape,
        grad_shape, len(kernel),
    ),
)  # fmt: skip


_WINDOWS = "x; kernel, stride, padding, dilation, counts"

# Where the largest elements are is found when it is needed: that is faster than to keep it.
_MAX = _in_two_and_three(
    "max_pool", _WINDOWS, "MaxPool{}DWithIndices", "max_pool{}d_with_indices",
    x=lambda k, g, x, kernel, stride, padding, dilation, counts: k.max_pool_grad(
        g, x, kernel, stride, padding, dilation, counts
    ),
)  # fmt: skip
_MAX_WITH_INDICES = _in_two_and_three(
    "max_pool_with_indices", _WINDOWS, "MaxPool{}DWithIndices", "max_pool{}d_with_indices",
    outputs="values, indices", x=_back_to_windows,
)  # fmt: skip
_ADAPTIVE_MAX = _in_two_and_three(
    "adaptive_max_pool", "x; counts", "AdaptiveMaxPool{}D",
    outputs="values, indices", x=_back_to_indices,
)  # fmt: skip
FRACTIONAL = _in_two_and_three(
    "fractional_max_pool", "x, samples; kernel, counts", "FractionalMaxPool{}D",
    outputs="values, indices", x=_back_to_windows,
)  # fmt: skip
UNPOOL = _in_two_and_three(
    "max_unpool", "x, indices; sizes", "MaxUnpool{}D", declare=linear,
    x=lambda k, g, indices, x_shape, out_shape, sizes: pick(
        k, g, indices, out_shape, x_shape, len(sizes)
    ),
)  # fmt: skip


# --------------------------------------------------------------------------------------------- mean


_AVG = _in_two_and_three(
    "avg_pool", "x; kernel, stride, padding, counts, padded, divisor", "AvgPool{}D", declare=linear,
    x=lambda k, g, x_shape, kernel, stride, padding, padded, divisor: k.avg_pool_grad(
        g, x_shape[len(x_shape) - len(kernel) :], kernel, stride, padding, padded, divisor
    ),
)  # fmt: skip

linear(
    "avg_pool_grad", "grad; sizes, kernel, stride, padding, padded, divisor",
    aten="aten::avg_pool2d_backward",
    grad=lambda k, g, grad_shape, kernel, stride, padding, padded, divisor: k.avg_pool2d(
        g, kernel, stride, padding, grad_shape[len(grad_shape) - len(kernel) :], padded, divisor
    ),
)  # fmt: skip

_ADAPTIVE_AVG = _in_two_and_three(
    "adaptive_avg_pool", "x; counts", "AdaptiveAvgPool{}D", "_adaptive_avg_pool{}d", linear,
    x=lambda k, g, x_shape, counts: k.adaptive_avg_pool_grad(
        g, x_shape[len(x_shape) - len(counts) :]
    ),
)  # fmt: skip

linear(
    "adaptive_avg_pool_grad", "grad; sizes", aten="aten::_adaptive_avg_pool2d_backward",
    grad=lambda k, g, grad_shape, sizes: k.adaptive_avg_pool2d(
        g, grad_shape[len(grad_shape) - len(sizes) :]
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------ reading arguments


def _refuse_input(name: str, input: Any, count: int, kinds: tuple[str, ...]) -> None:
    """Check that `input` is of images of `count` dimensions, and of a dtype among `kinds`."""
    tensors_given(name, input=input)
    shape = input._array.shape
    if len(shape) not in (count + 1, count + 2) or 0 in shape[len(shape) - count - 1 :]:
        # An IndexError, as in PyTorch.
        short = name == "avg_pool2d" and len(shape) <= count
        raise (IndexError if short else RuntimeError)(
            f"{name}(): the input must have {count + 1} dimensions, or {count + 2} with a batch, "
            f"of sizes other than 0, but its shape is {listed(shape)}"
        )
    kind = input._dtype
    if not (kind.is_floating_point or kind.name in kinds):
        raise NotImplementedError(f"{name}() is not for {kind}; convert the input to float32")


_INTEGERS = ("int8", "int16", "int32", "int64", "uint8")


def window_arguments(
    name: str, count: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any = 1
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return what tells windows apart; by default they lie side by side.

    Raises
    ------
    RuntimeError
        For numbers that are too small, or a padding in which whole windows would lie.
    """
    kernel = ints_given(name, "kernel_size", kernel_size, count)
    own = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    steps = kernel if own else ints_given(name, "stride", stride, count)
    pads = ints_given(name, "padding", padding, count)
    gaps = ints_given(name, "dilation", dilation, count)
    if min(kernel) < 1 or min(steps) < 1 or min(gaps) < 1:
        raise RuntimeError(
            f"{name}(): kernel_size {listed(kernel)}, stride {listed(steps)} and dilation "
            f"{listed(gaps)} must be positive"
        )
    if min(pads) < 0 or any(2 * p > n for p, n in zip(pads, kernel, strict=True)):
        raise RuntimeError(
            f"{name}(): padding {listed(pads)} must be between 0 and half of kernel_size "
            f"{listed(kernel)}"
        )
    return kernel, steps, pads, gaps


def _counts(
    name: str, sizes: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints,
    ceil_mode: bool,
) -> Ints:  # fmt: skip
    """Return how many windows there are; with `ceil_mode`, the last one may reach over the end."""
    found = []
    for n, w, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (w - 1) - 1
        count = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (count - 1) * s >= n + p:
            # It must begin inside, or in the padding before it.
            count -= 1
        found.append(count)
    if min(found) < 1:
        raise RuntimeError(
            f"{name}(): windows of {listed(kernel)} with dilation {listed(dilation)} and padding "
            f"{listed(padding)} do not fit {listed(sizes)}"
        )
    return tuple(found)


def maxima(
    name: str, count: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool, with_indices: bool,
) -> Any:  # fmt: skip
    """Return the largest element of each window, and where it is if that is asked for."""
    _refuse_input(name, input, count, _INTEGERS if count > 1 or with_indices else ())
    geometry = window_arguments(name, count, kernel_size, stride, padding, dilation)
    counts = _counts(name, input._array.shape[-count:], *geometry, ceil_mode)
    chosen = (_MAX_WITH_INDICES if with_indices else _MAX)[count - 1]
    if count > 1:
        return chosen(input, *geometry, counts)
    windows = (
        (fill, *each) for fill, each in zip((1, 1, 0, 1, 1), (*geometry, counts), strict=True)
    )
    return _without_height(chosen(_with_height(input), *windows))


def averages(
    name: str, count: int, input: Any, kernel_size: Any, stride: Any, padding: Any,
    ceil_mode: bool, count_include_pad: bool, divisor_override: Any = None,
) -> Any:  # fmt: skip
    """Return the mean of each window."""
    _refuse_input(name, input, count, ("int64",))
    kernel, steps, pads, gaps = window_arguments(name, count, kernel_size, stride, padding)
    if divisor_override is not None:
        (divisor_override,) = ints_given(name, "divisor_override", divisor_override, 1)
        if divisor_override == 0:
            raise RuntimeError(f"{name}(): divisor_override must not be 0")
    counts = _counts(name, input._array.shape[-count:], kernel, steps, pads, gaps, ceil_mode)
    last = bool(count_include_pad), divisor_override
    if count > 1:
        return _AVG[count - 1](input, kernel, steps, pads, counts, *last)
    flat = ((1, *kernel), (1, *steps), (0, *pads), (1, *counts))
    return _without_height(_AVG[0](_with_height(input), *flat, *last))


def _adaptive_counts(name: str, count: int, input: Any, output_size: Any) -> Ints:
    shape = input._array.shape
    several = isinstance(output_size, (tuple, list)) and count > 1
    if several and len(shape) <= len(output_size):
        raise ValueError(
            f"{name}(): {len(output_size)} output sizes are too many for shape {listed(shape)}"
        )
    if several:
        sizes = zip(output_size, shape[len(shape) - len(output_size) :], strict=True)
        output_size = [n if size is None else size for size, n in sizes]
    counts = ints_given(name, "output_size", output_size, count)
    if min(counts) < 0:
        raise RuntimeError(f"{name}(): output_size {listed(counts)} must not be negative")
    return counts


def adaptive_averages(name: str, count: int, input: Any, output_size: Any) -> Any:
    """Return the means of windows that share the input evenly."""
    tensors_given(name, input=input)
    counts = _adaptive_counts(name, count, input, output_size)
    one = set(counts) == {1}
    image = _with_height(input) if count == 1 and len(input._array.shape) > 1 else input
    if one and len(input._array.shape) in (count + 1, count + 2):
        last = len(image._array.shape)
        result = functions["mean"](image, tuple(range(last - max(count, 2), last)), True)
        return _without_height(result) if count == 1 else result
    _refuse_input(name, input, count, ())
    if count > 1:
        return _ADAPTIVE_AVG[count - 1](input, counts)
    return _without_height(_ADAPTIVE_AVG[0](image, (1, *counts)))


def adaptive_maxima(name: str, count: int, input: Any, output_size: Any) -> Any:
    """Return the largest elements of windows that share the input evenly, and where they are."""
    tensors_given(name, input=input)
    counts = _adaptive_counts(name, count, input, output_size)
    _refuse_input(name, input, count, ())
    if count > 1:
        return _ADAPTIVE_MAX[count - 1](input, counts)
    return _without_height(_ADAPTIVE_MAX[0](_with_height(input), (1, *counts)))


def _with_height(input: Any) -> Any:
    return k.unsqueeze(input, len(input._array.shape) - 1)


def _without_height(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple(map(_without_height, result))
    return k.squeeze_dim(result, len(result._array.shape) - 2)
