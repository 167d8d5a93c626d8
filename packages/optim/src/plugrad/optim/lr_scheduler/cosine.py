"""Schedulers along a half wave of a cosine."""

from __future__ import annotations

import math
from typing import Any

from plugrad.optim.lr_scheduler.scheduler import LRScheduler

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    r"""From the first rate to `eta_min` and back, along a cosine.

    In closed form :math:`\eta_{min} + (\eta - \eta_{min}) (1 + \cos(\pi t / T)) / 2`; it is
    computed from the rate before, so that other schedulers can work beside it.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        In how many epochs.
    eta_min : float
    last_epoch : int
        The epoch to go on after; -1 starts anew.

    Notes
    -----
    Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    2017.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
    >>> for _ in range(4):
    ...     print(round(scheduler.get_last_lr()[0], 2))
    ...     optimizer.step()
    ...     scheduler.step()
    1.0
    0.75
    0.25
    0.0
    """

    def __init__(
        self, optimizer: Any, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return the rates of epoch `last_epoch`."""
        self._warn_of_direct_call()
        epoch, period, low = self.last_epoch, self.T_max, self.eta_min
        groups = self.optimizer.param_groups
        if self._is_initial:
            return [group["lr"] for group in groups]
        if self._step_count == 1 and epoch > 0:
            return self._get_closed_form_lr()
        if (epoch - 1 - period) % (2 * period) == 0:  # from the bottom, no factor leads up
            rise = (1 - math.cos(math.pi / period)) / 2
            return [
                group["lr"] + (base - low) * rise
                for base, group in zip(self.base_lrs, groups, strict=True)
            ]
        before = 1 + math.cos(math.pi * (epoch - 1) / period)
        factor = (1 + math.cos(math.pi * epoch / period)) / before
        return [factor * (group["lr"] - low) + low for group in groups]

    def _get_closed_form_lr(self) -> list[Any]:
        share = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """From the first rate to `eta_min` along a cosine, time and again, each time longer.

    Parameters
    ----------
    optimizer : Optimizer
    T_0 : int
        How many epochs the first time takes.
    T_mult : int
        How many times longer the next one takes.
    eta_min : float
    last_epoch : int
        The epoch to go on after; -1 starts anew.

    Raises
    ------
    ValueError
        If `T_0` or `T_mult` is no positive integer, or `eta_min` no number.

    Notes
    -----
    Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    2017.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0]
    [0.5]
    [1.0]
    """

    def __init__(
        self,
        optimizer: Any,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a positive integer, not {value}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"eta_min must be a number, not {type(eta_min).__name__}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return the rates of epoch `last_epoch`."""
        self._warn_of_direct_call()
        share = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next epoch, or of any, which may lie between two.

        Parameters
        ----------
        epoch : float, optional

        Raises
        ------
        ValueError
            If it is negative.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"an epoch must not be negative, as {epoch} is")
        elif epoch >= self.T_0:
            restarts, start = self._restarts(epoch)
            self.T_cur = epoch - start
            self.T_i = self.T_0 * self.T_mult**restarts
        else:
            self.T_cur, self.T_i = epoch, self.T_0
        self.last_epoch = math.floor(epoch) - 1
        self._update_lr()

    def _restarts(self, epoch: float) -> tuple[int, float]:
        """Return how often it has restarted before an epoch, and when it did last."""
        if self.T_mult == 1:
            count = int(epoch // self.T_0)
            return count, count * self.T_0
        count = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
        return count, self.T_0 * (self.T_mult**count - 1) / (self.T_mult - 1)
