"""Tensors as text: an array, and what stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self, TypeAlias

import numpy as np

from plugrad.dtypes import bool_, complex64, complex128, dtype, float64, get_default_dtype, int64
from plugrad.printing.arrays import corners, format_array, gaps_of
from plugrad.printing.options import PrintOptions, current

__all__ = ["format_tensor", "parameter_repr", "tensor_repr"]

_Array: TypeAlias = np.ndarray[Any, Any]


def format_tensor(
    contents: _Array | str | None,
    *,
    shape: Sequence[int],
    dtype: dtype,
    default_dtype: dtype,
    name: str = "tensor",
    device: str | None = None,
    requires_grad: bool = False,
    grad_fn: str | None = None,
    tangent: object = None,
    options: PrintOptions | None = None,
) -> str:
    """Return the text of a tensor that is described by plain values.

    Parameters
    ----------
    contents : numpy.ndarray, str or None
        Its numbers (all of them, or the corners, see `format_array`), or the text to print for
        them, or None if it has none (on the meta device).
    shape : sequence of int
        Its shape.
    dtype : dtype
        Its dtype, printed unless it goes without saying: the default one, and, where there are
        numbers to tell, bool, int64 and the complex type of the default one.
    default_dtype : dtype
        The default floating-point dtype.
    name : str
        What stands before the parenthesis.
    device : str, optional
        Its device, if that is to be printed.
    requires_grad : bool
        Whether it requires grad; printed of leaves.
    grad_fn : str, optional
        The name of the node that made it.
    tangent : Tensor, optional
        Its derivative, in forward mode.
    options : PrintOptions, optional
        Instead of those of `set_printoptions`.

    Examples
    --------
    >>> import numpy as np
    >>> from plugrad.dtypes import float32, float64, int64
    >>> from plugrad.printing import format_tensor
    >>> format_tensor(np.ones(2), shape=(2,), dtype=float64, default_dtype=float32,
    ...               device="cuda:0", grad_fn="SinBackward0")
    "tensor([1., 1.], device='cuda:0', dtype=plugrad.float64, grad_fn=<SinBackward0>)"
    >>> format_tensor(np.ones((0, 3), int), shape=(0, 3), dtype=int64, default_dtype=float32)
    'tensor([], size=(0, 3), dtype=plugrad.int64)'
    """
    options = current() if options is None else options
    empty = 0 in shape
    # Of an empty 1-d tensor the brackets tell the size; where edgeitems is 0 they may never tell.
    shows_size = contents is None or (len(shape) != 1 if empty else options.edgeitems == 0)
    shows_dtype = dtype is not default_dtype and (
        contents is None
        or empty
        or dtype not in (bool_, int64, complex128 if default_dtype is float64 else complex64)
    )
    suffixes = []
    if device is not None:
        suffixes.append(f"device='{device}'")
    if shows_size:
        suffixes.append(f"size={tuple(shape)}")
    if shows_dtype:
        suffixes.append(f"dtype={dtype}")
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")

    prefix = f"{name}("
    if contents is None:
        contents = "..."
    elif not isinstance(contents, str):
        contents = format_array(contents, shape=shape, indent=len(prefix), options=options)
    return _append(prefix + contents, suffixes, len(prefix), options.linewidth) + ")"


def _append(text: str, suffixes: Sequence[str], indent: int, linewidth: float) -> str:
    """Append the suffixes, each on a line of its own where the line would get too long."""
    # PyTorch counts the last line of the numbers as two columns longer than it is, and asks for
    # two more behind each suffix.
    column = len(text) - (text.rfind("\n") + 1) + 2
    for suffix in suffixes:
        # PyTorch's name is shorter than ours; lines break where its lines do.
        width = len(suffix.replace("=plugrad.", "=torch."))
        if column + width + 2 > linewidth:
            text += ",\n" + " " * indent
            column = indent
        else:
            text += ", "
            column += 2
        text += suffix
        column += width
    return text


class _Device(Protocol):
    @property
    def type(self) -> str: ...


class _Printable(Protocol):
    """What is read of a tensor."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> dtype: ...
    @property
    def device(self) -> _Device: ...
    @property
    def requires_grad(self) -> bool: ...
    @property
    def grad_fn(self) -> object | None: ...
    def detach(self) -> Self: ...
    def __getitem__(self, key: Any, /) -> Self: ...
    def _host(self) -> _Array: ...


def tensor_repr(tensor: _Printable, *, name: str = "tensor", contents: str | None = None) -> str:
    """Return the text of a tensor, under the options of `set_printoptions`.

    Parameters
    ----------
    tensor : Tensor
        Of any shape, dtype and device. If that is not the CPU, only the numbers that are printed
        are copied to the host.
    name : str
        What stands before the parenthesis; of subclasses, the name of the class.
    contents : str, optional
        Text to print instead of the numbers.
    """
    options = current()
    device = tensor.device
    shown: _Array | str | None = contents
    if contents is None and device.type != "meta":
        shown = _shown(tensor, options)
    try:
        grad_fn = tensor.grad_fn
        grad_fn_name = None if grad_fn is None else type(grad_fn).__name__
    except RuntimeError:
        # A view that an in-place operation under no_grad has cut off from its history: asking for
        # its node is an error, looking at its numbers is not.
        grad_fn_name = "Invalid"
    return format_tensor(
        shown,
        shape=tensor.shape,
        dtype=tensor.dtype,
        default_dtype=get_default_dtype(),
        name=name,
        device=None if device.type == "cpu" else str(device),
        requires_grad=tensor.requires_grad,
        grad_fn=grad_fn_name,
        tangent=getattr(getattr(tensor, "_array", None), "tangent", None),
        options=options,
    )


def _shown(tensor: _Printable, options: PrintOptions) -> _Array:
    gaps = gaps_of(tensor.shape, options)
    # On the host the array is at hand as it is, and `format_array` cuts; with no edge items it
    # prints no number, but expects an array.
    if tensor.device.type == "cpu" or not any(gaps):
        return tensor._host()
    return corners(tensor.detach(), gaps, max(1, options.edgeitems), lambda part: part._host())


def parameter_repr(parameter: _Printable, *, name: str = "tensor") -> str:
    """Return the text of a parameter.

    Parameters
    ----------
    parameter : Parameter
        The parameter.
    name : str
        Of subclasses of Parameter, the name of the class.
    """
    text = tensor_repr(parameter, name=name)
    return f"Parameter containing:\n{text if name == 'tensor' else f'Parameter({text})'}"
