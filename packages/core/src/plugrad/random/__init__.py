"""Random numbers: generators, and the state of the default one.

The same seed gives the same numbers as in PyTorch, on every device: they are drawn on the host.

Examples
--------
>>> import plugrad
>>> generator = plugrad.random.manual_seed(0)
>>> plugrad.rand(2)
tensor([0.4963, 0.7682])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self, SupportsInt

import numpy

from plugrad.random import generator as _streams

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]


class Generator(_streams.Generator):
    """A stream of random numbers, the same one that PyTorch's generator of the CPU gives.

    Parameters
    ----------
    device : device or str, optional
        The device whose random numbers it is to supply, ``"cpu"`` by default. It changes no number.

    Examples
    --------
    >>> import plugrad
    >>> generator = plugrad.Generator().manual_seed(0)
    >>> plugrad.rand(2, generator=generator)
    tensor([0.4963, 0.7682])
    """

    __slots__ = ()
    __module__ = "plugrad"

    def get_state(self) -> Tensor:  # type: ignore[override]
        """Return all that the coming numbers depend on: bytes, the same ones as PyTorch's.

        Returns
        -------
        Tensor of uint8, shape (5056,)
        """
        from plugrad.operators.construction import from_numpy

        return from_numpy(super().get_state())

    def set_state(self, new_state: Tensor) -> Self:  # type: ignore[override]
        """Continue the stream from a state that `get_state` has returned.

        Parameters
        ----------
        new_state : Tensor of uint8, shape (5056,)

        Returns
        -------
        Generator
            Itself.

        Raises
        ------
        TypeError
            If it is no tensor of uint8.
        RuntimeError
            If it has another size, or is no state of this kind of generator.
        """
        from plugrad.tensor import Tensor

        array: Any = new_state
        if isinstance(new_state, Tensor):
            array = new_state._host()
        elif not isinstance(new_state, numpy.ndarray):
            raise TypeError(
                "a generator's state is a Tensor of plugrad.uint8, not a "
                f"{type(new_state).__name__}"
            )
        return super().set_state(array)


default_generator: Final = Generator()
"""The generator of every function that is not given one. Each process begins with another seed."""
default_generator.seed()


def manual_seed(seed: SupportsInt | str) -> Generator:
    """Start the stream that belongs to a seed in the default generator.

    Parameters
    ----------
    seed : int
        From ``-2**63`` to ``2**64 - 1``. Anything that ``int()`` takes will do, as in PyTorch.

    Returns
    -------
    Generator
        The default generator.

    Raises
    ------
    ValueError
        If `seed` needs more than 64 bits, or is nan or text that is no number.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.manual_seed(3).initial_seed()
    3
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from the operating system's entropy, and return that seed.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.seed() == plugrad.initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed that the default generator's stream began with.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(3)
    >>> plugrad.initial_seed()
    3
    """
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """Return the state of the default generator: see `Generator.get_state`.

    Examples
    --------
    >>> import plugrad
    >>> state = plugrad.get_rng_state()
    >>> first = plugrad.rand(2)
    >>> plugrad.set_rng_state(state)
    >>> bool((plugrad.rand(2) == first).all())
    True
    """
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Continue the default generator's stream from a state.

    Parameters
    ----------
    new_state : Tensor of uint8
        What `get_rng_state` returned, here or in PyTorch.

    Examples
    --------
    >>> import plugrad
    >>> state = plugrad.get_rng_state()
    >>> first = plugrad.rand(2)
    >>> plugrad.set_rng_state(state)
    >>> plugrad.equal(plugrad.rand(2), first)
    True
    """
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None, enabled: bool = True, device_type: str = "cuda"
) -> Iterator[None]:
    """Restore the state of the default generator when the ``with`` block ends.

    Parameters
    ----------
    devices, device_type
        Accepted: one stream serves all devices.
    enabled : bool
        False does nothing.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> with plugrad.random.fork_rng():
    ...     _ = plugrad.rand(3)
    >>> plugrad.rand(2)
    tensor([0.4963, 0.7682])
    """
    if not enabled:
        yield
        return
    state = default_generator.get_state()
    try:
        yield
    finally:
        default_generator.set_state(state)
