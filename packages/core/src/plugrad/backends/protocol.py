"""What a backend is: a device type, and a table of kernels on its raw arrays.

A third party writes one `Backend` and one `Kernels`, usually by subclassing
`plugrad.backends.array_api.ArrayApiKernels` and overriding what pays. Everything that a table lacks
is composed from what it has, by the operator's body.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy

from plugrad.devices import device
from plugrad.dtypes import dtype
from plugrad.vocabulary.registry import operators

__all__ = ["Backend", "Event", "Kernels"]


class Kernels:
    """The kernel table of one device: operator names to functions on raw arrays.

    A kernel takes arrays first, then parameters, all positional, and returns an array (or a tuple
    or list of them); see ``plugrad.vocabulary`` for the names. A name that the table lacks is
    composed by the body of the operator's declaration.

    Parameters
    ----------
    backend : Backend
    device : device
        With an index where the device type has several.

    Attributes
    ----------
    array_type : type
        Of the raw arrays. A kernel's result of any other type goes through `wrap`.
    dtypes : dict
        From the arrays' own dtypes to `plugrad.dtype`.
    level : int
        0 for arrays; a transform's table stands above the one it is built on.
    views : bool
        Whether a view kernel's result shares memory, so that writing through it is seen.
    mutable : bool
        Whether an array can be written to.
    overridden : set of str
        The names whose kernels come from plugins: see `plugrad.backends.overrides`.
    """

    array_type: type
    dtypes: dict[Any, dtype]
    level: int = 0
    views: bool = True
    mutable: bool = True

    def __init__(self, backend: Backend, device: device) -> None:
        self.backend = backend
        self.device = device
        self.overridden: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # Only names that the class lacks arrive here; the answer is kept.
        operator = operators.get(name)
        if operator is None or operator.body is None:
            missing = "has no kernel for" if operator is not None else "knows no operator called"
            raise AttributeError(f"the {self.device} backend {missing} {name!r}")
        kernel = partial(operator.body, self)
        setattr(self, name, kernel)
        return kernel

    @classmethod
    def add_families(cls, *families: type[Kernels]) -> None:
        """Give this class of tables more kernels, those made from it before included.

        Distributions that bring operators bring their kernels so. What a class defines itself, or
        one made from it, goes before what a family defines. A family that is there stays as it is.

        Examples
        --------
        >>> from plugrad.backends.array_api import ArrayApiKernels, ArrayKernels
        >>> class WaveKernels(ArrayKernels):
        ...     def example_wave(self, x):
        ...         return self.sin(x) / x
        >>> ArrayApiKernels.add_families(WaveKernels)
        >>> hasattr(ArrayApiKernels, "example_wave")
        True
        """
        new = tuple(family for family in families if family not in cls.__mro__)
        cls.__bases__ = (*new, *cls.__bases__)

    def composed(self, name: str, *args: Any) -> Any:
        """Run an operator's body, where the table's own kernel does not fit the arguments."""
        body = operators[name].body
        if body is None:
            raise NotImplementedError(f"operator {name!r} has no body to compose it from")
        return body(self, *args)

    # What every table must say itself.

    def wrap(self, result: Any) -> Any:
        """Turn what a kernel returned, such as a NumPy scalar, into an array."""
        raise NotImplementedError

    def raw_dtype(self, dtype: dtype) -> Any:
        """Return the arrays' own dtype for a `plugrad.dtype`."""
        raise NotImplementedError

    def cast(self, x: Any, dtype: dtype) -> Any:
        """Return `x` converted; `x` itself where nothing is to be done."""
        raise NotImplementedError

    def copy(self, x: Any) -> Any:
        """Return a fresh array with the elements of `x`."""
        raise NotImplementedError

    def scalar(self, value: complex, dtype: dtype) -> Any:
        """Return a zero-dimensional array of one Python number."""
        raise NotImplementedError

    def zeros(self, shape: tuple[int, ...], dtype: dtype) -> Any:
        """Return an array of zeros."""
        raise NotImplementedError

    def assign(self, x: Any, value: Any) -> Any:
        """Write `value`, broadcast and converted, into the memory of `x`; return the array to bind.

        A backend with immutable arrays returns a new one.
        """
        raise NotImplementedError

    def add_into(self, x: Any, value: Any) -> Any:
        """Add `value` to `x`, in place where arrays can be written to; return the array to bind."""
        raise NotImplementedError

    def is_dense(self, x: Any) -> bool:
        """Return whether `x` is contiguous, writable and owns its memory."""
        raise NotImplementedError

    def from_host(self, array: numpy.ndarray[Any, Any]) -> Any:
        """Return a NumPy array's elements as an array of this device."""
        raise NotImplementedError

    def to_host(self, x: Any) -> numpy.ndarray[Any, Any]:
        """Return the elements of `x` as a NumPy array: its own memory where it is the host's."""
        raise NotImplementedError

    # Geometry, for tensors that show their strides. The defaults describe dense arrays.

    def strides(self, x: Any) -> tuple[int, ...]:
        """Return the strides of `x` in elements."""
        steps, step = [], 1
        for size in reversed(x.shape):
            steps.append(step)
            step *= max(size, 1)
        return tuple(reversed(steps))

    def repeats(self, x: Any) -> bool:
        """Return whether several elements of `x` have one place in memory."""
        if 0 in x.shape:
            return False
        return any(step == 0 and n > 1 for step, n in zip(self.strides(x), x.shape, strict=True))

    def storage_offset(self, x: Any) -> int:
        """Return the distance in elements from the start of the memory of `x` to its first."""
        return 0

    def may_overlap(self, x: Any, y: Any) -> bool:
        """Return whether `x` and `y` share some memory without being the same elements."""
        return False

    def data_ptr(self, x: Any) -> int:
        """Return the address of the first element."""
        return id(x)


