"""How tensors are printed, and the options that govern it.

The text is PyTorch's, character for character, but for `plugrad.` where PyTorch prints ``torch.``.
It is made in three steps, each a pure function of host data and `PrintOptions`:

1. the *cells*: every number as text, all in the one notation that suits the numbers shown;
2. the *layout*: brackets, ``...``, line breaks and indentation (`format_array`);
3. the *suffixes*: device, size, dtype and gradient, behind the numbers (`format_tensor`).

Only what is shown is looked at. Of a tensor above the threshold the corners are cut out first, on
its own device, so that its size does not matter.

The rules were found by printing tensors with PyTorch 2.13; `tests/compat` compares thousands more.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import compress
from numbers import Real
from operator import index
from typing import Any, Final, NamedTuple, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from plugrad.dtypes import bool_, complex64, complex128, dtype, float64, get_default_dtype, int64

__all__ = [
    "PrintOptions",
    "format_array",
    "format_tensor",
    "get_printoptions",
    "parameter_repr",
    "printoptions",
    "set_printoptions",
    "tensor_repr",
]

# One format serves all numbers of a tensor. It turns to scientific notation where fixed-point
# would hide digits or waste columns: too wide a range, too large a number, too small a fraction.
_WIDEST_RANGE: Final = 1000.0
_LARGEST_FIXED: Final = 1e8
_SMALLEST_FIXED: Final = 1e-4

_Array: TypeAlias = np.ndarray[Any, Any]


class PrintOptions(NamedTuple):
    """The options that `set_printoptions` describes, as one immutable value."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: float = 80
    sci_mode: bool | None = None


_PROFILES: Final = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}

_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: float | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed, in all threads.

    What is not given stays as it is, except `sci_mode`: as in PyTorch, each call sets it anew.

    Parameters
    ----------
    precision : int, optional
        Digits behind the decimal point (at first 4).
    threshold : float, optional
        The number of elements above which a tensor is summarised (at first 1000); `math.inf` never
        summarises.
    edgeitems : int, optional
        How many items a summary shows at either end of a dimension (at first 3).
    linewidth : float, optional
        The columns that a line should not exceed (at first 80); `math.inf` never breaks a row.
    profile : {'default', 'short', 'full'}, optional
        Values for the four options above: those at first; 2 digits and 2 edge items; no summaries.
        The others given beside it take precedence.
    sci_mode : bool, optional
        Whether to use scientific notation; None decides by the numbers shown.

    Raises
    ------
    TypeError
        If `precision` or `edgeitems` is not an integer, or another option not a number.
    ValueError
        If `precision` or `edgeitems` is negative, another option is nan, or there is no such
        `profile`. Then all options stay as they were.

    Examples
    --------
    >>> from plugrad.printing import get_printoptions, set_printoptions
    >>> set_printoptions(profile="short", precision=3)
    >>> get_printoptions()
    {'precision': 3, 'threshold': 1000, 'edgeitems': 2, 'linewidth': 80, 'sci_mode': None}
    >>> set_printoptions(profile="default")
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        known = ", ".join(map(repr, _PROFILES))
        raise ValueError(f"there is no print profile {profile!r}; the profiles are {known}")
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes = {name: _checked(name, value) for name, value in given.items() if value is not None}
    base = _options if profile is None else _PROFILES[profile]
    _options = base._replace(sci_mode=None if sci_mode is None else bool(sci_mode), **changes)


def _checked(name: str, value: Any) -> Any:
    if name in ("precision", "edgeitems"):
        try:
            value = index(value)
        except TypeError:
            raise TypeError(f"{name} must be an integer, not {value!r}") from None
        if value < 0:
            raise ValueError(f"{name} must not be negative, but is {value}")
    elif not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {value!r}")
    elif math.isnan(value):
        raise ValueError(f"{name} must not be nan; math.inf means no limit")
    return value


