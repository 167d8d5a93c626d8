"""What linear algebra shares: checks of matrices, and words for their rows and columns."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.failures import LinAlgError
from plugrad.shapes import broadcast_shapes

__all__ = [
    "as_columns",
    "as_rows",
    "columns_of",
    "conjugate",
    "diagonal_matrix",
    "diagonal_of",
    "product",
    "refuse_failures",
    "refuse_misfit",
    "require_matrices",
    "rows_of",
]


def require_matrices(name: str, *tensors: Any, square: bool = False, low: bool = False) -> None:
    """Check that tensors are matrices or batches of them, of one dtype that LAPACK knows.

    With `low` half precision passes too, which the machinery computes in float32.

    Raises
    ------
    TypeError
        If one is no tensor.
    RuntimeError
        For other shapes and dtypes.
    """
    for tensor in tensors:
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): expected a Tensor, not {type(tensor).__name__}")
    for tensor in tensors:
        shape, kind = tensor._array.shape, tensor._dtype
        if len(shape) < 2 or (square and shape[-1] != shape[-2]):
            words = "square matrices" if square else "matrices"
            raise RuntimeError(f"{name}(): expected {words}, not a tensor of shape {list(shape)}")
        if (kind.low_precision and not low) or not (kind.is_floating_point or kind.is_complex):
            raise RuntimeError(
                f"{name}() works on float32, float64 and their complex kinds, not {kind}; convert "
                "with .float()"
            )
        if kind is not tensors[0]._dtype:
            raise RuntimeError(
                f"{name}(): expected one dtype, but found {tensors[0]._dtype} and {kind}"
            )


def refuse_misfit(name: str, x: Any, y: Any, left: bool = True) -> None:
    """Check that a square `x` can multiply `y`, on the left or on the right.

    Raises
    ------
    RuntimeError
        If it cannot.
    """
    one, two = x._array.shape, y._array.shape
    if one[-1] != two[-2 if left else -1]:
        raise RuntimeError(
            f"{name}(): matrices of shape {list(one)} do not fit right-hand sides of shape "
            f"{list(two)}"
        )
    broadcast_shapes(one[:-2], two[:-2])


def refuse_failures(
    name: str, info: Any, words: str, error: type[RuntimeError] = LinAlgError
) -> None:
    """Look at what LAPACK told of each matrix.

    Raises
    ------
    LinAlgError
        Or `error`, if one failed; `words` say why, with the number of the row in place of ``{}``.
    """
    if info._table.level:
        return
    found = info._table.to_host(info._array)
    if not found.any():
        return
    flat = found.reshape(-1)
    batch = int((flat != 0).argmax())
    which = f" (the matrix at {batch} of the batch)" if found.ndim else ""
    raise error(f"{name}(){which}: {words.format(flat[batch])}")


# --------------------------------------------------------------------------- words of the rules


def product(k: Any, *factors: Any) -> Any:
    """Return the product of matrices, from the left."""
    first, *others = factors
    for other in others:
        first = k.matmul(first, other)
    return first


def conjugate(k: Any, x: Any) -> Any:
    """Return the conjugate of `x`; a real `x` as it is."""
    return k.conj(x) if k.is_complex(x) else x


def as_columns(k: Any, s: Any) -> Any:
    """Return vectors as matrices of one column."""
    return k.unsqueeze(s, len(s.shape))


def as_rows(k: Any, s: Any) -> Any:
    """Return vectors as matrices of one row."""
    return k.unsqueeze(s, len(s.shape) - 1)


def rows_of(k: Any, x: Any, start: int, stop: int) -> Any:
    """Return some rows of matrices."""
    return k.slice(x, len(x.shape) - 2, start, stop, 1)


def columns_of(k: Any, x: Any, start: int, stop: int) -> Any:
    """Return some columns of matrices."""
    return k.slice(x, len(x.shape) - 1, start, stop, 1)


def diagonal_of(k: Any, x: Any) -> Any:
    """Return the diagonals of matrices."""
    return k.diagonal(x, 0, len(x.shape) - 2, len(x.shape) - 1)


def diagonal_matrix(k: Any, s: Any) -> Any:
    """Return the matrices with the diagonals `s`."""
    return k.diag_embed(s, 0, len(s.shape) - 1, len(s.shape))
