"""Adam, and its variant with decoupled weight decay."""

from __future__ import annotations

from typing import Any

from plugrad.optim.mixing import mix
from plugrad.optim.optimizer import Group, Optimizer
from plugrad.optim.options import required_betas, required_number, required_rate, required_ways
from plugrad.optim.updates import as_number, update
from plugrad.tensor import Tensor

__all__ = ["Adam", "AdamW"]


def adam(
    k: Any,
    g: Any,
    p: Any,
    mean: Any,
    square: Any,
    top: Any = None,
    *,
    rate: Any,
    shrink: Any,
    betas: tuple[float, float],
    correction: float,
    eps: float,
) -> tuple[Any, ...]:
    mean = mix(mean, betas[0], g, 1 - betas[0])
    square = mix(square, betas[1], g * g, 1 - betas[1])
    if top is None:
        # With both halves of the quotient corrected, not its square root: one division less.
        change = mean / (k.sqrt(square) + eps * correction)
        return mix(p, shrink, change, -rate * correction), mean, square
    largest = k.maximum(top, square)
    change = mean / (k.sqrt(largest) + eps * correction)
    return mix(p, shrink, change, -rate * correction), mean, square, largest


class Adam(Optimizer):
    r"""Steps in units of the gradient's own running magnitude.

    With running means :math:`m` of the gradient and :math:`v` of its square, both corrected for
    their start at 0, each step is
    :math:`p \leftarrow p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)`.

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
    amsgrad : bool
        Whether to divide by the largest :math:`\hat v` so far.
    maximize : bool
        Whether to climb instead of descending.
    differentiable : bool
        Whether the steps are recorded, so that what comes of them can be differentiated, with
        respect to gradients that were made with ``create_graph=True`` and to a tensor `lr`. Then
        the parameters must be results of operations, such as clones.
    capturable : bool
        For devices that record their work; refused in steps on the host.
    decoupled_weight_decay : bool
        Whether to shrink the parameter itself instead of adding it to its gradient: `AdamW`.
    foreach, fused : bool, optional
        Accepted for PyTorch's sake; the numbers are the same.

    Raises
    ------
    ValueError
        For a negative option, or a beta that is not between 0 and 1.
    RuntimeError
        For `fused` beside `foreach` or `differentiable`.

    Notes
    -----
    Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015; S. J. Reddi,
    S. Kale and S. Kumar, "On the convergence of Adam and beyond", 2018, for `amsgrad`.

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
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
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
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError("a tensor as learning rate goes with foreach only where capturable")
        required_rate(lr)
        required_number("eps", eps)
        required_betas(betas)
        required_number("weight_decay", weight_decay)
        _required_alike(betas, bool(foreach) and not capturable)
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
        required_ways(foreach, fused, differentiable)

    def _update(self, group: Group, params: list[Any]) -> None:
        names = ["exp_avg", "exp_avg_sq"]
        if group["amsgrad"]:
            names.append("max_exp_avg_sq")
        recorded = group["differentiable"]
        rate = group["lr"] if recorded else as_number(group["lr"])
        decay, decoupled = group["weight_decay"], group["decoupled_weight_decay"]
        beta1, beta2 = (as_number(beta) for beta in group["betas"])
        for p in params:
            state = self._state_of(p, *names)
            step = self._advance(state)
            update(
                adam,
                p,
                *(state[name] for name in names),
                maximize=group["maximize"],
                decay=0 if decoupled else decay,
                differentiable=recorded,
                rate=rate / (1 - beta1**step),
                shrink=1 - rate * decay if decoupled and decay != 0 else 1,
                betas=(beta1, beta2),
                correction=(1 - beta2**step) ** 0.5,
                eps=group["eps"],
            )


def _required_alike(betas: Any, one_by_one: bool) -> None:
    """Check betas that are tensors.

    Raises
    ------
    ValueError
        If only one is, or one has several elements, or steps are made for all parameters at once.
    """
    tensors = [beta for beta in betas if isinstance(beta, Tensor)]
    if not tensors:
        return
    if len(tensors) != len(betas):
        raise ValueError("the betas must be both numbers or both tensors")
    if one_by_one or any(beta.numel() != 1 for beta in tensors):
        raise ValueError("a beta that is a tensor must have one element, and goes without foreach")


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
        As for `Adam`.

    Raises
    ------
    ValueError, RuntimeError
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

    _since = {**Adam._since, "decoupled_weight_decay": True}  # noqa: RUF012  # never changed

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
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
