"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer, counter
from plugrad.optim.options import required_betas, required_number, required_rate
from plugrad.optim.updates import as_number, update

__all__ = ["NAdam"]


def nadam(
    k: Any,
    g: Any,
    p: Any,
    mean: Any,
    square: Any,
    *,
    now: Any,
    ahead: Any,
    shrink: Any,
    betas: tuple[float, float],
    correction: float,
    eps: float,
) -> tuple[Any, ...]:
    mean = mix(mean, betas[0], g, 1 - betas[0])
    square = mix(square, betas[1], g * g, 1 - betas[1])
    change = mix(g * now, 1, mean, ahead) / (k.sqrt(square / correction) + eps)
    return mix(p, shrink, change, -1), mean, square


class NAdam(Optimizer):
    r"""Adam whose momentum looks a step ahead.

    With :math:`\mu_t = \beta_1 (1 - 0.96^{t \psi} / 2)` and the running means :math:`m` and
    :math:`\hat v` of `Adam`, the gradient stands beside the mean in each step:
    :math:`p \leftarrow p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)` where
    :math:`\hat m = \mu_{t+1} m / (1 - \prod_{i \le t+1} \mu_i) + (1 - \mu_t) g /
    (1 - \prod_{i \le t} \mu_i)`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The learning rate :math:`\eta`.
    betas : tuple of two floats
        How much of each running mean is kept in a step.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        How much of the parameter is added to its gradient.
    momentum_decay : float
        :math:`\psi`.
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
    Source: T. Dozat, "Incorporating Nesterov momentum into Adam", 2016.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.NAdam([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8944], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        required_number("momentum_decay", momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        recorded = group["differentiable"]
        rate = group["lr"] if recorded else as_number(group["lr"])
        decay, decoupled = group["weight_decay"], group["decoupled_weight_decay"]
        beta1, beta2 = group["betas"]
        for p in params:
            state = self.state[p]
            if not state:
                state["step"] = counter()
                state["mu_product"] = counter(1.0)
                state["exp_avg"], state["exp_avg_sq"] = plugrad.zeros_like(p), plugrad.zeros_like(p)
            step = self._advance(state)
            mu, next_mu = (
                beta1 * (1 - 0.5 * 0.96 ** (number * group["momentum_decay"]))
                for number in (step, step + 1)
            )
            state["mu_product"] *= mu
            product = state["mu_product"].item()
            update(
                nadam,
                p,
                state["exp_avg"],
                state["exp_avg_sq"],
                maximize=group["maximize"],
                decay=0 if decoupled else decay,
                differentiable=recorded,
                now=rate * (1 - mu) / (1 - product),
                ahead=rate * next_mu / (1 - product * next_mu),
                shrink=1 - rate * decay if decoupled and decay != 0 else 1,
                betas=(beta1, beta2),
                correction=1 - beta2**step,
                eps=group["eps"],
            )