def get_printoptions() -> dict[str, Any]:
    """Return the options as a dictionary that `set_printoptions` takes as keywords.

    Examples
    --------
    >>> from plugrad.printing import get_printoptions
    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return _options._asdict()


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Set print options for a block, or by ``@printoptions(...)`` for a function.

    Parameters
    ----------
    **options
        As for `set_printoptions`.

    Examples
    --------
    >>> import numpy as np
    >>> from plugrad.printing import format_array, printoptions
    >>> with printoptions(precision=1):
    ...     format_array(np.array([0.5, 0.25]))
    '[0.5, 0.2]'
    >>> format_array(np.array([0.5, 0.25]))
    '[0.5000, 0.2500]'
    """
    global _options
    before = _options
    set_printoptions(**options)
    try:
        yield
    finally:
        _options = before


def format_array(
    array: _Array,
    *,
    shape: Sequence[int] | None = None,
    indent: int = 0,
    options: PrintOptions | None = None,
) -> str:
    """Return the numbers of an array as text: what stands between ``tensor(`` and the suffixes.

    Parameters
    ----------
    array : numpy.ndarray
        The array, of a plugrad dtype (bfloat16 as the type of ml_dtypes).
    shape : sequence of int, optional
        The shape of the whole, where `array` is only its corners: of each dimension longer than
        ``2 * edgeitems`` the first and the last `edgeitems`.
    indent : int
        The column at which the text will start.
    options : PrintOptions, optional
        Instead of those of `set_printoptions`.

    Examples
    --------
    >>> import numpy as np
    >>> from plugrad.printing import PrintOptions, format_array
    >>> print(format_array(np.array([[1.5, np.nan], [-0.0, 12.25]])))
    [[ 1.5000,     nan],
     [-0.0000, 12.2500]]
    >>> format_array(np.arange(5000))
    '[   0,    1,    2,  ..., 4997, 4998, 4999]'
    >>> format_array(np.array([2 + 0.5j, 3 - 4e5j]), options=PrintOptions(precision=2))
    '[2.+5.00e-01j, 3.-4.00e+05j]'
    """
    options = _options if options is None else options
    shape = array.shape if shape is None else tuple(shape)
    if 0 in shape:
        return "[]"
    gaps = _gaps(shape, options)
    if any(gaps):
        if options.edgeitems == 0:
            return "[...]"
        if array.shape == shape:
            array = _corners(array, gaps, options.edgeitems, np.asarray)
    cells, width = _cells(array, options)
    if not shape:
        return cells[0]
    room = max(0, options.linewidth - indent - (len(shape) - 1))
    cells_per_line = sys.maxsize if room == math.inf else max(1, int(room // (width + len(", "))))
    return _layout(cells, array.shape, gaps, indent + 1, cells_per_line)


def _gaps(shape: Sequence[int], options: PrintOptions) -> list[bool]:
    """Say of each dimension whether its middle is left out."""
    summarise = math.prod(shape) > options.threshold
    return [summarise and length > 2 * options.edgeitems for length in shape]


class _Sliceable(Protocol):
    def __getitem__(self, key: Any, /) -> Any: ...


_S = TypeVar("_S", bound=_Sliceable)


def _corners(
    whole: _S,
    gaps: Sequence[bool],
    edgeitems: int,
    to_host: Callable[[_S], _Array],
    axis: int = 0,
) -> _Array:
    """Cut out and join what lies around the gaps; only that is brought to the host."""
    while axis < len(gaps) and not gaps[axis]:
        axis += 1
    if axis == len(gaps):
        return to_host(whole)
    before = (slice(None),) * axis
    ends = (slice(None, edgeitems), slice(-edgeitems, None))
    parts = [_corners(whole[(*before, end)], gaps, edgeitems, to_host, axis + 1) for end in ends]
    return np.concatenate(parts, axis)


def _cells(array: _Array, options: PrintOptions) -> tuple[list[str], int]:
    """Return the elements as text, aligned, and the width that line breaking counts for each.

    A cell may be wider than that: zeros and non-finite numbers have no say in it, and imaginary
    parts are not padded. So it is in PyTorch, whose lines then exceed `linewidth`.
    """
    if array.dtype.kind == "c":
        return _complex_cells(array, options)
    if array.dtype.kind in "fV":  # V: bfloat16
        cells, width = _float_cells(array, options)
    else:
        cells = [str(value) for value in array.ravel().tolist()]
        width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells], width


def _float_cells(array: _Array, options: PrintOptions) -> tuple[list[str], int]:
    with np.errstate(invalid="ignore"):  # casting a signalling nan warns
        numbers = array.ravel().astype(np.float64)
    decisive = np.isfinite(numbers) & (numbers != 0)
    template = _float_template(np.abs(numbers[decisive]), options)
    cells = [(template if math.isfinite(number) else "%f") % number for number in numbers.tolist()]
    width = max(map(len, compress(cells, decisive)), default=1)
    return cells, width


def _float_template(magnitudes: _Array, options: PrintOptions) -> str:
    """Choose the notation for numbers of these finite, non-zero magnitudes."""
    whole_numbers = "%.0f."
    if magnitudes.size == 0:
        return whole_numbers
    largest, smallest = float(magnitudes.max()), float(magnitudes.min())
    all_whole = bool((magnitudes == np.rint(magnitudes)).all())
    scientific = options.sci_mode
    if scientific is None:
        scientific = (
            largest / smallest > _WIDEST_RANGE
            or largest > _LARGEST_FIXED
            or smallest < _SMALLEST_FIXED
        )
    if scientific:
        return f"%.{options.precision}e"
    return whole_numbers if all_whole else f"%.{options.precision}f"


def _complex_cells(array: _Array, options: PrintOptions) -> tuple[list[str], int]:
    # The two parts choose their notations independently; only the real one is aligned.
    real, real_width = _float_cells(array.real, options)
    imag, imag_width = _float_cells(array.imag, options)
    cells = [
        f"{re.rjust(real_width)}{'' if im.startswith('-') else '+'}{im}j"
        for re, im in zip(real, imag, strict=True)
    ]
    return cells, real_width + imag_width + len("j")


def _layout(
    cells: Sequence[str],
    shape: Sequence[int],
    gaps: Sequence[bool],
    indent: int,
    cells_per_line: int,
) -> str:
    """Put brackets around the cells, a row at a time; `indent` is that behind the bracket."""
    length, *inner_shape = shape
    margin = " " * indent
    if not inner_shape:
        row = list(cells)
        if gaps[0]:
            row.insert(length // 2, " ...")
        lines = [
            ", ".join(row[start : start + cells_per_line])
            for start in range(0, len(row), cells_per_line)
        ]
        return "[" + f",\n{margin}".join(lines) + "]"
    size = len(cells) // length
    items = [
        _layout(cells[start : start + size], inner_shape, gaps[1:], indent + 1, cells_per_line)
        for start in range(0, len(cells), size)
    ]
    if gaps[0]:
        items.insert(length // 2, "...")
    # Matrices are set apart by one empty line, stacks of matrices by two, and so on.
    newlines = "\n" * len(inner_shape)
    return "[" + f",{newlines}{margin}".join(items) + "]"


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
    options = _options if options is None else options
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
    options = _options
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
        options=options,
    )


def _shown(tensor: _Printable, options: PrintOptions) -> _Array:
    gaps = _gaps(tensor.shape, options)
    # On the host the array is at hand as it is, and `format_array` cuts; with no edge items it
    # prints no number, but expects an array.
    if tensor.device.type == "cpu" or not any(gaps):
        return tensor._host()
    return _corners(tensor.detach(), gaps, max(1, options.edgeitems), lambda part: part._host())


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
