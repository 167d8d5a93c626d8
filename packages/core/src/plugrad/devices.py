"""Devices: where a tensor's memory lies.

A `device` names a place; whether a backend for it is installed is asked only when memory is wanted
there. The names are PyTorch's, and those that backends add when they register
(`register_device_type`).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn, SupportsIndex, final

__all__ = ["cpu", "device", "known_device_types", "register_device_type", "set_accelerator_lookup"]

_MAX_INDEX: Final = 127

_known_types: Final = {
    "cpu",
    "cuda",
    "fpga",
    "hip",
    "hpu",
    "ideep",
    "ipu",
    "lazy",
    "maia",
    "meta",
    "mkldnn",
    "mps",
    "mtia",
    "opencl",
    "opengl",
    "privateuseone",
    "ve",
    "vulkan",
    "xla",
    "xpu",
}
_TYPE: Final = re.compile(r"[A-Za-z_]+")
_TYPE_AND_INDEX: Final = re.compile(r"([A-Za-z_]+)(?::(0|[1-9][0-9]*))?")


def known_device_types() -> tuple[str, ...]:
    """Return the types of device that have a name, sorted; a backend need not be installed.

    Examples
    --------
    >>> "cuda" in known_device_types()
    True
    """
    return tuple(sorted(_known_types))


def register_device_type(name: str) -> None:
    """Make `name` a type of device, as a backend does when it registers.

    Parameters
    ----------
    name : str
        Letters and underscores. Registering a type twice changes nothing.

    Raises
    ------
    ValueError
        If `name` has any other character: ``"name:0"`` could not be read back.

    Examples
    --------
    >>> register_device_type("abacus")
    >>> device("abacus:3")
    device(type='abacus', index=3)
    """
    if not _TYPE.fullmatch(name):
        raise ValueError(f"a device type consists of letters and underscores, unlike {name!r}")
    _known_types.add(name)


def _no_accelerator() -> str | None:
    return None


_accelerator_type: Callable[[], str | None] = _no_accelerator


def set_accelerator_lookup(lookup: Callable[[], str | None]) -> None:
    """Say how the current accelerator is found: ``device(0)`` is the first of its devices.

    Parameters
    ----------
    lookup : callable
        Takes nothing; returns the device type of the accelerator in use, or None.
    """
    global _accelerator_type
    _accelerator_type = lookup


@final
class device:
    """The place of a tensor's memory: a type of device and, where there are several, which one.

    Equal devices are the same object.

    Parameters
    ----------
    type : str, int or device
        The type, alone or with an index (``"cuda:1"``); or the index alone, for the current
        accelerator; or a device. The keyword ``device`` means the same.
    index : int, optional
        Which device of the type; only if `type` is a string without one.

    Attributes
    ----------
    type : str
        The type of device.
    index : int or None
        Which one; None leaves it to the backend.

    Raises
    ------
    RuntimeError
        If the type is unknown, the text cannot be read, or the index is negative, above 127 or
        given twice; for an index alone, also if there is no accelerator.
    TypeError
        If an argument has the wrong type.

    Examples
    --------
    >>> device("cuda:1"), device("cuda", 1) == device("cuda:1"), str(device("cpu"))
    (device(type='cuda', index=1), True, 'cpu')

    A device without an index is another one than that with index 0:

    >>> device("cpu") == device("cpu:0")
    False
    """

    __module__ = "plugrad"
    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __new__(
        cls,
        type: str | int | device | None = None,
        index: int | None = None,
        *,
        device: str | int | device | None = None,
    ) -> device:
        """Return the one device that the arguments name."""
        if type is not None and device is not None:
            raise TypeError("device takes a type or a device, not both")
        place = type if device is None else device
        if isinstance(place, str):
            known = _devices.get(place) if index is None else None
            return known or _named(place, index)
        if index is not None:
            raise TypeError(f"an index may follow a device type, not {_described(place)}")
        if isinstance(place, cls):
            return place
        return _of_accelerator(place)

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("plugrad.device cannot be subclassed")

    def __setattr__(self, attribute: str, value: object) -> NoReturn:
        raise AttributeError(f"a device cannot be changed: setting {attribute!r} is not possible")

    def __delattr__(self, attribute: str) -> NoReturn:
        raise AttributeError(f"a device cannot be changed: deleting {attribute!r} is not possible")

    def __enter__(self) -> device:
        """Make tensors here, in this thread, where no other device is named."""
        from plugrad.operators.device_table import default_device

        default_device.enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        from plugrad.operators.device_table import default_device

        default_device.leave()

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __reduce__(self) -> tuple[Any, ...]:
        return device, ((self.type,) if self.index is None else (self.type, self.index))


# Keyed by what a device prints as, so that the usual spellings are found without being parsed.
_devices: Final[dict[str, device]] = {}


def _named(text: str, explicit_index: object) -> device:
    match = _TYPE_AND_INDEX.fullmatch(text)
    if match is None:
        raise RuntimeError(
            f"cannot read {text!r} as a device; write a type, such as 'cpu', or a type and an "
            "index, such as 'cuda:1'"
        )
    name, digits = match.groups()
    if name not in _known_types:
        raise RuntimeError(
            f"{name!r} in {text!r} is no known type of device; known are "
            f"{', '.join(known_device_types())}. A backend's own type becomes known once it is "
            "installed"
        )
    if explicit_index is None:
        return _interned(name, None if digits is None else int(digits))
    if digits is not None:
        raise RuntimeError(f"the index is given twice: in {text!r}, and as {explicit_index!r}")
    return _interned(name, _as_index(explicit_index))


def _of_accelerator(place: object) -> device:
    index = _as_index(place)
    name = _accelerator_type()
    if name is None:
        raise RuntimeError(
            f"device({index}) is device {index} of the accelerator, but there is none; "
            "write the type too, such as 'cpu'"
        )
    return _interned(name, index)


def _as_index(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise TypeError(
            f"a device is named by its type and an int index, not by {_described(value)}"
        )
    return operator.index(value)


def _interned(name: str, index: int | None) -> device:
    if index is not None and not 0 <= index <= _MAX_INDEX:
        raise RuntimeError(f"a device index lies between 0 and {_MAX_INDEX}, unlike {index}")
    new = object.__new__(device)
    object.__setattr__(new, "type", name)
    object.__setattr__(new, "index", index)
    return _devices.setdefault(str(new), new)


def _described(value: object) -> str:
    return f"{value!r} ({type(value).__name__})"


cpu: Final = device("cpu")

# Doctest passes over a class that is shown under the package's name.
__test__ = {"device": device}
