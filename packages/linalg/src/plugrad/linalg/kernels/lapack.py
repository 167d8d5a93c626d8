"""Matrix factorizations on NumPy arrays, batched: LAPACK's through NumPy, and those it lacks.

Where `numpy.linalg` refuses a whole batch because one matrix fails, the functions here compute the
others, and return what LAPACK calls `info`: 0, or the number, from 1, of the row that failed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy
from numpy.linalg import LinAlgError as Failure

from plugrad.failures import LinAlgError

__all__ = [
    "apply_reflectors",
    "by_columns",
    "cholesky_ex",
    "det",
    "det_grad",
    "eig",
    "eigh",
    "eigvals",
    "geqrf",
    "inv_ex",
    "lu_factor_ex",
    "lu_solve",
    "matrix_exp",
    "pivot_matrix",
    "qr",
    "reflect_columns",
    "singular_values",
    "slogdet",
    "solve_ex",
    "solve_triangular",
    "svd",
]

Array = numpy.ndarray[Any, Any]


def by_columns(x: Array) -> Array:
    """Return matrices whose columns are dense in memory, one after another."""
    if x.ndim < 2:
        return x
    # Copied even where it is dense both ways, so that the strides are those of columns.
    return x.mT.copy().mT


def _no_info(x: Array) -> Array:
    return numpy.zeros(x.shape[:-2], numpy.int32)


def _converged(words: str, function: Callable[..., Any], x: Array, *params: Any) -> Any:
    """Run an iterative decomposition.

    Raises
    ------
    LinAlgError
        If it does not converge, as with numbers that are not finite.
    """
    try:
        return function(x, *params)
    except Failure as error:
        raise LinAlgError(
            f"{words} of a matrix did not converge: look for inf, nan or repeated values in it"
        ) from error


# ---------------------------------------------------------------------------------- solving


def inv_ex(x: Array) -> tuple[Array, Array]:
    """Return inverses, and info."""
    try:
        return numpy.linalg.inv(x), _no_info(x)
    except Failure:
        eye = numpy.broadcast_to(numpy.eye(x.shape[-1], dtype=x.dtype), x.shape)
        return _solved(x, eye)


def solve_ex(x: Array, y: Array, left: bool, vector: bool) -> tuple[Array, Array]:
    """Return the solutions z of ``x @ z = y``, or of ``z @ x = y``, and info."""
    if vector:
        result, info = _solved(x, y[..., None])
        return by_columns(result[..., 0]), info
    if left:
        result, info = _solved(x, y)
        return by_columns(result), info
    result, info = _solved(x.mT, y.mT)
    return numpy.ascontiguousarray(result.mT), info


def _solved(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the solutions z of ``x @ z = y``, NaN where there is none, and info."""
    if x.ndim == 2 and y.ndim > 2:
        # One matrix for a whole batch: it is factored once.
        *lead, rows, columns = y.shape
        wide = numpy.moveaxis(y, -2, 0).reshape(rows, math.prod(lead) * columns)
        result, info = _solved(x, wide)
        return numpy.moveaxis(result.reshape(rows, *lead, columns), 0, -2), info
    try:
        return numpy.linalg.solve(x, y), _no_info(x)
    except Failure:
        info = lu_factor_ex(x)[2]
        good = numpy.where((info == 0)[..., None, None], x, numpy.eye(x.shape[-1], dtype=x.dtype))
        result = numpy.linalg.solve(good, y)
        return numpy.where((info == 0)[..., None, None], result, numpy.nan), info


def solve_triangular(x: Array, y: Array, upper: bool, left: bool, unitriangular: bool) -> Array:
    """Return the solutions z of ``x @ z = y``, or of ``z @ x = y``; infinite where x has a 0."""
    if not left:
        turned = solve_triangular(x.mT, y.mT, not upper, True, unitriangular)
        return numpy.ascontiguousarray(turned.mT)
    x = numpy.triu(x) if upper else numpy.tril(x)
    if unitriangular:
        size = x.shape[-1]
        x[..., numpy.arange(size), numpy.arange(size)] = 1
    try:
        return numpy.linalg.solve(x, y)
    except Failure:
        return _substituted(x, y, upper)


def _substituted(x: Array, y: Array, upper: bool) -> Array:
    batch = numpy.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    result = numpy.array(numpy.broadcast_to(y, (*batch, *y.shape[-2:])))
    size = x.shape[-1]
    for i in range(size)[:: -1 if upper else 1]:
        known = slice(i + 1, size) if upper else slice(0, i)
        row = x[..., i, None, known] @ result[..., known, :]
        result[..., i, :] -= row[..., 0, :]
        result[..., i, :] /= x[..., i, i, None]
    return result


