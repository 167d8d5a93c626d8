"""Adadelta: steps in units of the steps before."""

from __future__ import annotations

from typing import Any

from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer
from plugrad.optim.options import required_number, required_rate
from plugrad.optim.updates import update

__all__ = ["Adadelta"]


def adadelta(
    k: Any, g: Any, p: Any, square: Any, moved: Any, *, lr: Any, rho: float, eps: float
) -> tuple[Any, ...]:
    square = mix(square, rho, g * g, 1 - rho)
    delta = k.sqrt(moved + eps) / k.sqrt(square + eps) * g
    moved = mix(moved, rho, delta * delta, 1 - rho)
    return mix(p, 1, delta, -lr), square, moved


class Adadelta(Optimizer):
    r"""Steps in units of the steps before, so that no learning rate is needed.

    With running means :math:`v` of the squared gradient and :math:`u` of the squared change, the
    change is :math:`\Delta = g \sqrt{u + \epsilon} / \sqrt{v + \epsilon}`, and
    :math:`p \leftarrow p - \eta \Delta`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The factor :math:`\eta`.
    rho : float
        How much of the running means is kept in a step.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        How much of the parameter is added to its gradient.
    foreach, capturable, maximize, differentiable : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        For a negative option, or `rho` above 1.

    Notes
    -----
    Source: M. D. Zeiler, "ADADELTA: an adaptive learning rate method", 2012.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.Adadelta([w])
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9968], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        required_rate(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"rho must be between 0 and 1, not {rho}")
        required_number("eps", eps)
        required_number("weight_decay", weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        for p in params:
            state = self._state_of(p, "square_avg", "acc_delta")
            self._advance(state)
            update(
                adadelta,
                p,
                state["square_avg"],
                state["acc_delta"],
                maximize=group["maximize"],
                decay=group["weight_decay"],
                differentiable=group["differentiable"],
                lr=group["lr"],
                rho=group["rho"],
                eps=group["eps"],
            )
