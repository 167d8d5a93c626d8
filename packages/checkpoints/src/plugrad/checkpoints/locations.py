"""Where the memory of a checkpoint goes: where it came from, or where `map_location` sends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from plugrad.devices import cpu, device
from plugrad.operators.device_table import table_of

__all__ = ["LocationError", "StorageDescription", "locator"]

Locate = Callable[[int, str], device]


class LocationError(Exception):
    """Carries what a function of the user's raised past those who judge the file's own errors.

    Attributes
    ----------
    reason : Exception
    """

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


class StorageDescription:
    """What a function given as `map_location` is handed, and returns, for each piece of memory.

    Parameters
    ----------
    size : int
        Its bytes.
    place : device
        Where it is to be.

    Examples
    --------
    >>> StorageDescription(8, device("cpu")).cuda(1).device
    device(type='cuda', index=1)
    """

    def __init__(self, size: int, place: device = cpu) -> None:
        self._size = size
        self.device = place

    def nbytes(self) -> int:
        """Return its bytes."""
        return self._size

    size = nbytes
    __len__ = nbytes

    def cpu(self) -> StorageDescription:
        """Send it to the host's memory."""
        return self.to(device=cpu)

    def cuda(self, device: Any = None) -> StorageDescription:
        """Send it to a GPU."""
        return self.to(device=_cuda(device))

    def to(self, *, device: Any) -> StorageDescription:
        """Send it to a device."""
        return StorageDescription(self._size, _device(device))


def _device(place: Any) -> device:
    return device(place)


def _cuda(place: Any) -> device:
    return device("cuda", place) if isinstance(place, int) else device(place or "cuda")


def locator(map_location: Any) -> Locate:
    """Return the function from a piece of memory, and where it was, to where it goes.

    Parameters
    ----------
    map_location : None, str, device, dict or callable
        As for `plugrad.load`.

    Raises
    ------
    TypeError
        If it is anything else.
    RuntimeError
        If it is a device that is not there.
    """
    if map_location is None:
        return lambda size, tag: _present(tag)
    if isinstance(map_location, str | device):
        chosen = _present(str(map_location))
        return lambda size, tag: chosen
    if isinstance(map_location, Mapping):
        return lambda size, tag: _present(str(map_location.get(tag, tag)))
    if not callable(map_location):
        raise TypeError(
            "load(): map_location is None, a device or its name, a dict of names, or a function of "
            f"a storage and a name, not {type(map_location).__name__}"
        )

    def ask(size: int, tag: str) -> device:
        try:
            answer = map_location(StorageDescription(size), tag)
            if not isinstance(answer, StorageDescription | None):
                raise TypeError(
                    "load(): a function given as map_location returns the storage that it got, "
                    "storage.cuda(...), storage.to(device=...) or None, not "
                    f"{type(answer).__name__}"
                )
        except Exception as reason:
            raise LocationError(reason) from reason
        return _present(tag if answer is None else str(answer.device))

    return ask


def _present(tag: str) -> device:
    """Return the device of a name, if there is one."""
    try:
        place = device(tag)
        return table_of(place).device
    except (AssertionError, RuntimeError) as error:
        _absent(tag, error)


def _absent(tag: str, error: Exception) -> NoReturn:
    raise RuntimeError(
        f"load(): there is no device {tag!r} here to put tensors on ({error}); "
        "map_location='cpu' puts them into the host's memory"
    ) from error
