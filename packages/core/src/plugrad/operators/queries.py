"""Questions about tensors and dtypes, as functions of the top module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad import promotion
from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import dtype
from plugrad.operators.numbers import number_given
from plugrad.operators.options import tensor_given
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = [
    "can_cast",
    "is_floating_point",
    "is_nonzero",
    "is_same_size",
    "is_storage",
    "is_tensor",
    "numel",
    "result_type",
]


@function("function")
def is_tensor(obj: Any) -> bool:
    """Return whether `obj` is a Tensor.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.is_tensor(plugrad.ones(1)), plugrad.is_tensor([1.0])
    (True, False)
    """
    return isinstance(obj, TensorBase)


@function("function")
def is_storage(obj: Any) -> bool:
    """Return whether `obj` is PyTorch's bare storage: False, for there is none here."""
    return False


@function("function")
def is_floating_point(input: Tensor) -> bool:
    """Return whether the elements of a tensor are floating-point numbers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.is_floating_point(plugrad.ones(1))
    True
    """
    return tensor_given("is_floating_point", "input", input)._dtype.is_floating_point


@function("function")
def numel(input: Tensor) -> int:
    """Return the number of elements of a tensor.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.numel(plugrad.ones(2, 3))
    6
    """
    return tensor_given("numel", "input", input).numel()


@function("function method")
def is_nonzero(input: Tensor) -> bool:
    """Return whether the only element of a tensor is not 0.

    Raises
    ------
    RuntimeError
        If there is not exactly one.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.is_nonzero(plugrad.tensor([0.0]))
    False
    """
    return bool(tensor_given("is_nonzero", "input", input))


@function("function method")
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Return whether two tensors have the same shape.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.is_same_size(plugrad.ones(2), plugrad.ones(3))
    False
    """
    first = tensor_given("is_same_size", "input", input)
    second = tensor_given("is_same_size", "other", other)
    return tuple(first._array.shape) == tuple(second._array.shape)


@function("function")
def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """Return the dtype that a result of two operands has.

    Parameters
    ----------
    tensor1, tensor2 : Tensor or number

    Returns
    -------
    dtype

    Examples
    --------
    >>> import plugrad
    >>> plugrad.result_type(plugrad.tensor([1, 2]), 1.0)
    plugrad.float32
    """
    return promotion.result_dtype(
        (value._dtype, not value._array.shape)
        if isinstance(value, TensorBase)
        else number_given("result_type", name, value)
        for name, value in (("tensor1", tensor1), ("tensor2", tensor2))
    )


@function("function")
def can_cast(from_: dtype, to: dtype) -> bool:
    """Tell whether a conversion keeps the category of numbers, or raises it.

    Parameters
    ----------
    from_, to : dtype

    Examples
    --------
    >>> import plugrad
    >>> plugrad.can_cast(plugrad.int32, plugrad.float16)
    True
    """
    return promotion.can_cast(from_, to)
