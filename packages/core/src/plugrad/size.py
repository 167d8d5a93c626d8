"""`Size`, the shape of a tensor, and how a shape is read from what a caller gives."""

from __future__ import annotations

import math
from collections.abc import Iterable
from operator import index
from typing import Any, NoReturn, SupportsIndex, TypeAlias, final, overload

__all__ = [
    "Shape",
    "Size",
    "is_int",
    "listed",
    "require_nonnegative",
    "shape_from_args",
    "trusted_size",
]

Shape: TypeAlias = tuple[int, ...]


@final
class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple of ints, which stays a `Size` when sliced, joined or repeated.

    Parameters
    ----------
    sizes : iterable of int, optional
        Anything with ``__index__`` counts as an int.

    Raises
    ------
    TypeError
        If an item is not an int.

    Examples
    --------
    >>> size = Size([2, 3, 4])
    >>> size
    plugrad.Size([2, 3, 4])
    >>> size.numel(), size[1:], size + (5,), size == (2, 3, 4)
    (24, plugrad.Size([3, 4]), plugrad.Size([2, 3, 4, 5]), True)
    """

    __module__ = "plugrad"
    __slots__ = ()

    def __new__(cls, sizes: Iterable[SupportsIndex] = (), /) -> Size:
        """Check and convert each item."""
        return tuple.__new__(cls, _checked_items(sizes))

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("plugrad.Size cannot be subclassed")

    def numel(self) -> int:
        """Return the number of elements of a tensor of this shape.

        Examples
        --------
        >>> Size([2, 3]).numel(), Size().numel()
        (6, 1)
        """
        return math.prod(self)

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> Size: ...
    def __getitem__(self, key: SupportsIndex | slice, /) -> int | Size:
        found = tuple.__getitem__(self, key)
        return trusted_size(found) if isinstance(found, tuple) else found

    def __add__(self, other: tuple[int, ...], /) -> Size:  # type: ignore[override]
        return Size(tuple.__add__(self, other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: tuple[int, ...], /) -> Size:
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times: SupportsIndex, /) -> Size:
        return trusted_size(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"plugrad.Size([{', '.join(map(str, self))}])"

    def __reduce__(self) -> tuple[Any, ...]:
        return Size, (tuple(self),)


def trusted_size(shape: Shape) -> Size:
    """Return `shape` as a `Size` without a check: for the shapes of arrays, on the hot path.

    Examples
    --------
    >>> import numpy
    >>> trusted_size(numpy.zeros((2, 3)).shape)
    plugrad.Size([2, 3])
    """
    return tuple.__new__(Size, shape)


def _checked_items(sizes: Iterable[SupportsIndex]) -> list[int]:
    items = []
    for position, item in enumerate(sizes):
        try:
            items.append(index(item))
        except TypeError:
            raise TypeError(
                f"plugrad.Size takes ints; item {position} is {type(item).__name__}"
            ) from None
    return items


def is_int(value: object) -> bool:
    """Tell whether a dimension or a size may be given as `value`; a bool is most likely a slip."""
    return isinstance(value, SupportsIndex) and not isinstance(value, bool)


def listed(shape: Iterable[int]) -> str:
    """Write a shape as messages show it: ``[2, 3]``."""
    return f"[{', '.join(map(str, shape))}]"


def require_nonnegative(shape: Shape) -> None:
    """Refuse a shape that no tensor can have.

    Raises
    ------
    RuntimeError
        If a size is negative.

    Examples
    --------
    >>> require_nonnegative((2, 0))
    """
    for size in shape:
        if size < 0:
            raise RuntimeError(f"a tensor of shape {listed(shape)} cannot be: {size} is negative")


def shape_from_args(*args: Any, caller: str = "this function") -> Size:
    """Read a shape that is given as ``f(2, 3)``, ``f((2, 3))``, ``f([2, 3])`` or ``f(size)``.

    Parameters
    ----------
    *args
        The positional arguments of `caller`.
    caller : str
        The name of the function, for the error message.

    Returns
    -------
    Size
        Not checked for negative sizes: -1 may have a meaning.

    Raises
    ------
    TypeError
        If there are no arguments, or one is not an int.

    Examples
    --------
    >>> shape_from_args(2, 3) == shape_from_args((2, 3)) == shape_from_args([2, 3])
    True
    >>> shape_from_args(())
    plugrad.Size([])
    """
    if len(args) == 1:
        (only,) = args
        if type(only) is Size:
            return only
        if isinstance(only, (tuple, list)):
            args = tuple(only)
    elif not args:
        raise TypeError(f"{caller} needs a shape: one or more ints, or a tuple of them")
    sizes = []
    for position, size in enumerate(args):
        if type(size) is not int:
            if not is_int(size):
                raise TypeError(
                    f"{caller} takes a shape of ints, or one tuple of them; the size at position "
                    f"{position} is {type(size).__name__}"
                )
            # What only looks like an int, such as a float tensor, says so itself here.
            size = index(size)
        sizes.append(size)
    return trusted_size(tuple(sizes))


# Doctest passes over a class that is shown under the package's name.
__test__ = {"Size": Size}
