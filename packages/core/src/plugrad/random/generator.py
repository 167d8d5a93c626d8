"""The source of random words: a Mersenne Twister that runs in step with PyTorch's.

`Generator` is PyTorch's CPU generator. It is seeded as PyTorch seeds it, hands out the same 32-bit
words in the same order, and its state has the same bytes, so the two libraries can continue each
other's streams. What is made of the words stands in `plugrad.random.distributions`.

NumPy's ``MT19937`` does the twisting. It is imported with the first word that is drawn:
``numpy.random`` takes 14 ms to import, which programs that draw nothing need not wait for.

References
----------
M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
pseudo-random number generator", ACM Transactions on Modeling and Computer Simulation 8(1), 1998.
"""

from __future__ import annotations

import operator
import os
import threading
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from plugrad.devices import device as device_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Generator"]

_DEFAULT_SEED: Final = 67280421310721
"""What PyTorch seeds a new generator with."""

_KEY_LENGTH: Final = 624
_RAW_LIMIT: Final = 2048
"""Up to here ``random_raw`` is the faster way, which has no overhead but makes 64-bit items."""

_UINT32: Final = np.dtype(np.uint32)
_UINT64: Final = np.dtype(np.uint64)

_STATE: Final = np.dtype(
    [
        ("seed", np.uint64),
        ("left", np.int32),
        ("seeded", np.int32),
        ("next", np.uint64),
        ("key", np.uint64, _KEY_LENGTH),
        ("normal_x", np.float64),
        ("normal", np.float64),
        ("normal_rho", np.float64),
        ("has_normal", np.int32),
        ("padding", np.int32),
        ("float_normal", np.float32),
        ("has_float_normal", np.int32),
    ]
)
"""The 5056 bytes of PyTorch's generator state. The fields that nothing here names stay zero."""


