"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer
from plugrad.optim.options import required_number, required_rate, required_ways
from plugrad.optim.updates import update

__all__ = ["SGD"]


def sgd(k: Any, g: Any, p: Any, *, lr: Any) -> tuple[Any, ...]:
    return (mix(p, 1, g, -lr),)


def sgd_with_momentum(
    k: Any, g: Any, p: Any, buffer: Any, *, lr: Any, momentum: float, share: float, nesterov: bool
) -> tuple[Any, ...]:
    buffer = mix(buffer, momentum, g, share)
    change = g + buffer * momentum if nesterov else buffer
    return mix(p, 1, change, -lr), buffer


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum.

    With gradient :math:`g`, momentum :math:`\mu` and dampening :math:`\tau`, each step is
    :math:`b \leftarrow \mu b + (1 - \tau) g` (at first :math:`b = g`) and
    :math:`p \leftarrow p - \eta b`, or with Nesterov's variant
    :math:`p \leftarrow p - \eta (g + \mu b)`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The learning rate :math:`\eta`.
    momentum, dampening : float
    weight_decay : float
        How much of the parameter is added to its gradient.
    nesterov : bool
    maximize : bool
        Whether to climb instead of descending.
    foreach, differentiable, fused : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        For a negative `lr`, `momentum` or `weight_decay`, or `nesterov` without momentum or with
        dampening.

    Notes
    -----
    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
    learning", 2013, in the form that does not scale the buffer by the learning rate.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.SGD([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        required_rate(lr)
        required_number("momentum", momentum)
        required_number("weight_decay", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                f"Nesterov's variant needs momentum above 0 and no dampening, not {momentum} and "
                f"{dampening}"
            )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        required_ways(foreach, fused, differentiable)

    def _update(self, group: Group, params: list[Any]) -> None:
        common = {
            "lr": group["lr"],
            "maximize": group["maximize"],
            "decay": group["weight_decay"],
            "differentiable": group["differentiable"],
        }
        momentum = group["momentum"]
        for p in params:
            if momentum == 0:
                update(sgd, p, **common)
                continue
            state = self.state[p]
            buffer = state.get("momentum_buffer")
            first = buffer is None
            if buffer is None:
                buffer = state["momentum_buffer"] = plugrad.zeros_like(p)
            update(
                sgd_with_momentum,
                p,
                buffer,
                momentum=momentum,
                share=1 if first else 1 - group["dampening"],
                nesterov=group["nesterov"],
                **common,
            )
