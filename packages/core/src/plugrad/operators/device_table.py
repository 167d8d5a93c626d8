"""From a device to the kernel table that works there, and the device that is meant by default.

The host's table is always at hand. Any other backend is asked of the plugins when memory is first
wanted on its device; that is when pluggy, and the backend's own library, are imported.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from plugrad.devices import cpu, device, set_accelerator_lookup

if TYPE_CHECKING:
    from plugrad.backends.protocol import Backend, Kernels

__all__ = [
    "accelerator",
    "backend_of",
    "default_device",
    "get_default_device",
    "set_default_device",
    "table_of",
    "use_plugin_kernels",
]

_backends: Final[dict[str, Backend]] = {}
_tables: Final[dict[device, Kernels]] = {}

# Where PyTorch builds without support for a device raise an AssertionError, and not a RuntimeError.
_ASSERTED: Final = frozenset({"cuda", "xpu"})


Device: TypeAlias = device


class DefaultDevice(threading.local):
    """Where a thread makes tensors unless told otherwise.

    Attributes
    ----------
    device : device
    table : Kernels or None
        Its kernel table, once it was needed.
    """

    device: Device = cpu
    table: Kernels | None = None

    def __init__(self) -> None:
        self._outer: list[Device] = []

    def use(self, place: Device) -> None:
        """Make tensors on `place` from here on."""
        self.device, self.table = place, None

    def enter(self, place: Device) -> None:
        """Make tensors on `place` until `leave`, which goes back to where they were made before."""
        self._outer.append(self.device)
        self.use(place)

    def leave(self) -> None:
        """Take the last `enter` back."""
        self.use(self._outer.pop())


default_device: Final = DefaultDevice()


def backend_of(kind: str) -> Backend:
    """Return the backend that serves a type of device.

    Parameters
    ----------
    kind : str

    Returns
    -------
    Backend

    Raises
    ------
    AssertionError, RuntimeError
        If no backend for it is installed (the first for cuda and xpu, as in PyTorch).
    PluginError
        If the one that is installed fails, or several claim the device.
    """
    backend = _backends.get(kind)
    if backend is None:
        made = _host_backend() if kind == "cpu" else _backend_from_plugins(kind)
        backend = _backends.setdefault(kind, made)
    return backend


def _host_backend() -> Backend:
    # The one that `plugrad.backends.plugin` registers, but without pluggy.
    from plugrad.backends.numpy import NumpyBackend

    return NumpyBackend()


def _backend_from_plugins(kind: str) -> Backend:
    from plugrad import plugins

    try:
        found: Any = plugins.lookup("backends", kind)
    except plugins.NotRegisteredError as error:
        failure = AssertionError if kind in _ASSERTED else RuntimeError
        cure = "; python -m pip install plugrad-backend-cuda" if kind == "cuda" else ""
        raise failure(f"no backend for {kind} devices is installed{cure} ({error})") from None
    backend: Backend = found() if isinstance(found, type) else found
    return backend


def table_of(place: Any) -> Kernels:
    """Return the kernel table of a device.

    Parameters
    ----------
    place : device, str, int or None
        None stands for the default device.

    Returns
    -------
    Kernels

    Raises
    ------
    AssertionError, RuntimeError
        If no backend serves such a device, or none of its devices can be used here.
    TypeError
        If `place` is no device.
    """
    if place is None:
        table = default_device.table
        if table is None:
            table = default_device.table = table_of(default_device.device)
        return table
    if place.__class__ is not device:
        if isinstance(place, bool) or not isinstance(place, (str, int)):
            raise TypeError(f"a device must be a plugrad.device or a str, not {_kind(place)}")
        place = device(place)
    found = _tables.get(place)
    return _open(place) if found is None else found


def _kind(value: object) -> str:
    return type(value).__name__


def _open(place: device) -> Kernels:
    backend = backend_of(place.type)
    if not backend.is_available():
        raise RuntimeError(backend.unavailable_reason())
    # PyTorch's processor has one memory, whatever index it is given.
    index = None if place.type == "cpu" else place.index
    if index is not None and index >= backend.device_count():
        raise RuntimeError(
            f"there is no device {place}: this machine has {backend.device_count()} of its type"
        )
    table = backend.kernels(index)
    if place.type != "cpu":  # its plugin is loaded already, and the others cost little more
        _use_overrides(table)
    if place.index is not None or place.type == "cpu":  # the current device may change
        _tables[place] = table
    return table


def _use_overrides(table: Kernels) -> None:
    from plugrad.backends.overrides import use_overrides

    use_overrides(table)


def use_plugin_kernels() -> None:
    """Load the plugins, and let every table that exists use the kernels that they offer for it.

    This happens by itself for devices other than the host's, and when an operator of a plugin is
    asked for; else it is for who wants the host's kernels replaced.
    """
    for backend in list(_backends.values()):
        for table in backend.tables():
            _use_overrides(table)


def set_default_device(device: Any) -> None:
    """Make tensors on a device from here on, in this thread, where none is named.

    Parameters
    ----------
    device : device, str, int or None
        None goes back to the processor.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.set_default_device("cpu")
    >>> plugrad.get_default_device()
    device(type='cpu')
    """
    default_device.use(cpu if device is None else Device(device))


def get_default_device() -> device:
    """Return the device on which tensors are made where none is named.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.get_default_device()
    device(type='cpu')
    """
    return default_device.device


def accelerator() -> str | None:
    """Return the type of the first device that is not the processor and can be used, or None."""
    from plugrad import plugins

    for kind in plugins.registered("backends"):
        if kind != "cpu" and backend_of(kind).is_available():
            return kind
    return None


set_accelerator_lookup(accelerator)
