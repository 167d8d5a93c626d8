"""How elements lie in memory: `layout` and `memory_format`, and their names in PyTorch.

Tensors here are dense (``strided``); the other layouts exist to be refused by name. A memory format
says in which order the dimensions of a new tensor follow one another in memory.
"""

from __future__ import annotations

from typing import Final, NoReturn, final

from plugrad.size import listed

__all__ = [
    "PUBLIC_NAMES",
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "layout",
    "memory_format",
    "order_of",
    "preserve_format",
    "strided",
]


class _Named:
    """One of a few objects that are known by their names."""

    __slots__ = ("name",)

    name: str

    def __init__(self, *_: object) -> None:
        raise TypeError(f"a plugrad.{type(self).__name__} cannot be created; use an existing one")

    def __setattr__(self, attribute: str, value: object) -> NoReturn:
        raise AttributeError(f"{self!r} cannot be changed")

    def __repr__(self) -> str:
        return f"plugrad.{self.name}"

    def __reduce__(self) -> str:
        # A string names a global of `__module__`: pickle and copy give back the same object.
        return self.name


@final
class layout(_Named):
    """How a tensor stores its elements: `plugrad.strided`, for there are no others here.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.strided
    plugrad.strided
    """

    __slots__ = ()
    __module__ = "plugrad"


@final
class memory_format(_Named):
    """In which order the dimensions of a new tensor follow one another in memory.

    Examples
    --------
    >>> import plugrad
    >>> image = plugrad.zeros(2, 3, 4, 5)
    >>> image.clone(memory_format=plugrad.channels_last).stride()
    (60, 1, 15, 3)
    """

    __slots__ = ()
    __module__ = "plugrad"


def _layout(name: str) -> layout:
    new = object.__new__(layout)
    object.__setattr__(new, "name", name)
    return new


def _memory_format(name: str) -> memory_format:
    new = object.__new__(memory_format)
    object.__setattr__(new, "name", name)
    return new


strided: Final = _layout("strided")
contiguous_format: Final = _memory_format("contiguous_format")
preserve_format: Final = _memory_format("preserve_format")
channels_last: Final = _memory_format("channels_last")
channels_last_3d: Final = _memory_format("channels_last_3d")

_LAYOUTS: Final = (
    strided,
    *map(_layout, ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged")),
)

PUBLIC_NAMES: Final[dict[str, layout | memory_format]] = {
    **{each.name: each for each in _LAYOUTS},
    **{
        each.name: each
        for each in (contiguous_format, preserve_format, channels_last, channels_last_3d)
    },
}
"""Every name under which `plugrad` shows one of them."""

_CHANNELS_LAST: Final = {channels_last: (0, 2, 3, 1), channels_last_3d: (0, 2, 3, 4, 1)}


def order_of(form: memory_format | None, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the dimensions from the widest stride to the narrowest, as a format wants them.

    Parameters
    ----------
    form : memory_format or None
        None counts as ``preserve_format``.
    shape : tuple of int
        Of the tensor to be made.

    Returns
    -------
    tuple of int, or None
        None leaves them as they are in the tensor that is copied.

    Raises
    ------
    RuntimeError
        If the tensor has not the number of dimensions that the format is for.

    Examples
    --------
    >>> order_of(channels_last, (2, 3, 4, 5)), order_of(contiguous_format, (2, 3))
    ((0, 2, 3, 1), (0, 1))
    """
    if form is None or form is preserve_format:
        return None
    if form is contiguous_format:
        return tuple(range(len(shape)))
    order = _CHANNELS_LAST[form]
    if len(order) != len(shape):
        raise RuntimeError(
            f"{form} is for tensors of {len(order)} dimensions, not for shape {listed(shape)}"
        )
    return order


# Doctest passes over classes that are shown under the package's name.
__test__ = {"layout": layout, "memory_format": memory_format}
