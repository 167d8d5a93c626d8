"""Adamax: Adam by the largest gradient."""

from __future__ import annotations

from typing import Any

from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer
from plugrad.optim.options import required_betas, required_number, required_rate
from plugrad.optim.updates import as_number, update

__all__ = ["Adamax"]


def adamax(
    k: Any, g: Any, p: Any, mean: Any, largest: Any, *, rate: Any, betas: Any, eps: float
) -> tuple[Any, ...]:
    mean = mix(mean, betas[0], g, 1 - betas[0])
    largest = k.maximum(largest * betas[1], abs(g) + eps)
    return mix(p, 1, mean / largest, -rate), mean, largest


class Adamax(Optimizer):
    r"""Adam whose steps are in units of the largest gradient of late.

    With the running mean :math:`m` of the gradient and
    :math:`u \leftarrow \max(\beta_2 u, |g| + \epsilon)`, the step number :math:`t` is
    :math:`p \leftarrow p - \eta\, m / ((1 - \beta_1^t) u)`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The learning rate :math:`\eta`.
    betas : tuple of two floats
        How much of the mean, and of the largest gradient, is kept in a step.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        How much of the parameter is added to its gradient.
    foreach, maximize, differentiable, capturable : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        For a negative option, or a beta that is not between 0 and 1.

    Notes
    -----
    Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015, section 7.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.Adamax([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
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
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        recorded = group["differentiable"]
        rate = group["lr"] if recorded else as_number(group["lr"])
        for p in params:
            state = self._state_of(p, "exp_avg", "exp_inf")
            step = self._advance(state)
            update(
                adamax,
                p,
                state["exp_avg"],
                state["exp_inf"],
                maximize=group["maximize"],
                decay=group["weight_decay"],
                differentiable=recorded,
                rate=rate / (1 - group["betas"][0] ** step),
                betas=group["betas"],
                eps=group["eps"],
            )
