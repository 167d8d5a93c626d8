"""Adam, and its variant with decoupled weight decay."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.optim.optimizer import Group, Optimizer, required_number

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    r"""Steps in units of the gradient's own running magnitude.

    With running means :math:`m` of the gradient and :math:`v` of its square, both corrected for
    their start at 0, each step is
    :math:`p \leftarrow p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)`.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float
        The learning rate :math:`\eta`.
    betas : tuple of two floats
        How much of each running mean is kept in a step.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        How much of the parameter is added to its gradient.
    amsgrad : bool
        Whether to divide by the largest :math:`\hat v` so far.
    maximize : bool
        Whether to climb instead of descending.
    decoupled_weight_decay : bool
        Whether to shrink the parameter itself instead of adding it to its gradient: `AdamW`.
    foreach, capturable, differentiable, fused : optional
        Accepted for PyTorch's sake; the numbers are the same.

    Raises
    ------
    ValueError
        For a negative option, or a beta that is not between 0 and 1.

    Notes
    -----
    Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.Adam([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        required_number("the learning rate", lr)
        required_number("eps", eps)
        required_number("weight_decay", weight_decay)
        for number, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"beta {number} must be between 0 and 1, not {beta}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        rate, decay = group["lr"], group["weight_decay"]
        beta1, beta2 = group["betas"]
        for p in params:
            g = -p.grad if group["maximize"] else p.grad
            if decay != 0:
                if group["decoupled_weight_decay"]:
                    p.mul_(1 - rate * decay)
                else:
                    g = g.add(p, alpha=decay)
            state = self.state[p]
            if not state:
                self._begin(state, p, group["amsgrad"])
            state["step"] += 1
            step = state["step"].item()
            state["exp_avg"].lerp_(g, 1 - beta1)
            square = state["exp_avg_sq"].mul_(beta2).addcmul_(g, g.conj(), value=1 - beta2)
            if group["amsgrad"]:
                square = plugrad.maximum(state["max_exp_avg_sq"], square)
                state["max_exp_avg_sq"].copy_(square)
            correction = (1 - beta2**step) ** 0.5
            scale = (square.sqrt() / correction).add_(group["eps"])
            p.addcdiv_(state["exp_avg"], scale, value=-rate / (1 - beta1**step))

    def _begin(self, state: dict[str, Any], p: Any, amsgrad: bool) -> None:
        # A tensor on the host, as in PyTorch's checkpoints.
        state["step"] = plugrad.tensor(0.0, dtype=plugrad.get_default_dtype())
        state["exp_avg"] = plugrad.zeros_like(p)
        state["exp_avg_sq"] = plugrad.zeros_like(p)
        if amsgrad:
            state["max_exp_avg_sq"] = plugrad.zeros_like(p)


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters themselves, apart from their gradients.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr, betas, eps, amsgrad, maximize
        As for `Adam`.
    weight_decay : float
        The share of each parameter, times `lr`, that a step takes away.
    foreach, capturable, differentiable, fused : optional
        Accepted for PyTorch's sake; the numbers are the same.

    Raises
    ------
    ValueError
        As for `Adam`.

    Notes
    -----
    Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", 2019.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8500], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
