"""Rprop: steps that follow the gradient's sign alone."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.optim.optimizer import Group, Optimizer
from plugrad.optim.options import required_rate
from plugrad.optim.updates import as_number, update

__all__ = ["Rprop"]


def rprop(
    k: Any, g: Any, p: Any, before: Any, size: Any, *, etas: Any, sizes: Any
) -> tuple[Any, ...]:
    agreement = g * before
    grown, shrunk = size * etas[1], size * etas[0]
    size = k.where(agreement > 0, grown, k.where(agreement < 0, shrunk, size))
    size = k.clamp(size, *sizes)
    g = k.where(agreement < 0, g * 0, g)
    p -= k.sign(g) * size
    return p, g, size


class Rprop(Optimizer):
    r"""Steps that follow the gradient's sign, not its size.

    Each element has a step size of its own, which grows while its gradient keeps its sign, and
    shrinks when that changes; then the element stays where it is for a step.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
    lr : float or Tensor
        The first step size.
    etas : tuple of two floats
        By what a step size shrinks, and by what it grows.
    step_sizes : tuple of two floats
        The smallest and the largest of them.
    capturable, foreach, maximize, differentiable : optional
        As for `Adam`.

    Raises
    ------
    ValueError
        If the two `etas` do not lie on both sides of 1, or `lr` is negative.

    Notes
    -----
    Source: M. Riedmiller and H. Braun, "A direct adaptive method for faster backpropagation
    learning: the RPROP algorithm", 1993.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([1.0], requires_grad=True)
    >>> optimizer = plugrad.optim.Rprop([w], lr=0.1)
    >>> (w * 3).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        required_rate(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"etas must be one between 0 and 1, and one above 1, not {etas}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group, params: list[Any]) -> None:
        rate = as_number(group["lr"])
        for p in params:
            first = p not in self.state
            state = self._state_of(p, "prev")
            if first:
                size = complex(rate, rate) if p.is_complex() else rate
                state["step_size"] = plugrad.full_like(p, size, requires_grad=False)
            self._advance(state)
            update(
                rprop,
                p,
                state["prev"],
                state["step_size"],
                maximize=group["maximize"],
                differentiable=group["differentiable"],
                etas=group["etas"],
                sizes=group["step_sizes"],
            )
