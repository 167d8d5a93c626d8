"""A scheduler that watches what is to be improved."""

from __future__ import annotations

import warnings
from math import inf
from typing import Any, Literal

from plugrad.optim.lr_scheduler.scheduler import (
    DEPRECATED_EPOCH,
    LRScheduler,
    put,
    rates,
    required_optimizer,
)

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Rates that are multiplied by `factor` when a number has not improved for some epochs.

    Parameters
    ----------
    optimizer : Optimizer
    mode : str
        Whether ``"min"`` or ``"max"`` is better.
    factor : float
    patience : int
        For how many epochs without improvement the rates stay.
    threshold : float
        How much better counts.
    threshold_mode : str
        Whether that is relative, ``"rel"``, or absolute, ``"abs"``.
    cooldown : int
        For how many epochs after a change nothing is counted.
    min_lr : float or list of float
    eps : float
        Changes of the rate that are not larger are left out.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    ValueError
        For a factor of 1 or more, an unknown mode, or more or fewer `min_lr` than groups.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (0.5, 0.6, 0.6):
    ...     scheduler.step(loss)
    ...     print(scheduler.get_last_lr())
    [1.0]
    [1.0]
    [0.1]
    """

    def __init__(
        self,
        optimizer: Any,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError(f"factor must be below 1, not {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', not {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode must be 'rel' or 'abs', not {threshold_mode!r}")
        self.factor = factor
        self.optimizer = required_optimizer(optimizer)
        groups = len(optimizer.param_groups)
        self.default_min_lr: Any
        if isinstance(min_lr, (list, tuple)):
            if len(min_lr) != groups:
                raise ValueError(f"min_lr has {len(min_lr)} values, and there are {groups} groups")
            self.default_min_lr, self.min_lrs = None, list(min_lr)
        else:
            self.default_min_lr, self.min_lrs = min_lr, [min_lr] * groups
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = rates(optimizer)
        self.mode_worse = inf if mode == "min" else -inf
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self._reset()

    def _reset(self) -> None:
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at a number, and change the rates if it is time.

        Parameters
        ----------
        metrics : float or Tensor
        epoch : int, optional
            Another epoch than the next. PyTorch is about to give it up.
        """
        current = float(metrics)
        if epoch is None:
            epoch = self.last_epoch + 1
        else:
            warnings.warn(DEPRECATED_EPOCH, UserWarning, stacklevel=2)
        self.last_epoch = epoch
        if self._is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = rates(self.optimizer)

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        missing = len(groups) - len(self.min_lrs)
        if missing and self.default_min_lr is None:
            raise RuntimeError(
                f"min_lr has {len(self.min_lrs)} values, and there are {len(groups)} groups now"
            )
        self.min_lrs += [self.default_min_lr] * missing
        for group, low in zip(groups, self.min_lrs, strict=True):
            before = float(group["lr"])
            after = max(before * self.factor, low)
            if before - after > self.eps:
                put(group, "lr", after)

    @property
    def in_cooldown(self) -> bool:
        """Whether nothing is counted at present."""
        return self.cooldown_counter > 0

    def _is_better(self, value: float, best: float) -> bool:
        margin = self.threshold if self.mode == "max" else -self.threshold
        bar = best * (1 + margin) if self.threshold_mode == "rel" else best + margin
        return value > bar if self.mode == "max" else value < bar
