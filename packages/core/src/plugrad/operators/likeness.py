"""Making tensors in the likeness of another: ``zeros_like(x)``, ``x.new_zeros(2, 3)``.

Without further options ``zeros_like`` and ``ones_like`` are operators, for gradient rules say them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.operators.creation import empty_strided, in_order
from plugrad.operators.device_table import table_of
from plugrad.operators.numbers import fitting, number_given
from plugrad.operators.options import (
    Build,
    dtype_given,
    flag_given,
    fresh,
    made,
    order_given,
    refuse_gradients_of,
    refuse_options,
    refuse_shape,
    tensor_given,
)
from plugrad.operators.watched import shown
from plugrad.vocabulary.forms import function, primitive

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.dtypes import dtype as Dtype
    from plugrad.tensor import Tensor

__all__ = [
    "Fill", "empty_like", "full_like", "made_like", "on_level_of", "ones_like", "zeros_like",
]  # fmt: skip

Fill = Callable[["Kernels", Any, "Dtype"], Any]
"""Writes the elements of a raw array of a dtype, and returns the array to bind."""

_zeros_like = primitive("zeros_like", "x", result="same", moves=True)
_ones_like = primitive("ones_like", "x", result="same", moves=True)
primitive("new_zeros", "x; shape", result="same", moves=True)


def made_like(
    calls: str, fill: Fill | None, input: Any, dtype: Any, layout: Any, device: Any,
    pin_memory: Any, requires_grad: Any, memory_format: Any,
) -> Tensor:  # fmt: skip
    """Return a new tensor of the shape of `input`, and unless told otherwise like it in all else.

    Parameters
    ----------
    calls : str
        What observers are shown, the function's own name first: see `plugrad.operators.watched`.
    fill : callable or None
        None leaves the elements unset.
    input
        Checked here, as are the options.
    dtype, layout, device, pin_memory, requires_grad, memory_format
        As the function was given them.
    """
    like = tensor_given(calls, "input", input)
    kind = like._dtype if dtype is None else dtype_given(calls, dtype)
    if layout is not None or pin_memory:
        refuse_options(calls, layout, pin_memory)
    if device is not None:
        table = table_of(device)
    else:
        table = table_of(like._table.device) if like._table.level else like._table
    wanted = flag_given(calls, "requires_grad", requires_grad)
    if wanted:
        refuse_gradients_of(calls, kind)
    shape = tuple(like._array.shape)
    order = order_given(calls, memory_format, shape)

    def work() -> Tensor:
        try:
            if table is like._table:
                array = table.empty_like(like._array, kind, order)
            elif order is None:
                array = table.empty(shape, kind)
            else:
                array = in_order(order)(table, shape, kind)
        except (ValueError, MemoryError) as error:
            refuse_shape(calls, shape, error)
        if fill is not None:
            array = mode.quiet(fill, table, array, kind)
        return fresh(array, table, kind, wanted)

    if memory_format is not None:
        calls = calls.replace("empty_strided", "empty")
    return on_level_of(like, shown(calls, work))


def on_level_of(like: Tensor, made: Tensor) -> Tensor:
    """Return a new tensor as the transform level of `like` has it, where that is one."""
    level: Any = like._table
    return level.own(made) if level.level else made


def _constant(caller: str, value: Any) -> Fill:
    def fill(table: Kernels, array: Any, kind: Dtype) -> Any:
        return table.fill_(array, fitting(caller, value, kind))

    return fill


@function("function")
def zeros_like(
    input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return a tensor of zeros in the shape of `input`.

    Parameters
    ----------
    input : Tensor
    dtype, layout, device, pin_memory, requires_grad, memory_format
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor
        Like `input` in whatever is not given, but for its need of gradients.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros_like(plugrad.tensor([1, 2]))
    tensor([0, 0])
    """
    given = (dtype, layout, device, memory_format, pin_memory, requires_grad)
    if given == _NOTHING and not mode.observers and isinstance(input, TensorBase):
        return _zeros_like(input)  # type: ignore[no-any-return]
    return made_like(
        "zeros_like(empty_like(empty_strided) zero_*)", _constant("zeros_like", 0), input, dtype,
        layout, device, pin_memory, requires_grad, memory_format,
    )  # fmt: skip


_NOTHING = (None, None, None, None, False, False)


