"""What options of optimizers may be: the checks of their constructors."""

from __future__ import annotations

from typing import Any

from plugrad.tensor import Tensor

__all__ = ["required_betas", "required_number", "required_rate", "required_ways"]


def required_number(name: str, value: Any, low: float = 0.0, high: float | None = None) -> None:
    """Check that an option is not below `low`, and below `high` if that is given.

    Raises
    ------
    ValueError
        If it is, or is not a number.
    """
    if not value >= low:
        raise ValueError(f"{name} must be at least {low:g}, not {value}")
    if high is not None and not value < high:
        raise ValueError(f"{name} must be less than {high:g}, not {value}")


def required_rate(lr: Any) -> None:
    """Check a learning rate, which may be a tensor of one element.

    Raises
    ------
    ValueError
        If it has several elements, or is negative.
    """
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError(f"a learning rate is one number, not a tensor of shape {list(lr.shape)}")
    required_number("the learning rate", lr)


def required_betas(betas: Any) -> None:
    """Check that each of the shares that are kept lies between 0 and 1.

    Raises
    ------
    ValueError
        If one does not.
    """
    for number, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"beta {number} must be at least 0 and less than 1, not {beta}")


def required_ways(foreach: Any, fused: Any, differentiable: Any) -> None:
    """Check that at most one way of computing is asked for.

    Raises
    ------
    RuntimeError
        If `fused` is, with one of the others.
    """
    if fused and differentiable:
        raise RuntimeError("a fused step cannot be differentiated: leave out fused")
    if fused and foreach:
        raise RuntimeError("a step can be fused or foreach, not both")
