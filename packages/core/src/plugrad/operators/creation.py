"""Making tensors of constants: zeros, ones, a value, nothing in particular.

None of it is recorded: the results are leaves. The options are the same everywhere:

out : Tensor, optional
    Where to put the result, which gets the shape that is asked for.
dtype : dtype, optional
    By default the default dtype, or that of the tensor from which the rest is taken.
layout : layout, optional
    Only ``strided``.
device : device or str, optional
    By default the default device, or that of the tensor from which the rest is taken.
pin_memory : bool
    Only where there is a device to copy to.
requires_grad : bool
    Whether gradients with respect to the result are wanted.
memory_format : memory_format, optional
    The order of dimensions in memory; by default that of the tensor that the result is like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plugrad.operators.numbers import fitting, number_given
from plugrad.operators.options import integer_given, made, order_given, shape_given
from plugrad.promotion import dtype_of_number
from plugrad.shapes import require_nonnegative
from plugrad.size import listed
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.dtypes import dtype as Dtype
    from plugrad.tensor import Tensor

__all__ = [
    "empty",
    "empty_permuted",
    "empty_strided",
    "eye",
    "full",
    "in_order",
    "ones",
    "scalar_tensor",
    "zeros",
]


def _zeros(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
    return table.zeros(shape, kind)


def _ones(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
    return table.full(shape, 1, kind)


def _empty(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
    return table.empty(shape, kind)


@function("function")
def zeros(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of zeros.

    Parameters
    ----------
    *sizes : int
        The shape, as ints or as one tuple of them; or `size` as a keyword.
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If a size is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return made(
        "zeros(empty zero_*)", _zeros, sizes, size, out, dtype, layout, device, pin_memory,
        requires_grad,
    )  # fmt: skip


@function("function")
def ones(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of ones.

    Parameters
    ----------
    *sizes : int
        The shape, as ints or as one tuple of them; or `size` as a keyword.
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(3, dtype=plugrad.int64)
    tensor([1, 1, 1])
    """
    return made(
        "ones(empty fill_*)", _ones, sizes, size, out, dtype, layout, device, pin_memory,
        requires_grad,
    )  # fmt: skip


@function("function")
def empty(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return a tensor whose elements are whatever its memory held.

    Parameters
    ----------
    *sizes : int
        The shape, as ints or as one tuple of them; or `size` as a keyword.
    out, dtype, layout, device, pin_memory, requires_grad, memory_format
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.empty(2, 3).shape
    plugrad.Size([2, 3])
    """
    build: Callable[..., Any] = _empty
    if memory_format is not None:
        shape = shape_given("empty", sizes, size)
        order = order_given("empty", memory_format, shape)
        if order is None:
            raise RuntimeError("empty(): there is no memory format to preserve")
        build = in_order(order)
    return made("empty*", build, sizes, size, out, dtype, layout, device, pin_memory, requires_grad)


def in_order(order: tuple[int, ...]) -> Callable[..., Any]:
    """Return a builder of unset arrays whose dimensions have this order, widest stride first."""
    back = tuple(sorted(range(len(order)), key=order.__getitem__))

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.permute(table.empty(tuple([shape[d] for d in order]), kind), back)

    return build


@function("function")
def empty_permuted(
    size: Any, physical_layout: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return a dense tensor of unset elements whose dimensions have this order in memory.

    Parameters
    ----------
    size : sequence of int
        The shape.
    physical_layout : sequence of int
        The dimensions from the widest stride to the narrowest.
    dtype, layout, device, requires_grad, pin_memory
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If `physical_layout` does not name each dimension once.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.empty_permuted((2, 3, 4), (2, 0, 1)).stride()
    (3, 1, 6)
    """
    shape = shape_given("empty_permuted", (size,), None)
    order = tuple(physical_layout)
    if sorted(order) != list(range(len(shape))):
        raise RuntimeError(
            f"empty_permuted(): {listed(order)} does not name each of {len(shape)} dimensions once"
        )
    return made(
        "empty_permuted(empty*)", in_order(order), (shape,), None, None, dtype, layout, device,
        pin_memory, requires_grad,
    )  # fmt: skip


@function("function")
def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor of unset elements with these strides.

    Parameters
    ----------
    size, stride : sequence of int
        Shape, and distances between neighbours in elements: not negative, and as many.
    dtype, layout, device, requires_grad, pin_memory
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If `size` and `stride` differ in length, or a number is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    shape = shape_given("empty_strided", (size,), None)
    steps = shape_given("empty_strided", (stride,), None)
    require_nonnegative(shape)
    if len(shape) != len(steps) or min(steps, default=0) < 0:
        raise RuntimeError(
            f"empty_strided(): the strides {listed(steps)} do not fit the shape {listed(shape)}; "
            "as many are needed, none of them negative"
        )
    extent = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, steps, strict=True))

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.as_strided(table.empty((extent,), kind), shape, steps, 0, ((1,), 0))

    return made(
        "empty_strided*", build, (shape,), None, None, dtype, layout, device, pin_memory,
        requires_grad,
    )  # fmt: skip


@function("function")
def full(
    size: Any, fill_value: Any, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a tensor whose elements are all `fill_value`.

    Parameters
    ----------
    size : sequence of int
        The shape.
    fill_value : number
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`; the dtype is by default
        that of `fill_value`.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the dtype cannot hold the value.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    value = number_given("full", "fill_value", fill_value)
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): size must be a tuple of ints, not {type(size).__name__}")
    if dtype is None and out is None:
        dtype = dtype_of_number(value)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.full(shape, fitting("full", value, kind), kind)

    return made(
        "full(empty fill_*)", build, (size,), None, out, dtype, layout, device, pin_memory,
        requires_grad,
    )  # fmt: skip


@function("function")
def scalar_tensor(
    s: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a 0-d tensor of one number, by default of the default dtype, whatever the number is.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.scalar_tensor(3)
    tensor(3.)
    """
    value = number_given("scalar_tensor", "s", s)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.full(shape, fitting("scalar_tensor", value, kind), kind)

    return made(
        "scalar_tensor*", build, ((),), None, None, dtype, layout, device, pin_memory, requires_grad
    )


@function("function")
def eye(
    n: int, m: int | None = None, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return a matrix with ones on the diagonal and zeros elsewhere.

    Parameters
    ----------
    n : int
        Rows.
    m : int, optional
        Columns; by default as many.
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor, shape (n, m)

    Raises
    ------
    RuntimeError
        If `n` or `m` is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    rows = integer_given("eye", "n", n)
    columns = rows if m is None else integer_given("eye", "m", m)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.eye(rows, columns, kind)

    return made(
        "eye(empty eye*(resize_ zero_))", build, ((rows, columns),), None, out, dtype, layout,
        device, pin_memory, requires_grad,
    )  # fmt: skip
