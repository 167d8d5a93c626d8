"""How items become a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy

import plugrad
from plugrad import Tensor

__all__ = ["default_collate", "default_convert"]


def default_convert(data: Any) -> Any:
    """Return `data` with NumPy's arrays and numbers as tensors, whatever holds them.

    Parameters
    ----------
    data
        Tensors stay, and so does what is none of NumPy's; dicts, tuples and sequences are
        converted inside.

    Returns
    -------
    object

    Examples
    --------
    >>> import numpy
    >>> from plugrad.utils.data import default_convert
    >>> default_convert({"x": numpy.arange(2), "name": "a"})
    {'x': tensor([0, 1]), 'name': 'a'}
    """
    if isinstance(data, numpy.ndarray | numpy.generic):
        textual = data.dtype.kind in "SUO"
        return data if textual else plugrad.as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple):
        return [default_convert(each) for each in data]
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _sequence(data, [default_convert(each) for each in data])
    return data


def default_collate(batch: Any) -> Any:
    """Return items as one batch: tensors stacked, numbers as a tensor, containers inside.

    Parameters
    ----------
    batch : sequence
        The items, all of one kind: tensors, NumPy's arrays and numbers, numbers, strings (which
        stay a list), or dicts, tuples and sequences of such.

    Returns
    -------
    object

    Raises
    ------
    TypeError
        If there is something else among them.
    RuntimeError
        If tensors have different shapes, or sequences different lengths.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.data import default_collate
    >>> default_collate([(plugrad.zeros(2), 1), (plugrad.ones(2), 2)])
    [tensor([[0., 0.],
            [1., 1.]]), tensor([1, 2])]
    """
    first = batch[0]
    for kind, collate in _COLLATED:
        if isinstance(first, kind):
            return collate(batch, first)
    raise TypeError(
        f"items of type {type(first).__name__} do not make a batch: tensors, NumPy's arrays, "
        "numbers, strings, dicts, tuples and sequences do; pass a collate_fn for others"
    )


def _arrays(batch: Any, first: Any) -> Any:
    if first.dtype.kind in "SUO":
        raise TypeError(f"NumPy's {first.dtype} does not make a batch; pass a collate_fn")
    if isinstance(first, numpy.ndarray) and first.shape:
        return plugrad.stack([plugrad.as_tensor(each) for each in batch])
    return plugrad.as_tensor(numpy.array(batch))


def _mappings(batch: Any, first: Any) -> Any:
    return _mapping(first, {key: default_collate([each[key] for each in batch]) for key in first})


def _sequences(batch: Any, first: Any) -> Any:
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(default_collate, zip(*batch, strict=True)))
    if any(len(each) != len(first) for each in batch):
        lengths = sorted({len(each) for each in batch})
        raise RuntimeError(f"the sequences of a batch have {lengths} items; make them as long")
    columns = [default_collate(column) for column in zip(*batch, strict=True)]
    return columns if isinstance(first, tuple) else _sequence(first, columns)


_COLLATED: list[tuple[Any, Callable[[Any, Any], Any]]] = [
    (Tensor, lambda batch, first: plugrad.stack(list(batch))),
    (numpy.ndarray | numpy.generic, _arrays),
    (float, lambda batch, first: plugrad.tensor(batch, dtype=plugrad.float64)),
    (int, lambda batch, first: plugrad.tensor(batch)),
    (str | bytes, lambda batch, first: batch),
    (Mapping, _mappings),
    (Sequence, _sequences),
]


def _mapping(like: Any, values: dict[Any, Any]) -> Any:
    """Return a mapping of the type of another one, or a dict where it cannot be made."""
    try:
        if isinstance(like, MutableMapping):
            # What else it holds, a default factory for one, stays.
            twin = copy.copy(like)
            twin.update(values)
            return twin
        return type(like)(values)
    except TypeError:
        return values


def _sequence(like: Any, values: list[Any]) -> Any:
    """Return a sequence of the type of another one, or a list where it cannot be made."""
    try:
        if isinstance(like, MutableSequence):
            twin = copy.copy(like)
            for number, value in enumerate(values):
                twin[number] = value
            return twin
        return type(like)(values)
    except TypeError:
        return values
