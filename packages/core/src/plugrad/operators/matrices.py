"""What is told of matrices and vectors in space: trace, identity, cross product."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.shapes import broadcast_shapes, normalize_dim
from plugrad.vocabulary.dispatch import dispatch
from plugrad.vocabulary.forms import function, linear, primitive
from plugrad.vocabulary.registry import operators

__all__ = ["cross", "linalg_cross", "trace"]


def _refuse_no_matrix(name: str, x: Any) -> None:
    if len(x._array.shape) != 2:
        raise RuntimeError(
            f"{name}(): expected a matrix, but found a tensor of shape {list(x._array.shape)}"
        )


linear(
    "trace", "x", accepts="numbers", check=lambda x: _refuse_no_matrix("trace", x),
    x=lambda k, g, x_shape: k.trace_grad(g, x_shape),
)  # fmt: skip

# A matrix with one number all along its diagonal.
linear("trace_grad", "x; shape", aten="aten::trace_backward", x=lambda k, g: k.trace(g))

# The identity, in the shape of `x`: what its power 0 is.
primitive("identity_like", "x", aten="aten::matrix_power", x=lambda k, g: k.zeros_like(g))


@function()
def trace(input: Any) -> Any:
    """Return the sum of the elements on the diagonal of a matrix.

    Parameters
    ----------
    input : Tensor of shape (n, m)

    Returns
    -------
    Tensor of shape ()
        Of int64 for integers.

    Raises
    ------
    RuntimeError
        If it is no matrix.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.trace(plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    return dispatch(operators["trace"], (input,), ())


# ------------------------------------------------------------------------------- vectors in space

linear(
    "linalg_cross", "x, y; dim", out="apart",
    x=lambda k, g, y, dim: k.linalg_cross(y, g, dim),
    y=lambda k, g, x, dim: k.linalg_cross(g, x, dim),
)  # fmt: skip


def linalg_cross(input: Any, other: Any, *, dim: int = -1, out: Any = None) -> Any:
    """Return the cross product of vectors in space.

    Parameters
    ----------
    input, other : Tensor
        With size 3 in dimension `dim`; the others broadcast, but are as many.
    dim : int
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.operators.matrices import linalg_cross
    >>> linalg_cross(plugrad.tensor([1.0, 0.0, 0.0]), plugrad.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    for tensor in (input, other):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"cross(): expected a Tensor, not {type(tensor).__name__}")
    one, two = input._array.shape, other._array.shape
    if len(one) != len(two) or not one:
        raise RuntimeError(
            f"cross(): both tensors must have as many dimensions, one at least, but have shapes "
            f"{list(one)} and {list(two)}"
        )
    dim = normalize_dim(dim, len(one))
    if not one[dim] == two[dim] == 3:
        raise RuntimeError(
            f"cross(): in dimension {dim} both tensors must have size 3, but have {one[dim]} and "
            f"{two[dim]}"
        )
    broadcast_shapes(one, two)
    if out is None:
        return operators["linalg_cross"].call(input, other, dim)
    return dispatch(operators["linalg_cross"], (input, other), (dim,), out)


@function()
def cross(input: Any, other: Any, dim: int | None = None, *, out: Any = None) -> Any:
    """Return the cross product of vectors in space.

    Parameters
    ----------
    input, other : Tensor
        With size 3 in dimension `dim`; the others broadcast, but are as many.
    dim : int, optional
        By default the first dimension of size 3.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cross(plugrad.tensor([1.0, 0.0, 0.0]), plugrad.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if dim is None and isinstance(input, TensorBase):
        shape: Any = input._array.shape
        if 3 not in shape:
            raise RuntimeError(f"cross(): no dimension of shape {list(shape)} has size 3")
        dim = tuple(shape).index(3)
    return linalg_cross(input, other, dim=-1 if dim is None else dim, out=out)