# --------------------------------------------------------------------------------------- LU


def lu_factor_ex(x: Array) -> tuple[Array, Array, Array]:
    """Return L and U in one matrix, the row that each was exchanged for (from 1), and info."""
    *lead, rows, columns = x.shape
    count = min(rows, columns)
    a = numpy.array(x.reshape(math.prod(lead), rows, columns))
    pivots = numpy.zeros((len(a), count), numpy.int32)
    if a.size:
        order = _factor(a[..., :count], pivots, 0)
        if columns > rows:
            rest = numpy.take_along_axis(a[..., count:], order[..., None], 1)
            a[..., count:] = _solve_unit_lower(a[..., :count], rest)
    zero = numpy.diagonal(a, 0, 1, 2) == 0
    info = numpy.where(zero.any(-1), zero.argmax(-1) + 1, 0) if count else numpy.zeros(len(a))
    return (
        a.reshape(x.shape),
        pivots.reshape(*lead, count),
        info.astype(numpy.int32).reshape(tuple(lead)),
    )


def _factor(a: Array, pivots: Array, start: int) -> Array:
    """Factor tall matrices in place, halving the columns; return the order of the rows.

    Source: S. Toledo, Locality of reference in LU decomposition with partial pivoting, 1997.
    """
    rows, columns = a.shape[1:]
    order = numpy.repeat(numpy.arange(rows)[None], len(a), 0)
    if columns == 1:
        column = a[:, :, 0]
        # LAPACK compares complex numbers by the sum of their parts' absolute values.
        size = abs(column.real) + abs(column.imag) if column.dtype.kind == "c" else abs(column)
        chosen, each = size.argmax(1), numpy.arange(len(a))
        pivots[:, start] = chosen + start + 1
        order[each, chosen] = 0
        order[:, 0] = chosen
        pivot = column[each, chosen]
        column[each, chosen] = column[:, 0]
        column[:, 0] = pivot
        column[:, 1:] /= numpy.where(pivot == 0, 1, pivot)[:, None]
        return order
    half = columns // 2
    left, right = a[..., :half], a[..., half:]
    order = _factor(left, pivots, start)
    right[...] = numpy.take_along_axis(right, order[..., None], 1)
    right[:, :half] = _solve_unit_lower(left[:, :half], right[:, :half])
    right[:, half:] -= left[:, half:] @ right[:, :half]
    below = _factor(right[:, half:], pivots, start + half)
    left[:, half:] = numpy.take_along_axis(left[:, half:], below[..., None], 1)
    order[:, half:] = numpy.take_along_axis(order[:, half:], below, 1)
    return order


def _solve_unit_lower(lower: Array, y: Array) -> Array:
    # No multiplier exceeds 1, so that LAPACK's own pivoting moves nothing: it only substitutes.
    return solve_triangular(lower, y, False, True, True)


def pivot_matrix(pivots: Array, rows: int, dtype: Any) -> Array:
    """Return the permutation matrices P of ``P @ L @ U`` that the exchanges `pivots` make."""
    *lead, count = pivots.shape
    flat = pivots.reshape(math.prod(lead), count)
    order = numpy.repeat(numpy.arange(rows)[None], len(flat), 0)
    each = numpy.arange(len(flat))
    for i in range(count):
        other = flat[:, i] - 1
        order[each, i], order[each, other] = order[each, other], order[each, i]
    result = numpy.zeros((len(flat), rows, rows), dtype)
    result[each[:, None], order, numpy.arange(rows)[None]] = 1
    return result.reshape(*lead, rows, rows)


def lu_solve(lu: Array, pivots: Array, y: Array, left: bool, adjoint: bool) -> Array:
    """Return the solutions of a system whose matrix was factored."""
    if not left:
        # z A = y is A^H z^H = y^H.
        return numpy.ascontiguousarray(
            lu_solve(lu, pivots, y.mT.conj(), True, not adjoint).mT.conj()
        )
    order = pivot_matrix(pivots, lu.shape[-1], lu.dtype)
    if not adjoint:
        half = solve_triangular(lu, order.mT @ y, False, True, True)
        return by_columns(solve_triangular(lu, half, True, True, False))
    turned = lu.mT.conj()
    half = solve_triangular(turned, y, False, True, False)
    return by_columns(order @ solve_triangular(turned, half, True, True, True))


