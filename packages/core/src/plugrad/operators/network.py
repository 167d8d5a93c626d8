"""What layers are made of besides: arithmetic with numbers as PyTorch's layers record it, rms_norm.

Where PyTorch's own layers multiply by a number, its graph shows another overload than where a user
does: ``MulBackward1``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import get_default_dtype
from plugrad.limits import finfo
from plugrad.operators.spaces import cast
from plugrad.size import listed
from plugrad.vocabulary.forms import function, linear, primitive
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["constant", "divided", "lowered", "rms_norm", "shifted", "times"]

_times = linear(
    "mul_number", "x; factor", node="MulBackward1", aten="aten::mul",
    body=lambda k, x, factor: x * factor,
    x=lambda g, factor: g * factor,
)  # fmt: skip

_divided = linear(
    "div_number", "x; number", node="DivBackward1", aten="aten::div",
    body=lambda k, x, number: x / number,
    x=lambda g, number: g / number,
)  # fmt: skip

_shifted = primitive(
    "add_number", "x; number", node="AddBackward1", aten="aten::add",
    body=lambda k, x, number: x + number,
    x=lambda g: g,
)  # fmt: skip

_lowered = primitive(
    "sub_number", "x; number", node="SubBackward1", aten="aten::sub",
    body=lambda k, x, number: x - number,
    x=lambda g: g,
)  # fmt: skip


def _taking_integers(operator: Callable[..., Any]) -> Callable[[Any, complex], Any]:
    """Return an operator that computes integers in the default dtype."""

    def compute(x: Any, number: complex) -> Any:
        kind = x._dtype
        if not (kind.is_floating_point or kind.is_complex):
            x = cast(x, get_default_dtype())
        return operator(x, number)

    return compute


times = _taking_integers(_times)
divided = _taking_integers(_divided)
shifted = _taking_integers(_shifted)
lowered = _taking_integers(_lowered)


def constant(like: Any, value: float) -> Any:
    """Return a number as a tensor without dimensions, of the dtype and on the device of another."""
    return functions["full"]((), value, dtype=like._dtype, device=like.device)


@function("function")
def rms_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None
) -> Any:
    """Divide the elements of the last dimensions by the root of the mean of their squares.

    Parameters
    ----------
    input : Tensor of shape (..., normalized_shape)
    normalized_shape : sequence of int
    weight : Tensor of shape normalized_shape, optional
        What to multiply the result by.
    eps : float, optional
        Added to the mean; by default the dtype's smallest step at 1.

    Returns
    -------
    Tensor
        In the shape of `input`.

    Raises
    ------
    RuntimeError
        If shapes do not fit.
    NotImplementedError
        For integers.

    References
    ----------
    Zhang and Sennrich, Root Mean Square Layer Normalization, 2019, https://arxiv.org/abs/1910.07467

    Examples
    --------
    >>> import plugrad
    >>> plugrad.rms_norm(plugrad.tensor([[3.0, 4.0]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    if not isinstance(input, TensorBase):
        raise TypeError(f"rms_norm(): input must be a Tensor, not {type(input).__name__}")
    shape, wanted = tuple(input._array.shape), tuple(normalized_shape)
    kind = input._dtype
    if not wanted or shape[len(shape) - len(wanted) :] != wanted:
        raise RuntimeError(
            f"rms_norm(): the last sizes of the input must be {listed(wanted)}, but its shape is "
            f"{listed(shape)}"
        )
    if weight is not None and tuple(weight._array.shape) != wanted:
        raise RuntimeError(
            f"rms_norm(): weight must have shape {listed(wanted)}, not "
            f"{listed(weight._array.shape)}"
        )
    if not (kind.is_floating_point or kind.is_complex):
        raise NotImplementedError(f"rms_norm() needs a floating-point dtype, not {kind}")
    if eps is None:
        eps = finfo(kind).eps
    dims = tuple(range(len(shape) - len(wanted), len(shape)))
    mean = k.mean_dim(k.square(input), dims, True)
    result = k.mul(input, k.rsqrt(shifted(mean, eps)))
    return result if weight is None else k.mul(result, weight)
