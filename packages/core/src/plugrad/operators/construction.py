"""Making tensors of data: numbers, nested sequences of them, NumPy arrays."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.devices import cpu
from plugrad.dtypes import dtype as dtype_type
from plugrad.dtypes import from_numpy_dtype
from plugrad.operators.device_table import default_device, table_of
from plugrad.operators.options import (
    dtype_given,
    flag_given,
    fresh,
    refuse_gradients_of,
    refuse_options,
    tensor_given,
)
from plugrad.operators.sequences import array_of
from plugrad.operators.watched import shown
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.tensor import Tensor

__all__ = [
    "around",
    "as_tensor",
    "checked",
    "copied",
    "from_numpy",
    "tensor",
    "warn_of_read_only",
]

Array = numpy.ndarray[Any, Any]

_FROM_LIST: Final = "empty* to lift_fresh"
_FROM_ARRAY: Final = "lift_fresh to(_to_copy(empty_strided copy_*))"


@function("function")
def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return a new tensor of numbers, always a copy of them and always a leaf.

    Parameters
    ----------
    data : number, nested sequence of numbers, ndarray or Tensor
        A tensor is copied with a warning: ``x.detach().clone()`` says it more clearly.
    dtype : dtype, optional
        By default that of an array or a NumPy number; of Python's, what they promote to: bool,
        int64, the default dtype, or the complex one that goes with it.
    device : device or str, optional
    requires_grad : bool
    pin_memory : bool

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If sequences differ in length, or a NumPy array has negative strides or foreign byte order.
    RuntimeError
        If the dtype cannot hold a number, or cannot require grad.
    TypeError
        For text, or dtypes that do not exist here.

    See Also
    --------
    as_tensor : does not copy where that can be helped.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1, 2], [3, 4.5]])
    tensor([[1.0000, 2.0000],
            [3.0000, 4.5000]])
    """
    kind = dtype if dtype is None or dtype.__class__ is dtype_type else dtype_given("tensor", dtype)
    return copied("tensor", data, kind, device, requires_grad, pin_memory)


def copied(
    caller: str, data: Any, kind: dtypes.dtype | None, device: Any, requires_grad: Any, pin: Any
) -> Tensor:
    """Return a new tensor of `data`, which is anything that `tensor` takes."""
    if pin:
        refuse_options(caller, None, pin)
    table = table_of(device) if device is not None else default_device.table or table_of(None)
    wanted = flag_given(caller, "requires_grad", requires_grad)
    if isinstance(data, TensorBase):
        warnings.warn(
            f"{caller}(): the values of a tensor are copied, and its history is lost; say so with "
            "x.detach().clone()",
            UserWarning,
            stacklevel=3,
        )
        return _copied_tensor(caller, data, kind, device, wanted)
    if mode.observers:
        calls = _FROM_ARRAY if _is_array_like(data) else _FROM_LIST
        if caller in ("tensor", "new_tensor"):
            calls += " detach_"
        return shown(calls, lambda: _from_data(caller, data, kind, table, wanted))
    return _from_data(caller, data, kind, table, wanted)


def _is_array_like(data: Any) -> bool:
    return hasattr(data, "__array__") and not isinstance(data, type)  # NumPy's numbers too


def _copied_tensor(
    caller: str, data: Any, kind: dtypes.dtype | None, device: Any, wanted: bool
) -> Tensor:
    table = data._table if device is None else table_of(device)
    kind = kind or data._dtype
    if wanted:
        refuse_gradients_of(caller, kind)
    source = shown("detach*", data.detach)
    copy = source.to(table.device, kind, copy=True) if table.level == 0 else source.clone()
    shown("detach_*", lambda: copy)
    if wanted:
        copy.requires_grad = True
    return copy  # type: ignore[no-any-return]


def _from_data(
    caller: str, data: Any, kind: dtypes.dtype | None, table: Kernels, wanted: bool
) -> Tensor:
    if _is_array_like(data):
        array = checked(numpy.asarray(data))
        own = from_numpy_dtype(array.dtype)
        kind = kind or own
        # Kept in the order of its dimensions in memory, as PyTorch keeps it.
        array = array.copy("K") if kind is own else mode.quiet(_host().cast, array, kind)
    else:
        array, kind = array_of(caller, data, kind)
    if wanted:
        refuse_gradients_of(caller, kind)
    return fresh(table.from_host(array), table, kind, wanted)


