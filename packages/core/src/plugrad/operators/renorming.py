"""`renorm`: slices that are too long, shortened."""

from __future__ import annotations

from typing import Any

from plugrad.operators.dimensions import apply, one_dim, require_tensor
from plugrad.operators.norms import norm_rule
from plugrad.vocabulary.forms import composite, function, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["renorm", "renorm_"]

_TINY = 1e-7  # what PyTorch adds to a norm before it divides by it


def _other_dims(x: Any, dim: int) -> tuple[int, ...]:
    return tuple(number for number in range(len(x.shape)) if number != dim)


def _renorm_body(k: Any, x: Any, p: float, dim: int, maxnorm: float) -> Any:
    norm = k.vector_norm(x, p, _other_dims(x, dim), True)
    return x * k.where(norm > maxnorm, maxnorm / (norm + _TINY), k.ones_like(norm))


primitive(
    "renorm", "x; p, dim, maxnorm", body=_renorm_body,
    x=lambda k, g, x, p, dim, maxnorm: k.renorm_grad(g, x, p, dim, maxnorm),
)  # fmt: skip


@composite("renorm_grad", expose="", aten="aten::renorm_backward")
def _renorm_grad(k: Any, g: Any, x: Any, p: float, dim: int, maxnorm: float) -> Any:
    dims = _other_dims(x, dim)
    norm = k.vector_norm(x, p, dims, True)
    inverse = 1 / (norm + _TINY)
    # The real part of a product, which reals have too.
    along = k.sum_dim(k.conj(x) * g + x * k.conj(g), dims, True) * 0.5
    back = norm_rule(k, along, x, x.shape, norm, p, dims, True)
    return k.where(norm > maxnorm, (g - back * inverse) * inverse * maxnorm, g)


def _read(name: str, input: Any, p: Any, dim: Any, maxnorm: Any) -> tuple[float, int, float]:
    require_tensor(name, input)
    if p <= 0:
        raise RuntimeError(f"{name}(): p must be positive, but is {p}")
    if maxnorm < 0:
        raise RuntimeError(f"{name}(): maxnorm must not be negative, but is {maxnorm}")
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError(
            f"{name}(): slices need at least one dimension, but the input has shape {list(shape)}"
        )
    if not (input._dtype.is_floating_point or input._dtype.is_complex):
        raise RuntimeError(f"{name}() needs floating-point numbers, not {input._dtype}")
    return float(p), one_dim(name, input, dim), float(maxnorm)


@function("function method")
def renorm(input: Any, p: float, dim: int, maxnorm: float, *, out: Any = None) -> Any:
    """Return the input with every slice along `dim` shortened to at most `maxnorm`.

    Parameters
    ----------
    input : Tensor
    p : float
        The order of the norm.
    dim : int
        The dimension that numbers the slices.
    maxnorm : float
    out : Tensor, optional
        Where to put the result.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the input has less than two dimensions, or `p` or `maxnorm` is out of range.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.renorm(plugrad.tensor([[3.0, 4.0], [0.0, 1.0]]), 2, 0, 2.5)
    tensor([[1.5000, 2.0000],
            [0.0000, 1.0000]])
    """
    return apply("renorm", (input,), _read("renorm", input, p, dim, maxnorm), out)


@function("method")
def renorm_(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """Do the same as `renorm` in place."""
    return inplace(operators["renorm"], (input,), _read("renorm_", input, p, dim, maxnorm))
