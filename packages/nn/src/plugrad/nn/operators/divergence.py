"""Losses that compare distributions: by their divergence, and counts with their rate."""

from __future__ import annotations

import math
from typing import Any

from plugrad.nn.operators.losses import reduced, reduction_named
from plugrad.operators.dimensions import require_tensor
from plugrad.operators.network import shifted, times
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["kl_div", "poisson_nll_loss"]


@function("function", aten="aten::kl_div")
def kl_div(
    input: Any, target: Any, reduction: int | str = "none", *, log_target: bool = False
) -> Any:
    """Return ``target * (log(target) - input)``: how far a distribution is from another.

    Parameters
    ----------
    input : Tensor
        Logarithms of probabilities.
    target : Tensor
        Probabilities, or with `log_target` their logarithms too.
    reduction : {"none", "mean", "sum"}, or the number of one
    log_target : bool

    Returns
    -------
    Tensor of shape (), or that of the elements without reduction

    References
    ----------
    Kullback and Leibler, On Information and Sufficiency, 1951.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([0.5, 0.5])
    >>> plugrad.kl_div(x.log(), plugrad.tensor([0.25, 0.75]), reduction="sum")
    tensor(0.1308)
    """
    reduction = reduction_named("kl_div", reduction)
    require_tensor("kl_div", input)
    require_tensor("kl_div", target, "target")
    if log_target:
        losses = k.mul(k.exp(target), k.sub(target, input))
    else:
        losses = k.sub(functions["xlogy"](target, target), k.mul(target, input))
    return reduced(k, losses, reduction)


@function("function", aten="aten::poisson_nll_loss")
def poisson_nll_loss(
    input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int | str
) -> Any:
    """Return the negative logarithm of the probability of counts with an expected rate.

    Parameters
    ----------
    input : Tensor
        The rates, or with `log_input` their logarithms.
    target : Tensor
        The counts.
    log_input, full : bool
        `full` adds Stirling's approximation of the constant term.
    eps : float
        Added to a rate before its logarithm is taken.
    reduction : {"none", "mean", "sum"}, or the number of one

    Returns
    -------
    Tensor of shape (), or that of the elements without reduction

    Examples
    --------
    >>> import plugrad
    >>> plugrad.poisson_nll_loss(plugrad.zeros(1), plugrad.ones(1), True, False, 1e-8, 1)
    tensor(1.)
    """
    reduction = reduction_named("poisson_nll_loss", reduction)
    require_tensor("poisson_nll_loss", input)
    require_tensor("poisson_nll_loss", target, "target")
    if log_input:
        losses = k.sub(k.exp(input), k.mul(target, input))
    else:
        losses = k.sub(input, k.mul(target, k.log(shifted(input, eps))))
    if full:
        constant = k.sub(k.mul(target, k.log(target)), target)
        constant = k.add(constant, times(k.log(times(target, 2 * math.pi)), 0.5))
        losses = k.add(losses, k.masked_fill(constant, target <= 1, 0))
    return reduced(k, losses, reduction)
