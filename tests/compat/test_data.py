"""``plugrad.utils.data`` beside ``torch.utils.data``: batches, order, and what is drawn later."""

import collections
import random
from typing import Any

import numpy
import pytest
import torch
import torch.utils.data

import plugrad
import plugrad.utils.data

Pair = collections.namedtuple("Pair", "x y")

SAMPLERS = {
    "sequential": lambda t, d: d.SequentialSampler(range(11)),
    "random": lambda t, d: d.RandomSampler(range(11)),
    "random, fewer": lambda t, d: d.RandomSampler(range(11), num_samples=5),
    "random, more": lambda t, d: d.RandomSampler(range(4), num_samples=11),
    "replacement": lambda t, d: d.RandomSampler(range(11), replacement=True, num_samples=70),
    "own generator": lambda t, d: d.RandomSampler(
        range(11), generator=t.Generator().manual_seed(3)
    ),
    "subset": lambda t, d: d.SubsetRandomSampler([5, 9, 2, 4]),
    "weighted": lambda t, d: d.WeightedRandomSampler([0.1, 3, 0.5], 20),
    "weighted once": lambda t, d: d.WeightedRandomSampler([0.1, 3, 0.5, 2.0], 3, False),
    "batches": lambda t, d: d.BatchSampler(d.RandomSampler(range(11)), 4, False),
    "full batches": lambda t, d: d.BatchSampler(range(11), 4, True),
    "split": lambda t, d: [list(s.indices) for s in d.random_split(range(11), [3, 8])],
    "shares": lambda t, d: [list(s.indices) for s in d.random_split(range(11), [0.3, 0.3, 0.4])],
}

LOADERS = {
    "plain": {"batch_size": 3},
    "shuffled": {"batch_size": 3, "shuffle": True},
    "drop_last": {"batch_size": 4, "shuffle": True, "drop_last": True},
    "single items": {"batch_size": None},
    "seeded": {"batch_size": 3, "shuffle": True, "generator": 7},
    "processes": {"batch_size": 2, "shuffle": True, "num_workers": 2},
    "one process": {"batch_size": 2, "shuffle": True, "num_workers": 1, "prefetch_factor": 3},
}

WRONG = {
    "num_workers": {"num_workers": -1},
    "timeout": {"timeout": -1},
    "prefetch_factor": {"prefetch_factor": 2},
    "negative prefetch_factor": {"prefetch_factor": -2, "num_workers": 1},
    "persistent_workers": {"persistent_workers": True},
    "sampler and shuffle": {"sampler": [1], "shuffle": True},
    "batch_sampler and size": {"batch_sampler": [[1]], "batch_size": 2},
    "batch_sampler and shuffle": {"batch_sampler": [[1]], "shuffle": True},
    "batch_sampler and drop_last": {"batch_sampler": [[1]], "drop_last": True},
    "no batches to drop": {"batch_size": None, "drop_last": True},
    "batch_size": {"batch_size": 0},
    "fractional batch_size": {"batch_size": 1.5},
    "context": {"multiprocessing_context": "fork"},
    "unknown context": {"multiprocessing_context": "nowhere", "num_workers": 1},
    "wrong context": {"multiprocessing_context": 3, "num_workers": 1},
}

COLLATED = {
    "floats": [1.5, 2.5],
    "ints": [1, 2],
    "bools": [True, False],
    "strings": ["a", "b"],
    "tuples": [(1, 2.0), (3, 4.0)],
    "lists": [[1, 2.0], [3, 4.0]],
    "dicts": [{"a": 1, "b": [2]}, {"a": 3, "b": [4]}],
    "named": [Pair(1, 2.0), Pair(3, 4.0)],
    "arrays": [numpy.ones((2, 2)), numpy.zeros((2, 2))],
    "0-d arrays": [numpy.array(1.5), numpy.array(2.5)],
    "scalars": [numpy.float32(1), numpy.float32(2)],
    "ordered": [collections.OrderedDict(a=1), collections.OrderedDict(a=2)],
    "ragged": [[1, 2], [3]],
    "objects": [object(), object()],
    "text arrays": [numpy.array(["a"]), numpy.array(["b"])],
    "none": [None, None],
    "nothing": [],
    "sets": [{1}, {2}],
}


def plain(value: Any) -> Any:
    """Return tensors as what both libraries can be compared by."""
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return str(value.dtype).rpartition(".")[2], value.tolist()
    if isinstance(value, dict):
        return type(value).__name__, {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(each) for each in value]
    return value


