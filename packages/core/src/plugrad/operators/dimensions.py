"""The arguments that reductions share: which dimensions, which dtype, where to put the result."""

from __future__ import annotations

from typing import Any, Final

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import dtype
from plugrad.shapes import normalize_dim, normalize_dims, reduced_shape
from plugrad.vocabulary.dispatch import dispatch
from plugrad.vocabulary.inplace import write_out
from plugrad.vocabulary.registry import Operator, operators

__all__ = [
    "UNSET",
    "along",
    "apply",
    "converted_first",
    "into",
    "one_dim",
    "reduced_dims",
    "refuse_empty",
    "require_floating",
    "require_real",
    "require_tensor",
    "restored",
    "result_kind",
]


class _Unset:
    """An argument that was not given, where None has a meaning of its own."""

    def __repr__(self) -> str:
        return "<not given>"


UNSET: Final = _Unset()


def require_tensor(name: str, value: Any, argument: str = "input") -> None:
    """Check that an argument is a tensor.

    Raises
    ------
    TypeError
        If it is not.
    """
    if not isinstance(value, TensorBase):
        raise TypeError(f"{name}(): {argument} must be a Tensor, not {type(value).__name__}")


def reduced_dims(
    name: str, input: Any, dim: Any, keepdim: Any = False, *, empty_means_all: bool = True
) -> tuple[int, ...]:
    """Return the dimensions to reduce, counted from the front: none for a 0-d tensor.

    Raises
    ------
    TypeError
        If `input` is no tensor, `dim` holds no ints, or `keepdim` is no bool.
    IndexError, RuntimeError
        As for `plugrad.shapes.normalize_dims`.
    """
    _check(name, input, keepdim)
    shape = input._array.shape
    if dim.__class__ is int and -len(shape) <= dim < len(shape):
        return (dim % len(shape),)
    dims = normalize_dims(dim, len(shape), empty_means_all=empty_means_all)
    return dims if shape else ()


def one_dim(name: str, input: Any, dim: Any, keepdim: Any = False) -> int:
    """Return one dimension, counted from the front; 0 for a 0-d tensor.

    Raises
    ------
    TypeError
        If `input` is no tensor, `dim` no int, or `keepdim` no bool.
    IndexError
        If there is no such dimension.
    """
    _check(name, input, keepdim)
    return normalize_dim(dim, len(input._array.shape))


def _check(name: str, input: Any, keepdim: Any) -> None:
    require_tensor(name, input)
    if keepdim.__class__ is not bool:
        raise TypeError(f"{name}(): keepdim must be a bool, not {type(keepdim).__name__}")


def apply(name: str, arrays: tuple[Any, ...], params: tuple[Any, ...], out: Any) -> Any:
    """Apply an operator, and put the result into `out` unless that is None."""
    operator = operators[name]
    if out is None:
        return operator.call(*arrays, *params)
    return dispatch(operator, arrays, params, out)


def into(name: str, out: Any, result: Any, *inputs: Any, casts: bool = False) -> Any:
    """Return the result of a function that is composed of others, or write it into `out`.

    Parameters
    ----------
    name : str
        The function.
    out : Tensor or None
        Where to write the result, if not None: this is returned then.
    result : Tensor, or tuple of Tensor
    *inputs : Tensor
        What `out` must not share part of its memory with, nor record.
    casts : bool
        Whether `out` may be of another dtype.
    """
    if out is None:
        return result
    composed = Operator(name, "composite", (), out="casts" if casts else "exact")
    results = result if isinstance(result, tuple) else (result,)
    return write_out(composed, out, [(x._array, x._dtype) for x in results], list(inputs))


def result_kind(name: str, input: Any, kind: dtype | None, out: Any = None) -> dtype | None:
    """Return the dtype that was asked for a result, by name or by that of `out`, checked.

    Raises
    ------
    TypeError
        If it is no dtype.
    RuntimeError
        If gradients would be lost in integers, or `out` is not of the dtype that was named.
    """
    if isinstance(out, TensorBase):
        found: dtype = out._dtype
        if kind is None:
            return found
        if kind is not found:
            raise RuntimeError(f"{name}(): dtype is {kind}, but out is of {found}")
    if kind is None or kind.__class__ is dtype:
        wants_gradient = isinstance(input, TensorBase) and input._edge is not None and mode.grad
        if kind is not None and wants_gradient and not (kind.is_floating_point or kind.is_complex):
            raise RuntimeError(
                f"{name}(): the result in {kind} could not carry a gradient, and input requires "
                "grad; detach it, or ask for a floating-point dtype"
            )
        return kind
    raise TypeError(f"{name}(): dtype must be a dtype, not {type(kind).__name__}")


def converted_first(input: Any, kind: dtype | None) -> Any:
    """Return half-precision input in the dtype of the result, if that is another.

    Operators compute half precision in float32 and round the result back, which would lose what
    was asked for.
    """
    if kind is None or not isinstance(input, TensorBase) or not input._dtype.low_precision:
        return input
    return operators["cast"].call(input, kind)


def require_floating(name: str, input: Any, kind: dtype | None = None) -> None:
    """Check that the result, in `kind` or the dtype of `input`, is no integer.

    Raises
    ------
    RuntimeError
        If it is.
    """
    if kind is None:
        require_tensor(name, input)
        kind = input._dtype
    if not (kind.is_floating_point or kind.is_complex):
        raise RuntimeError(
            f"{name}() needs a floating-point or complex dtype, not {kind}; convert the input "
            "with .float()"
        )


def require_real(name: str, input: Any, error: type[Exception] = RuntimeError) -> None:
    """Check that the elements have an order.

    Raises
    ------
    RuntimeError
        If they are complex.
    """
    if input._dtype.is_complex:
        raise error(f"{name}() needs numbers in an order, which those of {input._dtype} have not")


def refuse_empty(
    name: str, input: Any, dim: tuple[int, ...] | None, error: type[Exception] = RuntimeError
) -> None:
    """Check that there is something to choose from in every slice along `dim`.

    Raises
    ------
    RuntimeError
        If there is no element at all, and `dim` is None; or `error`, where PyTorch has another.
    IndexError
        If one of the dimensions `dim` has size 0.
    """
    shape = input._array.shape
    if 0 not in shape:
        return
    if dim is None:
        raise error(
            f"{name}() of no elements has no value: the input has shape {list(shape)}; name a "
            "dimension of a size other than 0"
        )
    for number in dim:
        if shape and shape[number] == 0:
            raise IndexError(
                f"{name}() along dimension {number} has no value, for its size is 0: the input has "
                f"shape {list(shape)}"
            )


def along(x: Any, dim: int) -> tuple[int, ...]:
    """Return `dim` for an operator that takes several: none of a 0-d array."""
    return (dim,) if x.shape else ()


def restored(k: Any, x: Any, x_shape: Any, dim: tuple[int, ...], keepdim: bool) -> Any:
    """Return a reduced `x` with the reduced dimensions there again, of size 1."""
    return x if keepdim else k.reshape(x, tuple(reduced_shape(x_shape, dim, keepdim=True)))
