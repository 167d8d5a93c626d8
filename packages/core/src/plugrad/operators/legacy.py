"""PyTorch's old constructors: ``Tensor(2, 3)``, ``FloatTensor([1, 2])``, and types by their name.

An int or several are a shape, a sequence is data, and a tensor is shared, not copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.operators.construction import tensor as tensor_of
from plugrad.operators.conversion import converted
from plugrad.operators.creation import empty
from plugrad.operators.device_table import table_of
from plugrad.size import Size, is_int
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import operators

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["TENSOR_TYPES", "legacy_tensor", "tensortype"]


def legacy_tensor(
    *args: Any, data: Any = None, size: Any = None, device: Any = None,
    kind: dtypes.dtype | None = None, name: str = "Tensor",
) -> Tensor:  # fmt: skip
    """Return what ``Tensor(*args)`` and ``FloatTensor(*args)`` return.

    Parameters
    ----------
    *args
        Nothing, ints, a Size, a sequence or array, or a tensor; the last two also as `data`.
    size : sequence of int, optional
        The shape.
    device : device, optional
        Only the processor.
    kind : dtype, optional
        None means the default dtype, and any for a tensor that is given.
    name : str
        For error messages.

    Raises
    ------
    TypeError
        For anything else.
    """
    if data is not None and not args:
        args = (data,)
    if size is not None:
        args = (*args, Size(size))
    wanted = dtypes.default.dtype if kind is None else kind
    if not args:
        return empty(0, dtype=wanted, device=device)
    first = args[0]
    if len(args) > 1 or isinstance(first, Size) or _is_size(first):
        return empty(*args, dtype=wanted, device=device)
    if isinstance(first, TensorBase):
        given: Any = first
        if kind is not None and given._dtype is not kind:
            raise TypeError(
                f"{name}() shares the tensor it is given, and so needs one of {kind}, not of "
                f"{given._dtype}; convert it first"
            )
        return _seen_again(given)
    if isinstance(first, (str, bytes)) or not hasattr(first, "__len__"):
        raise TypeError(
            f"{name}() takes ints, which are a shape, or a sequence of numbers, not {first!r}"
        )
    return tensor_of(first, dtype=wanted, device=device)


def _seen_again(tensor: Tensor) -> Tensor:
    """Return another tensor of the same memory, with the same history."""
    if not (tensor._table.level or (tensor._edge is not None and mode.grad)):
        return tensor.detach()
    return operators["alias"].call(tensor)  # type: ignore[no-any-return]


def _is_size(value: Any) -> bool:
    return is_int(value) and not isinstance(value, TensorBase) and not hasattr(value, "__len__")


class tensortype(type):
    """The type of `plugrad.FloatTensor` and its kind, which are made of a dtype.

    ``isinstance`` holds for tensors of that dtype, and a call makes one.

    Examples
    --------
    >>> import plugrad
    >>> isinstance(plugrad.ones(2), plugrad.FloatTensor)
    True
    """

    dtype: dtypes.dtype
    is_cuda: bool

    def __call__(cls, *args: Any, **options: Any) -> Tensor:
        """Make a tensor of the dtype."""
        return legacy_tensor(*args, **options, kind=cls.dtype, name=cls.__name__)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TensorBase) and instance._dtype is cls.dtype


_KINDS: Final = {
    "Half": dtypes.float16,
    "BFloat16": dtypes.bfloat16,
    "Float": dtypes.float32,
    "Double": dtypes.float64,
    "Byte": dtypes.uint8,
    "Char": dtypes.int8,
    "Short": dtypes.int16,
    "Int": dtypes.int32,
    "Long": dtypes.int64,
    "Bool": dtypes.bool_,
}

TENSOR_TYPES: Final[dict[str, tensortype]] = {
    f"{name}Tensor": tensortype(
        f"{name}Tensor",
        (),
        {
            "__module__": "plugrad",
            "__doc__": f"The type of tensors of {kind}; called, it makes one as `Tensor` does.",
            "dtype": kind,
            "is_cuda": False,
        },
    )
    for name, kind in _KINDS.items()
}
"""`plugrad.FloatTensor` and the others, by name."""

# Dtypes without a constructor have a name nevertheless.
_WORDS: Final = {
    **{kind: name for name, kind in _KINDS.items()},
    dtypes.complex64: "ComplexFloat",
    dtypes.complex128: "ComplexDouble",
    dtypes.uint16: "UInt16",
    dtypes.uint32: "UInt32",
    dtypes.uint64: "UInt64",
}


def _type_name(tensor: Tensor) -> str:
    place = tensor._table.device.type
    package = "plugrad" if place == "cpu" else f"plugrad.{place}"
    return f"{package}.{_WORDS[tensor._dtype]}Tensor"


_KIND_OF_WORD: Final = {word: kind for kind, word in _WORDS.items()}


@function("method", names="type")
def _type(
    self: Tensor, dtype: Any = None, non_blocking: bool = False, *, memory_format: Any = None
) -> Any:
    """Return the name of the tensor's type, or the tensor converted to another.

    Parameters
    ----------
    dtype : dtype, tensor type or str, optional
        Such as ``plugrad.float64``, ``plugrad.DoubleTensor`` or ``"plugrad.DoubleTensor"``.
    non_blocking : bool
        Accepted.
    memory_format : memory_format, optional

    Returns
    -------
    str or Tensor

    Raises
    ------
    ValueError
        If there is no such type.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(1).type()
    'plugrad.FloatTensor'
    >>> plugrad.ones(1).type(plugrad.int64)
    tensor([1])
    """
    if dtype is None:
        return _type_name(self)
    if isinstance(dtype, dtypes.dtype):
        return converted(self, None, dtype, memory_format=memory_format)
    if isinstance(dtype, tensortype):
        return converted(self, "cpu", dtype.dtype, memory_format=memory_format)
    if isinstance(dtype, str):
        # Programs written for PyTorch say "torch".
        package, _, word = dtype.rpartition(".")
        kind = _KIND_OF_WORD.get(word.removesuffix("Tensor"))
        library, _, place = package.partition(".")
        if kind is not None and word.endswith("Tensor") and library in ("plugrad", "torch"):
            return converted(self, table_of(place or "cpu").device, kind)
    raise ValueError(
        f"type(): there is no type {dtype!r}; pass a dtype, such as plugrad.float64, or a name, "
        "such as 'plugrad.DoubleTensor'"
    )


@function("method")
def new(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """Return what `Tensor` would make of the arguments, of this tensor's dtype."""
    return legacy_tensor(*args, **options, kind=self._dtype, name="new")


@function("method")
def as_subclass(self: Tensor, cls: Any) -> Any:
    """Return the tensor as an instance of a subclass of `Tensor`: the same memory and history.

    Parameters
    ----------
    cls : type

    Examples
    --------
    >>> import plugrad
    >>> class Weight(plugrad.Tensor):
    ...     pass
    >>> plugrad.ones(1).as_subclass(Weight)
    Weight([1.])
    """
    seen = _seen_again(self)
    made = object.__new__(cls)
    for slot in TensorBase.__slots__:
        if not slot.startswith("__"):
            setattr(made, slot, getattr(seen, slot))
    return made
