"""The order of dimensions: views that permute them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from plugrad.operators.shape import one_or_several, shape_of, viewing
from plugrad.shapes import normalize_dim, normalize_dims
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions, methods, operators

__all__ = ["adjoint", "movedim", "permute", "swapdims", "t", "transpose"]


def _inverse(dims: Sequence[int]) -> tuple[int, ...]:
    """Return the permutation that undoes `dims`."""
    return tuple(sorted(range(len(dims)), key=dims.__getitem__))


_permute = viewing("permute", "x; dims", x=lambda k, g, dims: k.permute(g, _inverse(dims)))

_transpose = viewing(
    "transpose", "x; dim0, dim1",
    x=lambda k, g, dim0, dim1: k.transpose(g, dim0, dim1),
)  # fmt: skip

_t = viewing("t", "x", x=lambda k, g: k.t(g))


@function("function")
def permute(input: Any, dims: Any) -> Any:
    """Return a view with the dimensions in another order.

    Parameters
    ----------
    input : Tensor
    dims : sequence of int
        Each dimension once.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If one is missing, or named twice.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.permute(plugrad.ones(2, 3, 4), (2, 0, 1)).shape
    plugrad.Size([4, 2, 3])
    """
    shape = shape_of("permute", input)
    if len(dims) != len(shape):
        raise RuntimeError(
            f"permute(): {len(dims)} dimensions are named, and the tensor has {len(shape)}"
        )
    settled = tuple(dims)
    if sorted(settled) != [*range(len(shape))]:
        settled = normalize_dims(settled, len(shape))
    return _permute(input, settled)


def _permute_method(self: Any, *args: Any, dims: Any = None) -> Any:
    return permute(self, one_or_several("permute", args, dims))


methods["permute"] = _permute_method


@function()
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Return a view with two dimensions exchanged.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3, 4).transpose(0, -1).shape
    plugrad.Size([4, 3, 2])
    """
    ndim = len(shape_of("transpose", input))
    return _transpose(input, normalize_dim(dim0, ndim), normalize_dim(dim1, ndim))


@function(aten="aten::swapaxes")
def swapaxes(input: Any, axis0: int, axis1: int) -> Any:
    """Return ``transpose(input, axis0, axis1)``.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3).swapaxes(0, 1).shape
    plugrad.Size([3, 2])
    """
    return transpose(input, axis0, axis1)


@function(aten="aten::swapdims")
def swapdims(input: Any, dim0: int, dim1: int) -> Any:
    """Return ``transpose(input, dim0, dim1)``.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3).swapdims(0, 1).shape
    plugrad.Size([3, 2])
    """
    return transpose(input, dim0, dim1)


@function()
def t(input: Any) -> Any:
    """Return the transpose of a matrix; a vector or a number as it is.

    Raises
    ------
    RuntimeError
        For more than 2 dimensions.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.t(plugrad.tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    if len(shape_of("t", input)) > 2:
        raise RuntimeError(
            f"t() is for matrices, and the tensor has {len(shape_of('t', input))} dimensions; use "
            "transpose() or permute()"
        )
    return _t(input)


@function(aten="aten::movedim")
def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Return a view with some dimensions moved to other places, and the rest in order.

    Parameters
    ----------
    input : Tensor
    source, destination : int or sequence of int
        Where they are, and where they are to be.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.movedim(plugrad.ones(2, 3, 4), 0, -1).shape
    plugrad.Size([3, 4, 2])
    """
    ndim = len(shape_of("movedim", input))
    if isinstance(source, int) != isinstance(destination, int):
        raise TypeError("movedim(): source and destination must be both ints or both sequences")
    old, new = normalize_dims(source, ndim), normalize_dims(destination, ndim)
    if len(old) != len(new):
        raise RuntimeError(
            f"movedim(): source names {len(old)} dimensions, and destination {len(new)}"
        )
    if not ndim:
        return operators["alias"].call(input)
    placed = dict(zip(new, old, strict=True))
    rest = iter([dim for dim in range(ndim) if dim not in old])
    return _permute(input, tuple([placed[d] if d in placed else next(rest) for d in range(ndim)]))


functions["moveaxis"] = methods["moveaxis"] = movedim


@function()
def adjoint(input: Any) -> Any:
    """Return the conjugate transpose of a matrix, or of each one of a batch.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.adjoint(plugrad.ones(2, 3)).shape
    plugrad.Size([3, 2])
    """
    shape = shape_of("adjoint", input)
    if len(shape) == 1:
        raise RuntimeError("adjoint() is for matrices, and the tensor has 1 dimension")
    turned = transpose(input, -2, -1) if shape else input
    return turned.conj() if input._dtype.is_complex else turned


def _reversed(self: Any) -> Any:
    """Return the dimensions in reverse order; meant for matrices."""
    ndim = len(self._array.shape)
    if ndim != 2:
        warnings.warn(
            f"x.T of a tensor of {ndim} dimensions is deprecated: use x.mT for batches of "
            "matrices, or x.permute(...) to reverse them all",
            UserWarning,
            stacklevel=2,
        )
    return _permute(self, tuple(range(ndim))[::-1])


def _matrix_transpose(self: Any) -> Any:
    """Return each matrix of a batch transposed: the last two dimensions exchanged."""
    if len(self._array.shape) < 2:
        return _refuse_matrix(self, "mT")
    return transpose(self, -2, -1)


def _hermitian(self: Any) -> Any:
    """Return the conjugate transpose of a matrix."""
    if len(self._array.shape) != 2:
        return _refuse_matrix(self, "H")
    return adjoint(self)


def _batch_hermitian(self: Any) -> Any:
    """Return the conjugate transpose of each matrix of a batch."""
    if len(self._array.shape) < 2:
        return _refuse_matrix(self, "mH")
    return adjoint(self)


def _refuse_matrix(self: Any, name: str) -> Any:
    ndim = len(self._array.shape)
    if ndim:
        raise RuntimeError(f"x.{name} is for matrices, and the tensor has {ndim} dimension(s)")
    return self


methods["T"] = property(_reversed)  # type: ignore[assignment]
methods["mT"] = property(_matrix_transpose)  # type: ignore[assignment]
methods["H"] = property(_hermitian)  # type: ignore[assignment]
methods["mH"] = property(_batch_hermitian)  # type: ignore[assignment]
