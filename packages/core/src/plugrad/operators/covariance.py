"""Covariances and correlations of variables, from rows of observations."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad import dtypes
from plugrad.operators.dimensions import require_tensor
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions

__all__ = ["corrcoef", "cov"]


def _checked(name: str, input: Any) -> None:
    require_tensor(name, input)
    if input.ndim > 2:
        raise RuntimeError(
            f"{name}() needs one row for each variable, at most 2 dimensions, not shape "
            f"{list(input.shape)}"
        )
    if input._dtype is dtypes.bool_:
        raise RuntimeError(f"{name}() needs numbers, not {input._dtype}")


def _check_weights(name: str, weights: Any, count: int, whole: bool) -> None:
    if weights is None:
        return
    require_tensor("cov", weights, name)
    kind = weights._dtype
    fits = not (kind.is_floating_point or kind.is_complex) if whole else kind.is_floating_point
    if not fits or kind is dtypes.bool_:
        words = "integers" if whole else "real floating-point numbers"
        raise RuntimeError(f"cov(): {name} must be {words}, not of {kind}")
    if weights.ndim > 1 or weights.numel() != count:
        raise RuntimeError(
            f"cov(): {name} must have one element for each of the {count} observations, not shape "
            f"{list(weights.shape)}"
        )
    if bool((weights < 0).any()):
        raise RuntimeError(f"cov(): {name} must not be negative")


@function("function method")
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Return the covariances of variables.

    Parameters
    ----------
    input : Tensor of shape (variables, observations) or (observations,)
    correction : int
        What is subtracted from the number of observations that the sum is divided by.
    fweights : Tensor of shape (observations,), optional
        How often each was observed: integers.
    aweights : Tensor of shape (observations,), optional
        How much each counts.

    Returns
    -------
    Tensor
        Of shape ``(variables, variables)``; of one variable 0-d.

    Raises
    ------
    RuntimeError
        For more dimensions, or weights that do not fit, are negative or sum to 0.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]).cov()
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    _checked("cov", input)
    rows = input if input.ndim == 2 else input.view(1, -1)
    count = rows.shape[1]
    _check_weights("fweights", fweights, count, True)
    _check_weights("aweights", aweights, count, False)
    weights = fweights
    if aweights is not None:
        weights = aweights if fweights is None else fweights * aweights
    total: Any = count
    if weights is not None:
        total = weights.sum()
        if count and total.item() == 0:
            raise RuntimeError("cov(): the weights sum to 0, so nothing can be averaged")
    freedom = total - correction
    if aweights is not None and correction:
        freedom = total - correction * (weights * aweights).sum() / total
    if freedom <= 0:
        warnings.warn("cov(): as many observations are needed as degrees of freedom", stacklevel=2)
        freedom = 0
    weighted = rows if weights is None else rows * weights
    centred = rows - (weighted.sum(1) / total).unsqueeze(1)
    transposed = (centred if weights is None else centred * weights).t()
    if transposed.is_complex():
        transposed = transposed.conj()
    return (centred.mm(transposed) / freedom).squeeze()


@function("function method")
def corrcoef(input: Any) -> Any:
    """Return the coefficients of correlation between variables.

    Parameters
    ----------
    input : Tensor of shape (variables, observations) or (observations,)

    Returns
    -------
    Tensor
        Of shape ``(variables, variables)``; of one variable 0-d.

    Raises
    ------
    RuntimeError
        For more dimensions.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.corrcoef(plugrad.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    _checked("corrcoef", input)
    covariance = cov(input)
    if not covariance.ndim:
        return covariance / covariance
    variance = covariance.diagonal()
    spread = (variance.real if variance.is_complex() else variance).sqrt()
    result = covariance / spread.view(-1, 1) / spread.view(1, -1)
    if result.is_complex():
        parts = result.real.clamp(-1, 1), result.imag.clamp(-1, 1)
        return functions["complex"](*parts)
    return result.clamp(-1, 1)
