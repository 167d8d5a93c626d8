"""QR, singular values and eigenvalues.

The vectors of the last two are known but for a phase (of a real matrix, a sign). A gradient exists
only of what does not depend on it, which PyTorch checks for complex numbers, and so does this.
"""

from __future__ import annotations

from typing import Any

from plugrad import return_types
from plugrad.autograd.modes import mode as modes
from plugrad.operators.dimensions import apply, into
from plugrad.operators.squares import (
    as_columns,
    as_rows,
    columns_of,
    diagonal_matrix,
    diagonal_of,
    product,
    require_matrices,
    rows_of,
)
from plugrad.vocabulary.forms import function, linear, primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "linalg_qr",
    "linalg_svd",
    "qr",
    "svd",
    "svdvals",
]

linear("refuse_phase", "x; what", aten="aten::allclose", x=lambda g: g)


def _real(k: Any, x: Any) -> Any:
    return k.real(x) if k.is_complex(x) else x


def _gaps(k: Any, s: Any) -> Any:
    """Return ``s[j] - s[i]``, with ones on the diagonal."""
    gaps = as_rows(k, s) - as_columns(k, s)
    return gaps + k.identity_like(gaps)


# --------------------------------------------------------------------------------------- QR


def _qr_rule(k: Any, g_Q: Any, g_R: Any, x: Any, Q: Any, R: Any, mode: str) -> Any:
    """Source: Walter, Lehmann, Lamour, On evaluating higher-order derivatives of the QR, 2012."""
    rows, columns = x.shape[-2:]
    if mode == "r":
        raise RuntimeError('the gradient of qr needs Q: mode="r" has none; use mode="reduced"')
    if mode == "complete" and rows > columns:
        raise RuntimeError(
            'the columns of Q beyond those of a tall matrix are arbitrary: mode="complete" has no '
            'gradient here; use mode="reduced"'
        )
    size = min(rows, columns)
    beyond = None
    if columns > rows:
        # The columns beyond the square are R2 = Q^H A2.
        beyond = columns_of(k, g_R, size, columns)
        g_Q = g_Q + k.matmul(columns_of(k, x, size, columns), k.conj_t(beyond))
        R, g_R = columns_of(k, R, 0, size), columns_of(k, g_R, 0, size)
    inner = k.triu(k.matmul(g_R, k.conj_t(R)) - k.matmul(k.conj_t(Q), g_Q), 0)
    inner = inner + k.conj_t(inner) - diagonal_matrix(k, _real(k, diagonal_of(k, inner)))
    g = g_Q + k.matmul(Q, inner)
    g = k.solve_triangular(k.conj_t(R), g, False, False, False)
    if beyond is None:
        return g
    return k.cat([g, k.matmul(Q, beyond)], len(g.shape) - 1)


_qr = primitive(
    "qr", "x; mode", outputs="Q, R", node="LinalgQrBackward0", aten="aten::linalg_qr", x=_qr_rule
)


