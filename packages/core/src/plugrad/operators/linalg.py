"""Products of vectors and matrices.

Each is linear in either factor, and its gradients are products again. `matmul` and `linear`, which
choose among them, are in `plugrad.operators.matmul`.

One choice is about memory, not about numbers. The gradient of a matrix comes out in the order in
which the matrix itself lies in memory, so that it becomes the ``grad`` of a weight without being
copied: that of a plain `y` is ``x.t() @ g``, that of a transposed one ``(g.t() @ x).t()``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.vocabulary.dispatch import dispatch
from plugrad.vocabulary.forms import function, linear, primitive
from plugrad.vocabulary.registry import operators

__all__ = [
    "bmm",
    "dims_of",
    "dot",
    "is_transposed",
    "mm",
    "mm_transposed",
    "mv",
    "refuse_misfits",
    "vdot",
]

_KINDS = {1: "a vector", 2: "a matrix", 3: "a batch of matrices"}


def refuse_misfits(name: str, subscripts: str, *tensors: Any) -> None:
    """Check dimensions and sizes against subscripts such as ``"ij,jk"``.

    A part after an arrow, as in ``"ij,jk->ik"``, is the shape to which the last tensor must
    broadcast.

    Raises
    ------
    RuntimeError
        If they do not fit.
    """
    factors, _, result = subscripts.partition("->")
    sizes: dict[str, int] = {}
    words = factors.split(",")
    for letters, tensor in zip(words, tensors, strict=False):
        shape = tensor._array.shape
        if len(shape) != len(letters):
            raise RuntimeError(
                f"{name}(): expected {_KINDS[len(letters)]}, of {len(letters)} dimension(s), but "
                f"found a tensor of shape {list(shape)}"
            )
        for letter, size in zip(letters, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                shapes = " and ".join(str(list(t._array.shape)) for t in tensors[: len(words)])
                raise RuntimeError(
                    f"{name}(): the shapes {shapes} do not fit: where both have {letter!r} in "
                    f"{factors!r}, one has size {sizes[letter]}, the other {size}"
                )
    if result:
        _refuse_unexpandable(name, tensors[-1], tuple(sizes[letter] for letter in result))


def _refuse_unexpandable(name: str, tensor: Any, shape: tuple[int, ...]) -> None:
    have = tensor._array.shape
    if len(have) > len(shape) or any(
        n not in (1, size) for n, size in zip(have[::-1], shape[::-1], strict=False)
    ):
        raise RuntimeError(
            f"{name}(): a tensor of shape {list(have)} cannot be added to the product, which has "
            f"shape {list(shape)}"
        )


def _product(name: str, subscripts: str) -> Callable[..., None]:
    """Return the check of a product."""
    return lambda x, y: refuse_misfits(name, subscripts, x, y)


# ---------------------------------------------------------------------------------- the products

_mm = linear(
    "mm", "x, y", accepts="numbers", check=_product("mm", "ij,jk"),
    x=lambda k, g, y: k.mm(g, k.t(y)),
    y=lambda k, g, x: k.mm(k.t(x), g),
)  # fmt: skip

# The same product for a `y` that is the transpose of a tensor.
mm_transposed = linear(
    "mm_transposed", "x, y", node="MmBackward0", aten="aten::mm", accepts="numbers",
    check=_product("mm", "ij,jk"),
    body=lambda k, x, y: k.mm(x, y),
    x=lambda k, g, y: k.mm(g, k.t(y)),
    y=lambda k, g, x: k.t(k.mm(k.t(g), x)),
)  # fmt: skip

_mv = linear(
    "mv", "x, y", accepts="numbers", check=_product("mv", "ij,j"),
    x=lambda k, g, y: k.unsqueeze(g, 1) * y,
    y=lambda k, g, x: k.mv(k.t(x), g),
)  # fmt: skip

_dot = linear(
    "dot", "x, y", accepts="numbers", check=_product("dot", "i,i"),
    x=lambda g, y: g * y,
    y=lambda g, x: g * x,
)  # fmt: skip

_vdot = primitive(
    "vdot", "x, y", accepts="numbers", check=_product("vdot", "i,i"),
    body=lambda k, x, y: k.dot(k.conj_t(x), y),
    x=lambda k, g, y: k.conj_t(g) * y,
    y=lambda g, x: g * x,
)  # fmt: skip

_bmm = linear(
    "bmm", "x, y", accepts="numbers", check=_product("bmm", "bij,bjk"),
    x=lambda k, g, y: k.bmm(g, k.transpose(y, 1, 2)),
    y=lambda k, g, x: k.bmm(k.transpose(x, 1, 2), g),
)  # fmt: skip

# The conjugate transpose of matrices; of a vector or a number, the conjugate. Unlike `conj` it
# leaves real arrays where they are.
primitive(
    "conj_t", "x", node="ConjPhysicalBackward0", aten="aten::adjoint", moves=True,
    x=lambda k, g: k.conj_t(g),
)  # fmt: skip


# ------------------------------------------------------------------------------- their public names


def is_transposed(tensor: Any) -> bool:
    """Return whether a tensor with a gradient is a matrix that an operator has just transposed."""
    edge = tensor._edge
    op = None if edge is None else edge.op
    return op is not None and op.name in ("t", "transpose", "permute")


@function()
def mm(input: Any, mat2: Any, *, out: Any = None) -> Any:
    """Return the product of two matrices.

    Parameters
    ----------
    input : Tensor of shape (n, m)
    mat2 : Tensor of shape (m, p)
        Of the same dtype.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor of shape (n, p)

    Raises
    ------
    RuntimeError
        If they are no matrices, their sizes do not fit, or their dtypes differ.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.mm(plugrad.tensor([[1.0, 2.0]]), plugrad.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    if out is None and dims_of(input, mat2) == (2, 2):
        return mm_transposed(input, mat2) if is_transposed(mat2) else _mm(input, mat2)
    return dispatch(operators["mm"], (input, mat2), (), out)


@function()
def mv(input: Any, vec: Any, *, out: Any = None) -> Any:
    """Return the product of a matrix and a vector.

    Parameters
    ----------
    input : Tensor of shape (n, m)
    vec : Tensor of shape (m,)
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (n,)

    Raises
    ------
    RuntimeError
        If sizes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.mv(plugrad.tensor([[1.0, 2.0]]), plugrad.tensor([3.0, 4.0]))
    tensor([11.])
    """
    if out is None and dims_of(input, vec) == (2, 1):
        return _mv(input, vec)
    return dispatch(operators["mv"], (input, vec), (), out)


@function()
def dot(input: Any, tensor: Any, *, out: Any = None) -> Any:
    """Return the sum of the products of two vectors' elements.

    Parameters
    ----------
    input, tensor : Tensor of shape (n,)
        Nothing is conjugated: see `vdot`.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape ()

    Raises
    ------
    RuntimeError
        If sizes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.dot(plugrad.tensor([1.0, 2.0]), plugrad.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if out is None and dims_of(input, tensor) == (1, 1):
        return _dot(input, tensor)
    return dispatch(operators["dot"], (input, tensor), (), out)


@function()
def vdot(input: Any, other: Any, *, out: Any = None) -> Any:
    """Return the dot product of the conjugate of `input` and of `other`.

    Parameters
    ----------
    input, other : Tensor of shape (n,)
    out : Tensor, optional

    Returns
    -------
    Tensor of shape ()

    Examples
    --------
    >>> import plugrad
    >>> plugrad.vdot(plugrad.tensor([1j]), plugrad.tensor([2j]))
    tensor(2.+0.j)
    """
    return dispatch(operators["vdot"], (input, other), (), out)


@function()
def bmm(input: Any, mat2: Any, *, out: Any = None) -> Any:
    """Return the products of two batches of matrices.

    Parameters
    ----------
    input : Tensor of shape (b, n, m)
    mat2 : Tensor of shape (b, m, p)
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (b, n, p)

    Raises
    ------
    RuntimeError
        If sizes or dtypes do not fit; nothing is broadcast.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.bmm(plugrad.ones(5, 2, 3), plugrad.ones(5, 3, 4)).shape
    plugrad.Size([5, 2, 4])
    """
    if (
        out is None
        and dims_of(input, mat2) == (3, 3)
        and input._array.shape[0] == mat2._array.shape[0]
    ):
        return _bmm(input, mat2)
    return dispatch(operators["bmm"], (input, mat2), (), out)


def dims_of(x: Any, y: Any) -> tuple[int, int] | None:
    """Return how many dimensions two tensors have, or None where one is no tensor."""
    try:
        return len(x._array.shape), len(y._array.shape)
    except AttributeError:
        return None
