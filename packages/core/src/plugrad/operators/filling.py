"""Overwriting tensors: ``copy_``, ``fill_``, ``zero_``, and what else does not ask for old values.

The node of such an operation has PyTorch's name, and hands on a gradient of zeros: nothing of what
was there before is left.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from plugrad.autograd import views
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import Node, TensorBase
from plugrad.operators.conversion import warn_of_imaginary
from plugrad.operators.likeness import empty_like
from plugrad.operators.numbers import fitting, number_given
from plugrad.operators.options import tensor_given
from plugrad.operators.watched import shown
from plugrad.shapes import broadcast_shapes
from plugrad.size import listed
from plugrad.vocabulary.arguments import follow
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.inplace import changed, refuse_change, refuse_overlap
from plugrad.vocabulary.nodes import make_node
from plugrad.vocabulary.registry import Argument, Operator, Rule

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["copy_", "fill", "fill_", "no_gradient", "node_of", "overwrite", "zero_"]


Gradient = Callable[..., Any]


def no_gradient(k: Any, g: Any) -> Any:
    """Return zeros: the gradient of what leaves no trace in the result."""
    return k.zeros_like(g)


def whole_gradient(g: Any) -> Any:
    """Return the gradient itself; the engine sums it to the shape of what was broadcast."""
    return g


@cache
def _operator(node: str, count: int, last: Gradient) -> Operator:
    names = [f"x{number}" for number in range(count)]
    rules = {name: Rule.of(no_gradient) for name in names}
    rules[names[-1]] = Rule.of(last)
    return Operator(node, "primitive", tuple(map(Argument, names)), rules=rules, node=node)


def node_of(
    tensor: Tensor, node: str, arrays: tuple[Tensor, ...], last: Gradient = no_gradient
) -> Node | None:
    """Return a node for `tensor`, or None if no gradient is wanted.

    Parameters
    ----------
    tensor : Tensor
        What was made.
    node : str
        What the node is called.
    arrays : tuple of Tensor
        What it was made with.
    last : callable
        The gradient rule of the last of them. Those of the others are zeros.
    """
    if not mode.grad or all(array._edge is None for array in arrays):
        return None
    return make_node(_operator(node, len(arrays), last), arrays, (), [tensor], None)


def overwrite(
    tensor: Tensor, name: str, node: str, write: Callable[[], Any], source: Tensor | None = None,
    last: Gradient = whole_gradient,
) -> Tensor:  # fmt: skip
    """Give a tensor new elements in place, and the history that follows from them.

    Parameters
    ----------
    tensor : Tensor
        Checked: see `plugrad.vocabulary.inplace.refuse_change`.
    name : str
        The operation, for messages and observers.
    node : str
        What its node is called.
    write : callable
        Writes into the tensor's raw array, and returns the array to bind. It must not raise once it
        has written.
    source : Tensor, optional
        What the new elements come from.
    last : callable
        The gradient rule of `source`.
    """
    if mode.observers:
        return shown(f"{name}*", lambda: _overwrite(tensor, name, node, write, source, last))
    return _overwrite(tensor, name, node, write, source, last)


def _overwrite(
    tensor: Tensor, name: str, node: str, write: Callable[[], Any], source: Any, last: Gradient
) -> Tensor:
    refuse_change(tensor, name)
    tensor._array = mode.quiet(write)
    changed(tensor, name)
    if tensor._edge is None and (source is None or source._edge is None):
        return tensor
    arrays = (tensor,) if source is None else (tensor, source)
    made = node_of(tensor, node, arrays, no_gradient if source is None else last)
    if made is not None:
        views.rebase(tensor, made)
    return tensor


@function("method")
def copy_(self: Tensor, other: Any, non_blocking: bool = False) -> Tensor:
    """Overwrite the elements with those of `other`, broadcast and converted.

    Parameters
    ----------
    other : Tensor or number
        Of any dtype and on any device.
    non_blocking : bool
        Accepted; the copy has ended when this returns.

    Returns
    -------
    Tensor
        Itself.

    Raises
    ------
    RuntimeError
        If `other` does not broadcast to the shape of this tensor.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.zeros(2, 2)
    >>> x.copy_(plugrad.tensor([1, 2]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    if not isinstance(other, TensorBase):
        return fill_(self, number_given("copy_", "other", other))
    source: Any = other
    shape, given = tuple(self._array.shape), tuple(source._array.shape)
    if given != shape and tuple(broadcast_shapes(shape, given)) != shape:
        raise RuntimeError(
            f"copy_(): a tensor of shape {listed(given)} does not fit into one of shape "
            f"{listed(shape)}"
        )
    if source._dtype.is_complex:
        warn_of_imaginary(source._dtype, self._dtype)
    if source._table is self._table:
        refuse_overlap(self, source, "copy_")
    return overwrite(self, "copy_", "CopyBackwards", _copying(self, source), source)


def _copying(tensor: Tensor, source: Tensor) -> Callable[[], Any]:
    """Return what writes the elements of `source` into a tensor."""
    follow(source, tensor)

    def write() -> Any:
        table, array = tensor._table, source._array
        if source._table.level < table.level:
            array = table.lift(source)._array
        elif source._table is not table:
            array = table.from_host(source._table.to_host(array))
        return table.assign(tensor._array, table.cast(array, tensor._dtype))

    return write


@function("function method", names="fill_")
def fill_(self: Tensor, value: Any) -> Tensor:
    """Overwrite all elements with `value`.

    Parameters
    ----------
    value : number or 0-d Tensor

    Returns
    -------
    Tensor
        Itself.

    Raises
    ------
    RuntimeError
        If the dtype cannot hold the value, or it is a tensor with dimensions.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).fill_(3)
    tensor([3., 3.])
    """
    table = tensor_given("fill_", "self", self)._table
    if isinstance(value, TensorBase):
        source: Any = value
        _refuse_dimensions("fill_", source)
        if source._dtype.is_complex:
            warn_of_imaginary(source._dtype, self._dtype)

        return overwrite(self, "fill_", "FillBackward3", _copying(self, source), source)
    number = fitting("fill_", number_given("fill_", "value", value), self._dtype)
    return overwrite(self, "fill_", "FillBackward2", lambda: table.fill_(self._array, number))


def _refuse_dimensions(name: str, value: Any) -> None:
    if value._array.shape:
        raise RuntimeError(
            f"{name}(): value must be a number or a 0-d tensor, not one of shape "
            f"{listed(value._array.shape)}"
        )


@function("function method", names="zero_")
def zero_(self: Tensor) -> Tensor:
    """Overwrite all elements with 0.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2).zero_()
    tensor([0., 0.])
    """
    table = tensor_given("zero_", "self", self)._table
    return overwrite(self, "zero_", "ZeroBackward0", lambda: table.fill_(self._array, 0))


@function("function")
def fill(input: Tensor, value: Any) -> Tensor:
    """Return a tensor like `input` whose elements are all `value`.

    Parameters
    ----------
    input : Tensor
        Its gradient is 0.
    value : number or 0-d Tensor
        Its gradient is the sum of the result's.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fill(plugrad.zeros(2), 3)
    tensor([3., 3.])
    """
    source: Any = value
    if isinstance(value, TensorBase):
        made = fill_(empty_like(input), source.data)
        node = node_of(made, "FillBackward1", (input, source), whole_gradient)
    else:
        made = fill_(empty_like(input), value)
        node = node_of(made, "FillBackward0", (input,))
    if node is not None:
        made._edge = node
    return made
