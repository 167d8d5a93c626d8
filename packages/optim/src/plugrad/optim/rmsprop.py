"""RMSprop: each step by the gradient's root mean square."""

from __future__ import annotations

from typing import Any

from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer
from plugrad.optim.options import required_number, required_rate
from plugrad.optim.updates import update

__all__ = ["RMSprop"]


def rmsprop(
    k: Any,
    g: Any,
    p: Any,
    square: Any,
    *others: Any,
    lr: Any,
    alpha: float,
    eps: float,
    momentum: float,
    centered: bool,
) -> tuple[Any, ...]:
    square = mix(square, alpha, g * g, 1 - alpha)
    variance = square
    if centered:
        mean = mix(others[-1], alpha, g, 1 - alpha)
        variance = square - mean * mean
    change = g / (k.sqrt(variance) + eps)
    if momentum > 0:
        change = mix(others[0], momentum, change, 1)
    return mix(p, 1, change, -lr), square, *others


class RMSprop(Optimizer):
    r"""Steps in units of the gradient's root mean square.

    With the running mean :math:`v` of the squared gradient, each step is
    :math:`p \leftarrow p - \eta\, g / (\sqrt v + \epsilon)`, or with momentum
    :math:`b \leftarrow \mu b + g / (\sqrt v + \epsilon)` and :math:`p \leftarrow p - \eta\, b`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The learning rate :math:`\eta`.
    alpha : float
        How much of the running mean is kept in a step.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        How much of the parameter is added to its gradient.
    momentum : float
        :math:`\mu`.
    centered : bool
        Whether to divide by the standard deviation of the gradient, around its running mean.
    capturable, foreach, maximize, differentiable : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        For a negative option.

    Notes
    -----
    Source: G. Hinton, "Neural networks for machine learning", lecture 6, 2012; A. Graves,
    "Generating sequences with recurrent neural networks", 2013, for `centered`. The root is taken
    before :math:`\epsilon` is added.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.RMSprop([w], lr=0.01)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        required_rate(lr)
        required_number("eps", eps)
        required_number("momentum", momentum)
        required_number("weight_decay", weight_decay)
        required_number("alpha", alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        names = ["square_avg"]
        if group["momentum"] > 0:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        for p in params:
            state = self._state_of(p, *names)
            self._advance(state)
            update(
                rmsprop,
                p,
                *(state[name] for name in names),
                maximize=group["maximize"],
                decay=group["weight_decay"],
                differentiable=group["differentiable"],
                lr=group["lr"],
                alpha=group["alpha"],
                eps=group["eps"],
                momentum=group["momentum"],
                centered=group["centered"],
            )
