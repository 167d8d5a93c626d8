"""The NumPy backend: the device ``cpu``."""

from __future__ import annotations

from time import perf_counter

from plugrad.backends.array_api import ArrayApiKernels
from plugrad.backends.numpy.allocation import keep_freed_memory
from plugrad.backends.numpy.arrays import NumpyArrays
from plugrad.backends.numpy.distances import DistanceKernels
from plugrad.backends.numpy.indexing import IndexingKernels
from plugrad.backends.numpy.into import IntoKernels
from plugrad.backends.numpy.linalg import LinalgKernels
from plugrad.backends.numpy.network import NetworkKernels
from plugrad.backends.numpy.normalization import NormalizationKernels
from plugrad.backends.numpy.ordering import OrderingKernels
from plugrad.backends.numpy.pointwise import PointwiseKernels
from plugrad.backends.numpy.reduction import ReductionKernels
from plugrad.backends.numpy.scipy import ScipyKernels
from plugrad.backends.numpy.shape import ShapeKernels
from plugrad.backends.protocol import Backend, Event
from plugrad.devices import device

__all__ = ["NumpyBackend", "NumpyKernels"]


class NumpyKernels(
    IntoKernels,
    NumpyArrays,
    PointwiseKernels,
    NormalizationKernels,
    DistanceKernels,
    OrderingKernels,
    ReductionKernels,
    ShapeKernels,
    IndexingKernels,
    LinalgKernels,
    NetworkKernels,
    ScipyKernels,
    ArrayApiKernels,
):
    """Kernels on NumPy arrays: what the standard's words leave slow, or cannot say."""


class HostEvent(Event):
    """A point in time of the host, which works synchronously."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def record(self) -> None:
        """Take the time."""
        self._seconds = perf_counter()

    def elapsed_time(self, end: Event) -> float:
        """Return the milliseconds until `end`."""
        assert isinstance(end, HostEvent)
        return (end._seconds - self._seconds) * 1e3


class NumpyBackend(Backend):
    """The host: always there, one device without a number."""

    device_type = "cpu"

    def is_available(self) -> bool:
        """Return True."""
        return True

    def device_count(self) -> int:
        """Return 1."""
        return 1

    def make_kernels(self, device: device) -> NumpyKernels:
        """Return the kernel table."""
        keep_freed_memory()
        return NumpyKernels(self, device)

    def event(self) -> HostEvent:
        """Return a new event."""
        return HostEvent()
