"""What the namespace says of itself: devices, dtypes, and what may depend on data."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad import device, dtype
from plugrad.array_api.promotion import KINDS
from plugrad.dtypes import get_default_complex_dtype

__all__ = ["Information", "__array_namespace_info__"]


class Information:
    """What `__array_namespace_info__` returns."""

    def capabilities(self) -> dict[str, Any]:
        """Return what works that the standard leaves to libraries.

        Examples
        --------
        >>> from plugrad import array_api as xp
        >>> xp.__array_namespace_info__().capabilities()["boolean indexing"]
        True
        """
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> device:
        """Return where arrays are made if nothing else is said.

        Examples
        --------
        >>> from plugrad import array_api as xp
        >>> xp.__array_namespace_info__().default_device()
        device(type='cpu')
        """
        return plugrad.get_default_device()

    def default_dtypes(self, *, device: Any = None) -> dict[str, dtype]:
        """Return the dtypes of Python's numbers and of indices; PyTorch's floats are single.

        Examples
        --------
        >>> from plugrad import array_api as xp
        >>> xp.__array_namespace_info__().default_dtypes()["real floating"]
        plugrad.float32
        """
        return {
            "real floating": plugrad.get_default_dtype(),
            "complex floating": get_default_complex_dtype(),
            "integral": plugrad.int64,
            "indexing": plugrad.int64,
        }

    def dtypes(
        self, *, device: Any = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, dtype]:
        """Return the dtypes of a kind by their names.

        Parameters
        ----------
        device : device, optional
            It does not matter.
        kind : str or tuple of str, optional
            As in `plugrad.array_api.isdtype`; by default all.

        Raises
        ------
        ValueError
            If there is no such kind.

        Examples
        --------
        >>> from plugrad import array_api as xp
        >>> sorted(xp.__array_namespace_info__().dtypes(kind="complex floating"))
        ['complex128', 'complex64']
        """
        kinds = ("bool", "numeric") if kind is None else (kind,) if isinstance(kind, str) else kind
        unknown = [each for each in kinds if each not in KINDS]
        if unknown:
            raise ValueError(
                f"there is no kind of dtypes {unknown[0]!r}; there are {', '.join(KINDS)}"
            )
        return {each.name: each for kind in kinds for each in KINDS[kind]}

    def devices(self) -> list[device]:
        """Return where arrays can be.

        Examples
        --------
        >>> from plugrad import array_api as xp
        >>> xp.__array_namespace_info__().devices()[0]
        device(type='cpu')
        """
        accelerators = range(plugrad.cuda.device_count())
        return [device("cpu"), *(device("cuda", number) for number in accelerators)]


def __array_namespace_info__() -> Information:
    """Return what there is to know of this namespace.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> len(xp.__array_namespace_info__().dtypes(kind=("bool", "integral")))
    9
    """
    return Information()
