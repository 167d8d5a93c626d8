"""`CudaBackend`: what this machine lacks for CUDA, and the cure.

CuPy is not imported before it is needed: that takes a third of a second. Its own questions are
asked in the order in which things can be missing: the package, the driver, a device.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

from plugrad.backends.protocol import Backend, Event, Kernels
from plugrad.devices import device

__all__ = ["CudaBackend"]

INSTALL = "pip install 'plugrad-backend-cuda[cuda12]' (or [cuda13], as your driver allows)"


class CudaBackend(Backend):
    """NVIDIA GPUs through CuPy.

    This release finds out whether CUDA could be used, and says so; it has no kernels yet, so it
    never reports itself available.

    Examples
    --------
    >>> from plugrad_cuda.backend import CudaBackend
    >>> CudaBackend().is_available()
    False
    """

    device_type = "cuda"

    def __init__(self) -> None:
        super().__init__()
        self._reason: str | None = None

    def is_available(self) -> bool:
        """Return False: see `unavailable_reason`."""
        return False

    def unavailable_reason(self) -> str:
        """Return what is missing, and what to do about it. The answer is kept."""
        if self._reason is None:
            self._reason = _missing()
        return self._reason

    def device_count(self) -> int:
        """Return 0, for no device can be used."""
        return 0

    def make_kernels(self, device: device) -> Kernels:
        """Refuse, with the reason.

        Raises
        ------
        RuntimeError
            Always.
        """
        self._refuse()

    def event(self) -> Event:
        """Refuse, with the reason.

        Raises
        ------
        RuntimeError
            Always.
        """
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise RuntimeError(f"CUDA cannot be used: {self.unavailable_reason()}")


def _missing() -> str:
    if find_spec("cupy") is None:
        return f"CuPy is not installed; {INSTALL}"
    try:
        cupy = import_module("cupy")
    except (ImportError, RuntimeError) as error:
        return f"CuPy is installed but does not load ({error}); reinstall it: {INSTALL}"
    return _missing_device(cupy)


def _missing_device(cupy: Any) -> str:
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except (ImportError, RuntimeError) as error:
        return (
            f"CuPy finds no usable NVIDIA driver ({error}); install the driver, and check it with "
            "nvidia-smi"
        )
    if count == 0:
        return "the NVIDIA driver reports no device; check with nvidia-smi"
    return (
        f"there are {count} device(s), but this release of plugrad-backend-cuda has no kernels "
        "for them yet; use the cpu"
    )
