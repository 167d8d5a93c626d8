"""`SWALR`: the rate that weights are averaged at."""

from __future__ import annotations

import math
from typing import Any, Literal

from plugrad.optim.lr_scheduler.scheduler import LRScheduler, each, required_optimizer

__all__ = ["SWALR"]


class SWALR(LRScheduler):
    """From the present rate to `swa_lr`, at which it stays while weights are averaged.

    Parameters
    ----------
    optimizer : Optimizer
    swa_lr : float or list of float
    anneal_epochs : int
        In how many epochs.
    anneal_strategy : str
        ``"cos"`` or ``"linear"``.
    last_epoch : int
        The epoch to go on after; -1 starts anew.

    Raises
    ------
    ValueError
        For an unknown strategy, epochs that are no integer or negative, or more or fewer rates
        than groups.

    Notes
    -----
    Source: P. Izmailov et al., "Averaging weights leads to wider optima and better generalization",
    2018.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> scheduler = optim.swa_utils.SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0]
    [0.75]
    [0.5]
    """

    def __init__(
        self,
        optimizer: Any,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        targets = each(required_optimizer(optimizer), "swa_lr", swa_lr)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', not {anneal_strategy!r}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be an integer of 0 or more, not {anneal_epochs}")
        for target, group in zip(targets, optimizer.param_groups, strict=True):
            group["swa_lr"] = target
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return the rates of epoch `last_epoch`."""
        self._warn_of_direct_call()
        step = self._step_count - 1
        epoch = max(1, step) if self.anneal_epochs == 0 else step
        # From the rate before, the first is reckoned back.
        gone, share = self._share(epoch - 1), self._share(epoch)
        values = []
        for group in self.optimizer.param_groups:
            target = group["swa_lr"]
            first = target if gone == 1 else (group["lr"] - gone * target) / (1 - gone)
            values.append(target * share + first * (1 - share))
        return values

    def _share(self, epoch: int) -> float:
        time = max(0.0, min(1.0, epoch / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * time)) / 2 if self._anneal_strategy == "cos" else time
