"""Samplers: in what order a data set's items are taken, and in what batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

import plugrad
from plugrad import Generator

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "drawn_seed",
]

# As PyTorch: indices with replacement are drawn so many at a time.
_DRAWN_AT_ONCE = 32

Index = TypeVar("Index", covariant=True)


def drawn_seed(generator: Generator | None = None) -> int:
    """Return a random seed, one draw of the stream."""
    return int(plugrad.empty((), dtype=plugrad.int64).random_(generator=generator).item())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


class Sampler(Generic[Index]):
    """The order in which items are taken: to be inherited from, with ``__iter__``.

    Examples
    --------
    >>> from plugrad.utils.data import DataLoader, Sampler
    >>> class Backwards(Sampler):
    ...     def __iter__(self):
    ...         return iter((2, 1, 0))
    >>> list(DataLoader("abc", sampler=Backwards(), batch_size=None))
    ['c', 'b', 'a']
    """

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__; define it")


class SequentialSampler(Sampler[int]):
    """The items in their order.

    Parameters
    ----------
    data_source : Dataset

    Examples
    --------
    >>> from plugrad.utils.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The items in a random order.

    Parameters
    ----------
    data_source : Dataset
    replacement : bool
        Whether an item may come again before all others came.
    num_samples : int, optional
        How many to draw, by default as many as there are.
    generator : Generator, optional
        By default each iteration has one of its own, whose seed is drawn from the stream that
        `plugrad.manual_seed` starts.

    Raises
    ------
    TypeError
        If `replacement` is no bool.
    ValueError
        If `num_samples` is no positive int.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.data import RandomSampler
    >>> _ = plugrad.manual_seed(0)
    >>> sorted(RandomSampler("abcd"))
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement is a bool, not {replacement!r}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not _is_count(self.num_samples):
            raise ValueError(f"num_samples is a positive int, not {self.num_samples!r}")

    @property
    def num_samples(self) -> int:
        """How many are drawn: the length of the data set at this moment, if it was not given."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        generator = self.generator
        if generator is None:
            generator = Generator()
            generator.manual_seed(drawn_seed())
        count, wanted = len(self.data_source), self.num_samples
        if self.replacement:
            for start in range(0, wanted, _DRAWN_AT_ONCE):
                number = min(wanted - start, _DRAWN_AT_ONCE)
                yield from plugrad.randint(count, (number,), generator=generator).tolist()
            return
        # As PyTorch: what is left over is taken from one more order, even if that is nothing.
        for start in range(0, wanted + 1, count):
            yield from plugrad.randperm(count, generator=generator)[: wanted - start].tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Some items, in a random order.

    Parameters
    ----------
    indices : sequence of int
    generator : Generator, optional
        By default the one that `plugrad.manual_seed` seeds.

    Examples
    --------
    >>> from plugrad.utils.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([5, 3, 8]))
    [3, 5, 8]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for place in plugrad.randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[place]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Numbers drawn with given chances.

    Parameters
    ----------
    weights : sequence of float
        The chance of each number, up to a common factor.
    num_samples : int
    replacement : bool
        Whether a number may be drawn again.
    generator : Generator, optional
        By default the one that `plugrad.manual_seed` seeds.

    Raises
    ------
    ValueError
        If `num_samples` is no positive int, `replacement` no bool, or `weights` no vector.

    Examples
    --------
    >>> from plugrad.utils.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 1.0], 3))
    [1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not _is_count(num_samples):
            raise ValueError(f"num_samples is a positive int, not {num_samples!r}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement is a bool, not {replacement!r}")
        self.weights = plugrad.as_tensor(weights, dtype=plugrad.float64)
        if self.weights.dim() != 1:
            raise ValueError(f"weights are a vector, not of shape {list(self.weights.shape)}")
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = plugrad.multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """What a sampler gives, in lists.

    Parameters
    ----------
    sampler : iterable of int
    batch_size : int
    drop_last : bool
        Whether a last, shorter list is left out.

    Raises
    ------
    ValueError
        If `batch_size` is no positive int, or `drop_last` no bool.

    Examples
    --------
    >>> from plugrad.utils.data import BatchSampler
    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        if not _is_count(batch_size):
            raise ValueError(f"batch_size is a positive int, not {batch_size!r}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last is a bool, not {drop_last!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]  # only asked of those that have one
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
