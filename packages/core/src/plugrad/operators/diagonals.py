"""Triangles of matrices, and matrices with something on a diagonal."""

from __future__ import annotations

from operator import index as as_int
from typing import Any

from plugrad.operators.arranging import require_dims
from plugrad.operators.dimensions import apply
from plugrad.operators.flattening import ravel
from plugrad.operators.parts import two_dims
from plugrad.operators.shape import moving, shape_of
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, methods, operators

__all__ = ["diag", "diag_embed", "diagflat", "tril", "triu"]

_tril = moving("tril", "x; diagonal", x=lambda k, g, diagonal: k.tril(g, diagonal))
_triu = moving("triu", "x; diagonal", x=lambda k, g, diagonal: k.triu(g, diagonal))


def _triangle(name: str, call: Any, kept: str, example: str) -> Any:
    """Make `tril` or `triu` public, the in-place form included."""

    def public(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
        require_dims(name, input, 2)
        if out is None:
            return call(input, as_int(diagonal))
        return apply(name, (input,), (as_int(diagonal),), out)

    def changed(self: Any, diagonal: int = 0) -> Any:
        require_dims(name, self, 2)
        return inplace(operators[name], (self,), (as_int(diagonal),))

    public.__name__ = public.__qualname__ = name
    changed.__name__ = changed.__qualname__ = f"{name}_"
    public.__doc__ = (
        f"Return a copy of each matrix with only the elements on and {kept} a diagonal left.\n\n"
        "Parameters\n----------\ninput : Tensor\ndiagonal : int\n    0 is the main one; positive "
        "ones lie above it.\nout : Tensor, optional\n\nReturns\n-------\nTensor\n\n"
        f"Examples\n--------\n>>> import plugrad\n{example}\n"
    )
    functions[name] = methods[name] = public
    methods[f"{name}_"] = changed
    return public


tril = _triangle(
    "tril", _tril, "below",
    ">>> plugrad.tril(plugrad.ones(2, 2))\ntensor([[1., 0.],\n        [1., 1.]])",
)  # fmt: skip
triu = _triangle(
    "triu", _triu, "above",
    ">>> plugrad.triu(plugrad.ones(2, 2))\ntensor([[1., 1.],\n        [0., 1.]])",
)  # fmt: skip

_diag_embed = moving(
    "diag_embed", "x; offset, dim1, dim2",
    x=lambda k, g, offset, dim1, dim2: k.diagonal(g, offset, dim1, dim2),
)  # fmt: skip

_diagonal_copy = moving(
    "diagonal_copy", "x; offset", node="DiagonalBackward0_copy",
    body=lambda k, x, offset: k.clone_contiguous(k.diagonal(x, offset, 0, 1)),
    x=lambda k, g, x_shape, offset: k.diagonal_grad(g, x_shape, offset, 0, 1),
)  # fmt: skip


@function()
def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Return matrices with the last dimension of `input` on a diagonal, and 0 elsewhere.

    Parameters
    ----------
    input : Tensor
    offset : int
        0 is the main diagonal; positive ones lie above it.
    dim1, dim2 : int
        The dimensions of the result that are the rows and columns.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.diag_embed(plugrad.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = len(shape_of("diag_embed", input)) + 1
    return _diag_embed(input, offset, *two_dims("diag_embed", ndim, dim1, dim2))


@function()
def diag(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """Return a copy of a diagonal of a matrix, or of a vector a matrix with it on a diagonal.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.diag(plugrad.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    ndim = len(shape_of("diag", input))
    if ndim not in (1, 2):
        raise RuntimeError(f"diag() is for vectors and matrices; the tensor has {ndim} dimensions")
    if ndim == 1:
        return apply("diag_embed", (input,), (diagonal, 0, 1), out)
    return apply("diagonal_copy", (input,), (diagonal,), out)


@function()
def diagflat(input: Any, offset: int = 0) -> Any:
    """Return a matrix with the elements of `input` on a diagonal, and 0 elsewhere.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.diagflat(plugrad.tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(ravel(input), offset)
