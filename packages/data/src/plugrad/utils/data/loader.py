"""The loader of batches."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

from plugrad import Generator
from plugrad.utils.data.collate import default_collate, default_convert
from plugrad.utils.data.dataset import IterableDataset
from plugrad.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler, drawn_seed
from plugrad.utils.data.serving import Served
from plugrad.utils.data.working import Fetcher

__all__ = ["DataLoader"]

# What cannot be changed once a loader is made, for its samplers were made from it.
_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader:
    """Batches of a data set, in an order that a sampler gives, loaded here or by workers.

    From the same seed the order is PyTorch's, and what is drawn afterwards is, too.

    Parameters
    ----------
    dataset : Dataset
    batch_size : int or None
        Items a batch; None gives single items, converted but not collated.
    shuffle : bool, optional
        Whether the order is a new random one each time.
    sampler : iterable of int, optional
        The order, instead.
    batch_sampler : iterable of list of int, optional
        The batches, instead.
    num_workers : int
        How many processes load batches; 0 loads them here.
    collate_fn : callable, optional
        Makes a batch of a list of items: by default `default_collate`.
    pin_memory : bool
        Accepted: there is no memory to pin, for the host's is all there is.
    drop_last : bool
        Whether a last batch of fewer items is left out.
    timeout : float
        Seconds to wait for a worker's batch; 0 waits as long as it takes.
    worker_init_fn : callable, optional
        Called in each worker with its number, before it loads anything.
    multiprocessing_context : str or context, optional
        How processes start: ``"fork"``, ``"spawn"`` or ``"forkserver"``. Or ``"thread"``: workers
        are threads, which share everything with the program, its random streams included, and
        start where processes cannot.
    generator : Generator, optional
        Where orders and seeds come from, by default the one that `plugrad.manual_seed` seeds.
    prefetch_factor : int, optional
        Batches that each worker has under way, by default 2.
    persistent_workers : bool
        Whether workers stay for the next iteration.
    pin_memory_device : str
        Accepted, as `pin_memory`.
    in_order : bool
        Whether batches come in the sampler's order, rather than as workers have them ready.

    Raises
    ------
    ValueError
        If arguments contradict each other, or are out of range.

    Notes
    -----
    Worker i is seeded with the sum of i and a number that is drawn for each iteration: Python's
    ``random``, plugrad's default generator and, by way of its ``SeedSequence``, NumPy's. An error
    in a worker is raised here, with the worker's traceback in its text.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.data import DataLoader, TensorDataset
    >>> for x, y in DataLoader(TensorDataset(plugrad.arange(3), plugrad.ones(3)), batch_size=2):
    ...     print(x, y)
    tensor([0, 1]) tensor([1., 1.])
    tensor([2]) tensor([1.])
    """

    dataset: Any
    batch_size: int | None
    drop_last: bool
    sampler: Any
    batch_sampler: Any
    persistent_workers: bool

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _refuse_workings(num_workers, timeout, prefetch_factor, persistent_workers)
        self._iterable = isinstance(dataset, IterableDataset)
        _refuse_orders(self._iterable, batch_size, bool(shuffle), sampler, batch_sampler, drop_last)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.in_order = in_order
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        if sampler is None:
            if self._iterable:
                sampler = repeat(None)
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        batched = batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)
        self.persistent_workers = persistent_workers
        self._served: Served | None = None
        self._ready = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and self.__dict__.get("_ready"):
            raise ValueError(f"{name} cannot be set once a DataLoader is made; make a new one")
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> Any:
        """How workers start: None, a context of `multiprocessing`, or ``"thread"``."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None and not self.num_workers:
            raise ValueError("multiprocessing_context is for workers, and num_workers is 0")
        if isinstance(context, str) and context != "thread":
            known = multiprocessing.get_all_start_methods()
            if context not in known:
                raise ValueError(f"multiprocessing_context is 'thread' or one of {known}")
            context = multiprocessing.get_context(context)
        elif not isinstance(context, multiprocessing.context.BaseContext | str | None):
            raise TypeError(f"multiprocessing_context is a str or a context, not {context!r}")
        self._context = context

    def __len__(self) -> int:
        if not self._iterable:
            return len(self._indices)
        count = len(self.dataset)
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    @property
    def _indices(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if not self.num_workers:
            return self._loaded_here(drawn_seed(self.generator))
        if self._served is not None and self.persistent_workers:
            self._served.begin(drawn_seed(self.generator), iter(self._indices))
            return self._served
        served = Served(self._fetcher(), self._workings(), self._context)
        served.begin(drawn_seed(self.generator), iter(self._indices))
        if self.persistent_workers:
            self._served = served
        return served

    def _loaded_here(self, seed: int) -> Iterator[Any]:
        # The seed is drawn as the iterator is made; PyTorch draws it here, too, for no worker.
        return self._fetcher().all_of(iter(self._indices))

    def _fetcher(self) -> Fetcher:
        return Fetcher(
            self.dataset, self._iterable, self.batch_sampler is not None, self.collate_fn,
            self.drop_last,
        )  # fmt: skip

    def _workings(self) -> dict[str, Any]:
        return {
            "workers": self.num_workers,
            "prefetched": self.prefetch_factor,
            "timeout": self.timeout,
            "prepare": self.worker_init_fn,
            "in_order": self.in_order,
            "persistent": self.persistent_workers,
        }


def _refuse_workings(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool
) -> None:
    if num_workers < 0:
        raise ValueError(f"num_workers is {num_workers}; 0 loads batches in this process")
    if timeout < 0:
        raise ValueError(f"timeout is {timeout} seconds; 0 waits as long as it takes")
    if not num_workers and prefetch_factor is not None:
        raise ValueError("prefetch_factor is for workers, and num_workers is 0")
    able = getattr(os, "sched_getaffinity", None)
    processors = len(able(0)) if able is not None else os.cpu_count() or 1
    if num_workers > processors:
        warnings.warn(
            f"{num_workers} workers of a DataLoader share {processors} processor(s), and may be "
            "slower than as many",
            stacklevel=3,
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError(f"prefetch_factor is {prefetch_factor}; it must not be negative")
    if persistent_workers and not num_workers:
        raise ValueError("persistent_workers is for workers, and num_workers is 0")


def _refuse_orders(
    iterable: bool, batch_size: Any, shuffle: bool, sampler: Any, batch_sampler: Any, drop: bool
) -> None:
    given = {"shuffle": shuffle, "sampler": sampler, "batch_sampler": batch_sampler}
    if iterable:
        for name, value in given.items():
            if value not in (None, False):
                raise ValueError(f"an IterableDataset has its own order: {name} is not for it")
    if sampler is not None and shuffle:
        raise ValueError("sampler gives the order: shuffle is not for it")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop):
        raise ValueError(
            "batch_sampler gives the batches: batch_size, shuffle, sampler and drop_last are not "
            "for it"
        )
    if batch_sampler is None and batch_size is None and drop:
        raise ValueError("drop_last is for batches, and batch_size is None")