class Generator:
    """A stream of random numbers, the same one that PyTorch's CPU generator gives.

    Parameters
    ----------
    device : device or str, optional
        The device whose random numbers it is to supply, ``"cpu"`` by default. Streams are made on
        the host for every device, so it changes no number.

    Attributes
    ----------
    lock : threading.RLock
        Whoever draws holds it for as long as the words must be consecutive.
    next_normal : float or None
        The second number of a normal pair, kept for the next request. Seeding forgets it.

    Notes
    -----
    A new generator is seeded with the constant that PyTorch uses, 67280421310721.

    Examples
    --------
    >>> generator = Generator().manual_seed(5489)
    >>> generator.words32(2).tolist()
    [3499211612, 581869302]
    """

    __slots__ = (
        "__weakref__",
        "_bits",
        "_device",
        "_fresh",
        "_integers",
        "_loaded",
        "_raw",
        "_seed",
        "lock",
        "next_normal",
    )

    lock: threading.RLock
    next_normal: float | None
    _bits: np.random.MT19937 | None
    _raw: Any
    _integers: Any

    def __init__(self, device: Any = "cpu") -> None:
        self._device = device_type(device)
        self.lock = threading.RLock()
        self._bits = None
        self._reseed(_DEFAULT_SEED)

    def _reseed(self, seed: int) -> None:
        self._seed = seed
        self._loaded = False  # whether `_bits` holds this stream's key yet
        self._fresh = True  # whether no word has been drawn since the seed
        self.next_normal = None

    @property
    def device(self) -> device_type:
        """The device whose random numbers the generator supplies."""
        return self._device

    def manual_seed(self, seed: int) -> Self:
        """Start the stream that belongs to a seed.

        Parameters
        ----------
        seed : int
            From ``-2**63`` to ``2**64 - 1``; a negative seed stands for ``2**64 + seed``. The
            stream depends on its low 32 bits alone, as in PyTorch.

        Returns
        -------
        Generator
            The generator itself.

        Raises
        ------
        RuntimeError
            If `seed` is not an integer.
        ValueError
            If it needs more than 64 bits. The stream goes on unchanged after either.

        Examples
        --------
        >>> Generator().manual_seed(-1).initial_seed()
        18446744073709551615
        """
        if isinstance(seed, bool):
            raise RuntimeError("a generator is seeded with an integer, not with a bool")
        try:
            value = operator.index(seed)
        except TypeError:
            raise RuntimeError(
                f"a generator is seeded with an integer, not with {type(seed).__name__}"
            ) from None
        if not -(2**63) <= value < 2**64:
            raise ValueError(f"a seed lies between -2**63 and 2**64 - 1, but got {value}")
        with self.lock:
            self._reseed(value % 2**64)
        return self

    def seed(self) -> int:
        """Seed the generator from the operating system's entropy, and return that seed.

        Returns
        -------
        int
            From 0 to ``2**64 - 1``.
        """
        value = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(value)
        return value

    def initial_seed(self) -> int:
        """Return the seed that the stream began with.

        Returns
        -------
        int
            From 0 to ``2**64 - 1``.

        Examples
        --------
        >>> Generator().initial_seed()
        67280421310721
        """
        return self._seed

    def words32(self, count: int) -> NDArray[np.unsignedinteger[Any]]:
        """Draw 32-bit words. The caller holds `lock`.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        ndarray of unsigned integers, shape (count,)
            The next words of the stream: as uint64 while there are few, otherwise as uint32.
        """
        if self._fresh:
            self._begin(count)
        words: NDArray[np.unsignedinteger[Any]]
        if count <= _RAW_LIMIT:
            words = self._raw(count)
        else:
            words = self._integers(0, 0xFFFFFFFF, count, _UINT32, True)
        return words

    def words64(self, count: int) -> NDArray[np.uint64]:
        """Draw 64-bit words, each two 32-bit ones, the high half first. The caller holds `lock`.

        Parameters
        ----------
        count : int
            How many 64-bit words.

        Returns
        -------
        ndarray of uint64, shape (count,)
            The next words of the stream.
        """
        if self._fresh:
            self._begin(count)
        if count <= _RAW_LIMIT:
            halves = self._raw(2 * count)
            words: NDArray[np.uint64] = halves[::2] << 32
            words |= halves[1::2]
        else:
            words = self._integers(0, 0xFFFFFFFFFFFFFFFF, count, _UINT64, True)
        return words

    def _begin(self, count: int) -> None:
        """Make the twister ready to draw so many words from, if this thread may draw."""
        from plugrad.autograd.modes import mode

        if not mode.draws:
            raise RuntimeError(
                "vmap: random numbers are drawn inside; pass randomness='different', or 'same' for "
                "all samples to share them"
            )
        self._twister()
        self._fresh = count == 0

    def _twister(self) -> np.random.MT19937:
        """Return the twister with this stream's key in it, made or seeded where it is not yet."""
        bits = self._bits
        if bits is None:
            from numpy.random import MT19937
            from numpy.random import Generator as NumpyGenerator

            self._bits = bits = MT19937(0)
            self._raw = bits.random_raw
            self._integers = NumpyGenerator(bits).integers
        if not self._loaded:
            from numpy.random import RandomState

            # Seeding by one integer is the reference implementation's init_genrand.
            RandomState(bits).seed(self._seed % 2**32)
            self._loaded = True
        return bits

    def get_state(self) -> NDArray[np.uint8]:
        """Return all that the coming numbers depend on, byte for byte as PyTorch packs it.

        Returns
        -------
        ndarray of uint8, shape (5056,)
            A copy: changing it does not change the generator.

        See Also
        --------
        set_state : continue from such a state.
        """
        return self._pack()

    def set_state(self, new_state: NDArray[np.uint8]) -> Self:
        """Continue the stream from a state, plugrad's or PyTorch's.

        Parameters
        ----------
        new_state : ndarray of uint8, 5056 elements
            What `get_state` or PyTorch's ``get_rng_state().numpy()`` returned.

        Returns
        -------
        Generator
            The generator itself.

        Raises
        ------
        TypeError
            If `new_state` is not an array of bytes.
        RuntimeError
            If it has another size, or its contents are no state of a Mersenne Twister. The stream
            goes on unchanged after either.

        Examples
        --------
        >>> generator = Generator()
        >>> state = generator.get_state()
        >>> first = generator.words32(3)
        >>> bool((generator.set_state(state).words32(3) == first).all())
        True
        """
        self._unpack(new_state)
        return self

    def clone_state(self) -> Self:
        """Return a new generator that will give the same numbers.

        Returns
        -------
        Generator
            Independent of this one from here on.

        Examples
        --------
        >>> generator = Generator().manual_seed(1)
        >>> twin = generator.clone_state()
        >>> bool(twin.words32(1) == generator.words32(1))
        True
        """
        twin = type(self)(self._device)
        twin._unpack(self._pack())
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self._device), self._pack())

    def _pack(self) -> NDArray[np.uint8]:
        record = np.zeros(1, _STATE)
        with self.lock:
            twister = self._twister().state["state"]
            record["seed"] = self._seed
            record["seeded"] = 1
            record["left"] = _KEY_LENGTH + 1 - twister["pos"]
            record["next"] = 0 if self._fresh else twister["pos"]
            record["key"] = twister["key"]
            if self.next_normal is not None:
                record["normal"] = self.next_normal
                record["has_normal"] = 1
        return record.view(np.uint8)

    def _unpack(self, state: NDArray[np.uint8]) -> None:
        if not isinstance(state, np.ndarray) or state.dtype != np.uint8:
            found = state.dtype if isinstance(state, np.ndarray) else type(state).__name__
            raise TypeError(f"a generator's state is an array of uint8, but got {found}")
        if state.size != _STATE.itemsize:
            raise RuntimeError(
                f"a generator's state has {_STATE.itemsize} bytes, but got {state.size}"
            )
        record = np.ascontiguousarray(state).reshape(-1).view(_STATE)[0]
        left, following = int(record["left"]), int(record["next"])
        position = _KEY_LENGTH + 1 - left
        fresh = following == 0 and left == 1
        if not (record["seeded"] and 1 <= left <= _KEY_LENGTH and (fresh or following == position)):
            raise RuntimeError(
                "these bytes are no state of a Mersenne Twister; pass what get_state returned"
            )
        key = record["key"].astype(np.uint32)
        with self.lock:
            self._twister().state = {
                "bit_generator": "MT19937",
                "state": {"key": key, "pos": position},
            }
            self._seed = int(record["seed"])
            self._fresh = fresh
            self.next_normal = float(record["normal"]) if record["has_normal"] else None


def _rebuild(kind: type[Generator], device: str, state: NDArray[np.uint8]) -> Generator:
    generator = kind(device)
    generator._unpack(state)
    return generator
