"""A backend on ``array_api_strict``, which has what the array API standard has, and nothing more.

Every rule and kernel that runs here keeps to the standard, and so runs on other libraries. Tests
register it and make tensors on the device ``strict``.
"""

from __future__ import annotations

from typing import Any

import array_api_strict
import numpy

from plugrad.backends.array_api import ArrayApiKernels
from plugrad.backends.numpy import HostEvent
from plugrad.backends.protocol import Backend
from plugrad.devices import device, register_device_type

__all__ = ["StrictBackend", "StrictKernels", "install"]


class StrictKernels(ArrayApiKernels):
    """The standard's words alone, on arrays that refuse all others."""

    def __init__(self, backend: Backend, device: device) -> None:
        super().__init__(backend, device, array_api_strict)

    def to_host(self, x: Any) -> numpy.ndarray[Any, Any]:
        """Return a copy of the elements."""
        return numpy.array(numpy.from_dlpack(x))


class StrictBackend(Backend):
    """One device, ``strict``: always there."""

    device_type = "strict"

    def is_available(self) -> bool:
        """Return True."""
        return True

    def device_count(self) -> int:
        """Return 1."""
        return 1

    def make_kernels(self, device: device) -> StrictKernels:
        """Return the kernel table."""
        return StrictKernels(self, device)

    def event(self) -> HostEvent:
        """Return a new event."""
        return HostEvent()


def install() -> None:
    """Make the device ``strict`` known; a second call changes nothing."""
    from plugrad.operators import device_table

    register_device_type("strict")
    device_table._backends.setdefault("strict", StrictBackend())