def outcome(work: Any) -> Any:
    try:
        return plain(work())
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers(name):
    found = []
    for t in (torch, plugrad):
        t.manual_seed(5)
        sampler = SAMPLERS[name](t, t.utils.data)
        found.append((list(sampler), len(sampler), list(sampler), t.rand(2).tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", LOADERS)
def test_loaders(name):
    found = []
    for t in (torch, plugrad):
        arguments = dict(LOADERS[name])
        if "generator" in arguments:
            arguments["generator"] = t.Generator().manual_seed(arguments["generator"])
        t.manual_seed(5)
        rows = t.utils.data.TensorDataset(t.arange(11), t.arange(22.0).view(11, 2))
        loader = t.utils.data.DataLoader(rows, **arguments)
        passes = [plain([list(batch) for batch in loader]) for _ in range(2)]
        found.append((passes, len(loader), t.rand(2).tolist()))
    assert found[0] == found[1]


class Streams:
    """Its items tell what a worker's random streams give."""

    def __init__(self, t: Any) -> None:
        self.t = t.__name__

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        t = {"torch": torch, "plugrad": plugrad}[self.t]
        worker = t.utils.data.get_worker_info()
        drawn = t.rand(1).item(), random.random(), numpy.random.rand()
        return worker.id, worker.num_workers, worker.seed, *drawn


def test_streams_of_workers():
    found = []
    for t in (torch, plugrad):
        t.manual_seed(5)
        loader = t.utils.data.DataLoader(Streams(t), 2, num_workers=2)
        found.append((plain(list(loader)), t.rand(1).item()))
    assert found[0] == found[1]


def counted(t: Any) -> Any:
    class Counted(t.utils.data.IterableDataset):
        def __iter__(self) -> Any:
            worker = t.utils.data.get_worker_info()
            first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
            return iter(range(first, 13, step))

    return Counted()


@pytest.mark.filterwarnings("ignore:.*worker:UserWarning")  # of more than there are processors
@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [None, 1, 2, 5])
@pytest.mark.parametrize("drop", [False, True])
def test_iterable_data(workers, size, drop):
    if size is None and drop:
        pytest.skip("refused")
    ours, theirs = (
        outcome(
            lambda t=t: list(
                t.utils.data.DataLoader(counted(t), size, num_workers=workers, drop_last=drop)
            )
        )
        for t in (plugrad, torch)
    )
    assert ours == theirs


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("iterable", [False, True])
def test_what_a_loader_refuses(name, iterable):
    def refused(t: Any) -> Any:
        data = counted(t) if iterable else range(5)
        return outcome(lambda: type(t.utils.data.DataLoader(data, **WRONG[name])).__name__)

    assert refused(plugrad) == refused(torch)


@pytest.mark.parametrize("name", COLLATED)
@pytest.mark.parametrize("function", ["default_collate", "default_convert"])
def test_collating(name, function):
    ours, theirs = (
        outcome(lambda t=t: getattr(t.utils.data, function)(COLLATED[name]))
        for t in (plugrad, torch)
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "call",
    [
        "d.RandomSampler(range(3), replacement=1)",
        "d.RandomSampler(range(3), num_samples=0)",
        "d.RandomSampler(range(3), num_samples=1.5)",
        "d.RandomSampler([])",
        "d.WeightedRandomSampler([1, 2], 0)",
        "d.WeightedRandomSampler([1, 2], 1, 1)",
        "d.WeightedRandomSampler([[1, 2]], 1)",
        "d.BatchSampler(range(3), 0, False)",
        "d.BatchSampler(range(3), 2, 1)",
        "d.ConcatDataset([])",
        "d.ConcatDataset([[1]])[-2]",
        "d.ConcatDataset([[1]])[1]",
        "d.TensorDataset(t.ones(2), t.ones(3))",
        "d.StackDataset()",
        "d.StackDataset([1], x=[1])",
        "d.StackDataset([1], [1, 2])",
        "d.random_split(range(3), [1, 1])",
        "d.random_split(range(3), [0.5, 0.6])",
        "d.random_split(range(3), [1.5, -0.5])",
        "len(d.DataLoader(iter([1])))",
        "setattr(d.DataLoader([1]), 'batch_size', 3)",
        "setattr(d.DataLoader([1]), 'dataset', 3)",
        "list(d.Sampler())",
        "d.Dataset()[0]",
        "list(d.DataLoader([1, 2], sampler=[5]))",
    ],
)
def test_what_is_refused(call):
    ours, theirs = (
        outcome(lambda t=t: eval(call, {"t": t, "d": t.utils.data})) for t in (plugrad, torch)
    )
    assert isinstance(theirs, type), theirs
    assert ours == theirs
