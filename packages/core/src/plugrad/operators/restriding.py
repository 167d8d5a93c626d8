"""Changing a tensor's own shape in place: ``t_``, ``transpose_``, ``squeeze_``, ``unsqueeze_``.

The memory stays what it is; the tensor sees it differently from now on. What views it has keep
showing the same elements, so their way from it begins with a step back.
"""

from __future__ import annotations

from typing import Any

from plugrad.autograd import views
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import new_tensor
from plugrad.autograd.views import Step
from plugrad.operators import axes  # noqa: F401  # whose operators stand here in place
from plugrad.operators.parts import as_strided, strided_params
from plugrad.operators.shape import shape_of
from plugrad.shapes import normalize_dim, normalize_dims
from plugrad.vocabulary.forms import function, linear
from plugrad.vocabulary.inplace import changed, refuse_change
from plugrad.vocabulary.nodes import make_node
from plugrad.vocabulary.registry import Operator, operators

__all__: list[str] = []


def _in_place(name: str, node: str) -> Operator:
    """Declare the operator whose node stands for `name` in place: the same, but for its name."""
    op = operators[name]

    def body(k: Any, x: Any, *params: Any) -> Any:
        return getattr(k, name)(x, *params)

    linear(
        f"{name}_in_place", f"x; {', '.join(op.params)}", node=node, aten=f"{op.aten}_",
        moves=True, body=body, x=op.rules["x"].function,
    )  # fmt: skip
    return operators[f"{name}_in_place"]


_t = _in_place("t", "TBackward1")
_transpose = _in_place("transpose", "TransposeBackward1")
_unsqueeze = _in_place("unsqueeze", "UnsqueezeBackward1")
_as_strided = _in_place("as_strided", "AsStridedBackward1")
_squeeze = _in_place("squeeze", "SqueezeBackward3")
_squeeze_dim = _in_place("squeeze_dim", "SqueezeBackward4")
_squeeze_dims = _in_place("squeeze_dims", "SqueezeBackward5")


def _reshape(tensor: Any, op: Operator, *params: Any, back: Step | None = None) -> Any:
    """Let a tensor see its memory as the view operator would show it; `back` undoes that."""
    name = op.name.removesuffix("_in_place")
    refuse_change(tensor, f"{name}_")
    table, old = tensor._table, tensor._array
    array = mode.quiet(getattr(table, name), old, *params)
    node = make_node(op, (tensor,), params, [new_tensor(array, table, tensor._dtype)], None)
    changed(tensor, f"{name}_")
    back = back or ("reshape_alias", (old.shape,), array.shape)
    views.restride(tensor, array, (name, params, old.shape), back, node)
    return tensor


@function("method", names="t_")
def t_(self: Any) -> Any:
    """Transpose this matrix in place.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3).t_().shape
    plugrad.Size([3, 2])
    """
    shape = shape_of("t_", self)
    if len(shape) > 2:
        raise RuntimeError(f"t_() is for matrices, and the tensor has {len(shape)} dimensions")
    return _reshape(self, _t, back=("t", (), shape[::-1]))


@function("method", names="transpose_ swapaxes_ swapdims_")
def transpose_(self: Any, dim0: int, dim1: int) -> Any:
    """Exchange two dimensions in place.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3).transpose_(0, 1).shape
    plugrad.Size([3, 2])
    """
    shape = list(shape_of("transpose_", self))
    first, second = normalize_dim(dim0, len(shape)), normalize_dim(dim1, len(shape))
    if shape:
        shape[first], shape[second] = shape[second], shape[first]
    back = ("transpose", (first, second), tuple(shape))
    return _reshape(self, _transpose, first, second, back=back)


@function("method", names="unsqueeze_")
def unsqueeze_(self: Any, dim: int) -> Any:
    """Add a dimension of size 1 in place.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2).unsqueeze_(0).shape
    plugrad.Size([1, 2])
    """
    ndim = len(shape_of("unsqueeze_", self))
    return _reshape(self, _unsqueeze, normalize_dim(dim, ndim + 1))


@function("function method", names="as_strided_")
def as_strided_(self: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """Show the memory with any shape and strides from now on: see `as_strided`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(4).as_strided_((2,), (2,))
    tensor([0, 2])
    """
    params = strided_params("as_strided_", self, size, stride, storage_offset)
    sizes, strides, offset, layout = params
    as_strided(self, size, stride, storage_offset)  # refuses what leaves the memory
    back = ("as_strided", (tuple(self._array.shape), *layout, (strides, offset)), sizes)
    return _reshape(self, _as_strided, *params, back=back)


@function("method", names="squeeze_")
def squeeze_(self: Any, dim: Any = None) -> Any:
    """Remove dimensions of size 1 in place.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(1, 2).squeeze_().shape
    plugrad.Size([2])
    """
    ndim = len(shape_of("squeeze_", self))
    if dim is None:
        return _reshape(self, _squeeze)
    if isinstance(dim, (tuple, list)):
        return _reshape(self, _squeeze_dims, normalize_dims(dim, ndim))
    return _reshape(self, _squeeze_dim, normalize_dim(dim, ndim))