@function("function")
def ones_like(
    input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return a tensor of ones in the shape of `input`.

    Parameters
    ----------
    input : Tensor
    dtype, layout, device, pin_memory, requires_grad, memory_format
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor
        Like `input` in whatever is not given, but for its need of gradients.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones_like(plugrad.zeros(2), dtype=plugrad.bool)
    tensor([True, True])
    """
    given = (dtype, layout, device, memory_format, pin_memory, requires_grad)
    if given == _NOTHING and not mode.observers and isinstance(input, TensorBase):
        return _ones_like(input)  # type: ignore[no-any-return]
    return made_like(
        "ones_like(empty_like(empty_strided) fill_*)", _constant("ones_like", 1), input, dtype,
        layout, device, pin_memory, requires_grad, memory_format,
    )  # fmt: skip


@function("function")
def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return a tensor in the shape of `input` whose elements are all `fill_value`.

    Parameters
    ----------
    input : Tensor
    fill_value : number
    dtype, layout, device, pin_memory, requires_grad, memory_format
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor
        Like `input` in whatever is not given, but for its need of gradients.

    Raises
    ------
    RuntimeError
        If the dtype cannot hold the value.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.full_like(plugrad.zeros(2), 7)
    tensor([7., 7.])
    """
    value = number_given("full_like", "fill_value", fill_value)
    return made_like(
        "full_like(empty_like(empty_strided) fill_*)", _constant("full_like", value), input, dtype,
        layout, device, pin_memory, requires_grad, memory_format,
    )  # fmt: skip


@function("function")
def empty_like(
    input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return a tensor of unset elements in the shape of `input`.

    Parameters
    ----------
    input : Tensor
    dtype, layout, device, pin_memory, requires_grad, memory_format
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor
        Like `input` in whatever is not given, but for its need of gradients.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.empty_like(plugrad.zeros(2, 3)).shape
    plugrad.Size([2, 3])
    """
    return made_like(
        "empty_like(empty_strided*)", None, input, dtype, layout, device, pin_memory,
        requires_grad, memory_format,
    )  # fmt: skip


# --------------------------------------------------------------------------------- as methods


def _made_new(
    calls: str, build: Build, tensor: Tensor, sizes: tuple[Any, ...], size: Any, dtype: Any,
    layout: Any, device: Any, pin_memory: Any, requires_grad: Any,
) -> Tensor:  # fmt: skip
    """Return a new tensor of any shape, of the dtype and on the device of `tensor` by default."""
    if dtype is None:
        dtype = tensor._dtype
    if device is None:
        device = tensor._table.device
    new = made(calls, build, sizes, size, None, dtype, layout, device, pin_memory, requires_grad)
    return on_level_of(tensor, new)


@function("method")
def new_zeros(
    self: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return zeros of any shape, by default of this tensor's dtype and on its device.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 2]).new_zeros(3)
    tensor([0, 0, 0])
    """
    return _made_new(
        "new_zeros(new_empty(empty) zero_*)", lambda table, shape, kind: table.zeros(shape, kind),
        self, sizes, size, dtype, layout, device, pin_memory, requires_grad,
    )  # fmt: skip


@function("method")
def new_ones(
    self: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return ones of any shape, by default of this tensor's dtype and on its device.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 2]).new_ones(3)
    tensor([1, 1, 1])
    """
    return _made_new(
        "new_ones(new_empty(empty) fill_*)", lambda table, shape, kind: table.full(shape, 1, kind),
        self, sizes, size, dtype, layout, device, pin_memory, requires_grad,
    )  # fmt: skip


@function("method")
def new_empty(
    self: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return unset elements of any shape, by default of this tensor's dtype and on its device.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 2]).new_empty(2, 3).shape
    plugrad.Size([2, 3])
    """
    return _made_new(
        "new_empty(empty*)", lambda table, shape, kind: table.empty(shape, kind),
        self, sizes, size, dtype, layout, device, pin_memory, requires_grad,
    )  # fmt: skip


@function("method")
def new_full(
    self: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of one value, by default of this tensor's dtype and on its device.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 2]).new_full((3,), 7)
    tensor([7, 7, 7])
    """
    value = number_given("new_full", "fill_value", fill_value)
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"new_full(): size must be a tuple of ints, not {type(size).__name__}")

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.full(shape, fitting("new_full", value, kind), kind)

    return _made_new(
        "new_full(new_empty(empty) fill_*)", build, self, (size,), None, dtype, layout, device,
        pin_memory, requires_grad,
    )  # fmt: skip


@function("method")
def new_empty_strided(
    self: Tensor, size: Any, stride: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return unset elements with these strides, by default of this tensor's dtype.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(1).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    new = shown(
        "new_empty_strided*",
        lambda: empty_strided(
            size, stride, dtype=self._dtype if dtype is None else dtype, layout=layout,
            device=self._table.device if device is None else device, pin_memory=pin_memory,
            requires_grad=requires_grad,
        ),
    )  # fmt: skip
    return on_level_of(self, new)
