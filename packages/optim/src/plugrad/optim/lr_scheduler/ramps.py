"""Schedulers that lead rates from one to another within some epochs: constant, straight, curved."""

from __future__ import annotations

from typing import Any

from plugrad.optim.lr_scheduler.scheduler import LRScheduler

__all__ = ["ConstantLR", "LinearLR", "PolynomialLR"]


class ConstantLR(LRScheduler):
    """A part of the first rate for some epochs, then all of it.

    Parameters
    ----------
    optimizer : Optimizer
    factor : float
        Which part.
    total_iters : int
        For how many epochs.
    last_epoch : int
        The epoch to go on after; -1 starts anew.

    Raises
    ------
    ValueError
        If `factor` does not lie between 0 and 1.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5]
    [0.5]
    [1.0]
    """

    def __init__(
        self,
        optimizer: Any,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if factor > 1.0 or factor < 0:
            raise ValueError(f"factor must be between 0 and 1, not {factor}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return the rates of epoch `last_epoch`."""
        self._warn_of_direct_call()
        factor = 1.0
        if self.last_epoch == 0:
            factor = self.factor
        elif self.last_epoch == self.total_iters:
            factor = 1.0 / self.factor
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[Any]:
        factor = 1.0 if self.last_epoch >= self.total_iters else self.factor
        return [base * factor for base in self.base_lrs]


class LinearLR(LRScheduler):
    """From one part of the first rate to another, in a straight line.

    Parameters
    ----------
    optimizer : Optimizer
    start_factor, end_factor : float
        Which parts.
    total_iters : int
        In how many epochs.
    last_epoch : int
        The epoch to go on after; -1 starts anew.

    Raises
    ------
    ValueError
        If a factor does not lie between 0 and 1, or the first is 0.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5]
    [0.75]
    [1.0]
    """

    def __init__(
        self,
        optimizer: Any,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError(f"start_factor must be above 0 and at most 1, not {start_factor}")
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError(f"end_factor must be between 0 and 1, not {end_factor}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return the rates of epoch `last_epoch`."""
        self._warn_of_direct_call()
        epoch, span = self.last_epoch, self.end_factor - self.start_factor
        factor = 1.0
        if epoch == 0:
            factor = self.start_factor
        elif not self._is_initial and epoch <= self.total_iters:
            factor += span / (self.total_iters * self.start_factor + (epoch - 1) * span)
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[Any]:
        span = self.end_factor - self.start_factor
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * (self.start_factor + span * share) for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """From the first rate to 0, by a power of the epochs that are left.

    Parameters
    ----------
    optimizer : Optimizer
    total_iters : int
        In how many epochs.
    power : float
    last_epoch : int
        The epoch to go on after; -1 starts anew.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.PolynomialLR(optimizer, total_iters=2, power=2)
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0]
    [0.25]
    [0.0]
    """

    def __init__(
        self, optimizer: Any, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return the rates of epoch `last_epoch`."""
        self._warn_of_direct_call()
        epoch, factor = self.last_epoch, 1.0
        if not self._is_initial and 0 < epoch <= self.total_iters:
            left = 1.0 - epoch / self.total_iters
            factor = (left / (1.0 - (epoch - 1) / self.total_iters)) ** self.power
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[Any]:
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * left**self.power for base in self.base_lrs]
