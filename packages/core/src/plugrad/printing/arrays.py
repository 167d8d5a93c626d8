"""Arrays as text: the cells, and how they are laid out."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import numpy as np

from plugrad.printing.options import PrintOptions, current

__all__ = ["corners", "format_array", "gaps_of"]

# One format serves all numbers of a tensor. It turns to scientific notation where fixed-point
# would hide digits or waste columns: too wide a range, too large a number, too small a fraction.
_WIDEST_RANGE: Final = 1000.0
_LARGEST_FIXED: Final = 1e8
_SMALLEST_FIXED: Final = 1e-4

_Array: TypeAlias = np.ndarray[Any, Any]


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
    options = current() if options is None else options
    shape = array.shape if shape is None else tuple(shape)
    if 0 in shape:
        return "[]"
    gaps = gaps_of(shape, options)
    if any(gaps):
        if options.edgeitems == 0:
            return "[...]"
        if array.shape == shape:
            array = corners(array, gaps, options.edgeitems, np.asarray)
    cells, width = _cells(array, options)
    if not shape:
        return cells[0]
    room = max(0, options.linewidth - indent - (len(shape) - 1))
    cells_per_line = sys.maxsize if room == math.inf else max(1, int(room // (width + len(", "))))
    return _layout(cells, array.shape, gaps, indent + 1, cells_per_line)


def gaps_of(shape: Sequence[int], options: PrintOptions) -> list[bool]:
    """Say of each dimension whether its middle is left out."""
    summarise = math.prod(shape) > options.threshold
    return [summarise and length > 2 * options.edgeitems for length in shape]


class _Sliceable(Protocol):
    def __getitem__(self, key: Any, /) -> Any: ...


_S = TypeVar("_S", bound=_Sliceable)


def corners(
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
    parts = [corners(whole[(*before, end)], gaps, edgeitems, to_host, axis + 1) for end in ends]
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