def linalg_qr(A: Any, mode: str = "reduced", *, out: Any = None) -> Any:
    """Return an orthonormal Q and an upper triangular R with ``A = Q @ R``.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    mode : {"reduced", "complete", "r"}
        Whether Q has only as many columns as needed; all m; or no elements at all.
    out : tuple of Tensor, optional

    Returns
    -------
    Q : Tensor of shape (..., m, min(m, n)), (..., m, m) or (0,)
    R : Tensor

    Raises
    ------
    RuntimeError
        For another mode; in backward, where Q is arbitrary.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.qr(plugrad.tensor([[3.0], [4.0]])).R
    tensor([[-5.]])
    """
    require_matrices("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f'linalg.qr(): mode is "reduced", "complete" or "r", not {mode!r}')
    return return_types.linalg_qr(apply("qr", (A,), (mode,), out))


@function()
def qr(input: Any, some: bool = True, *, out: Any = None) -> Any:
    """Return Q and R, reduced or not: see `plugrad.linalg.qr`.

    Examples
    --------
    >>> import plugrad
    >>> q, r = plugrad.qr(plugrad.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> (q @ r).round(decimals=3)
    tensor([[3., 1.],
            [4., 2.]])
    """
    return return_types.qr(linalg_qr(input, "reduced" if some else "complete", out=out))


# -------------------------------------------------------------------------- singular values


def _svd_rule(
    k: Any, g_U: Any, g_S: Any, g_Vh: Any, given: Any, x: Any, U: Any, S: Any, Vh: Any
) -> Any:
    """Return the gradient by those of what `given` tells.

    Source: J. Townsend, Differentiating the singular value decomposition, 2016.
    """
    rows, columns = x.shape[-2:]
    size = min(rows, columns)
    # Vectors beyond the singular values are arbitrary: what depends on them is passed over.
    U, g_U = columns_of(k, U, 0, size), columns_of(k, g_U, 0, size)
    Vh, g_Vh = rows_of(k, Vh, 0, size), rows_of(k, g_Vh, 0, size)
    if not (given[0] or given[2]):
        return k.matmul(U * as_rows(k, g_S), Vh)
    inner = diagonal_matrix(k, g_S)
    V, g_V = k.conj_t(Vh), k.conj_t(g_Vh)
    turn_u = k.matmul(k.conj_t(U), g_U)
    turn_v = k.matmul(Vh, g_V)
    if k.is_complex(x):
        phases = k.refuse_phase(diagonal_of(k, turn_u) + diagonal_of(k, turn_v), "svd")
        phases = phases - phases + (diagonal_of(k, turn_u) - k.conj(diagonal_of(k, turn_u))) / 2
        inner = inner + diagonal_matrix(k, phases / S)
    gaps = _gaps(k, S) * _sums(k, S)
    inner = inner + (turn_u - k.conj_t(turn_u)) / gaps * as_rows(k, S)
    inner = inner + as_columns(k, S) * ((turn_v - k.conj_t(turn_v)) / gaps)
    g = product(k, U, inner, Vh)
    if rows > size:
        beyond = g_U / as_rows(k, S)
        g = g + k.matmul(beyond - product(k, U, k.conj_t(U), beyond), Vh)
    if columns > size:
        beyond = as_columns(k, 1 / S) * g_Vh
        g = g + k.matmul(U, beyond - product(k, beyond, V, Vh))
    return g


def _sums(k: Any, s: Any) -> Any:
    """Return ``s[j] + s[i]``, with ones on the diagonal."""
    sums = as_rows(k, s) + as_columns(k, s)
    eye = k.identity_like(sums)
    return sums * (1 - eye) + eye


_svd = primitive(
    "svd", "x; full_matrices", outputs="U, S, Vh", node="LinalgSvdBackward0",
    aten="aten::_linalg_svd", x=_svd_rule,
)  # fmt: skip
_svdvals = primitive("svdvals", "x", aten="aten::linalg_svdvals")


def linalg_svd(
    A: Any, full_matrices: bool = True, *, driver: str | None = None, out: Any = None
) -> Any:
    """Return the singular value decomposition ``A = U @ diag(S) @ Vh``.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    full_matrices : bool
        Whether U and Vh are square, or only as large as needed.
    driver : None
        For other devices.
    out : tuple of Tensor, optional

    Returns
    -------
    U : Tensor of shape (..., m, m) or (..., m, k)
    S : Tensor of shape (..., k)
        Falling.
    Vh : Tensor of shape (..., n, n) or (..., k, n)

    Raises
    ------
    LinAlgError
        If the iteration does not converge.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.svd(plugrad.tensor([[3.0], [4.0]])).S
    tensor([5.])
    """
    _check_svd("linalg.svd", A, driver)
    return return_types.linalg_svd(apply("svd", (A,), (bool(full_matrices),), out))


def _check_svd(name: str, A: Any, driver: str | None) -> None:
    require_matrices(name, A)
    if driver is not None:
        raise RuntimeError(f"{name}(): driver chooses among those of a CUDA device; leave it out")


@function()
def svd(input: Any, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> Any:
    """Return U, S and V, not its adjoint: see `plugrad.linalg.svd`.

    Parameters
    ----------
    input : Tensor of shape (..., m, n)
    some : bool
        Whether U and V are only as large as needed.
    compute_uv : bool
        Else they are zero.
    out : tuple of Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.svd(plugrad.tensor([[3.0], [4.0]])).S
    tensor([5.])
    """
    require_matrices("svd", input)
    if compute_uv:
        u, s, vh = _svd(input, not some)
        result = (u, s, k.conj_t(vh) if input._dtype.is_complex else k.transpose(vh, -2, -1))
    else:
        *lead, rows, columns = input._array.shape
        plain = input.detach()
        zeros = (k.new_zeros(plain, (*lead, n, n)) for n in (rows, columns))
        first, last = zeros
        result = (first, svdvals(input), last)
    return return_types.svd(into("svd", out, result, input))


def svdvals(A: Any, *, driver: str | None = None, out: Any = None) -> Any:
    """Return the singular values, falling.

    Parameters
    ----------
    A : Tensor of shape (..., m, n)
    driver : None
        For other devices.
    out : Tensor, optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.svdvals(plugrad.tensor([[3.0], [4.0]]))
    tensor([5.])
    """
    _check_svd("linalg.svdvals", A, driver)
    if ((modes.grad and A._edge is not None) or A._table.level) and out is None:
        return _svd(A, False)[1]
    return apply("svdvals", (A,), (), out)


# ------------------------------------------------------------------------------ eigenvalues


def _eigh_rule(
    k: Any, g_eigenvalues: Any, g_eigenvectors: Any, given: Any, eigenvalues: Any,
    eigenvectors: Any,
) -> Any:  # fmt: skip
    vectors = eigenvectors
    if not given[1]:
        return k.matmul(vectors * as_rows(k, g_eigenvalues), k.conj_t(vectors))
    inner = diagonal_matrix(k, g_eigenvalues)
    turn = k.matmul(k.conj_t(vectors), g_eigenvectors)
    diagonal = diagonal_of(k, turn)
    if k.is_complex(turn):
        diagonal = k.refuse_phase(diagonal, "eigh")
    inner = inner + (turn - diagonal_matrix(k, diagonal)) / _gaps(k, eigenvalues)
    g = product(k, vectors, inner, k.conj_t(vectors))
    return (g + k.conj_t(g)) / 2


_eigh = primitive(
    "eigh", "x; upper", outputs="eigenvalues, eigenvectors", node="LinalgEighBackward0",
    aten="aten::_linalg_eigh", x=_eigh_rule,
)  # fmt: skip


def _triangle(name: str, UPLO: Any) -> bool:
    if not isinstance(UPLO, str):
        raise TypeError(f"{name}(): UPLO must be a string, not {type(UPLO).__name__}")
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f'{name}(): UPLO is "L" or "U", not {UPLO!r}')
    return UPLO.upper() == "U"


def eigh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    """Return eigenvalues and eigenvectors of Hermitian matrices.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
    UPLO : {"L", "U"}
        Which triangle is read.
    out : tuple of Tensor, optional

    Returns
    -------
    eigenvalues : Tensor of shape (..., n)
        Real and rising.
    eigenvectors : Tensor of shape (..., n, n)
        In the columns.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.eigh(plugrad.tensor([[0.0, 1.0], [1.0, 0.0]])).eigenvalues
    tensor([-1.,  1.])
    """
    require_matrices("linalg.eigh", A, square=True)
    result = apply("eigh", (A,), (_triangle("linalg.eigh", UPLO),), out)
    return return_types.linalg_eigh(result)


def eigvalsh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    """Return the eigenvalues of Hermitian matrices: see `plugrad.linalg.eigh`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.eigvalsh(plugrad.tensor([[3.0, 0.0], [0.0, 1.0]]))
    tensor([1., 3.])
    """
    require_matrices("linalg.eigvalsh", A, square=True)
    values, _ = _eigh(A, _triangle("linalg.eigvalsh", UPLO))
    return into("linalg.eigvalsh", out, values, A)


def _eig_rule(
    k: Any, g_eigenvalues: Any, g_eigenvectors: Any, given: Any, eigenvalues: Any,
    eigenvectors: Any,
) -> Any:  # fmt: skip
    """Source: Boeddeker et al., On the computation of complex-valued gradients, 2017, 4.74."""
    vectors, adjoint = eigenvectors, k.conj_t(eigenvectors)
    inner = diagonal_matrix(k, g_eigenvalues)
    if given[1]:
        turn = k.matmul(adjoint, g_eigenvectors)
        diagonal = k.refuse_phase(diagonal_of(k, turn), "eig")
        # The vectors have length one.
        turn = turn - k.matmul(adjoint, vectors * as_rows(k, k.real(diagonal)))
        turn = turn - diagonal_matrix(k, diagonal_of(k, turn))
        inner = inner + turn / k.conj(_gaps(k, eigenvalues))
    return k.solve_ex(adjoint, k.matmul(inner, adjoint), True, False)[0]


_eig = primitive(
    "eig", "x", outputs="eigenvalues, eigenvectors", node="LinalgEigBackward0",
    aten="aten::linalg_eig", x=_eig_rule,
)  # fmt: skip
_eigvals = primitive("eigvals", "x", aten="aten::linalg_eigvals")


def eig(A: Any, *, out: Any = None) -> Any:
    """Return eigenvalues and eigenvectors of square matrices.

    Parameters
    ----------
    A : Tensor of shape (..., n, n)
    out : tuple of Tensor, optional

    Returns
    -------
    eigenvalues : Tensor of shape (..., n)
        Complex.
    eigenvectors : Tensor of shape (..., n, n)
        In the columns, of length one.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.eig(plugrad.tensor([[2.0]])).eigenvalues
    tensor([2.+0.j])
    """
    _check_eig("linalg.eig", A)
    return return_types.linalg_eig(apply("eig", (A,), (), out))


def _check_eig(name: str, A: Any) -> None:
    require_matrices(name, A, square=True)
    if not k.all(k.isfinite(A.detach())):
        raise RuntimeError(f"{name}(): the matrix holds inf or nan, and has no eigenvalues")


def eigvals(A: Any, *, out: Any = None) -> Any:
    """Return the eigenvalues of square matrices: see `plugrad.linalg.eig`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.eigvals(plugrad.tensor([[0.0, -1.0], [1.0, 0.0]])).imag.abs()  # i and -i
    tensor([1., 1.])
    """
    _check_eig("linalg.eigvals", A)
    if ((modes.grad and A._edge is not None) or A._table.level) and out is None:
        return _eig(A)[0]
    return apply("eigvals", (A,), (), out)
