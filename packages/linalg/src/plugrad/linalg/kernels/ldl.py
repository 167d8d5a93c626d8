"""Decompositions ``L D L^T`` of symmetric matrices that need not be positive, on the host.

D has blocks of size 1 and 2. What says where they are, and which rows were exchanged, are LAPACK's
pivots: positive, from 1, for a block of size 1; twice the same negative number for one of size 2.

References
----------
J. R. Bunch and L. Kaufman, "Some stable methods for calculating inertia and solving symmetric
linear systems", Mathematics of Computation 31, 1977.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

__all__ = ["ldl_factor_ex", "ldl_solve"]

Array = numpy.ndarray[Any, Any]

_ALPHA = (1 + math.sqrt(17)) / 8


def ldl_factor_ex(x: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    """Return L and D in one lower matrix, the pivots, and info: the first block that is zero."""
    *lead, size, _ = x.shape
    a = numpy.tril(x).reshape(-1 if x.size else math.prod(lead), size, size)
    pivots = numpy.zeros(a.shape[:2], numpy.int32)
    conjugate = hermitian and x.dtype.kind == "c"
    info = [_factor(each, row, conjugate) for each, row in zip(a, pivots, strict=True)]
    shape = tuple(lead)
    return (
        a.reshape(x.shape),
        pivots.reshape(*shape, size),
        numpy.array(info, numpy.int32).reshape(shape),
    )


def _size(x: Any) -> Any:
    # LAPACK compares complex numbers by the sum of their parts' absolute values.
    return abs(x.real) + abs(x.imag) if x.dtype.kind == "c" else abs(x)


def _factor(a: Array, pivots: Array, conjugate: bool) -> int:
    """Factor one matrix, of which only the lower half counts, in place; return info."""
    size, k, info = len(a), 0, 0
    if conjugate:
        numpy.fill_diagonal(a, a.diagonal().real.copy())
    while k < size:
        step, pivot = _choose(a, k)
        if pivot < 0:
            info, pivot = info or k + 1, k
        else:
            _exchange(a, k, k + step - 1, pivot, conjugate)
            _eliminate(a, k, step, conjugate)
        pivots[k : k + step] = pivot + 1 if step == 1 else -(pivot + 1)
        k += step
    return info


def _choose(a: Array, k: int) -> tuple[int, int]:
    """Return the size of the next block and the row to bring there, -1 if all is zero."""
    own = _size(a[k, k])
    below = _size(a[k + 1 :, k])
    largest = below.max() if len(below) else 0
    if not max(own, largest) > 0:
        return 1, -1
    if own >= _ALPHA * largest:
        return 1, k
    row = k + 1 + int(below.argmax())
    others = numpy.concatenate([_size(a[row, k:row]), _size(a[row + 1 :, row])]).max()
    if own >= _ALPHA * largest * (largest / others):
        return 1, k
    return (1 if _size(a[row, row]) >= _ALPHA * others else 2), row


def _exchange(a: Array, k: int, place: int, row: int, conjugate: bool) -> None:
    """Exchange two rows and columns of what is left, in the lower half."""
    if row == place:
        return
    for one, other in (
        (a[row + 1 :, place], a[row + 1 :, row]),
        (a[place + 1 : row, place], a[row, place + 1 : row]),
        (a[place : place + 1, place], a[row : row + 1, row]),
        (a[place, k:place], a[row, k:place]),
    ):
        one[...], other[...] = other.copy(), one.copy()
    if conjugate:
        for part in (a[place + 1 : row, place], a[row, place + 1 : row], a[row : row + 1, place]):
            numpy.conjugate(part, out=part)


def _eliminate(a: Array, k: int, step: int, conjugate: bool) -> None:
    """Subtract what the block explains of the rest; put the columns of L below it."""
    end = k + step
    columns = a[end:, k:end].copy()
    factors = columns @ numpy.linalg.inv(_block(a, k, end, conjugate))
    turned = columns.T.conj() if conjugate else columns.T
    a[end:, end:] -= numpy.tril(factors @ turned)
    if conjugate:
        numpy.fill_diagonal(a[end:, end:], a[end:, end:].diagonal().real.copy())
    a[end:, k:end] = factors


def _block(a: Array, k: int, end: int, conjugate: bool) -> Array:
    block: Array = a[k:end, k:end].copy()
    if end - k == 2:
        block[0, 1] = block[1, 0].conj() if conjugate else block[1, 0]
    return block


def ldl_solve(ld: Array, pivots: Array, y: Array, hermitian: bool) -> Array:
    """Return the solutions of systems whose matrices were factored."""
    lead = numpy.broadcast_shapes(ld.shape[:-2], y.shape[:-2])
    result = numpy.array(numpy.broadcast_to(y, (*lead, *y.shape[-2:])))
    matrices = numpy.broadcast_to(ld, (*lead, *ld.shape[-2:]))
    rows = numpy.broadcast_to(pivots, (*lead, pivots.shape[-1]))
    conjugate = hermitian and ld.dtype.kind == "c"
    for place in numpy.ndindex(lead):
        _solve(matrices[place], rows[place].tolist(), result[place], conjugate)
    return result


def _solve(a: Array, pivots: list[int], y: Array, conjugate: bool) -> None:
    blocks, k = [], 0
    while k < len(pivots):
        blocks.append((k, k + 1 if pivots[k] > 0 else k + 2, abs(pivots[k]) - 1))
        k = blocks[-1][1]
    for start, end, row in blocks:
        y[[end - 1, row]] = y[[row, end - 1]]
        y[end:] -= a[end:, start:end] @ y[start:end]
        y[start:end] = numpy.linalg.inv(_block(a, start, end, conjugate)) @ y[start:end]
    for start, end, row in reversed(blocks):
        columns = a[end:, start:end].T
        y[start:end] -= (columns.conj() if conjugate else columns) @ y[end:]
        y[[end - 1, row]] = y[[row, end - 1]]
