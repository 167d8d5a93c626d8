"""The methods by which generic code finds the namespace and moves an array."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Final

from plugrad import Tensor
from plugrad.namespace import brought
from plugrad.operators import publish
from plugrad.vocabulary.forms import function

__all__ = ["VERSIONS"]

VERSIONS: Final = ("2021.12", "2022.12", "2023.12", "2024.12")
"""The versions of the standard whose functions the namespace has: the last has all of them."""


@function("method", names="__array_namespace__")
def _namespace(self: Tensor, /, *, api_version: str | None = None) -> ModuleType:
    """Return `plugrad.array_api`.

    Raises
    ------
    ValueError
        If it does not have that version of the standard.
    """
    if api_version is not None and api_version not in VERSIONS:
        raise ValueError(
            f"plugrad.array_api follows the array API standard {', '.join(VERSIONS)}, not "
            f"{api_version!r}; ask for one of these, or for none"
        )
    return sys.modules["plugrad.array_api"]


@function("method", names="to_device")
def _to_device(self: Tensor, device: Any, /, *, stream: Any = None) -> Tensor:
    """Return the tensor on a device: the standard's name for `Tensor.to`.

    Parameters
    ----------
    device : device
    stream : None
        Transfers are in order; there is none to choose.

    Raises
    ------
    ValueError
        If there is a stream.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2).to_device("cpu")
    tensor([1., 1.])
    """
    if stream is not None:
        raise ValueError(f"to_device() chooses the stream itself; leave out stream={stream!r}")
    return self.to(device)


publish(brought("plugrad.array_api"))
