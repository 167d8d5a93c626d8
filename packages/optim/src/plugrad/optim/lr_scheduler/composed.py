"""Schedulers made of schedulers: one after the other, or all together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from plugrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from plugrad.optim.lr_scheduler.scheduler import LRScheduler, put, rates

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Composed(LRScheduler):
    """Saves the states of its parts."""

    _schedulers: list[Any]

    def state_dict(self) -> dict[str, Any]:
        """Return the state, and those of the schedulers it is made of."""
        state = super().state_dict()
        del state["_schedulers"]
        return {**state, "_schedulers": [part.state_dict() for part in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state, and those of the schedulers it is made of."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for part, saved in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            part.load_state_dict(saved)


def _required_parts(schedulers: Sequence[Any], optimizer: Any) -> None:
    """Check the parts that a scheduler is to be made of.

    Raises
    ------
    ValueError
        If there are none, one watches a number, or is of another optimizer.
    """
    for number, part in enumerate(schedulers):
        if not hasattr(part, "optimizer"):
            raise TypeError(f"scheduler {number} is a {type(part).__name__}, and has no optimizer")
        if isinstance(part, ReduceLROnPlateau):
            raise ValueError(
                f"scheduler {number} is a ReduceLROnPlateau, whose steps need a number to look at: "
                "step it on its own"
            )
        if part.optimizer is not optimizer:
            raise ValueError(f"scheduler {number} is of another optimizer than the first")


class SequentialLR(_Composed):
    """One scheduler after the other.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : list of LRScheduler
    milestones : list of int
        The epochs where the next one takes over.
    last_epoch : int
        The epoch to go on after; -1 starts anew.

    Raises
    ------
    ValueError
        If there is no scheduler, one is of another optimizer, or there is not one milestone less
        than schedulers.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> warm_up = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5)
    >>> decay = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = optim.lr_scheduler.SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> for _ in range(4):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5]
    [0.5]
    [1.0]
    [0.5]
    """

    def __init__(
        self,
        optimizer: Any,
        schedulers: list[Any],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        if not schedulers:
            raise ValueError("SequentialLR needs at least one scheduler, and got none")
        _required_parts(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"{len(schedulers)} schedulers need {len(schedulers) - 1} milestones, not "
                f"{len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Each has taken its first step when it was made; only that of the first is wanted.
        for group in optimizer.param_groups:
            put(group, "lr", group["initial_lr"])
        for part in schedulers:
            part.last_epoch -= 1
        schedulers[0]._initial_step()
        self._last_lr = schedulers[0].get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Let the scheduler of the next epoch set the rates."""
        self.last_epoch += 1
        number = bisect_right(self._milestones, self.last_epoch)
        part = self._schedulers[number]
        if number > 0 and self._milestones[number - 1] == self.last_epoch:
            part._update_lr(0)
        else:
            part.step()
        self._last_lr = part.get_last_lr()


class ChainedScheduler(_Composed):
    """Several schedulers together, whose factors multiply.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
    optimizer : Optimizer, optional
        That of all of them, by default of the first.

    Raises
    ------
    ValueError
        If there is no scheduler, or one is of another optimizer.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0)
    >>> warm_up = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> decay = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = optim.lr_scheduler.ChainedScheduler([warm_up, decay])
    >>> for _ in range(3):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5]
    [0.25]
    [0.25]
    """

    def __init__(self, schedulers: Sequence[Any], optimizer: Any = None) -> None:
        if not schedulers:
            raise ValueError("ChainedScheduler needs at least one scheduler, and got none")
        if optimizer is None:
            optimizer = schedulers[0].optimizer
        _required_parts(schedulers, optimizer)
        self._schedulers = list(schedulers)
        self.optimizer = optimizer
        self._last_lr = rates(optimizer)

    def step(self) -> None:  # type: ignore[override]
        """Let each scheduler take its step."""
        for part in self._schedulers:
            part.step()
        self._last_lr = rates(self.optimizer)
