"""What a worker does: it fetches the batches that it is asked for."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from traceback import format_exc
from typing import Any, NamedTuple

import numpy

import plugrad

__all__ = ["Failure", "Fetcher", "WorkerInfo", "get_worker_info", "serve"]

_here = threading.local()


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker of a `DataLoader` knows of itself.

    Attributes
    ----------
    id : int
        Its number, from 0 on.
    num_workers : int
        How many there are.
    seed : int
        What its random streams start from.
    dataset : Dataset
        Its copy of the data set; among threads, the one data set.

    Examples
    --------
    >>> from plugrad.utils.data import WorkerInfo
    >>> WorkerInfo(id=0, num_workers=2, seed=42, dataset="abc").num_workers
    2
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


def get_worker_info() -> WorkerInfo | None:
    """Return what a worker knows of itself; outside of workers None.

    Examples
    --------
    Each worker takes its share of an iterable data set:

    >>> from plugrad.utils.data import DataLoader, IterableDataset, get_worker_info
    >>> class Numbers(IterableDataset):
    ...     def __iter__(self):
    ...         worker = get_worker_info()
    ...         first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
    ...         return iter(range(first, 10, step))
    >>> batches = DataLoader(Numbers(), 3, num_workers=2, multiprocessing_context="thread")
    >>> [batch.tolist() for batch in batches]
    [[0, 2, 4], [1, 3, 5], [6, 8], [7, 9]]
    """
    return getattr(_here, "info", None)


@dataclass
class Fetcher:
    """Makes batches of a data set's items.

    Attributes
    ----------
    dataset : Dataset
    iterable, batched, drop_last : bool
        Whether items come one after another, whether they are collected, and whether all of them
        in batches of full size.
    collate : callable
    """

    dataset: Any
    iterable: bool
    batched: bool
    collate: Callable[[Any], Any]
    drop_last: bool
    items: Iterator[Any] | None = None

    def begin(self) -> None:
        """Start from the first item, where they come one after another."""
        if self.iterable:
            self.items = iter(self.dataset)

    def fetch(self, index: Any) -> Any:
        """Return the batch of these numbers, or the item of this one.

        Raises
        ------
        StopIteration
            If items come one after another and there are no more.
        """
        if self.items is not None:
            return self.collate(self._next_ones(len(index)) if self.batched else next(self.items))
        if not self.batched:
            return self.collate(self.dataset[index])
        together = getattr(self.dataset, "__getitems__", None)
        if together:
            return self.collate(together(index))
        return self.collate([self.dataset[each] for each in index])

    def _next_ones(self, count: int) -> list[Any]:
        assert self.items is not None
        found = list(islice(self.items, count))
        if not found or (self.drop_last and len(found) < count):
            raise StopIteration
        return found

    def all_of(self, indices: Iterator[Any]) -> Iterator[Any]:
        """Begin, and return an iterator of all batches."""
        self.begin()
        return self._each(indices)

    def _each(self, indices: Iterator[Any]) -> Iterator[Any]:
        for index in indices:
            try:
                batch = self.fetch(index)
            except StopIteration:
                if not self.iterable:
                    raise
                return
            yield batch


class Failure(NamedTuple):
    """An error, and where it happened, as what can be sent."""

    kind: type[BaseException]
    text: str

    @classmethod
    def of(cls, error: BaseException, where: str) -> Failure:
        """Describe the error that is being handled."""
        return cls(type(error), f"Caught {type(error).__name__} {where}.\n{format_exc()}")

    def raise_again(self) -> None:
        """Raise an error of that type; a RuntimeError where its type takes no text."""
        try:
            error = self.kind(self.text)
        except Exception:
            error = RuntimeError(self.text)
        raise error


def _seed(base: int, number: int) -> None:
    """Start a worker process's streams, each from its own seed, as PyTorch's workers do."""
    random.seed(base + number)
    plugrad.manual_seed(base + number)
    words = (number, base & 0xFFFFFFFF, base >> 32, 0)
    numpy.random.seed(numpy.random.SeedSequence(words).generate_state(4))


def serve(
    fetcher: Fetcher, number: int, workers: int, prepare: Callable[[int], None] | None,
    seeded: bool, receive: Callable[[], Any], send: Callable[[Any], None],
) -> None:  # fmt: skip
    """Answer requests until None comes: do what a worker does.

    A request is a seed, to begin an iteration with, or a pair of a batch's number and its indices.
    An answer is such a number with a batch, a `Failure`, or `StopIteration` where there are no more
    items.
    """
    where = f"in DataLoader worker {'process' if seeded else 'thread'} {number}"
    fetcher = replace(fetcher)
    failure: Failure | None = None
    begun = False
    while (request := receive()) is not None:
        if isinstance(request, int):
            try:
                if seeded:
                    _seed(request, number)
                _here.info = WorkerInfo(number, workers, request + number, fetcher.dataset)
                if prepare is not None and not begun:
                    prepare(number)
                begun = True
                fetcher.begin()
            except Exception as error:
                failure = Failure.of(error, where)
            continue
        task, index = request
        try:
            answer = failure or fetcher.fetch(index)
        except StopIteration:
            answer = StopIteration
        except Exception as error:
            answer = Failure.of(error, where)
        send((task, answer))
