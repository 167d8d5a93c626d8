"""Adafactor: the variance of a matrix, from its rows and columns alone."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.optim.optimizer import Group, Optimizer, counter
from plugrad.optim.options import required_number, required_rate
from plugrad.optim.updates import as_number

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    r"""Steps by a variance that is kept as a row and a column, and relative to the parameter.

    For a matrix the running mean of squared gradients is not kept itself, but that of its rows
    :math:`R` and of its columns :math:`C`, of which :math:`V = R C / \bar R` is estimated. With
    :math:`U = g / \sqrt V`, step :math:`t` is :math:`p \leftarrow p - \alpha_t U / \max(1,
    \operatorname{rms}(U) / d)` where :math:`\alpha_t = \max(\epsilon_2, \operatorname{rms}(p))
    \min(\eta, 1 / \sqrt t)`; the means keep :math:`1 - t^\tau` in it.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The largest relative step :math:`\eta`.
    beta2_decay : float
        :math:`\tau`.
    eps : tuple of two floats
        The smallest root of a variance, by default the dtype's epsilon, and :math:`\epsilon_2`.
    d : float
        Beyond which root mean square steps are shortened.
    weight_decay : float
        The share of each parameter, times `lr`, that a step takes away.
    foreach, maximize : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        For a negative option, a positive `beta2_decay`, or `d` below 1.
    RuntimeError
        In a step, for complex parameters.

    Notes
    -----
    Source: N. Shazeer and M. Stern, "Adafactor: adaptive learning rates with sublinear memory
    cost", 2018.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.ones(2, 2, requires_grad=True)
    >>> optimizer = plugrad.optim.Adafactor([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([[0.9000, 0.9000],
            [0.9000, 0.9000]])
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        required_rate(lr)
        if not beta2_decay <= 0:
            raise ValueError(f"beta2_decay must be 0 at most, not {beta2_decay}")
        if eps[0] is not None:
            required_number("the first eps", eps[0])
        required_number("the second eps", eps[1])
        required_number("d", d, low=1.0)
        required_number("weight_decay", weight_decay)
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        if any(p.is_complex() for p in params):
            raise RuntimeError("Adafactor cannot change complex parameters")
        rate, (least, smallest) = as_number(group["lr"]), group["eps"]
        for p in params:
            g = -p.grad if group["maximize"] else p.grad
            state = self.state[p] or self._begin(p)
            step = self._advance(state)
            share = step ** group["beta2_decay"]
            relative = max(smallest, _rms(p)) * min(rate, 1 / step**0.5)
            if group["weight_decay"] != 0:
                p.mul_(1 - rate * group["weight_decay"])
            floor = plugrad.finfo(p.dtype).eps if least is None else least
            if p.dim() > 1:
                rows, columns = state["row_var"], state["col_var"]
                squares = g * g
                rows.lerp_(squares.mean(-1, keepdim=True), share)
                columns.lerp_(squares.mean(-2, keepdim=True), share)
                mean = rows.mean(-2, keepdim=True).clamp_(min=floor)
                change = plugrad.matmul(rows, columns, out=squares).div_(mean)
            else:
                change = state["variance"].lerp_(g * g, share).clone()
            change.clamp_(min=floor**2).rsqrt_().mul_(g)
            p.add_(change, alpha=-relative / max(1.0, _rms(change) / group["d"]))

    def _begin(self, p: Any) -> dict[str, Any]:
        state = self.state[p]
        state["step"] = counter()
        if p.dim() > 1:
            state["row_var"] = p.new_zeros((*p.shape[:-1], 1))
            state["col_var"] = p.new_zeros((*p.shape[:-2], 1, p.shape[-1]))
        else:
            state["variance"] = plugrad.zeros_like(p)
        return state


def _rms(x: Any) -> float:
    return float(x.norm(2).item() / x.numel() ** 0.5)
