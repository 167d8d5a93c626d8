"""ASGD: stochastic gradient descent, averaged."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer, counter
from plugrad.optim.options import required_number, required_rate
from plugrad.optim.updates import as_number, update

__all__ = ["ASGD"]


def asgd(
    k: Any, g: Any, p: Any, average: Any, *, lambd: float, eta: Any, mu: float
) -> tuple[Any, ...]:
    p = mix(p, 1 - lambd * eta, g, -eta)
    average += (p - average) * mu
    return p, average


class ASGD(Optimizer):
    r"""Stochastic gradient descent that keeps the average of what it passes through.

    Step number :math:`t` is :math:`p \leftarrow (1 - \lambda \eta_t) p - \eta_t g` with
    :math:`\eta_t = \eta / (1 + \lambda \eta t)^\alpha`; from step :math:`t_0` on, the state
    ``"ax"`` of each parameter is its average, and the parameter itself before.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The learning rate :math:`\eta`.
    lambd : float
        :math:`\lambda`.
    alpha : float
        :math:`\alpha`.
    t0 : float
        :math:`t_0`.
    weight_decay : float
        How much of the parameter is added to its gradient.
    foreach, maximize, differentiable, capturable : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        For a negative `lr` or `weight_decay`.

    Notes
    -----
    Source: B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by
    averaging", 1992.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.ASGD([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        required_rate(lr)
        required_number("weight_decay", weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        rate, lambd = as_number(group["lr"]), group["lambd"]
        for p in params:
            state = self.state[p]
            if not state:
                state["step"] = counter()
                state["eta"] = counter(rate)
                state["mu"] = counter(1.0)
                state["ax"] = plugrad.zeros_like(p)
            step = self._advance(state)
            update(
                asgd,
                p,
                state["ax"],
                maximize=group["maximize"],
                decay=group["weight_decay"],
                differentiable=group["differentiable"],
                lambd=lambd,
                eta=state["eta"].item(),
                mu=state["mu"].item(),
            )
            state["eta"] = counter(rate / (1 + lambd * rate * step) ** group["alpha"])
            state["mu"] = counter(1 / max(1.0, step - group["t0"]))