# -------------------------------------------------------------------------- decompositions


def cholesky_ex(x: Array, upper: bool) -> tuple[Array, Array]:
    """Return Cholesky factors, and info: the first leading minor that is not positive."""
    try:
        return numpy.linalg.cholesky(x, upper=upper), _no_info(x)
    except Failure:
        flat = x.reshape(-1, *x.shape[-2:])
        parts = [_cholesky(each, upper) for each in flat]
        info = numpy.array([failed for _, failed in parts], numpy.int32)
        return numpy.stack([f for f, _ in parts]).reshape(x.shape), info.reshape(x.shape[:-2])


def _cholesky(x: Array, upper: bool) -> tuple[Array, int]:
    try:
        return numpy.linalg.cholesky(x, upper=upper), 0
    except Failure:
        # The first minor that fails lies by bisection: all larger ones fail too.
        works, fails = 0, len(x)
        while fails - works > 1:
            middle = (works + fails) // 2
            try:
                numpy.linalg.cholesky(x[:middle, :middle], upper=upper)
                works = middle
            except Failure:
                fails = middle
        result = numpy.triu(x) if upper else numpy.tril(x)
        result[:works, :works] = numpy.linalg.cholesky(x[:works, :works], upper=upper)
        return result, fails


def qr(x: Array, mode: str) -> Any:
    """Return Q and R; in mode ``"r"`` a Q without elements."""
    if mode == "r":
        return numpy.zeros(0, x.dtype), numpy.linalg.qr(x, mode="r")
    return tuple(numpy.linalg.qr(x, mode="complete" if mode == "complete" else "reduced"))


def geqrf(x: Array) -> tuple[Array, Array]:
    """Return Q's reflectors below R, and their factors."""
    raw, tau = numpy.linalg.qr(x, mode="raw")
    return numpy.ascontiguousarray(raw.mT), tau


def reflect_columns(x: Array, tau: Array) -> Array:
    """Return the first columns of the product of reflectors, as many as `x` has."""
    columns = numpy.eye(*x.shape[-2:], dtype=x.dtype)
    return apply_reflectors(x, tau, columns, True, False)


def apply_reflectors(x: Array, tau: Array, other: Array, left: bool, transpose: bool) -> Array:
    """Return ``Q @ other``, or ``other @ Q``, of the product Q of reflectors, or its adjoint."""
    if not left:
        turned = apply_reflectors(x, tau, other.mT.conj(), True, not transpose)
        return numpy.ascontiguousarray(turned.mT.conj())
    batch = x.shape[:-2]
    result = numpy.array(numpy.broadcast_to(other, (*batch, *other.shape[-2:])))
    for i in range(tau.shape[-1])[:: 1 if transpose else -1]:
        v = x[..., i:, i : i + 1].copy()
        v[..., 0, 0] = 1
        factor = tau[..., i, None, None]
        factor = factor.conj() if transpose else factor
        result[..., i:, :] -= factor * v @ (v.mT.conj() @ result[..., i:, :])
    return result


def svd(x: Array, full_matrices: bool) -> Any:
    """Return U, S and Vh."""
    return tuple(_converged("the singular values", numpy.linalg.svd, x, full_matrices))


def singular_values(x: Array) -> Any:
    """Return S alone."""
    return _converged("the singular values", numpy.linalg.svdvals, x)


def eigh(x: Array, upper: bool) -> Any:
    """Return the eigenvalues, rising, and eigenvectors of Hermitian matrices."""
    triangle = "U" if upper else "L"
    return tuple(_converged("the eigenvalues", numpy.linalg.eigh, x, triangle))


def eig(x: Array) -> tuple[Array, Array]:
    """Return complex eigenvalues and eigenvectors."""
    kind = numpy.result_type(x.dtype, numpy.complex64)
    values, vectors = _converged("the eigenvalues", numpy.linalg.eig, x)
    return values.astype(kind), vectors.astype(kind)


def eigvals(x: Array) -> Array:
    """Return complex eigenvalues."""
    kind = numpy.result_type(x.dtype, numpy.complex64)
    found: Array = _converged("the eigenvalues", numpy.linalg.eigvals, x).astype(kind)
    return found


_PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
    129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0,
    960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip


