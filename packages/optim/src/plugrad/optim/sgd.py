"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from plugrad.optim.optimizer import Group, Optimizer, required_number

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum.

    With gradient :math:`g`, momentum :math:`\mu` and dampening :math:`\tau`, each step is
    :math:`b \leftarrow \mu b + (1 - \tau) g` (at first :math:`b = g`) and
    :math:`p \leftarrow p - \eta b`, or with Nesterov's variant
    :math:`p \leftarrow p - \eta (g + \mu b)`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float
        The learning rate :math:`\eta`.
    momentum, dampening : float
    weight_decay : float
        How much of the parameter is added to its gradient.
    nesterov : bool
    maximize : bool
        Whether to climb instead of descending.
    foreach, differentiable, fused : optional
        Accepted for PyTorch's sake; the numbers are the same.

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
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        required_number("the learning rate", lr)
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

    def _update(self, group: Group, params: list[Any]) -> None:
        decay, momentum, rate = group["weight_decay"], group["momentum"], -group["lr"]
        for p in params:
            g = -p.grad if group["maximize"] else p.grad
            if decay != 0:
                g = g.add(p, alpha=decay)
            if momentum != 0:
                state = self.state[p]
                buffer = state.get("momentum_buffer")
                if buffer is None:
                    buffer = state["momentum_buffer"] = g.detach().clone()
                else:
                    buffer.mul_(momentum).add_(g, alpha=1 - group["dampening"])
                g = g.add(buffer, alpha=momentum) if group["nesterov"] else buffer
            p.add_(g, alpha=rate)