class Event(ABC):
    """A point in a device's work, for measuring time."""

    @abstractmethod
    def record(self) -> None:
        """Mark this point in the work queued so far."""

    @abstractmethod
    def elapsed_time(self, end: Event) -> float:
        """Return the milliseconds between this event and `end`."""


class Backend(ABC):
    """A device type, and how its devices are reached.

    Attributes
    ----------
    device_type : str
        What stands in ``device("...")``.
    """

    device_type: ClassVar[str]

    def __init__(self) -> None:
        self._tables: dict[int | None, Kernels] = {}

    @abstractmethod
    def is_available(self) -> bool:
        """Return whether its devices can be used here; never raises."""

    def unavailable_reason(self) -> str:
        """Return why not, and what to do about it."""
        return f"no {self.device_type} device can be used here"

    @abstractmethod
    def device_count(self) -> int:
        """Return the number of devices; 0 where it is not available."""

    def current_device(self) -> int | None:
        """Return the index that a device without one means; None where they are not numbered."""
        return None

    @abstractmethod
    def make_kernels(self, device: device) -> Kernels:
        """Return the kernel table of one device: asked for once."""

    def kernels(self, index: int | None = None) -> Kernels:
        """Return the kernel table of device `index`, by default of the current one."""
        if index is None:
            index = self.current_device()
        table = self._tables.get(index)
        if table is None:
            table = self._tables[index] = self.make_kernels(device(self.device_type, index))
        return table

    def tables(self) -> list[Kernels]:
        """Return the kernel tables made so far."""
        return list(self._tables.values())

    def synchronize(self, index: int | None = None) -> None:  # noqa: B027  # the host never waits
        """Wait until all work queued on the device is done."""

    @abstractmethod
    def event(self) -> Event:
        """Return a new event of the current device."""

    def memory_allocated(self, index: int | None = None) -> int:
        """Return the bytes in use by arrays of the device; 0 where that is not known."""
        return 0