def matrix_exp(x: Array) -> Array:
    """Return the exponential by a Pade approximation of the matrix halved, and squarings.

    Source: N. Higham, The scaling and squaring method for the matrix exponential revisited, 2005.
    """
    if not x.size:
        return x.copy()
    a = x.astype(numpy.result_type(x.dtype, numpy.float64))
    norm = numpy.abs(a).sum(-2).max(-1)
    norm = numpy.where(numpy.isfinite(norm), norm, 0)
    halvings = numpy.ceil(numpy.log2(numpy.maximum(norm / 5.37, 1))).astype(int)[..., None, None]
    a = a / 2.0**halvings
    eye = numpy.eye(x.shape[-1])
    b, two = _PADE, a @ a
    four = two @ two
    six = four @ two
    odd = six @ (b[13] * six + b[11] * four + b[9] * two)
    odd = a @ (odd + b[7] * six + b[5] * four + b[3] * two + b[1] * eye)
    even = six @ (b[12] * six + b[10] * four + b[8] * two)
    even = even + b[6] * six + b[4] * four + b[2] * two + b[0] * eye
    result = _solved(even - odd, even + odd)[0]
    for step in range(halvings.max()):
        result = numpy.where(halvings > step, result @ result, result)
    return result.astype(x.dtype)


def det_grad(grad: Array, x: Array, det: Array) -> Any:
    """Return ``grad`` times the adjoint of the adjugate, which singular matrices have too."""
    u, s, vh = numpy.linalg.svd(x)
    size = s.shape[-1]
    others = numpy.broadcast_to(s[..., None, :], (*s.shape, size)).copy()
    others[..., numpy.arange(size), numpy.arange(size)] = 1
    phase = numpy.linalg.det(u) * numpy.linalg.det(vh)
    scale = numpy.asarray(grad * phase.conj())[..., None, None]
    return scale * ((u * others.prod(-1)[..., None, :]) @ vh)


def det(x: Array) -> Any:
    """Return determinants."""
    return numpy.linalg.det(x)


def slogdet(x: Array) -> Any:
    """Return the signs of determinants, and the logarithms of their absolute values."""
    return tuple(numpy.linalg.slogdet(x))


def pinv(x: Array, atol: Array | None, rtol: Array | None, hermitian: bool) -> Any:
    """Return pseudoinverses."""
    if hermitian:
        values, u = eigh(x, False)
        v, sizes = u, abs(values)
    else:
        u, values, vh = svd(x, False)
        v, sizes = vh.mT.conj(), values
    kept = _significant(x, sizes, atol, rtol)
    inverse = numpy.where(kept, 1 / numpy.where(kept, values, 1), 0).astype(values.dtype)
    return (v * inverse[..., None, :]) @ u.mT.conj()


def matrix_rank(x: Array, atol: Array | None, rtol: Array | None, hermitian: bool) -> Any:
    """Return how many singular values are not zero."""
    sizes = abs(eigh(x, False)[0]) if hermitian else singular_values(x)
    count: Array = _significant(x, sizes, atol, rtol).sum(-1, dtype=numpy.int64)
    return count


def _significant(x: Array, sizes: Array, atol: Array | None, rtol: Array | None) -> Array:
    """Return which singular values count."""
    if rtol is None:
        default = max(x.shape[-2:]) * float(numpy.finfo(x.dtype).eps)
        rtol = numpy.asarray(default) if atol is None else numpy.where(atol > 0, 0.0, default)
    largest = sizes.max(-1, initial=0)
    limit = numpy.asarray(rtol * largest)
    if atol is not None:
        limit = numpy.maximum(limit, atol)
    kept: Array = sizes > limit[..., None]
    return kept


def lstsq(x: Array, y: Array, rcond: float | None, driver: str) -> tuple[Array, ...]:
    """Return least squares solutions of the smallest length, residuals, ranks, singular values."""
    u, s, vh = svd(x, False)
    rtol = None if rcond is None or driver == "gels" else numpy.asarray(rcond)
    kept = _significant(x, s, None, rtol)
    inverse = numpy.where(kept, 1 / numpy.where(kept, s, 1), 0).astype(s.dtype)
    solution = vh.mT.conj() @ (inverse[..., None] * (u.mT.conj() @ y))
    rank = kept.sum(-1, dtype=numpy.int64)
    rows, columns = x.shape[-2:]
    residuals = numpy.zeros(0, s.dtype)
    if rows > columns and driver != "gelsy" and (driver == "gels" or (rank == columns).all()):
        rest = y - x @ solution
        residuals = (abs(rest) ** 2).sum(-2)
    none = numpy.zeros(0, s.dtype)
    return (
        solution,
        residuals,
        numpy.zeros(0, numpy.int64) if driver == "gels" else rank,
        s if driver in ("gelsd", "gelss") else none,
    )
