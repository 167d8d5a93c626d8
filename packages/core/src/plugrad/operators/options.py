"""The options that functions which make tensors share: shape, dtype, device, layout, out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase, mark_inference, new_tensor
from plugrad.dtypes import default
from plugrad.layouts import layout as layout_type
from plugrad.layouts import memory_format as memory_format_type
from plugrad.layouts import order_of, strided
from plugrad.operators.device_table import accelerator, default_device, table_of
from plugrad.operators.watched import shown
from plugrad.size import is_int, listed, require_nonnegative, shape_from_args
from plugrad.vocabulary.inplace import changed, refuse_change

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.tensor import Tensor

__all__ = [
    "dtype_given",
    "flag_given",
    "fresh",
    "integer_given",
    "made",
    "order_given",
    "put_into",
    "refuse_gradients_of",
    "refuse_options",
    "refuse_shape",
    "shape_given",
    "tensor_given",
]

Shape = tuple[int, ...]
Build = Callable[["Kernels", Shape, dtypes.dtype], Any]
"""From a kernel table, a shape and a dtype to a raw array."""

_dtype: Final = dtypes.dtype
_OF_PYTHON: Final[dict[Any, dtypes.dtype]] = {
    bool: dtypes.bool_,
    int: dtypes.int64,
    float: dtypes.float64,
    complex: dtypes.complex128,
}


def made(
    calls: str, build: Build, sizes: tuple[Any, ...], size: Any, out: Any, dtype: Any,
    layout: Any, device: Any, pin_memory: Any, requires_grad: Any,
) -> Tensor:  # fmt: skip
    """Return a new tensor, or `out`, as a function like ``zeros(*sizes, ...)`` makes it.

    Parameters
    ----------
    calls : str
        What observers are shown, the function's own name first: see `plugrad.operators.watched`.
    build : callable
        Makes the raw array.
    sizes, size
        The shape, as positional arguments or as a keyword.
    out, dtype, layout, device, pin_memory, requires_grad
        As the function was given them.
    """
    shape = sizes[0] if len(sizes) == 1 and sizes[0].__class__ is tuple else sizes
    for each in shape:
        if each.__class__ is not int:
            shape = shape_given(calls, sizes, size)
            break
    if size is not None or not sizes:
        shape = shape_given(calls, sizes, size)
    kind = default.dtype
    if dtype.__class__ is _dtype:
        kind = dtype
    elif dtype is not None:
        kind = dtype_given(calls, dtype)
    if layout is not None or pin_memory:
        refuse_options(calls, layout, pin_memory)
    if out is not None:
        return put_into(calls, build, out, shape, None if dtype is None else kind)
    table = table_of(device) if device is not None else default_device.table or table_of(None)
    if mode.run is not None and not requires_grad:
        try:
            array = build(table, shape, kind)
        except (ValueError, MemoryError) as error:
            refuse_shape(calls, shape, error)
        return new_tensor(array, table, kind)
    wanted = flag_given(calls, "requires_grad", requires_grad)
    if wanted:
        refuse_gradients_of(calls, kind)

    def work() -> Tensor:
        try:
            return fresh(build(table, shape, kind), table, kind, wanted)
        except (ValueError, MemoryError) as error:
            refuse_shape(calls, shape, error)

    return shown(calls, work)


def fresh(array: Any, table: Kernels, kind: dtypes.dtype, requires_grad: bool = False) -> Tensor:
    """Return a new leaf around a raw array."""
    tensor = new_tensor(array, table, kind)
    if requires_grad:
        tensor.requires_grad = True
    if mode.run is None and mode.inference:
        mark_inference(tensor)
    return tensor


def put_into(calls: str, build: Build, out: Any, shape: Shape, kind: dtypes.dtype | None) -> Tensor:
    """Write what `build` makes into `out`, which gets the shape that is asked for, and return it.

    Raises
    ------
    TypeError
        If `out` is no tensor.
    RuntimeError
        If it is of another dtype than `kind`, or requires grad.
    """
    name = _caller(calls)
    if not isinstance(out, TensorBase):
        raise TypeError(f"{name}(): out must be a Tensor, not {type(out).__name__}")
    target: Any = out
    if kind is not None and kind is not target._dtype:
        raise RuntimeError(f"{name}(): dtype is {kind}, but out is of {target._dtype}")
    if mode.grad and target._edge is not None:
        raise RuntimeError(f"{name}(): out= cannot be recorded, but out requires grad")
    refuse_change(target, name)

    def write() -> Tensor:
        table = target._table
        try:
            array = build(table, shape, target._dtype)
        except (ValueError, MemoryError) as error:
            refuse_shape(calls, shape, error)
        same = tuple(target._array.shape) == tuple(shape)
        target._array = mode.quiet(table.assign, target._array, array) if same else array
        changed(target, name)
        return target  # type: ignore[no-any-return]

    # Where a function makes a tensor and hands it to its own `out=` form, only that is left.
    calls = re.sub(r"^(\w+)\(empty \1\*(.*)\)$", r"\1*\2", calls)
    return shown(calls.replace("empty ", "resize_ "), write)


def _caller(calls: str) -> str:
    return calls.partition("(")[0].rstrip("*")


# ------------------------------------------------------------------------------- reading arguments


def shape_given(calls: str, sizes: tuple[Any, ...], size: Any) -> Shape:
    """Read a shape from ``f(2, 3)``, ``f((2, 3))`` or ``f(size=(2, 3))``.

    Raises
    ------
    TypeError
        If it is none.
    """
    name = _caller(calls)
    if size is not None:
        if sizes:
            raise TypeError(f"{name}() got the shape twice: as {sizes!r} and as size={size!r}")
        sizes = (size,)
    if len(sizes) > 1 and isinstance(sizes[0], (tuple, list)):
        raise TypeError(
            f"{name}() takes one shape, but {len(sizes)} positional arguments were given"
        )
    return tuple(shape_from_args(*sizes, caller=f"{name}()"))


def refuse_shape(calls: str, shape: Shape, error: Exception) -> NoReturn:
    """Say why no array of `shape` could be made.

    Raises
    ------
    RuntimeError
        Always.
    """
    require_nonnegative(shape)
    if isinstance(error, MemoryError) or math.prod(shape) >= 2**48:
        raise RuntimeError(
            f"{_caller(calls)}(): there is not enough memory for a tensor of shape {listed(shape)}"
        ) from error
    raise error


def dtype_given(calls: str, value: Any) -> dtypes.dtype:
    """Return the dtype that `value` is, or that Python's ``float``, ``int``... stand for.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(value, _dtype):
        return value
    found = _OF_PYTHON.get(value) if isinstance(value, type) else None
    if found is None:
        raise TypeError(
            f"{_caller(calls)}(): dtype must be a plugrad.dtype, not {value!r} "
            f"({type(value).__name__})"
        )
    return found


