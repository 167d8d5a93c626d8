"""The operator of convolution, in any number of dimensions, forward and transposed.

It is linear in the input and in the weight, and its gradients are of its
own kind: that of the input is the transposed convolution, that of the weight a convolution of the
input with the output's gradient.
"""

from __future__ import annotations

from typing import Any

from plugrad import dtypes
from plugrad.operators.network import times
from plugrad.size import is_int, listed
from plugrad.vocabulary.forms import primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["convolved"]

Ints = tuple[int, ...]


def _left(
    sizes: Ints, counts: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints
) -> Ints:
    """Return how many elements at the end of each dimension no window reaches."""
    given = zip(sizes, counts, kernel, stride, padding, dilation, strict=True)
    return tuple(n + 2 * p - s * (c - 1) - d * (w - 1) - 1 for n, c, w, s, p, d in given)


def _of_input(
    k: Any, g: Any, weight: Any, x_shape: Ints, weight_shape: Ints, out_shape: Ints, stride: Ints,
    padding: Ints, dilation: Ints, transposed: bool, output_padding: Ints, groups: int,
) -> Any:  # fmt: skip
    geometry = stride, padding, dilation
    if transposed:
        # As far as it reaches over a whole step, the padding has windows of its own.
        extra = tuple(e // s for e, s in zip(output_padding, stride, strict=True))
    else:
        extra = _left(x_shape[2:], out_shape[2:], weight_shape[2:], *geometry)
    return k.convolution(g, weight, None, *geometry, not transposed, extra, groups)


def _of_weight(
    k: Any, g: Any, x: Any, weight_shape: Ints, stride: Ints, padding: Ints, dilation: Ints,
    transposed: bool, groups: int,
) -> Any:  # fmt: skip
    small, large = (x, g) if transposed else (g, x)
    return k.convolution_weight(small, large, weight_shape[2:], stride, padding, dilation, groups)


# `output_padding`: how much longer the output of a transposed convolution is than its windows reach
# and, for a convolution, which is its transpose, how many windows at the end are left out.
_convolution = primitive(
    "convolution",
    "x, weight, bias?; stride, padding, dilation, transposed, output_padding, groups",
    x=_of_input,
    weight=_of_weight,
    bias=lambda k, g, out_shape: k.sum_dim(g, (0, *range(2, len(out_shape))), False),
)

# The sum over all windows of the gradient there times the window: shaped like the weight.
primitive(
    "convolution_weight", "grad, x; kernel, stride, padding, dilation, groups",
    aten="aten::convolution_backward",
    grad=lambda k, g, x, grad_shape, x_shape, kernel, stride, padding, dilation, groups: (
        k.convolution(
            x, g, None, stride, padding, dilation, False,
            _unused(x_shape, grad_shape, kernel, stride, padding, dilation), groups,
        )
    ),
    x=lambda k, g, grad, grad_shape, x_shape, kernel, stride, padding, dilation, groups: (
        k.convolution(
            grad, g, None, stride, padding, dilation, True,
            _left(x_shape[2:], grad_shape[2:], kernel, stride, padding, dilation), groups,
        )
    ),
)  # fmt: skip


def _unused(
    x_shape: Ints, grad_shape: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints
) -> Ints:
    """Return how many windows of `x_shape` have no place in `grad_shape`."""
    left = _left(x_shape[2:], grad_shape[2:], kernel, stride, padding, dilation)
    return tuple(n // s for n, s in zip(left, stride, strict=True))


def convolved(
    name: str, input: Any, weight: Any, bias: Any, stride: Ints, padding: Ints, dilation: Ints,
    transposed: bool, output_padding: Ints, groups: int,
) -> Any:  # fmt: skip
    """Check what fits together, and convolve.

    Raises
    ------
    RuntimeError
        If shapes or numbers do not fit.
    NotImplementedError
        For bool.
    """
    _refuse_geometry(name, stride, padding, dilation, output_padding, groups, transposed)
    _refuse_shapes(name, input, weight, bias, transposed, groups)
    geometry = stride, padding, dilation, transposed, output_padding, groups
    _refuse_windows(name, input._array.shape, weight._array.shape, *geometry[:5])
    kind = input._dtype
    if kind is dtypes.bool_:
        raise NotImplementedError(f"{name}() computes with numbers, not with bool")
    if not kind.is_complex:
        return _convolution(input, weight, bias, *geometry)
    # Three real convolutions, as PyTorch records them: (a + bi)(c + di) has the real part ac - bd
    # and the imaginary part (a + b)(c + d) - ac - bd.
    (a, b), (c, d) = _parts(input), _parts(weight)
    e = both = None
    if bias is not None:
        e, f = _parts(bias)
        both = e + f
    first = _convolution(a, c, e, *geometry)
    second = _convolution(b, d, None, *geometry)
    third = _convolution(a + b, c + d, both, *geometry)
    return first - second + times(third - first - second, 1j)


def _parts(x: Any) -> tuple[Any, Any]:
    pair = k.view_as_real(x)
    last = len(pair._array.shape) - 1
    return k.select(pair, last, 0), k.select(pair, last, 1)


def _refuse_geometry(
    name: str, stride: Ints, padding: Ints, dilation: Ints, output_padding: Ints, groups: int,
    transposed: bool,
) -> None:  # fmt: skip
    """Check numbers that no shape needs to be known for."""
    if groups.__class__ is not int and not is_int(groups):
        raise TypeError(f"{name}(): groups must be an int, not {type(groups).__name__}")
    if min(stride) < 1 or min(dilation) < 1 or groups < 1:
        raise RuntimeError(
            f"{name}(): stride {listed(stride)}, dilation {listed(dilation)} and groups {groups} "
            "must be positive"
        )
    if min(padding) < 0 or min(output_padding) < 0:
        raise RuntimeError(
            f"{name}(): padding {listed(padding)} must not be negative, nor output_padding "
            f"{listed(output_padding)}"
        )
    steps = zip(output_padding, stride, dilation, strict=True)
    if transposed and any(e >= max(s, d) for e, s, d in steps):
        raise RuntimeError(
            f"{name}(): output_padding {listed(output_padding)} must be smaller than the stride "
            f"{listed(stride)} or the dilation {listed(dilation)}"
        )


def _refuse_shapes(
    name: str, input: Any, weight: Any, bias: Any, transposed: bool, groups: int
) -> None:
    x, w = input._array.shape, weight._array.shape
    channels = w[0] if transposed else w[1] * groups
    filters = w[1] * groups if transposed else w[0]
    if x[1] != channels or w[0] % groups or w[0] < groups:
        raise RuntimeError(
            f"{name}(): an input of shape {listed(x)} has {x[1]} channels, but a weight of shape "
            f"{listed(w)} in {groups} groups is for {channels}, and {w[0]} must be divisible by "
            "the groups"
        )
    if bias is not None and tuple(bias._array.shape) != (filters,):
        raise RuntimeError(
            f"{name}(): the bias must have shape {[filters]}, one number for each output channel, "
            f"not {listed(bias._array.shape)}"
        )


def _refuse_windows(
    name: str, x: Ints, w: Ints, stride: Ints, padding: Ints, dilation: Ints, transposed: bool,
    output_padding: Ints,
) -> None:  # fmt: skip
    if not transposed:
        left = _left(x[2:], (1,) * len(stride), w[2:], stride, padding, dilation)
        fits = min(left) >= 0
    else:
        given = zip(x[2:], w[2:], stride, padding, dilation, output_padding, strict=True)
        fits = min((n - 1) * s - 2 * p + d * (m - 1) + 1 + e for n, m, s, p, d, e in given) >= 1
    if not fits or 0 in w[2:] or 0 in x[2:] or 0 in x[1:2]:
        raise RuntimeError(
            f"{name}(): a kernel of shape {listed(w[2:])} with dilation {listed(dilation)} and "
            f"padding {listed(padding)} leaves nothing of an input of shape {listed(x)}; pad more"
        )
