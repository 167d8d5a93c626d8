"""`LRScheduler`: what learning-rate schedulers share."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from plugrad.optim.optimizer import Optimizer
from plugrad.tensor import Tensor

__all__ = ["LRScheduler", "each", "put", "rates", "required_optimizer", "saved_function"]

DEPRECATED_EPOCH = (
    "giving step() an epoch is not needed, and PyTorch is about to give it up: call step() alone"
)


class LRScheduler:
    """What learning-rate schedulers share: they change the rates of an optimizer's groups.

    A subclass defines `get_lr`, which returns the rate of each group for epoch `last_epoch`, most
    often from those that the groups have, so that several schedulers go together. It may define
    `_get_closed_form_lr`, which returns the same from `base_lrs` alone.

    Parameters
    ----------
    optimizer : Optimizer
    last_epoch : int
        The epoch to go on after; -1 starts anew.

    Attributes
    ----------
    base_lrs : list of float
        The rates at the start.
    last_epoch : int

    Raises
    ------
    TypeError
        If `optimizer` is none.
    KeyError
        If `last_epoch` is given, and the groups have no ``"initial_lr"``.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> class Halving(optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [rate / 2**self.last_epoch for rate in self.base_lrs]
    >>> optimizer = optim.SGD([zeros(1)], lr=0.8)
    >>> scheduler = Halving(optimizer)
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.1]
    """

    _last_lr: list[Any]

    def __init__(self, optimizer: Any, last_epoch: int = -1) -> None:
        self.optimizer = required_optimizer(optimizer)
        if last_epoch == -1:
            for group in optimizer.param_groups:
                start = group["lr"]
                group.setdefault("initial_lr", start.clone() if _is_tensor(start) else start)
        else:
            for number, group in enumerate(optimizer.param_groups):
                if "initial_lr" not in group:
                    raise KeyError(
                        f"group {number} has no 'initial_lr', which tells the rate to go on from "
                        f"after epoch {last_epoch}: load the optimizer's state before"
                    )
        self.base_lrs: list[Any] = _copied(group["initial_lr"] for group in optimizer.param_groups)
        self.last_epoch = last_epoch
        if "_scheduled_step" not in vars(optimizer):
            optimizer._scheduled_step = getattr(optimizer.step, "__func__", None)
            optimizer._opt_called = False
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self._get_lr_called_within_step = False
        self.step()
        self._is_initial = False

    def get_last_lr(self) -> list[Any]:
        """Return the rates that the last step set, group by group."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """Return the rates of epoch `last_epoch`, group by group."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr()")

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch; to be called after the optimizer's step.

        Parameters
        ----------
        epoch : int, optional
            Another epoch than the next. PyTorch is about to give it up.
        """
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(DEPRECATED_EPOCH, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _check_order(self) -> None:
        optimizer = self.optimizer
        known = getattr(optimizer, "_scheduled_step", None)
        if getattr(optimizer.step, "__func__", None) is not known:
            warnings.warn(
                "the optimizer's step() was replaced after a scheduler was made, so whether it is "
                "called before the scheduler's cannot be told",
                UserWarning,
                stacklevel=3,
            )
        elif not optimizer._opt_called:
            warnings.warn(
                "lr_scheduler.step() was called before optimizer.step(), so the first rate is "
                "never used: call the optimizer's first",
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        compute: Callable[[], list[Any]] = self.get_lr
        if epoch is None:
            self.last_epoch += 1
        else:
            self.last_epoch = epoch
            compute = getattr(self, "_get_closed_form_lr", compute)
        self._get_lr_called_within_step = True
        try:
            values = compute()
        finally:
            self._get_lr_called_within_step = False
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            put(group, "lr", value)
        self._last_lr = rates(self.optimizer)

    def _warn_of_direct_call(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "get_lr() computes the rates anew; those of the last step are in get_last_lr()",
                UserWarning,
                stacklevel=3,
            )

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer."""
        return {key: value for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state."""
        vars(self).update(state_dict)


def required_optimizer(optimizer: Any) -> Any:
    """Return what must be an optimizer.

    Raises
    ------
    TypeError
        If it is none.
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"a scheduler needs an Optimizer, not {type(optimizer).__name__}")
    return optimizer


def put(group: dict[str, Any], name: str, value: Any) -> None:
    """Set an option of a group: in place where it is a tensor, which others may hold."""
    if _is_tensor(group[name]):
        group[name].fill_(float(value))
    else:
        group[name] = value


def rates(optimizer: Any) -> list[Any]:
    """Return the rates of an optimizer's groups; copies, where they are tensors."""
    return _copied(group["lr"] for group in optimizer.param_groups)


def each(optimizer: Any, name: str, value: Any) -> list[Any]:
    """Return an option for each group: `value` for all, or its members.

    Raises
    ------
    ValueError
        If there are more or fewer members than groups.
    """
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{name} has {len(value)} values, and there are {count} groups")
    return list(value)


def saved_function(function: Any) -> dict[str, Any] | None:
    """Return what is saved of a function: its attributes, if it is an object that has some."""
    is_plain = isinstance(function, type(saved_function))
    return None if is_plain or function is None else dict(vars(function))


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


def _copied(values: Any) -> list[Any]:
    found: Sequence[Any] = list(values)
    return [value.clone() if _is_tensor(value) else value for value in found]
