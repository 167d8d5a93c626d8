"""Samples of matrix factorizations, of what they solve, and of functions of matrices.

Vectors that are known but for a phase enter by their absolute values, or by what they span.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from plugrad.testing.samples import Input, Sample, real

__all__ = ["SAMPLES"]

Array = numpy.ndarray[Any, Any]
_COMPLEX = ("float32", "float64", "complex128")


def _apart(array: Array) -> Any:
    """Make square matrices well-conditioned, with eigenvalues apart from each other."""
    size = array.shape[-1]
    return array + numpy.diag(numpy.arange(3, 3 + 3 * size, 3)).astype(array.dtype)


def _tall(array: Array) -> Any:
    """Make matrices of full rank, with singular values apart from each other."""
    rows, columns = array.shape[-2:]
    scale = 3 * numpy.arange(1, columns + 1)
    return array + (numpy.eye(rows, columns) * scale).astype(array.dtype)


def _square(*shape: int, grad: bool = True) -> Input:
    return real(*shape, low=-1.0, high=1.0, grad=grad, transform=_apart)


def _full(*shape: int) -> Input:
    return real(*shape, low=-1.0, high=1.0, transform=_tall)


def _small(*shape: int) -> Input:
    return real(*shape, low=-0.5, high=0.5)


def _symmetric(x: Any) -> Any:
    return x + x.mH


def _positive(x: Any) -> Any:
    return x @ x.mH


def _lowrank(t: Any, x: Any) -> Any:
    t.manual_seed(3)
    return t.svd_lowrank(x, 2)[1]


def _components(t: Any, x: Any) -> Any:
    t.manual_seed(3)
    return t.pca_lowrank(x, 2)[1]


_MATRICES = ((3, 3), (2, 3, 3), (1, 1), (0, 3, 3), (0, 0))
_SHAPES = ((3, 3), (4, 2), (2, 4), (2, 4, 3), (0, 3, 2))

# Of square matrices, well-conditioned: by name, what is computed of each.
_SQUARES: dict[str, Callable[[Any, Any], Any]] = {
    "inv": lambda t, x: t.linalg.inv(x),
    "inv_ex": lambda t, x: t.linalg.inv_ex(x),
    "inverse-method": lambda t, x: x.inverse(),
    "det": lambda t, x: t.linalg.det(x),
    "det-method": lambda t, x: x.det(),
    "slogdet": lambda t, x: t.linalg.slogdet(x),
    "slogdet-method": lambda t, x: x.slogdet(),
    "logdet": lambda t, x: t.logdet(x),
    "matrix_exp": lambda t, x: t.linalg.matrix_exp(x / 4),
    "matrix_exp-method": lambda t, x: (x / 4).matrix_exp(),
    "cholesky": lambda t, x: t.linalg.cholesky(_positive(x)),
    "cholesky-upper": lambda t, x: t.linalg.cholesky(_positive(x), upper=True),
    "cholesky_ex": lambda t, x: t.linalg.cholesky_ex(_positive(x)),
    "cholesky_inverse": lambda t, x: t.cholesky_inverse(t.linalg.cholesky(_positive(x))),
    "cholesky_inverse-upper": lambda t, x: t.linalg.cholesky(
        _positive(x), upper=True
    ).cholesky_inverse(upper=True),
    "eigvalsh": lambda t, x: t.linalg.eigvalsh(_symmetric(x)),
    "eigh": lambda t, x: t.linalg.eigh(_symmetric(x))[1].abs(),
    "eigh-upper": lambda t, x: t.linalg.eigh(_symmetric(x), "U")[0],
    "eigvals": lambda t, x: t.linalg.eigvals(x).abs(),
    "eig": lambda t, x: t.linalg.eig(x)[1].abs(),
}
_ANY: dict[str, Callable[[Any, Any], Any]] = {
    "qr": lambda t, x: t.linalg.qr(x),
    "svd": lambda t, x: t.linalg.svd(x, full_matrices=False)[1],
    "svd-vectors": lambda t, x: [v.abs() for v in t.linalg.svd(x, full_matrices=False)[::2]],
    "svd-full": lambda t, x: t.linalg.svd(x)[1],
    "svd-older": lambda t, x: t.svd(x)[1],
    "svdvals": lambda t, x: t.linalg.svdvals(x),
    "pinv": lambda t, x: t.linalg.pinv(x),
    "pinverse": lambda t, x: x.pinverse(),
    "lu": lambda t, x: t.linalg.lu(x)[1:],
    "lu_factor": lambda t, x: t.linalg.lu_factor(x)[0],
    "lu_factor_ex": lambda t, x: t.linalg.lu_factor_ex(x),
    "lu_unpack": lambda t, x: t.lu_unpack(*t.linalg.lu_factor(x))[1:],
    "matrix_norm": lambda t, x: t.linalg.matrix_norm(x),
    "matrix_norm-nuc": lambda t, x: t.linalg.matrix_norm(x, "nuc"),
    "cond": lambda t, x: t.linalg.cond(x),
}
_BY_NAME = {
    "qr-complete": ("qr", lambda t, x: t.linalg.qr(x, mode="complete"), (_full(2, 4),)),
    "qr-older": ("qr", lambda t, x: t.qr(x), (_full(4, 2),)),
    "qr-r": ("qr", lambda t, x: t.linalg.qr(x.detach(), mode="r").R, (_full(4, 2),)),
    "lu-older": ("lu", lambda t, x: t.lu(x)[0], (_square(3, 3),)),
    "ldl_factor": (
        "ldl_factor", lambda t, x: t.linalg.ldl_factor(_symmetric(x.detach())).LD, (_square(3, 3),),
    ),
    "ldl_solve": (
        "ldl_solve", lambda t, x: t.linalg.ldl_solve(
            *t.linalg.ldl_factor(_symmetric(x.detach()))[:2], x.detach()
        ), (_square(2, 3, 3),),
    ),
    "geqrf": ("geqrf", lambda t, x: t.geqrf(x.detach()), (_full(4, 3),)),
    "cholesky-older": ("cholesky", lambda t, x: t.cholesky(_positive(x)), (_square(3, 3),)),
    "pinv-hermitian": (
        "pinv", lambda t, x: t.linalg.pinv(_symmetric(x), hermitian=True), (_square(3, 3),),
    ),
    "pinv-rtol": ("pinv", lambda t, x: t.linalg.pinv(x, rtol=1e-3), (_full(4, 2),)),
    "pinv-atol": ("pinv", lambda t, x: t.linalg.pinv(x, atol=1e-3), (_full(4, 2),)),
    "matrix_rank": ("matrix_rank", lambda t, x: t.linalg.matrix_rank(x), (_full(2, 4, 3),)),
    "matrix_rank-tol": ("matrix_rank", lambda t, x: t.linalg.matrix_rank(x, 4.0), (_full(4, 3),)),
    "matrix_rank-hermitian": (
        "matrix_rank", lambda t, x: t.linalg.matrix_rank(_symmetric(x), hermitian=True),
        (_square(3, 3),),
    ),
    "solve": ("solve", lambda t, x, y: t.linalg.solve(x, y), (_square(3, 3), real(3, 2))),
    "solve-batch": (
        "solve", lambda t, x, y: t.linalg.solve(x, y), (_square(2, 3, 3), real(3, 2)),
    ),
    "solve-one": ("solve", lambda t, x, y: t.linalg.solve(x, y), (_square(3, 3), real(2, 3, 2))),
    "solve-vector": ("solve", lambda t, x, y: t.linalg.solve(x, y), (_square(3, 3), real(3))),
    "solve-vectors": (
        "solve", lambda t, x, y: t.linalg.solve(x, y), (_square(2, 3, 3), real(2, 3)),
    ),
    "solve-right": (
        "solve", lambda t, x, y: t.linalg.solve(x, y, left=False), (_square(3, 3), real(2, 3)),
    ),
    "solve_ex": ("solve_ex", lambda t, x, y: t.linalg.solve_ex(x, y), (_square(3, 3), real(3, 2))),
    "solve_triangular": (
        "solve_triangular", lambda t, x, y: t.linalg.solve_triangular(x, y, upper=True),
        (_square(3, 3), real(3, 2)),
    ),
    "solve_triangular-right": (
        "solve_triangular",
        lambda t, x, y: t.linalg.solve_triangular(x, y, upper=False, left=False),
        (_square(3, 3), real(2, 3)),
    ),
    "solve_triangular-unit": (
        "solve_triangular",
        lambda t, x, y: t.linalg.solve_triangular(x, y, upper=False, unitriangular=True),
        (_square(2, 3, 3), real(3, 2)),
    ),
    "triangular_solve": (
        "triangular_solve", lambda t, x, y: t.triangular_solve(y, x, transpose=True)[0],
        (_square(3, 3), real(3, 2)),
    ),
    "cholesky_solve": (
        "cholesky_solve", lambda t, x, y: t.cholesky_solve(y, x.tril()),
        (_square(3, 3), real(3, 2)),
    ),
    "cholesky_solve-upper": (
        "cholesky_solve", lambda t, x, y: y.cholesky_solve(x.triu(), upper=True),
        (_square(3, 3), real(3, 2)),
    ),
    "lu_solve": (
        "lu_solve", lambda t, x, y: t.linalg.lu_solve(*t.linalg.lu_factor(x), y),
        (_square(3, 3), real(3, 2)),
    ),
    "lu_solve-adjoint": (
        "lu_solve", lambda t, x, y: t.linalg.lu_solve(*t.linalg.lu_factor(x), y, adjoint=True),
        (_square(2, 3, 3), real(3, 2)),
    ),
    "lu_solve-right": (
        "lu_solve", lambda t, x, y: t.linalg.lu_solve(*t.linalg.lu_factor(x), y, left=False),
        (_square(3, 3), real(2, 3)),
    ),
    "lu_solve-older": (
        "lu_solve", lambda t, x, y: y.lu_solve(*t.linalg.lu_factor(x)), (_square(3, 3), real(3, 2)),
    ),
    "lstsq": ("lstsq", lambda t, x, y: t.linalg.lstsq(x, y)[0], (_full(4, 2), real(4, 3))),
    "lstsq-wide": ("lstsq", lambda t, x, y: t.linalg.lstsq(x, y)[0], (_full(2, 4), real(2, 3))),
    "lstsq-batch": (
        "lstsq", lambda t, x, y: t.linalg.lstsq(x, y, driver="gelsd")[0],
        (_full(2, 4, 2), real(2, 4, 3)),
    ),
    "householder_product": (
        "householder_product", lambda t, x, y: t.linalg.householder_product(x, y),
        (_small(4, 3), _small(3)),
    ),
    "orgqr": ("orgqr", lambda t, x, y: t.orgqr(x, y), (_small(2, 4, 3), _small(2, 2))),
    "ormqr": ("ormqr", lambda t, x, y, z: t.ormqr(x, y, z), (_small(4, 3), _small(3), real(4, 2))),
    "ormqr-right": (
        "ormqr", lambda t, x, y, z: x.ormqr(y, z, left=False, transpose=True),
        (_small(4, 2), _small(2), real(3, 4)),
    ),
    "tensorinv": (
        "tensorinv", lambda t, x: t.linalg.tensorinv(x.reshape(2, 2, 4), 2), (_square(4, 4),),
    ),
    "tensorsolve": (
        "tensorsolve", lambda t, x, y: t.linalg.tensorsolve(x.reshape(2, 2, 4), y),
        (_square(4, 4), real(2, 2)),
    ),
    "vecdot": ("vecdot", lambda t, x, y: t.linalg.vecdot(x, y), (real(2, 3), real(3))),
    "vecdot-dim": (
        "vecdot", lambda t, x, y: t.linalg.vecdot(x, y, dim=0), (real(2, 3), real(2, 3)),
    ),
    "vander": ("vander", lambda t, x: t.linalg.vander(x), (real(2, 3),)),
    "vander-N": ("vander", lambda t, x: t.linalg.vander(x, N=5), (real(3),)),
    "diagonal": ("diagonal", lambda t, x: t.linalg.diagonal(x, offset=1), (real(2, 3, 3),)),
    "cond-fro": ("cond", lambda t, x: t.linalg.cond(x, "fro"), (_square(3, 3),)),
    "cond-inverse": ("cond", lambda t, x: t.linalg.cond(x, -2), (_square(2, 3, 3),)),
    "cond-1": ("cond", lambda t, x: t.linalg.cond(x, 1), (_square(3, 3),)),
    "svd_lowrank": ("svd_lowrank", _lowrank, (_full(4, 3),)),
    "pca_lowrank": ("pca_lowrank", _components, (_full(4, 3),)),
    "norm-nuc": ("norm", lambda t, x: t.norm(x, "nuc"), (_full(4, 2),)),
    "norm-linalg": ("norm", lambda t, x: t.linalg.norm(x, 2), (_full(4, 2),)),
    "norm-vectors": ("norm", lambda t, x: t.linalg.norm(x, 3, dim=1), (_full(4, 2),)),
}  # fmt: skip


# Where a gradient is wanted, singular values and eigenvalues come with their vectors.
_OTHER_WAY = {"recording_changes_no_value": "rounds differently where a gradient is wanted"}
_SKIPS: dict[str, dict[str, str]] = {
    **dict.fromkeys(("svdvals", "eigvals", "cond", "matrix_norm", "norm", "svd"), _OTHER_WAY),
}
_SECOND = {"second": "passes through so many products that the last digits differ"}


def _sample(name: str, call: Any, inputs: tuple[Input, ...], label: str) -> Sample:
    return Sample(
        name,
        call,
        inputs,
        # The eigenvectors of other matrices than Hermitian ones lose half of float32's digits.
        dtypes=_COMPLEX[1:] if name in ("eig", "eigvals") else _COMPLEX,
        graph=name not in ("tensorinv", "svd_lowrank", "pca_lowrank"),
        skip=_SKIPS.get(name, {}) | (_SECOND if label == "vectors" or "lowrank" in name else {}),
        label=label,
    )


def _orders() -> list[Sample]:
    return [
        _sample("matrix_norm",
                lambda t, x, p=p, keepdim=keepdim: t.linalg.matrix_norm(x, p, (0, 2), keepdim),
                (_full(3, 2, 2),), f"{p}-{keepdim}")
        for p in (1, -1, 2, -2, math.inf, -math.inf, "fro", "nuc") for keepdim in (False, True)
    ]  # fmt: skip


def _each(calls: dict[str, Callable[[Any, Any], Any]], inputs: list[Input]) -> list[Sample]:
    found = []
    for key, call in calls.items():
        name, _, label = key.partition("-")
        for given in inputs:
            if name == "cond" and 0 in given.shape[-2:]:
                continue
            found.append(_sample(name, call, (given,), label))
    return found


SAMPLES: tuple[Sample, ...] = (
    *_each(_SQUARES, [_square(*shape) for shape in _MATRICES]),
    *_each(_ANY, [_full(*shape) for shape in _SHAPES]),
    *(
        _sample(name, call, inputs, key.partition("-")[2])
        for key, (name, call, inputs) in _BY_NAME.items()
    ),
    *_orders(),
)
