"""Linear algebra, under the names of ``torch.linalg``."""

from __future__ import annotations

from plugrad.failures import LinAlgError
from plugrad.linalg.operators.cholesky import cholesky_ex
from plugrad.linalg.operators.cholesky import linalg_cholesky as cholesky
from plugrad.linalg.operators.decompositions import eig, eigh, eigvals, eigvalsh, svdvals
from plugrad.linalg.operators.decompositions import linalg_qr as qr
from plugrad.linalg.operators.decompositions import linalg_svd as svd
from plugrad.linalg.operators.determinants import linalg_det as det
from plugrad.linalg.operators.determinants import linalg_slogdet as slogdet
from plugrad.linalg.operators.ldl import ldl_factor, ldl_factor_ex, ldl_solve
from plugrad.linalg.operators.lu import linalg_lu as lu
from plugrad.linalg.operators.lu import linalg_lu_solve as lu_solve
from plugrad.linalg.operators.lu import lu_factor, lu_factor_ex
from plugrad.linalg.operators.matrix_functions import (
    diagonal,
    matrix_exp,
    tensorinv,
    tensorsolve,
    vander,
    vecdot,
)
from plugrad.linalg.operators.matrix_norms import linalg_norm as norm
from plugrad.linalg.operators.matrix_norms import matrix_norm
from plugrad.linalg.operators.pseudoinverses import cond, lstsq, matrix_rank, pinv
from plugrad.linalg.operators.reflectors import householder_product
from plugrad.linalg.operators.solving import inv, inv_ex, solve, solve_ex, solve_triangular
from plugrad.operators.contraction import matrix_power, multi_dot
from plugrad.operators.matmul import matmul
from plugrad.operators.matrices import linalg_cross as cross
from plugrad.operators.norms import vector_norm

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
