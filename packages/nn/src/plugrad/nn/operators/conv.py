"""The public functions of convolution, in one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plugrad.nn.operators.convolution import convolved
from plugrad.operators.windows import ints_given, tensors_given
from plugrad.size import listed
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolution",
]

Ints = tuple[int, ...]
Many = int | Sequence[int]


def _batched(
    name: str, count: int, input: Any, weight: Any, bias: Any, convolve: Callable[[Any], Any]
) -> Any:
    """Call `convolve` on a batch: of one image, where `input` is an image without a batch."""
    tensors_given(name, input=input, weight=weight, bias=bias)
    shape, kernel = input._array.shape, weight._array.shape
    if len(kernel) != count + 2 or len(shape) not in (count + 1, count + 2):
        raise RuntimeError(
            f"{name}(): the weight must have {count + 2} dimensions and the input {count + 2}, or "
            f"{count + 1} without a batch, but their shapes are {listed(kernel)} and "
            f"{listed(shape)}"
        )
    if len(shape) == count + 2:
        return convolve(input)
    return k.squeeze_dim(convolve(k.unsqueeze(input, 0)), 0)


def _conv(
    name: str, count: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any,
    dilation: Any, groups: int,
) -> Any:  # fmt: skip
    stride = ints_given(name, "stride", stride, count)
    dilation = ints_given(name, "dilation", dilation, count)

    def convolve(input: Any) -> Any:
        widths = padding
        if isinstance(padding, str):
            input, widths = _named_padding(name, input, weight, stride, padding, dilation)
        widths = ints_given(name, "padding", widths, count)
        none = (0,) * count
        return convolved(name, input, weight, bias, stride, widths, dilation, False, none, groups)

    return _batched(name, count, input, weight, bias, convolve)


def _named_padding(
    name: str, input: Any, weight: Any, stride: Ints, padding: str, dilation: Ints
) -> tuple[Any, Ints]:
    """Return the input and how much to pad it by, for ``"valid"`` and ``"same"``."""
    if padding == "valid":
        return input, (0,) * len(stride)
    if padding != "same":
        raise RuntimeError(f"{name}(): padding must be ints, 'valid' or 'same', not {padding!r}")
    if set(stride) != {1}:
        raise RuntimeError(
            f"{name}(): padding 'same' keeps the size, which stride {listed(stride)} cannot"
        )
    totals = [d * (n - 1) for d, n in zip(dilation, weight._array.shape[2:], strict=True)]
    if any(total % 2 for total in totals):
        # The odd one goes to the end.
        pads = [amount for total in reversed(totals) for amount in (0, total % 2)]
        input = k.constant_pad_nd(input, tuple(pads), 0)
    return input, tuple(total // 2 for total in totals)


def _conv_transpose(
    name: str, count: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any,
    output_padding: Any, groups: int, dilation: Any,
) -> Any:  # fmt: skip
    stride, padding, output_padding, dilation = (
        ints_given(name, each, value, count)
        for each, value in (("stride", stride), ("padding", padding),
                            ("output_padding", output_padding), ("dilation", dilation))
    )  # fmt: skip

    def convolve(input: Any) -> Any:
        return convolved(
            name, input, weight, bias, stride, padding, dilation, True, output_padding, groups
        )

    return _batched(name, count, input, weight, bias, convolve)


_CONV = """Convolve an input with a weight, over its last {words}.

    Parameters
    ----------
    input : Tensor of shape (n, channels, {sizes}), or without n
    weight : Tensor of shape (filters, channels / groups, {kernel})
    bias : Tensor of shape (filters,), optional
    stride, dilation : int or sequence of int
        The steps between windows, and between the elements of one.
    padding : int, sequence of int, or str
        How many zeros to put at both ends; ``"valid"`` for none, ``"same"`` to keep the size.
    groups : int
        Into how many groups the channels are split, each with filters of its own.

    Returns
    -------
    Tensor of shape (n, filters, ...), or without n

    Raises
    ------
    RuntimeError
        If shapes, dtypes or numbers do not fit together.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.conv{count}d(plugrad.ones({example}), plugrad.ones({example}), padding=1).sum()
    tensor({padded}.)
    """
_TRANSPOSE = """Apply the transpose of a convolution: spread each element over its window.

    Parameters
    ----------
    input : Tensor of shape (n, filters, {sizes}), or without n
    weight : Tensor of shape (filters, channels / groups, {kernel})
    bias : Tensor of shape (channels,), optional
    stride, padding, dilation : int or sequence of int
        Those of the convolution.
    output_padding : int or sequence of int
        By how much to lengthen the output, at the end.
    groups : int

    Returns
    -------
    Tensor of shape (n, channels, ...), or without n

    Raises
    ------
    RuntimeError
        If shapes, dtypes or numbers do not fit together.

    Examples
    --------
    >>> import plugrad
    >>> weight = plugrad.ones({example})
    >>> plugrad.conv_transpose{count}d(plugrad.ones({example}), weight).sum()
    tensor({spread}.)
    """


def _public(count: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make the two public functions of `count` dimensions."""
    name, transposed = f"conv{count}d", f"conv_transpose{count}d"

    def conv(
        input: Any, weight: Any, bias: Any = None, stride: Many = 1, padding: Many | str = 0,
        dilation: Many = 1, groups: int = 1,
    ) -> Any:  # fmt: skip
        return _conv(name, count, input, weight, bias, stride, padding, dilation, groups)

    def conv_transpose(
        input: Any, weight: Any, bias: Any = None, stride: Many = 1, padding: Many = 0,
        output_padding: Many = 0, groups: int = 1, dilation: Many = 1,
    ) -> Any:  # fmt: skip
        return _conv_transpose(
            transposed, count, input, weight, bias, stride, padding, output_padding, groups,
            dilation,
        )  # fmt: skip

    letters = "dhw"[3 - count :]
    described = {
        "count": count,
        "words": "dimension" if count == 1 else f"{('two', 'three')[count - 2]} dimensions",
        "sizes": ", ".join(letters),
        "kernel": ", ".join(f"k{letter}" for letter in letters),
        "example": ", ".join(["1", "1", *["2"] * count]),
        "padded": 4**count,
        "spread": 4**count,
    }
    for made, called, text in ((conv, name, _CONV), (conv_transpose, transposed, _TRANSPOSE)):
        made.__name__ = made.__qualname__ = called
        made.__doc__ = text.format(**described)
        function("function")(made)
    return conv, conv_transpose


