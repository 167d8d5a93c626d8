"""RAdam: Adam that trusts its variance only when it knows it."""

from __future__ import annotations

from typing import Any

from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer
from plugrad.optim.options import required_betas, required_number, required_rate
from plugrad.optim.updates import as_number, update

__all__ = ["RAdam"]


def radam(
    k: Any,
    g: Any,
    p: Any,
    mean: Any,
    square: Any,
    *,
    rate: Any,
    rectified: float | None,
    shrink: Any,
    betas: tuple[float, float],
    eps: float,
) -> tuple[Any, ...]:
    mean = mix(mean, betas[0], g, 1 - betas[0])
    square = mix(square, betas[1], g * g, 1 - betas[1])
    if rectified is None:
        return mix(p, shrink, mean, -rate), mean, square
    change = mean / (k.sqrt(square) + eps)
    return mix(p, shrink, change, -rate * rectified), mean, square


class RAdam(Optimizer):
    r"""Adam whose steps are rectified by how well their variance is known.

    The length of the running mean of squares is :math:`\rho_\infty = 2 / (1 - \beta_2) - 1` in the
    end, and :math:`\rho_t = \rho_\infty - 2 t \beta_2^t / (1 - \beta_2^t)` after step :math:`t`.
    While it is 5 or less, steps are :math:`p \leftarrow p - \eta\, \hat m`; then those of `Adam`
    times :math:`\sqrt{\frac{(\rho_t - 4)(\rho_t - 2) \rho_\infty}
    {(\rho_\infty - 4)(\rho_\infty - 2) \rho_t}}`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The learning rate :math:`\eta`.
    betas : tuple of two floats
        How much of each running mean is kept in a step.
    eps : float
    weight_decay : float
        How much of the parameter is added to its gradient.
    decoupled_weight_decay : bool
        Whether to shrink the parameter itself instead, as `AdamW` does.
    foreach, maximize, capturable, differentiable : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        For a negative option, or a beta that is not between 0 and 1.

    Notes
    -----
    Source: L. Liu et al., "On the variance of the adaptive learning rate and beyond", 2020.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.RAdam([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        required_rate(lr)
        required_number("eps", eps)
        required_betas(betas)
        required_number("weight_decay", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        recorded = group["differentiable"]
        rate = group["lr"] if recorded else as_number(group["lr"])
        decay, decoupled = group["weight_decay"], group["decoupled_weight_decay"]
        beta1, beta2 = group["betas"]
        for p in params:
            state = self._state_of(p, "exp_avg", "exp_avg_sq")
            step = self._advance(state)
            update(
                radam,
                p,
                state["exp_avg"],
                state["exp_avg_sq"],
                maximize=group["maximize"],
                decay=0 if decoupled else decay,
                differentiable=recorded,
                rate=rate / (1 - beta1**step),
                rectified=_rectified(beta2, step),
                shrink=1 - rate * decay if decoupled and decay != 0 else 1,
                betas=(beta1, beta2),
                eps=group["eps"],
            )


def _rectified(beta: float, step: float) -> float | None:
    """Return what a step by the variance is multiplied by; None where too little is known of it."""
    correction = 1 - beta**step
    end = 2 / (1 - beta) - 1
    now = end - 2 * step * beta**step / correction
    if now <= 5:
        return None
    share = (now - 4) * (now - 2) * end / ((end - 4) * (end - 2) * now)
    return float((share * correction) ** 0.5)
