"""Converting tensors: to another dtype, another device, fresh memory.

A conversion that has nothing to do returns the tensor itself. One of a tensor that requires grad is
recorded, unless its result is of a dtype that has no gradients.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import Node, TensorBase, tick
from plugrad.dtypes import Category
from plugrad.dtypes import dtype as dtype_type
from plugrad.operators.device_table import table_of
from plugrad.operators.options import dtype_given, flag_given, fresh, order_given, tensor_given
from plugrad.operators.watched import shown
from plugrad.vocabulary.forms import function, linear
from plugrad.vocabulary.registry import methods, operators

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.tensor import Tensor

__all__ = ["clone", "converted", "warn_of_imaginary"]

_clone = linear("clone", "x; order=None", moves=True, x=lambda g: g)

# A conversion for which fresh memory was asked, whether or not there is anything to convert.
_to_copy = linear(
    "to_copy", "x; kind, order", node="ToCopyBackward0", aten="aten::_to_copy", moves=True,
    body=lambda k, x, kind, order: k.cast(k.clone(x, order), kind), x=lambda g: g,
)  # fmt: skip


@function("function method")
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """Return a copy, through which gradients flow to the original.

    Parameters
    ----------
    input : Tensor
    memory_format : memory_format, optional
        The order of dimensions in memory; by default that of `input`, without gaps.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2)
    >>> x.clone().add_(1), x
    (tensor([2., 2.]), tensor([1., 1.]))
    """
    if not isinstance(input, TensorBase):
        tensor_given("clone", "input", input)
    order = None
    if memory_format is not None:
        order = order_given("clone", memory_format, input._array.shape)
    return _clone(input, order)  # type: ignore[no-any-return]


# ------------------------------------------------------------------------------------------- to


@function("method")
def to(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """Return the tensor in another dtype or on another device; itself if it is that already.

    Call it as ``to(dtype)``, ``to(device, dtype=None)`` or ``to(other)``, where `other` is a tensor
    whose dtype and device are wanted; each may be followed by `non_blocking` and `copy`.

    Parameters
    ----------
    dtype : dtype, optional
    device : device, str or int, optional
    other : Tensor, optional
    non_blocking : bool
        Accepted; a copy to or from the host has always ended when this returns.
    copy : bool
        Whether to return a copy in any case.
    memory_format : memory_format, optional
        The order of dimensions in the memory of a copy.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1.7, -1.7]).to(plugrad.int64)
    tensor([ 1, -1])
    """
    if len(args) == 1 and not options and args[0].__class__ is dtype_type:
        if mode.run is not None:  # the usual case
            return self if args[0] is self._dtype else _cast(self, args[0])
        return converted(self, None, args[0])
    device, dtype, copy, form = _arguments(args, options)
    return converted(self, device, dtype, copy, form)


def _arguments(args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, Any, bool, Any]:
    """Read one of the ways of calling `to`: return device, dtype, copy and memory format."""
    form = options.pop("memory_format", None)
    first = args[0] if args else None
    if isinstance(first, TensorBase) or "tensor" in options:
        names = ["tensor"]
    elif first.__class__ is dtype_type or first in (bool, int, float, complex):
        names = ["dtype"]
    else:
        names = ["device", "dtype"]
    names += ["non_blocking", "copy"]
    given = dict(zip(names, args, strict=False))
    if len(args) > len(names) or given.keys() & options.keys() or options.keys() - set(names):
        raise TypeError(
            f"to() cannot be called with {args!r} and {options!r}; call it as to(dtype), "
            "to(device, dtype) or to(other), each with non_blocking, copy and memory_format"
        )
    given.update(options)
    flag_given("to", "non_blocking", given.get("non_blocking"))
    copy = flag_given("to", "copy", given.get("copy"))
    like = given.get("tensor")
    if like is not None:
        tensor_given("to", "other", like)
        given.update(device=like._table.device, dtype=like._dtype)
    return given.get("device"), given.get("dtype"), copy, form


def converted(
    tensor: Tensor, device: Any, dtype: Any, copy: bool = False, memory_format: Any = None
) -> Tensor:
    """Return a tensor on a device and of a dtype, None of which means its own."""
    kind = tensor._dtype if dtype is None else dtype_given("to", dtype)
    order = order_given("to", memory_format, tensor._array.shape)
    table = tensor._table
    target = table if device is None or table.device == device else table_of(device)
    moves = target.device != table.device  # a transform's table stands on the same device
    if not (moves or copy or kind is not tensor._dtype or _out_of_order(tensor, order)):
        return shown("to*", lambda: tensor)

    def work() -> Tensor:
        if moves:
            return _moved(tensor if kind is tensor._dtype else _cast(tensor, kind), target)
        if copy or order is not None:
            warn_of_imaginary(tensor._dtype, kind)
            return _to_copy(_source(tensor, kind), kind, order)  # type: ignore[no-any-return]
        return _cast(tensor, kind)

    return shown("to*", work)


def _out_of_order(tensor: Tensor, order: tuple[int, ...] | None) -> bool:
    """Return whether channels are to be last in memory, and are not."""
    if order is None or order == tuple(range(len(order))):
        return False  # what is only not contiguous stays so
    steps = [tensor.stride(d) for d in order]
    return steps != sorted(steps, reverse=True)


def _cast(tensor: Tensor, kind: dtypes.dtype) -> Tensor:
    if tensor._dtype.is_complex:
        warn_of_imaginary(tensor._dtype, kind)
    return operators["cast"].call(_source(tensor, kind), kind)  # type: ignore[no-any-return]


def _source(tensor: Tensor, kind: dtypes.dtype) -> Tensor:
    """Return what is to be converted: without its history, if that ends with integers."""
    if kind.category <= Category.INTEGER and tensor._edge is not None:
        return tensor.detach()
    return tensor


_warned_of_imaginary: Final[list[bool]] = []


def warn_of_imaginary(source: dtypes.dtype, kind: dtypes.dtype) -> None:
    """Warn, once in a process as PyTorch does, that a conversion loses the imaginary parts."""
    if not source.is_complex or kind.is_complex or kind is dtypes.bool_ or _warned_of_imaginary:
        return
    _warned_of_imaginary.append(True)
    warnings.warn(
        f"converting {source} to {kind} discards the imaginary parts; take x.real to say so",
        UserWarning,
        stacklevel=4,
    )


class ToCopyBackward0(Node):
    """The node of a copy to another device: its gradient goes back to where the tensor was."""

    __slots__ = ("source",)
    __module__ = "plugrad"

    def __init__(self, tensor: Tensor, target: Kernels) -> None:
        self.source = tensor._table
        self.edges = (tensor._edge,)
        self.saved = ()
        self.params = ()
        self.versions = None
        self.table = target
        self.shape = tensor._array.shape
        self.dtype = tensor._dtype
        self.seq = tick()
        self.hooks = None

    def apply(self, gradient: Any, edges: tuple[Node | None, ...], retain: bool) -> tuple[Any, ...]:
        """Move a raw gradient."""
        return (self.source.from_host(self.table.to_host(gradient)),)

    def apply_tensors(self, gradient: Any, edges: tuple[Node | None, ...]) -> tuple[Any, ...]:
        """Move a gradient that is recorded."""
        return (_moved(gradient, self.source),)


def _moved(tensor: Tensor, target: Kernels) -> Tensor:
    """Return the tensor on another device."""
    array = target.from_host(tensor._table.to_host(tensor._array))
    moved = fresh(array, target, tensor._dtype)
    if tensor._edge is not None and mode.grad:
        moved._edge = ToCopyBackward0(tensor, target)
    return moved


# ----------------------------------------------------------------------------- each under its name


def _converter(name: str, kind: dtypes.dtype) -> Any:
    def convert(self: Tensor, *, memory_format: Any = None) -> Tensor:
        if memory_format is None and mode.run is not None:
            return self if kind is self._dtype else _cast(self, kind)
        return converted(self, None, kind, memory_format=memory_format)

    convert.__name__ = convert.__qualname__ = name
    convert.__module__ = "plugrad"
    convert.__doc__ = f"Return the tensor in {kind}; itself if it is of that dtype already."
    return convert


for _name, _kind in {
    "double": dtypes.float64,
    "float": dtypes.float32,
    "half": dtypes.float16,
    "bfloat16": dtypes.bfloat16,
    "long": dtypes.int64,
    "int": dtypes.int32,
    "short": dtypes.int16,
    "char": dtypes.int8,
    "byte": dtypes.uint8,
    "bool": dtypes.bool_,
    "cfloat": dtypes.complex64,
    "cdouble": dtypes.complex128,
}.items():
    methods[_name] = _converter(_name, _kind)


@function("method", aten="aten::type_as")
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """Return the tensor in the dtype and on the device of `other`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 2]).type_as(plugrad.ones(1))
    tensor([1., 2.])
    """
    tensor_given("type_as", "other", other)
    return shown("type_as*", lambda: converted(self, other._table.device, other._dtype))


@function("method")
def cpu(self: Tensor, *, memory_format: Any = None) -> Tensor:
    """Return the tensor in the host's memory; itself if it is there already."""
    return converted(self, "cpu", None, memory_format=memory_format)


@function("method")
def cuda(
    self: Tensor, device: Any = None, non_blocking: bool = False, *, memory_format: Any = None
) -> Tensor:
    """Return the tensor on a CUDA device, by default the current one.

    Raises
    ------
    AssertionError
        If no backend for CUDA is installed.
    """
    if device is None:
        device = "cuda"
    elif isinstance(device, int) and not isinstance(device, bool):
        device = f"cuda:{device}"
    return converted(self, device, None, memory_format=memory_format)