conv1d, conv_transpose1d = _public(1)
conv2d, conv_transpose2d = _public(2)
conv3d, conv_transpose3d = _public(3)


@function("function")
def convolution(
    input: Any, weight: Any, bias: Any, stride: Sequence[int], padding: Sequence[int],
    dilation: Sequence[int], transposed: bool, output_padding: Sequence[int], groups: int,
) -> Any:  # fmt: skip
    """Convolve a batch over all dimensions from the third on.

    Parameters
    ----------
    input : Tensor of shape (n, channels, ...)
    weight : Tensor
        Of as many dimensions.
    bias : Tensor or None
    stride, padding, dilation, output_padding : sequence of int
    transposed : bool
    groups : int
        See `plugrad.conv2d`, and `plugrad.conv_transpose2d` if `transposed`.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(1, 1, 2)
    >>> plugrad.convolution(x, x, None, [1], [0], [1], False, [0], 1)
    tensor([[[2.]]])
    """
    tensors_given("convolution", input=input, weight=weight, bias=bias)
    count = len(input._array.shape) - 2
    if count < 1 or len(weight._array.shape) != count + 2:
        raise RuntimeError(
            "convolution(): input and weight must have the same number of dimensions, three or "
            f"more, not shapes {listed(input._array.shape)} and {listed(weight._array.shape)}"
        )
    stride, padding, dilation, output_padding = (
        ints_given("convolution", name, value, count)
        for name, value in (("stride", stride), ("padding", padding), ("dilation", dilation),
                            ("output_padding", output_padding))
    )  # fmt: skip
    return convolved(
        "convolution", input, weight, bias, stride, padding, dilation, bool(transposed),
        output_padding, groups,
    )  # fmt: skip


def _channels_second(k: Any, *tensors: Any) -> list[Any]:
    return [k.permute(tensor, (1, 2, 0)) for tensor in tensors]


def _tbc(k: Any, x: Any, weight: Any, bias: Any, pad: int) -> Any:
    (x,) = _channels_second(k, x)
    weight = k.permute(weight, (2, 1, 0))
    return k.permute(k.convolution(x, weight, bias, (1,), (pad,), (1,), False, (0,), 1), (2, 0, 1))


def _tbc_of_input(k: Any, g: Any, weight: Any, pad: int) -> Any:
    (g,) = _channels_second(k, g)
    weight = k.permute(weight, (2, 1, 0))
    spread = k.convolution(g, weight, None, (1,), (pad,), (1,), True, (0,), 1)
    return k.permute(spread, (2, 0, 1))


def _tbc_of_weight(k: Any, g: Any, x: Any, weight_shape: Ints, pad: int) -> Any:
    g, x = _channels_second(k, g, x)
    found = k.convolution_weight(g, x, weight_shape[:1], (1,), (pad,), (1,), 1)
    return k.permute(found, (2, 1, 0))


_conv_tbc = primitive(
    "conv_tbc", "x, weight, bias; pad",
    body=_tbc,
    x=_tbc_of_input,
    weight=_tbc_of_weight,
    bias=lambda k, g: k.sum_dim(g, (0, 1), False),
)  # fmt: skip


@function("function")
def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """Convolve sequences whose dimensions are time, batch and channel.

    Parameters
    ----------
    input : Tensor of shape (time, n, channels)
    weight : Tensor of shape (k, channels, filters)
    bias : Tensor of shape (filters,)
    pad : int
        How many zeros to put at both ends.

    Returns
    -------
    Tensor of shape (time + 2 pad - k + 1, n, filters)

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> x, weight = plugrad.ones(3, 1, 1), plugrad.ones(2, 1, 1)
    >>> plugrad.conv_tbc(x, weight, plugrad.zeros(1)).flatten()
    tensor([2., 2.])
    """
    tensors_given("conv_tbc", input=input, weight=weight)
    tensors_given("conv_tbc", vector=bias)
    x, w = input._array.shape, weight._array.shape
    if len(x) != 3 or len(w) != 3 or x[2] != w[1] or tuple(bias._array.shape) != tuple(w[2:]):
        raise RuntimeError(
            "conv_tbc(): expected shapes (time, n, channels), (k, channels, filters) and "
            f"(filters,), not {listed(x)}, {listed(w)} and {listed(bias._array.shape)}"
        )
    if pad < 0 or x[0] + 2 * pad < w[0]:
        raise RuntimeError(
            f"conv_tbc(): a kernel of {w[0]} does not fit {x[0]} elements padded by {pad}"
        )
    return _conv_tbc(input, weight, bias, pad)
