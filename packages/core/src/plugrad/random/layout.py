"""The order in which random numbers reach the elements of a tensor that is not contiguous."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["empty_in_memory_order", "fill_in_memory_order", "in_memory_order"]


def fill_in_memory_order(target: NDArray[Any], values: NDArray[Any]) -> None:
    """Write numbers into an array in the order of its memory, as PyTorch fills a tensor.

    Parameters
    ----------
    target : ndarray
        Of any strides that are not negative; overlapping ones make no sense here.
    values : ndarray
        As many numbers, in the order in which they were drawn. Their own shape does not matter.

    Examples
    --------
    >>> target = np.zeros((2, 3)).T
    >>> fill_in_memory_order(target, np.arange(6.0))
    >>> target
    array([[0., 3.],
           [1., 4.],
           [2., 5.]])
    """
    ordered = target.transpose(_memory_order(target.strides))
    ordered[...] = values.reshape(ordered.shape)


def empty_in_memory_order(like: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an unfilled dense array whose axes lie in memory in the order of another's.

    Parameters
    ----------
    like : ndarray
        The array whose shape and order of axes it gets.
    dtype : numpy.dtype

    Returns
    -------
    ndarray of `dtype`
        What PyTorch's ``empty_like`` gives.

    Examples
    --------
    >>> empty_in_memory_order(np.zeros((2, 3)).T, np.dtype(np.float32)).strides
    (4, 12)
    """
    order = _memory_order(like.strides)
    dense = np.empty([like.shape[axis] for axis in order], dtype)
    return dense.transpose(np.argsort(order).tolist())


def in_memory_order(values: NDArray[Any], strides: tuple[int, ...]) -> NDArray[Any]:
    """Return numbers in the same shape, in the order of the memory of an array of these strides.

    Parameters
    ----------
    values : ndarray
        In the order in which they were drawn.
    strides : tuple of int
        Not negative.

    Examples
    --------
    >>> in_memory_order(np.arange(6).reshape(2, 3), (1, 2))
    array([[0, 2, 4],
           [1, 3, 5]])
    """
    order = _memory_order(strides)
    dense = values.reshape([values.shape[axis] for axis in order])
    return dense.transpose(np.argsort(order).tolist())


def _memory_order(strides: tuple[int, ...]) -> list[int]:
    """Return the axes of an array of these strides, the one with the widest first.

    An axis of stride 0 does not say where it belongs, so it keeps its place among its neighbours;
    hence an insertion sort, in which it is passed over.
    """
    order: list[int] = []
    for axis, stride in enumerate(strides):
        place = position = len(order)
        while position:
            position -= 1
            before = strides[order[position]]
            if stride and before and before < stride:
                place = position
            elif stride and before:
                break
        order.insert(place, axis)
    return order
