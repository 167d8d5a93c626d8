"""Schedulers that change rate and momentum together, batch by batch: up, and down again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from plugrad.optim.lr_scheduler.scheduler import LRScheduler, each, put, saved_function
from plugrad.optim.lr_scheduler.scheduler import required_optimizer as required

__all__ = ["CyclicLR", "OneCycleLR"]


class _WithMomentum(LRScheduler):
    """Sets momentum, or what stands in its place in the family of Adam."""

    use_beta1: bool

    def _find_momentum(self, optimizer: Any) -> None:
        if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
            raise ValueError(
                f"{type(optimizer).__name__} has neither momentum nor betas to change: give "
                "cycle_momentum=False"
            )
        self.use_beta1 = "betas" in optimizer.defaults

    def _put_momentum(self, group: dict[str, Any], value: float) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value


class CyclicLR(_WithMomentum):
    """Rates that go from `base_lr` to `max_lr` and back, again and again.

    Parameters
    ----------
    optimizer : Optimizer
    base_lr, max_lr : float or list of float
    step_size_up : int
        In how many steps they rise.
    step_size_down : int, optional
        In how many steps they fall; by default as many.
    mode : str
        ``"triangular"``; ``"triangular2"``, where each cycle is half as high; or ``"exp_range"``,
        where heights are multiplied by `gamma` at each step.
    gamma : float
    scale_fn : callable, optional
        What heights are multiplied by, in place of `mode`.
    scale_mode : str
        Whether `scale_fn` is given the number of the ``"cycle"``, or of ``"iterations"``.
    cycle_momentum : bool
        Whether momentum goes the other way, from `max_momentum` to `base_momentum`.
    base_momentum, max_momentum : float or list of float
    last_epoch : int
        The step to go on after; -1 starts anew.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    ValueError
        For an unknown `mode`, lists of another length than there are groups, or momentum that the
        optimizer does not have.

    Notes
    -----
    Source: L. N. Smith, "Cyclical learning rates for training neural networks", 2017.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0, momentum=0.9)
    >>> scheduler = optim.lr_scheduler.CyclicLR(optimizer, 0.5, 1.0, step_size_up=2)
    >>> for _ in range(4):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5]
    [0.75]
    [1.0]
    [0.75]
    """

    def __init__(
        self,
        optimizer: Any,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = required(optimizer)
        lows = each(optimizer, "base_lr", base_lr)
        self.max_lrs = each(optimizer, "max_lr", max_lr)
        up = float(step_size_up)
        down = up if step_size_down is None else float(step_size_down)
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(f"there is no mode {mode!r}, and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        own = scale_fn is not None or mode != "exp_range"
        self.scale_mode = scale_mode if own else "iterations"
        if scale_fn is None and mode != "exp_range":
            self.scale_mode = "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._find_momentum(optimizer)
            self.base_momentums = each(optimizer, "base_momentum", base_momentum)
            self.max_momentums = each(optimizer, "max_momentum", max_momentum)
        if last_epoch == -1:
            for number, (low, group) in enumerate(zip(lows, optimizer.param_groups, strict=True)):
                put(group, "lr", low)
                if cycle_momentum:
                    self._put_momentum(group, self.max_momentums[number])
                    group["max_momentum"] = self.max_momentums[number]
                    group["base_momentum"] = self.base_momentums[number]
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lows

    def scale_fn(self, x: float) -> float:
        """Return what heights are multiplied by in a cycle, or at a step."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return float(1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x)

    def get_lr(self) -> list[Any]:
        """Return the rates of step `last_epoch`, and set the momentum."""
        self._warn_of_direct_call()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        ratio = self.step_ratio
        height = x / ratio if x <= ratio else (x - 1) / (ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            momenta = zip(self.base_momentums, self.max_momentums, strict=True)
            groups = self.optimizer.param_groups
            for (low, high), group in zip(momenta, groups, strict=True):
                self._put_momentum(group, high - (high - low) * height * scale)
        return [
            low + (high - low) * height * scale
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Return the state; of `scale_fn`, only the attributes of an object that can be called."""
        state = super().state_dict()
        state["_scale_fn_custom"] = saved_function(state.pop("_scale_fn_custom"))
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state; `scale_fn` stays, and gets its attributes back."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})
        saved = state_dict.get("_scale_fn_custom")
        if saved is not None:
            vars(self._scale_fn_custom).update(saved)


class OneCycleLR(_WithMomentum):
    """One cycle for a whole training: a short rise to `max_lr`, a long fall to almost nothing.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
    total_steps : int, optional
        How many steps there will be; by default the product of the next two.
    epochs, steps_per_epoch : int, optional
    pct_start : float
        Which part of them rises.
    anneal_strategy : str
        ``"cos"`` or ``"linear"``.
    cycle_momentum : bool
        Whether momentum goes the other way, from `max_momentum` to `base_momentum`.
    base_momentum, max_momentum : float or list of float
    div_factor : float
        By what `max_lr` is divided for the start.
    final_div_factor : float
        By what that is divided for the end.
    three_phase : bool
        Whether it falls back to the start first, as fast as it rose.
    last_epoch : int
        The step to go on after; -1 starts anew.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    ValueError
        If steps are not given, or an argument makes no sense; and by a step that is one too many.

    Notes
    -----
    Source: L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks
    using large learning rates", 2018.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.SGD([zeros(1)], lr=1.0, momentum=0.9)
    >>> scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> for _ in range(3):
    ...     print(round(scheduler.get_last_lr()[0], 2))
    ...     optimizer.step()
    ...     scheduler.step()
    0.04
    0.52
    1.0
    """

    def __init__(
        self,
        optimizer: Any,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = required(optimizer)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start must be a float between 0 and 1, not {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', not {anneal_strategy!r}")
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        highs = each(optimizer, "max_lr", max_lr)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._find_momentum(optimizer)
            most = each(optimizer, "max_momentum", max_momentum)
            least = each(optimizer, "base_momentum", base_momentum)
        if last_epoch == -1:
            for number, (high, group) in enumerate(zip(highs, optimizer.param_groups, strict=True)):
                group["initial_lr"] = high / div_factor
                group["max_lr"] = high
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    self._put_momentum(group, most[number])
                    group["max_momentum"] = most[number]
                    group["base_momentum"] = least[number]
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return the rates of step `last_epoch`, and set the momentum.

        Raises
        ------
        ValueError
            If that is beyond the last step.
        """
        self._warn_of_direct_call()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"step {step} is beyond the {self.total_steps} that were planned")
        start = 0.0
        for phase in self._schedule_phases:
            end = phase["end_step"]
            if step <= end or phase is self._schedule_phases[-1]:
                break
            start = end
        share = (step - start) / (end - start)
        values = []
        for group in self.optimizer.param_groups:
            values.append(self._between(group[phase["start_lr"]], group[phase["end_lr"]], share))
            if self.cycle_momentum:
                first, last = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._put_momentum(group, self._between(first, last, share))
        return values

    def _between(self, first: float, last: float, share: float) -> float:
        if self._anneal_func_type == "linear":
            return (last - first) * share + first
        return last + (first - last) / 2.0 * (math.cos(math.pi * share) + 1)


def _total(total: Any, epochs: Any, steps: Any) -> int:
    """Return the number of steps.

    Raises
    ------
    ValueError
        If it is not given, or is no positive integer.
    """
    given = {"total_steps": total} if total is not None else None
    if given is None:
        if epochs is None or steps is None:
            raise ValueError("give total_steps, or both epochs and steps_per_epoch")
        given = {"epochs": epochs, "steps_per_epoch": steps}
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"{name} must be a positive integer, not {value}")
    return math.prod(given.values())


def _phases(total: int, share: float, three: bool) -> list[dict[str, Any]]:
    ends: list[float] = [float(share * total) - 1]
    ways = [("initial_lr", "max_lr"), ("max_lr", "min_lr")]
    momenta = [("max_momentum", "base_momentum"), ("base_momentum", "max_momentum")]
    if three:
        ends.append(float(2 * share * total) - 2)
        ways = [("initial_lr", "max_lr"), ("max_lr", "initial_lr"), ("initial_lr", "min_lr")]
        momenta.append(("max_momentum", "max_momentum"))
    return [
        {
            "end_step": end,
            "start_lr": way[0],
            "end_lr": way[1],
            "start_momentum": momentum[0],
            "end_momentum": momentum[1],
        }
        for end, way, momentum in zip([*ends, total - 1], ways, momenta, strict=True)
    ]
