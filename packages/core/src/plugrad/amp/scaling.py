"""`GradScaler`: keeps small gradients from becoming 0 in low precision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy

from plugrad.autograd.modes import no_grad
from plugrad.tensor import Tensor

__all__ = ["GradScaler"]


class GradScaler:
    """Scale a loss up, and its gradients down again; leave out steps where they overflowed.

    The scale grows while all goes well, and shrinks when a gradient becomes infinite or NaN.

    Parameters
    ----------
    device : str
    init_scale : float
    growth_factor, backoff_factor : float
        What the scale is multiplied by after `growth_interval` good steps, and after a bad one.
    growth_interval : int
    enabled : bool
        With False, losses and steps go through unchanged. For a device that is not there it is
        always so.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.ones(1, requires_grad=True)
    >>> scaler = plugrad.amp.GradScaler("cpu", init_scale=8.0)
    >>> scaler.scale((2 * w).sum()).backward()
    >>> w.grad
    tensor([16.])
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if growth_factor <= 1.0:
            raise AssertionError(f"growth_factor must be above 1, not {growth_factor}")
        if backoff_factor >= 1.0:
            raise AssertionError(f"backoff_factor must be below 1, not {backoff_factor}")
        self._device = device
        if enabled and device == "cuda":
            from plugrad import cuda

            enabled = cuda.is_available()
        self._enabled = enabled
        self._scale = float(init_scale)
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._good_steps = 0
        # For each optimizer since the last update: whether a gradient overflowed, and whether it
        # has stepped.
        self._found: dict[int, bool] = {}
        self._stepped: set[int] = set()

    def is_enabled(self) -> bool:
        """Return whether it does anything."""
        return self._enabled

    def get_scale(self) -> float:
        """Return the present scale."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """Return what the scale is multiplied by after enough good steps."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by after enough good steps."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """Return what the scale is multiplied by after an overflow."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by after an overflow."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """Return how many good steps let the scale grow."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set how many good steps let the scale grow."""
        self._growth_interval = new_interval

    def scale(self, outputs: Any) -> Any:
        """Return a tensor, or each of a nest of them, multiplied by the scale.

        Raises
        ------
        ValueError
            If `outputs` holds anything but tensors.
        """
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, Iterable) and not isinstance(outputs, str):
            scaled = map(self.scale, outputs)
            return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled
        raise ValueError(f"scale() takes tensors, not {type(outputs).__name__}")

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer's parameters by the scale; for clipping them.

        Raises
        ------
        RuntimeError
            If it has been called since the last `update`.
        ValueError
            If a gradient is of float16, in which small numbers would be lost.
        """
        if not self._enabled:
            return
        if id(optimizer) in self._stepped:
            raise RuntimeError("unscale_() was called after step()")
        if id(optimizer) in self._found:
            raise RuntimeError(
                "unscale_() was called for this optimizer already since the last update()"
            )
        gradients = list(_gradients(optimizer))
        if any(g._dtype.name == "float16" for g in gradients):
            raise ValueError("a gradient of float16 cannot be unscaled without loss")
        with no_grad():
            for gradient in gradients:
                gradient.mul_(1.0 / self._scale)
            self._found[id(optimizer)] = not all(bool(g.isfinite().all()) for g in gradients)

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Let an optimizer step, unless a gradient is infinite or NaN.

        Returns
        -------
        What the step returned; None where it was left out.

        Raises
        ------
        RuntimeError
            If it is given a closure, or was called already since the last `update`.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("a step with a closure cannot be scaled")
        if id(optimizer) in self._stepped:
            raise RuntimeError("step() was called for this optimizer already since update()")
        if id(optimizer) not in self._found:
            self.unscale_(optimizer)
        self._stepped.add(id(optimizer))
        return None if self._found[id(optimizer)] else optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Adjust the scale after the steps of one iteration, or set it.

        Raises
        ------
        AssertionError
            If no gradients have been looked at since the last time.
        """
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not self._found:
            raise AssertionError("update() needs a step() or unscale_() before it")
        elif any(self._found.values()):
            self._scale = _float32(self._scale * self._backoff_factor)
            self._good_steps = 0
        else:
            self._good_steps += 1
            if self._good_steps == self._growth_interval:
                grown = _float32(self._scale * self._growth_factor)
                self._scale = grown if grown < float("inf") else self._scale
                self._good_steps = 0
        self._found.clear()
        self._stepped.clear()

    def state_dict(self) -> dict[str, Any]:
        """Return the state, in PyTorch's layout; empty where not enabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale,
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._good_steps,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state.

        Raises
        ------
        RuntimeError
            If it is empty: that of a scaler that was not enabled.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError("the state is empty: that of a GradScaler that was not enabled")
        scale, good_steps = float(state_dict["scale"]), int(state_dict["_growth_tracker"])
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._scale, self._good_steps = scale, good_steps


def _gradients(optimizer: Any) -> Iterator[Any]:
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                yield parameter.grad


def _float32(number: float) -> float:
    """Round to what PyTorch keeps the scale in."""
    return float(numpy.float32(number))
