"""``plugrad.cuda``: the CUDA devices, whose backend ships in a distribution of its own.

Everything here works without it: `is_available` is False then, and what needs a device says what
is missing.

Examples
--------
>>> import plugrad
>>> plugrad.cuda.device_count() if plugrad.cuda.is_available() else 0
0
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from plugrad import devices
from plugrad.operators.device_table import backend_of
from plugrad.random import manual_seed as _seed_host

if TYPE_CHECKING:
    from plugrad.backends.protocol import Backend

__all__ = [
    "Event",
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "init",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "memory_allocated",
    "memory_reserved",
    "set_device",
    "synchronize",
]


def _usable() -> Backend | None:
    """Return the backend if it can be used; None if it is not installed, or finds no device."""
    try:
        backend = backend_of("cuda")
    except AssertionError:
        return None
    return backend if backend.is_available() else None


def _required() -> Backend:
    """Return the backend.

    Raises
    ------
    AssertionError
        If none is installed.
    RuntimeError
        If it finds no device to use.
    """
    backend = backend_of("cuda")
    if not backend.is_available():
        raise RuntimeError(backend.unavailable_reason())
    return backend


def _index(place: Any, backend: Backend) -> int:
    """Return the number of a device, by default of the current one."""
    if isinstance(place, (str, devices.device)):
        place = devices.device(place)
        if place.type != "cuda":
            raise ValueError(f"expected a CUDA device, not {place}")
        place = place.index
    index = backend.current_device() if place is None else place
    if not isinstance(index, int) or not 0 <= index < backend.device_count():
        raise RuntimeError(
            f"there is no CUDA device {index!r}: this machine has {backend.device_count()}"
        )
    return index


def is_available() -> bool:
    """Return whether a CUDA device can be used. Never raises."""
    return _usable() is not None


def device_count() -> int:
    """Return the number of CUDA devices: 0 without the backend."""
    backend = _usable()
    return 0 if backend is None else backend.device_count()


def is_initialized() -> bool:
    """Return whether CUDA can be used: there is no state of its own to set up."""
    return is_available()


def init() -> None:
    """Check that CUDA can be used; raises what is missing."""
    _required()


def current_device() -> int:
    """Return the number of the device that ``"cuda"`` means."""
    return _index(None, _required())


def set_device(device: Any) -> None:
    """Choose the device that ``"cuda"`` means.

    Parameters
    ----------
    device : int, str or device
    """
    backend: Any = _required()
    backend.set_device(_index(device, backend))


class device:
    """A context in which ``"cuda"`` means the device of a number; None or -1 change nothing.

    Parameters
    ----------
    device : int, str, device or None
    """

    def __init__(self, device: Any) -> None:
        self._wanted = None if device in (None, -1) else device
        self._previous: int | None = None

    def __enter__(self) -> None:
        if self._wanted is not None:
            self._previous = current_device()
            set_device(self._wanted)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._previous is not None:
            set_device(self._previous)


def get_device_name(device: Any = None) -> str:
    """Return what the maker calls a device, by default the current one."""
    backend: Any = _required()
    return str(backend.device_name(_index(device, backend)))


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Return the compute capability of a device, by default of the current one."""
    backend: Any = _required()
    major, minor = backend.device_capability(_index(device, backend))
    return int(major), int(minor)


def is_bf16_supported() -> bool:
    """Return whether the current device computes in bfloat16 itself: from capability 8.0 on."""
    return is_available() and get_device_capability() >= (8, 0)


def synchronize(device: Any = None) -> None:
    """Wait until all work queued on a device, by default the current one, is done."""
    backend = _required()
    backend.synchronize(_index(device, backend))


def Event(enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> Any:
    """Return a new event of the current device, for measuring time."""
    return _required().event()


def memory_allocated(device: Any = None) -> int:
    """Return the bytes in use by arrays of a device; 0 without the backend."""
    backend = _usable()
    return 0 if backend is None else backend.memory_allocated(_index(device, backend))


def max_memory_allocated(device: Any = None) -> int:
    """Return the most bytes that were in use; 0 where that is not known."""
    backend: Any = _usable()
    known = getattr(backend, "max_memory_allocated", None)
    return 0 if known is None else int(known(_index(device, backend)))


def memory_reserved(device: Any = None) -> int:
    """Return the bytes that the backend holds; 0 where that is not known."""
    backend: Any = _usable()
    known = getattr(backend, "memory_reserved", None)
    return 0 if known is None else int(known(_index(device, backend)))


def empty_cache() -> None:
    """Give memory that is not in use back to the driver, if the backend keeps any."""
    release = getattr(_usable(), "empty_cache", None)
    if release is not None:
        release()


def manual_seed(seed: int) -> None:
    """Seed the random numbers of the devices: those of the host, which serve them all.

    Without a device nothing happens, as in PyTorch.
    """
    if is_available():
        _seed_host(seed)


manual_seed_all = manual_seed
