"""Distances of two tensors, and other forms of what tensors can do already."""

from __future__ import annotations

from functools import wraps
from typing import Any

from plugrad.autograd.modes import no_grad
from plugrad.operators.dimensions import apply, require_floating, require_tensor
from plugrad.operators.interchange import get_device
from plugrad.operators.norms import norm_rule
from plugrad.shapes import Size, broadcast_shapes
from plugrad.tensor import Tensor
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions, methods

__all__ = ["dist", "fill_diagonal_", "sum_to_size"]


def _all(x: Any) -> tuple[int, ...]:
    return tuple(range(len(x.shape)))


def _norm(k: Any, apart: Any, p: float) -> Any:
    return k.vector_norm(apart, p, _all(apart))


def _slope(k: Any, g: Any, x: Any, y: Any, out: Any, p: float) -> Any:
    apart = x - y
    return norm_rule(k, g, apart, apart.shape, out, p, _all(apart), False)


primitive(
    "dist", "x, y; p", promotes=True,
    body=lambda k, x, y, p: _norm(k, x - y, p),
    x=_slope, y=lambda k, g, x, y, out, p: -_slope(k, g, x, y, out, p),
)  # fmt: skip


@function("function method")
def dist(input: Any, other: Any, p: float = 2) -> Any:
    """Return the norm of the difference of two tensors.

    Parameters
    ----------
    input, other : Tensor
        They broadcast.
    p : float
        The order of the norm.

    Returns
    -------
    Tensor
        0-d.

    Raises
    ------
    RuntimeError
        For integers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.dist(plugrad.tensor([3.0, 0.0]), plugrad.tensor([0.0, 4.0]))
    tensor(5.)
    """
    require_tensor("dist", input)
    require_tensor("dist", other, "other")
    if not (other._dtype.is_floating_point or other._dtype.is_complex):
        require_floating("dist", input)
    return apply("dist", (input, other), (float(p),), None)


@function("method")
def sum_to_size(self: Any, *size: Any) -> Any:
    """Return the sum over the dimensions along which `size` would broadcast.

    Parameters
    ----------
    *size : int, or one sequence of int
        A shape that expands to the tensor's.

    Returns
    -------
    Tensor of shape `size`

    Raises
    ------
    RuntimeError
        If it does not expand to it.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    target = tuple(size[0] if len(size) == 1 and not isinstance(size[0], int) else size)
    shape = tuple(self.shape)
    padded = (1,) * (len(shape) - len(target)) + target
    if len(padded) != len(shape) or any(
        a not in (1, b) for a, b in zip(padded, shape, strict=True)
    ):
        raise RuntimeError(f"shape {list(target)} does not expand to {list(shape)}")
    dims = [n for n, (a, b) in enumerate(zip(padded, shape, strict=True)) if a == 1 != b]
    result = self.sum(dims, keepdim=True) if dims or not shape else self
    return result.view(target) if len(target) < len(shape) else result


@function("method")
def fill_diagonal_(self: Any, fill_value: float, wrap: bool = False) -> Any:
    """Put a number on the main diagonal.

    Parameters
    ----------
    fill_value : number
    wrap : bool
        Whether to begin a new diagonal in a tall matrix, a row below the end of the last.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    RuntimeError
        For fewer than 2 dimensions, or more than 2 that are not all of one size.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2, 2).fill_diagonal_(1)
    tensor([[1., 0.],
            [0., 1.]])
    """
    shape = self.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise RuntimeError(
            f"fill_diagonal_() needs a matrix, or dimensions of one size, not shape {list(shape)}"
        )
    if len(shape) > 2:
        places = functions["arange"](shape[0], device=self.device)
        self[(places,) * len(shape)] = fill_value
    else:
        # Where it wraps, a row is left out below each diagonal.
        stop, step = (shape[0], shape[1] + 1) if wrap else (1, 1)
        for start in range(0, stop, step):
            self[start:].diagonal().fill_(fill_value)
    return self


@function("method")
def apply_(self: Any, callable: Any) -> Any:
    """Put ``callable(element)`` in the place of each element: slow, for it is called on numbers."""
    return _mapped("apply_", self, callable)


@function("method")
def map_(self: Any, tensor: Any, callable: Any) -> Any:
    """Put ``callable(element, other)`` in the place of each element, with those of a tensor."""
    return _mapped("map_", self, callable, tensor.expand_as(self))


def _mapped(name: str, self: Any, call: Any, *others: Any) -> Any:
    if self.requires_grad or any(other.requires_grad for other in others):
        raise RuntimeError(f"{name}() cannot be differentiated: detach the tensors first")
    columns = [tensor.reshape(-1).tolist() for tensor in (self, *others)]
    values = [call(*elements) for elements in zip(*columns, strict=True)]
    with no_grad():
        filled = functions["tensor"](values, dtype=self.dtype, device=self.device)
        return self.copy_(filled.reshape(self.shape))


@function("function", names="broadcast_shapes")
def _broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape that arrays of the given shapes, or ints for vectors, broadcast to.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.broadcast_shapes((2, 1), (1, 3), 3)
    plugrad.Size([2, 3])
    """
    return Size(broadcast_shapes(*[(s,) if isinstance(s, int) else tuple(s) for s in shapes]))


def _as_function(method: Any) -> None:
    """Offer a method that tells something about a tensor as a function, too."""

    @wraps(method)
    def told(input: Any) -> Any:
        require_tensor(method.__name__, input)
        return method(input)

    functions[method.__name__] = told


for _method in (get_device, Tensor.is_inference, Tensor.is_signed):
    _as_function(_method)
methods["ndimension"] = Tensor.dim
