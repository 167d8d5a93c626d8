"""The optimizer `Lion`.

Source: X. Chen et al., "Symbolic discovery of optimization algorithms", 2023, algorithm 2.
"""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.optim import Optimizer

__all__ = ["Lion"]


class Lion(Optimizer):
    """Step by the sign of an interpolated momentum.

    Parameters
    ----------
    params : iterable of Tensor or of dict
    lr : float
        The learning rate: how far each element moves in a step.
    betas : (float, float)
        How much of the momentum enters the step, and how much of it is kept.
    """

    def __init__(self, params: Any, lr: float = 1e-4, betas: tuple[float, float] = (0.9, 0.99)):
        super().__init__(params, {"lr": lr, "betas": betas})

    def _update(self, group: dict[str, Any], params: list[plugrad.Tensor]) -> None:
        enters, keeps = group["betas"]
        for p in params:
            state = self.state[p]
            if not state:
                state["momentum"] = plugrad.zeros_like(p)
            momentum = state["momentum"]
            step = momentum * enters + p.grad * (1 - enters)
            p.sub_(step.sign() * group["lr"])
            momentum.mul_(keeps).add_(p.grad * (1 - keeps))