def _host() -> Kernels:
    return table_of("cpu")


def checked(array: Array) -> Array:
    """Return an array whose memory a tensor can share, as a plain ndarray.

    Raises
    ------
    TypeError
        If no dtype has such elements.
    ValueError
        If its byte order is foreign, or its strides are negative or no multiple of an element.
    """
    from_numpy_dtype(array.dtype)
    if not array.dtype.isnative:
        raise ValueError(
            f"an array of dtype {array.dtype!s} has the byte order of another kind of machine; "
            "convert it with array.astype(array.dtype.newbyteorder('='))"
        )
    size = array.itemsize
    for step in array.strides:
        if step < 0:
            raise ValueError(
                f"an array with the strides {array.strides} runs backwards through its memory, "
                "which tensors cannot; pass array.copy()"
            )
        if step % size:
            raise ValueError(
                f"the strides {array.strides} of an array are no multiples of its itemsize {size}; "
                "pass array.copy()"
            )
    if array.__class__ is not numpy.ndarray:
        array = array.view(numpy.ndarray)
    return array


@function("function")
def from_numpy(ndarray: Array) -> Tensor:
    """Return a tensor that shares the memory of a NumPy array.

    Parameters
    ----------
    ndarray : ndarray

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        If it is no array, or no dtype has such elements.
    ValueError
        If its byte order is foreign, or its strides are negative or no multiple of an element.

    Warns
    -----
    UserWarning
        If the array is read-only: so is the tensor then.

    Examples
    --------
    >>> import numpy, plugrad
    >>> array = numpy.zeros(2)
    >>> x = plugrad.from_numpy(array)
    >>> array[0] = 1
    >>> x
    tensor([1., 0.], dtype=plugrad.float64)
    """
    if not isinstance(ndarray, numpy.ndarray):
        raise TypeError(f"from_numpy() takes a NumPy array, not a {type(ndarray).__name__}")
    array = checked(ndarray)
    if not array.flags.writeable:
        warn_of_read_only("array")
    if mode.run is None:
        return shown("lift_fresh*", lambda: around(array))
    return around(array)


def around(array: Array, requires_grad: bool = False) -> Tensor:
    """Return a tensor in the memory of a NumPy array that was `checked`."""
    return fresh(array, _host(), from_numpy_dtype(array.dtype), requires_grad)


def warn_of_read_only(what: str) -> None:
    """Warn that a tensor shares memory which cannot be written to."""
    warnings.warn(
        f"the {what} is read-only, so the tensor that shares its memory cannot be changed; copy it "
        "first if it should be",
        UserWarning,
        stacklevel=3,
    )


@function("function")
def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return data as a tensor, the same memory where that is possible.

    Parameters
    ----------
    data : number, nested sequence of numbers, ndarray or Tensor
        A tensor keeps its history.
    dtype : dtype, optional
    device : device or str, optional

    Returns
    -------
    Tensor
        `data` itself, if it is a tensor of that dtype on that device.

    Examples
    --------
    >>> import numpy, plugrad
    >>> array = numpy.zeros(2)
    >>> plugrad.as_tensor(array)[0] = 1
    >>> array
    array([1., 0.])
    """
    kind = None if dtype is None else dtype_given("as_tensor", dtype)
    found: Any
    if isinstance(data, TensorBase):
        found = data
    elif isinstance(data, numpy.ndarray):
        found = from_numpy(data)
        if device is None:
            device = default_device.device
            if device is cpu and (kind is None or kind is found._dtype) and mode.run is not None:
                return found  # type: ignore[no-any-return]
    else:
        return copied("as_tensor", data, kind, device, False, False)
    return found.to(device, kind)  # type: ignore[no-any-return]


@function("method")
def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Return `data` as a new tensor, by default of this tensor's dtype and on its device.

    See Also
    --------
    plugrad.tensor : explains the arguments.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(1).new_tensor([1, 2])
    tensor([1., 2.])
    """
    tensor_given("new_tensor", "self", self)
    refuse_options("new_tensor", layout, pin_memory)
    kind = self._dtype if dtype is None else dtype_given("new_tensor", dtype)
    place = self._table.device if device is None else device
    return copied("new_tensor", data, kind, place, requires_grad, False)