def flag_given(calls: str, name: str, value: Any) -> bool:
    """Return a flag; None counts as False.

    Raises
    ------
    TypeError
        If it is no bool.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    raise TypeError(f"{_caller(calls)}(): {name} must be a bool, not {type(value).__name__}")


def integer_given(calls: str, name: str, value: Any) -> int:
    """Return an integer argument as an int.

    Raises
    ------
    TypeError
        If it is none.
    """
    if value.__class__ is int:
        return value
    if not is_int(value) or (isinstance(value, TensorBase) and value._edge is not None):
        raise TypeError(f"{_caller(calls)}(): {name} must be an int, not {type(value).__name__}")
    return value.__index__()  # type: ignore[no-any-return]


def tensor_given(calls: str, name: str, value: Any) -> Tensor:
    """Return a tensor argument.

    Raises
    ------
    TypeError
        If it is none.
    """
    if isinstance(value, TensorBase):
        return value  # type: ignore[return-value]
    raise TypeError(f"{_caller(calls)}(): {name} must be a Tensor, not {type(value).__name__}")


def order_given(calls: str, value: Any, shape: Shape) -> Shape | None:
    """Return the order of dimensions in memory that a ``memory_format`` asks for: see `order_of`.

    Raises
    ------
    TypeError
        If it is no memory format.
    """
    if value is not None and value.__class__ is not memory_format_type:
        raise TypeError(
            f"{_caller(calls)}(): memory_format must be a plugrad.memory_format, not "
            f"{type(value).__name__}"
        )
    return order_of(value, shape)


def refuse_options(calls: str, layout: Any, pin_memory: Any) -> None:
    """Check that a tensor can be made in `layout`, and in pinned memory if that is wanted.

    Raises
    ------
    TypeError
        If they are no layout and no flag.
    NotImplementedError
        For a sparse layout.
    RuntimeError
        For pinned memory without a device to copy to.
    """
    if layout is not None and layout is not strided:
        if layout.__class__ is not layout_type:
            raise TypeError(
                f"{_caller(calls)}(): layout must be a plugrad.layout, not {type(layout).__name__}"
            )
        raise NotImplementedError(f"{_caller(calls)}(): tensors here are strided, never {layout}")
    if flag_given(calls, "pin_memory", pin_memory) and accelerator() is None:
        raise RuntimeError(
            f"{_caller(calls)}(): memory is pinned for copies to another device, but none is "
            "available; leave pin_memory out"
        )


def refuse_gradients_of(calls: str, kind: dtypes.dtype) -> None:
    """Check that a tensor of a dtype may require grad.

    Raises
    ------
    RuntimeError
        If not.
    """
    if not (kind.is_floating_point or kind.is_complex):
        raise RuntimeError(
            f"{_caller(calls)}(): only tensors of floating-point or complex dtype can require "
            f"grad, not {kind}"
        )
