"""Adagrad: each step by the sum of all squares so far."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer, counter
from plugrad.optim.options import required_number, required_rate, required_ways
from plugrad.optim.updates import as_number, update

__all__ = ["Adagrad"]


def adagrad(k: Any, g: Any, p: Any, total: Any, *, rate: Any, eps: float) -> tuple[Any, ...]:
    total += g * g
    return mix(p, 1, g / (k.sqrt(total) + eps), -rate), total


class Adagrad(Optimizer):
    r"""Steps that shrink with the sum of all squared gradients so far.

    With that sum :math:`s`, step number :math:`t` is
    :math:`p \leftarrow p - \frac{\eta}{1 + (t - 1) \delta}\, g / (\sqrt{s} + \epsilon)`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The learning rate :math:`\eta`.
    lr_decay : float
        :math:`\delta`.
    weight_decay : float
        How much of the parameter is added to its gradient.
    initial_accumulator_value : float
        Where the sums start.
    eps : float
        :math:`\epsilon`.
    foreach, maximize, differentiable, fused : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        For a negative option.
    RuntimeError
        For `fused` beside `foreach` or `differentiable`.

    Notes
    -----
    Source: J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", 2011.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.Adagrad([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        required_rate(lr)
        required_number("lr_decay", lr_decay)
        required_number("weight_decay", weight_decay)
        required_number("initial_accumulator_value", initial_accumulator_value)
        required_number("eps", eps)
        required_ways(foreach, fused, differentiable)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                self._begin(p)

    def _begin(self, p: Any) -> None:
        start: complex = self.defaults["initial_accumulator_value"]
        if p.is_complex():
            start = complex(start, start)
        self.state[p] = {
            "step": counter(),
            "sum": plugrad.full_like(p, start, requires_grad=False),
        }

    def share_memory(self) -> None:
        """Do nothing, for arrays of this process are its own; PyTorch's programs may call it."""

    def _update(self, group: Group, params: list[Any]) -> None:
        recorded = group["differentiable"]
        rate = group["lr"] if recorded else as_number(group["lr"])
        for p in params:
            state = self.state[p]
            step = self._advance(state)
            update(
                adagrad,
                p,
                state["sum"],
                maximize=group["maximize"],
                decay=group["weight_decay"],
                differentiable=recorded,
                rate=rate / (1 + (step - 1) * group["lr_decay"]),
                eps=group["eps"],
            )
