"""Elements of several tensors combined: interpolation, and products added to a third."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.numbers import fitting
from plugrad.operators.operands import number_of
from plugrad.promotion import result_dtype
from plugrad.vocabulary.forms import elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["addcdiv", "addcmul", "lerp"]


def _one_dtype(name: str) -> Any:
    """Return a check that all tensors are of one dtype: PyTorch does not promote here."""

    def check(*operands: Any) -> None:
        kinds = [operand._dtype for operand in operands if isinstance(operand, TensorBase)]
        if any(kind is not kinds[0] for kind in kinds):
            raise RuntimeError(
                f"{name}(): expected tensors of one dtype, but found "
                f"{', '.join(kind.name for kind in kinds)}; convert them to one"
            )

    return check


# ------------------------------------------------------------------------------------------- lerp


def _between(k: Any, x: Any, end: Any, weight: Any) -> Any:
    """Interpolate from the nearer end, so that a weight of 0 or 1 gives it exactly."""
    span = end - x
    return k.where(k.abs(weight) < 0.5, x + weight * span, end - span * (1 - weight))


elementwise(
    "lerp", "x, end; weight", accepts="floating", expose="", check=_one_dtype("lerp"),
    body=lambda k, x, end, weight: (
        x + (end - x) * weight if abs(weight) < 0.5 else end - (end - x) * (1 - weight)
    ),
    x=lambda g, weight: g * (1 - weight), end=lambda g, weight: g * weight,
)  # fmt: skip
elementwise(
    "lerp_tensor", "x, end, weight", out="exact", node="LerpBackward1", aten="aten::lerp",
    accepts="floating", expose="", check=_one_dtype("lerp"), body=_between,
    x=lambda g, weight: g * (1 - weight), end=lambda g, weight: g * weight,
    weight=lambda g, x, end: g * (end - x),
)  # fmt: skip


@function("function method")
def lerp(input: Any, end: Any, weight: Any, *, out: Any = None) -> Any:
    """Return ``input + weight * (end - input)``: a point on the line between two.

    Parameters
    ----------
    input, end : Tensor
        Of one floating-point dtype.
    weight : number or Tensor
        How far to go from `input` towards `end`.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        For tensors of several dtypes, or shapes that do not broadcast.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.lerp(plugrad.tensor([0.0, 1.0]), plugrad.tensor([10.0, 3.0]), 0.5)
    tensor([5., 2.])
    """
    if isinstance(weight, TensorBase):
        return operators["lerp_tensor"].call(input, end, weight, out=out)
    return operators["lerp"].call(input, end, number_of(weight), out=out)


@function("method")
def lerp_(self: Any, end: Any, weight: Any) -> Any:
    """Go towards `end`, in place."""
    if isinstance(weight, TensorBase):
        return inplace(operators["lerp_tensor"], (self, end, weight), ())
    return inplace(operators["lerp"], (self, end), (number_of(weight),))


# ------------------------------------------------------------------------------- addcmul, addcdiv

elementwise(
    "addcmul", "x, tensor1, tensor2; value=1", accepts="numbers", expose="",
    body=lambda k, x, tensor1, tensor2, value: x + tensor1 * value * tensor2,
    x=lambda g: g,
    tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda g, tensor1, value: g * (tensor1 * value),
)  # fmt: skip
elementwise(
    "addcdiv", "x, tensor1, tensor2; value=1", accepts="floating", expose="",
    body=lambda k, x, tensor1, tensor2, value: x + tensor1 * value / tensor2,
    x=lambda g: g,
    tensor1=lambda g, tensor2, value: g * value / tensor2,
    tensor2=lambda g, tensor1, tensor2, value: -g * value * (tensor1 / (tensor2 * tensor2)),
)  # fmt: skip


def _factor(name: str, value: Any, *tensors: Any, floating: bool = False) -> Any:
    """Return the factor in the dtype that the tensors promote to, checked with them."""
    for tensor in tensors:
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): expected three Tensors, not a {type(tensor).__name__}")
    kind = result_dtype([(tensor._dtype, not tensor._array.shape) for tensor in tensors])
    if floating and not (kind.is_floating_point or kind.is_complex):
        raise RuntimeError(f"{name}(): integers have no quotients; convert the tensors, or use div")
    return fitting(name, number_of(value), kind)


@function("function method")
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Any:
    """Return ``input + value * tensor1 * tensor2``.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([1.0, 2.0])
    >>> plugrad.addcmul(x, x, x, value=10)
    tensor([11., 42.])
    """
    value = _factor("addcmul", value, input, tensor1, tensor2)
    return operators["addcmul"].call(input, tensor1, tensor2, value, out=out)


@function("function method")
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Any:
    """Return ``input + value * tensor1 / tensor2``.

    Raises
    ------
    RuntimeError
        For integers.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([1.0, 2.0])
    >>> plugrad.addcdiv(x, x, x, value=10)
    tensor([11., 12.])
    """
    value = _factor("addcdiv", value, input, tensor1, tensor2, floating=True)
    return operators["addcdiv"].call(input, tensor1, tensor2, value, out=out)


@function("method")
def addcmul_(self: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Add ``value * tensor1 * tensor2`` in place."""
    value = _factor("addcmul_", value, self, tensor1, tensor2)
    return inplace(operators["addcmul"], (self, tensor1, tensor2), (value,))


@function("method")
def addcdiv_(self: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Add ``value * tensor1 / tensor2`` in place."""
    value = _factor("addcdiv_", value, self, tensor1, tensor2, floating=True)
    return inplace(operators["addcdiv"], (self, tensor1, tensor2), (value,))
