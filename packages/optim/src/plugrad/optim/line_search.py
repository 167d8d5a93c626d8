"""How far to go: a step length that satisfies the strong Wolfe conditions.

Source: J. Nocedal and S. J. Wright, "Numerical optimization", 2nd edition, 2006, algorithms 3.5 and
3.6, with the interpolation of equation 3.59, and safeguards as in M. Schmidt's minFunc, 2005.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Point", "strong_wolfe"]


class Point(NamedTuple):
    """What is known at one step length.

    Attributes
    ----------
    t : float or Tensor
        The step length.
    loss : float
    gradient : Tensor
    slope : Tensor
        The derivative of the loss by the step length.
    """

    t: Any
    loss: float
    gradient: Any
    slope: Any


def strong_wolfe(
    evaluate: Callable[[Any], tuple[float, Any]],
    direction: Any,
    start: Point,
    t: Any,
    *,
    decrease: float = 1e-4,
    curvature: float = 0.9,
    tolerance: float = 1e-9,
    limit: int = 25,
) -> tuple[Point, int]:
    """Find a step length where the loss has decreased enough, and its slope has flattened enough.

    Parameters
    ----------
    evaluate : callable
        Returns loss and gradient at a step length.
    direction : Tensor
    start : Point
        Where the step length is 0.
    t : float or Tensor
        The first step length to try.
    decrease, curvature : float
        What the loss must have fallen by, in units of the slope at the start; and what may be left
        of that slope.
    tolerance : float
        The search ends where the largest change of an element in question is less.
    limit : int
        How many step lengths to try at most after the first.

    Returns
    -------
    Point
        The best.
    int
        How often `evaluate` was called.
    """
    largest = direction.abs().max()
    calls = 0

    def at(t: Any) -> Point:
        nonlocal calls
        calls += 1
        loss, gradient = evaluate(t)
        return Point(t, loss, gradient, gradient.dot(direction))

    def too_high(point: Point) -> bool:
        return bool(point.loss > start.loss + decrease * point.t * start.slope)

    def flat(point: Point) -> bool:
        return bool(abs(point.slope) <= -curvature * start.slope)

    # First, go on until two lengths have a good one between them.
    before, now = start, at(t)
    tried = 0
    bracket = [start, now]
    while tried < limit:
        bracket = [before, now]
        if too_high(now) or (tried > 1 and now.loss >= before.loss):
            break
        if flat(now):
            return now, calls
        if now.slope >= 0:
            break
        nearest, farthest = now.t + 0.01 * (now.t - before.t), now.t * 10
        length = _interpolated(before, now, nearest, farthest)
        before, now = now, at(length)
        tried += 1
    else:
        bracket = [start, now]

    # Then, close in on it.
    stalled = False
    low, high = _ordered(bracket)
    while tried < limit:
        ends = bracket[0].t, bracket[1].t
        if abs(ends[1] - ends[0]) * largest < tolerance:
            break
        t = _interpolated(bracket[0], bracket[1], min(ends), max(ends))
        margin = 0.1 * (max(ends) - min(ends))
        if min(max(ends) - t, t - min(ends)) < margin:
            # Next to an end: once is no harm, after that go a tenth of the way inside.
            if stalled or t >= max(ends) or t <= min(ends):
                upper = abs(t - max(ends)) < abs(t - min(ends))
                t = max(ends) - margin if upper else min(ends) + margin
                stalled = False
            else:
                stalled = True
        else:
            stalled = False
        now = at(t)
        tried += 1
        if too_high(now) or now.loss >= bracket[low].loss:
            bracket[high] = now
            low, high = _ordered(bracket)
            continue
        done = flat(now)
        if not done and now.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = now
        if done:
            break
    return bracket[low], calls


def _ordered(bracket: list[Point]) -> tuple[int, int]:
    return (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)


def _interpolated(one: Point, other: Point, lowest: Any, highest: Any) -> Any:
    """Return where the cubic through two points, with their slopes, is least, within bounds."""
    chord = one.slope + other.slope - 3 * (one.loss - other.loss) / (one.t - other.t)
    square = chord**2 - one.slope * other.slope
    if not square >= 0:
        return (lowest + highest) / 2.0
    root = square.sqrt()
    left, right = (one, other) if one.t <= other.t else (other, one)
    share = (right.slope + root - chord) / (right.slope - left.slope + 2 * root)
    return min(max(right.t - (right.t - left.t) * share, lowest), highest)
