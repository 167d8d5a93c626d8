"""Data sets: what has items by number, or one after another."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

import plugrad
from plugrad import Generator, Tensor

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

Item = TypeVar("Item", covariant=True)


class Dataset(Generic[Item]):
    """What has an item for each number: to be inherited from, with ``__getitem__``.

    Samplers and the `DataLoader` also ask for ``__len__``. Where there is a method
    ``__getitems__``, it is given all numbers of a batch at once, and returns a list.

    Examples
    --------
    >>> from plugrad.utils.data import Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 5
    ...
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> both = Squares() + Squares()
    >>> len(both), both[7]
    (10, 4)
    """

    def __getitem__(self, index: Any) -> Item:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__; define it")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Item], Iterable[Item]):
    """What gives its items one after another: to be inherited from, with ``__iter__``.

    In each worker of a `DataLoader` it is iterated over from the beginning: `get_worker_info` tells
    which share is that worker's.

    Examples
    --------
    >>> from plugrad.utils.data import IterableDataset
    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter((3, 2, 1))
    >>> list(Countdown() + Countdown())
    [3, 2, 1, 3, 2, 1]
    """

    def __iter__(self) -> Iterator[Item]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__; define it")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Rows of tensors: item i is the i-th row of each.

    Parameters
    ----------
    *tensors : Tensor
        With the same size in the first dimension.

    Raises
    ------
    AssertionError
        If those sizes differ.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.data import TensorDataset
    >>> TensorDataset(plugrad.arange(6).view(3, 2), plugrad.tensor([7, 8, 9]))[1]
    (tensor([2, 3]), tensor(8))
    """

    def __init__(self, *tensors: Tensor) -> None:
        sizes = {tensor.shape[0] for tensor in tensors}
        if len(sizes) != 1:
            raise AssertionError(f"the tensors have {sorted(sizes)} rows; give all as many")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


class StackDataset(Dataset[Any]):
    """Several data sets side by side: item i is a tuple, or a dict, of their i-th items.

    Parameters
    ----------
    *args : Dataset
        For tuples.
    **kwargs : Dataset
        For dicts.

    Raises
    ------
    ValueError
        If both or neither are given, or their lengths differ.

    Examples
    --------
    >>> from plugrad.utils.data import StackDataset
    >>> StackDataset(picture=["a", "b"], label=[0, 1])[1]
    {'picture': 'b', 'label': 1}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset takes data sets either by position or by name")
        self.datasets: Any = args or kwargs
        lengths = {len(each) for each in self._parts()}
        if len(lengths) != 1:
            raise ValueError(f"the data sets have {sorted(lengths)} items; give all as many")
        self._length = lengths.pop()

    def _parts(self) -> list[Any]:
        named = isinstance(self.datasets, dict)
        return list(self.datasets.values() if named else self.datasets)

    def _named(self, items: Sequence[Any]) -> Any:
        if isinstance(self.datasets, dict):
            return dict(zip(self.datasets, items, strict=True))
        return tuple(items)

    def __getitem__(self, index: int) -> Any:
        return self._named([each[index] for each in self._parts()])

    def __getitems__(self, indices: list[int]) -> list[Any]:
        columns = [_items(each, indices) for each in self._parts()]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(
                    f"__getitems__ of a data set returned {len(column)} items for "
                    f"{len(indices)} numbers"
                )
        return [self._named(items) for items in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[Any]):
    """Several data sets one after another.

    Parameters
    ----------
    datasets : iterable of Dataset

    Raises
    ------
    AssertionError
        If there are none, or one is an `IterableDataset`.

    Examples
    --------
    >>> from plugrad.utils.data import ConcatDataset
    >>> both = ConcatDataset(["abc", "xy"])
    >>> len(both), both[3], both[-1]
    (5, 'x', 'y')
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("ConcatDataset needs at least one data set")
        if any(isinstance(each, IterableDataset) for each in self.datasets):
            raise AssertionError("an IterableDataset has no numbers; use ChainDataset")
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if index < 0:
            if -index > len(self):
                raise ValueError(f"{index} is before the first of {len(self)} items")
            index += len(self)
        number = bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[number - 1] if number else 0
        return self.datasets[number][index - before]


class ChainDataset(IterableDataset[Any]):
    """Several iterable data sets one after another.

    Parameters
    ----------
    datasets : iterable of IterableDataset

    Examples
    --------
    >>> from plugrad.utils.data import ChainDataset, IterableDataset
    >>> class Letters(IterableDataset):
    ...     def __iter__(self):
    ...         return iter("ab")
    >>> list(ChainDataset([Letters(), Letters()]))
    ['a', 'b', 'a', 'b']
    """

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        self.datasets = datasets

    def _checked(self) -> Iterator[Any]:
        for each in self.datasets:
            if not isinstance(each, IterableDataset):
                raise AssertionError(f"{type(each).__name__} is no IterableDataset")
            yield each

    def __iter__(self) -> Iterator[Any]:
        for each in self._checked():
            yield from each

    def __len__(self) -> int:
        return sum(len(each) for each in self._checked())


class Subset(Dataset[Item]):
    """Some items of a data set.

    Parameters
    ----------
    dataset : Dataset
    indices : sequence of int
        The number in `dataset` of each item.

    Examples
    --------
    >>> from plugrad.utils.data import Subset
    >>> list(Subset("abcde", [4, 0]))
    ['e', 'a']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[each] for each in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        return _items(self.dataset, [self.indices[each] for each in indices])

    def __len__(self) -> int:
        return len(self.indices)


def _items(dataset: Any, indices: list[int]) -> list[Any]:
    """Return the items of these numbers, all at once where the data set can."""
    together = getattr(dataset, "__getitems__", None)
    if callable(together):
        return together(indices)  # type: ignore[no-any-return]
    return [dataset[each] for each in indices]


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset[Any]]:
    """Split a data set at random.

    Parameters
    ----------
    dataset : Dataset
    lengths : sequence of int, or of float
        How many items each part has; or what shares, which add up to 1. Of shares, what rounding
        down leaves over goes to the parts in turn.
    generator : Generator, optional
        By default the one that `plugrad.manual_seed` seeds.

    Returns
    -------
    list of Subset

    Raises
    ------
    ValueError
        If a share is not between 0 and 1, or the lengths do not add up to that of `dataset`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.data import random_split
    >>> one, two = random_split(range(10), [0.7, 0.3], generator=plugrad.Generator())
    >>> len(one), len(two), sorted([*one, *two]) == list(range(10))
    (7, 3, True)
    """
    count = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _counted(lengths, count)
    if sum(lengths) != count:
        raise ValueError(f"lengths {list(lengths)} add up to {sum(lengths)}, not to {count} items")
    order = plugrad.randperm(count, generator=generator).tolist()
    stops = list(accumulate(int(length) for length in lengths))
    return [
        Subset(dataset, order[stop - int(length) : stop])
        for stop, length in zip(stops, lengths, strict=True)
    ]


def _counted(shares: Sequence[float], count: int) -> list[int]:
    for number, share in enumerate(shares):
        if not 0 <= share <= 1:
            raise ValueError(f"share {number} is {share}, which is not between 0 and 1")
    lengths = [math.floor(count * share) for share in shares]
    for number in range(count - sum(lengths)):
        lengths[number % len(lengths)] += 1
    for number, length in enumerate(lengths):
        if length == 0:
            warnings.warn(f"part {number} of the split has no items", stacklevel=3)
    return lengths
