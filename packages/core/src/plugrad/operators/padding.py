"""Padding: a constant, or more of the same, around the last dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.numbers import number_given
from plugrad.size import listed
from plugrad.vocabulary.forms import function, linear, primitive

__all__ = ["constant_pad_nd", "pad"]

Pads = tuple[int, ...]
"""How much to add before and after the last dimension, then the last but one, and so on."""


def _opposite(pads: Pads) -> Pads:
    return tuple(-amount for amount in pads)


# Negative amounts are cut off, so that the gradient is padded the other way round.
_constant = primitive(
    "constant_pad_nd", "x; pads, value", moves=True,
    x=lambda k, g, pads: k.constant_pad_nd(g, _opposite(pads), 0),
)  # fmt: skip

# The gradient of a padding with more of the same: everything is added to where it came from.
linear(
    "mirrored_pad_grad", "grad; pads, style", aten="aten::reflection_pad_backward",
    grad=lambda k, g, pads, style: k.mirrored_pad(g, pads, style),
)  # fmt: skip


def _mirrored(name: str, node: str) -> Any:
    return linear(
        name, "x; pads, style", node=node, moves=True,
        body=None if name == "mirrored_pad" else lambda k, x, pads, style: k.mirrored_pad(
            x, pads, style
        ),
        x=lambda k, g, pads, style: k.mirrored_pad_grad(g, pads, style),
    )  # fmt: skip


_circular = _mirrored("mirrored_pad", "CopySlices")
_NODES = {
    mode: [_mirrored(f"{name.lower()}_pad{n}d", f"{name}Pad{n}DBackward0") for n in (1, 2, 3)]
    for mode, name in (("reflect", "Reflection"), ("replicate", "Replication"))
}


@function("function")
def constant_pad_nd(input: Any, pad: Sequence[int], value: Any = 0) -> Any:
    """Put a constant around the last dimensions.

    Parameters
    ----------
    input : Tensor
    pad : sequence of int
        How much to add before and after the last dimension, then the last but one, and so on;
        negative amounts are cut off.
    value : number

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If `pad` has an odd length, is too long, or cuts off more than there is.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.constant_pad_nd(plugrad.tensor([1, 2]), (1, 2), 7)
    tensor([7, 1, 2, 7, 7])
    """
    pads = _checked(input, pad)
    kind = input._dtype
    number = number_given("pad", "value", value)
    if not (kind.is_floating_point or kind.is_complex):
        number = int(number.real)
    return _constant(input, pads, number)


def _checked(input: Any, pad: Sequence[int]) -> Pads:
    if not isinstance(input, TensorBase):
        raise TypeError(f"pad(): input must be a Tensor, not {type(input).__name__}")
    shape: Any = input._array.shape
    pads = tuple(pad)
    if len(pads) % 2:
        raise RuntimeError(
            f"pad(): each dimension takes two amounts, but {listed(pads)} are {len(pads)}"
        )
    if len(pads) > 2 * len(shape):
        raise RuntimeError(
            f"pad(): {listed(pads)} are amounts for {len(pads) // 2} dimensions, but the input has "
            f"shape {listed(shape)}"
        )
    for place in range(len(pads) // 2):
        size, before, after = shape[-1 - place], pads[2 * place], pads[2 * place + 1]
        if size + before + after < 0 or size + before < 0 or size + after < 0:
            raise RuntimeError(
                f"pad(): {listed(pads)} would cut off more than there is of shape {listed(shape)}"
            )
    return pads


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: Any = None) -> Any:
    """Put something around the last dimensions.

    Parameters
    ----------
    input : Tensor
    pad : sequence of int
        How much to add before and after the last dimension, then the last but one, and so on;
        negative amounts are cut off.
    mode : {"constant", "reflect", "replicate", "circular"}
        What to add: `value`, what lies inwards from the edge, the edge itself, or what lies at the
        other edge. All but ``"constant"`` need one or two dimensions that are not padded.
    value : number, optional
        By default 0.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If `pad` does not fit the input.
    NotImplementedError
        For another mode, or another number of dimensions.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.operators.padding import pad
    >>> pad(plugrad.tensor([[1.0, 2.0, 3.0]]), (2, 1), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 2.]])
    """
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    pads = _checked(input, pad)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(
            f"pad(): mode must be 'constant', 'reflect', 'replicate' or 'circular', not {mode!r}"
        )
    if value:
        raise RuntimeError(f"pad(): a value has no meaning in mode {mode!r}")
    shape, count = input._array.shape, len(pads) // 2
    if count not in (1, 2, 3) or len(shape) - count not in (1, 2):
        raise NotImplementedError(
            f"pad(): mode {mode!r} pads the last one, two or three dimensions, after one or two "
            f"others; the input has shape {listed(shape)}, and pad {len(pads)} amounts"
        )
    for place in range(count):
        size, most = shape[-1 - place], max(pads[2 * place : 2 * place + 2])
        allowed = {"reflect": size - 1, "circular": size}.get(mode, most if size else 0)
        if most > allowed:
            raise RuntimeError(
                f"pad(): mode {mode!r} can add {allowed} to a dimension of size {size}, not {most}"
            )
    chosen = _circular if mode == "circular" else _NODES[mode][count - 1]
    return chosen(input, pads, mode)
