"""L-BFGS: steps by an estimate of the curvature, from the steps before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import plugrad
from plugrad.optim.line_search import Point, strong_wolfe
from plugrad.optim.optimizer import Optimizer
from plugrad.optim.options import required_rate
from plugrad.optim.updates import as_number

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Quasi-Newton steps: the curvature is estimated from the last steps and their gradients.

    It needs a closure, which it calls several times in a step; all parameters are one group.

    Parameters
    ----------
    params : iterable of Tensor or of (str, Tensor)
    lr : float or Tensor
        The length of the steps, or where a line search starts.
    max_iter : int
        How many iterations there are in a step, at most.
    max_eval : int, optional
        How many evaluations of the closure, at most; by default 5/4 of `max_iter`.
    tolerance_grad : float
        A step ends where no element of the gradient is larger.
    tolerance_change : float
        A step ends where the loss, or every parameter, changes by less.
    history_size : int
        How many changes the curvature is estimated from.
    line_search_fn : str, optional
        ``"strong_wolfe"``, or None for steps of length `lr`.

    Raises
    ------
    ValueError
        For several groups, or a negative `lr`.

    Notes
    -----
    Source: J. Nocedal, "Updating quasi-Newton matrices with limited storage", 1980.

    Examples
    --------
    >>> import plugrad
    >>> w = plugrad.tensor([-1.0, 2.0], requires_grad=True)
    >>> optimizer = plugrad.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = 100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2  # Rosenbrock's valley
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(closure)
    >>> w.detach().round(decimals=3)
    tensor([1., 1.])
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        required_rate(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS works on all parameters together: give it one group")

    @plugrad.no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Run `max_iter` iterations, or fewer where little changes any more.

        Parameters
        ----------
        closure : callable
            Computes the loss anew, with its gradients.

        Returns
        -------
        The loss before the step.

        Raises
        ------
        RuntimeError
            If there is no such line search.
        """
        group = self.param_groups[0]
        search = group["line_search_fn"]
        if search not in (None, "strong_wolfe"):
            raise RuntimeError(f"the only line search is 'strong_wolfe', not {search!r}")
        rate, tolerance = group["lr"], group["tolerance_change"]
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        def evaluate() -> tuple[Any, Any]:
            state["func_evals"] += 1
            with plugrad.enable_grad():
                loss = closure()
            return loss, self._flat_gradient()

        earlier = state["func_evals"]
        first, gradient = evaluate()
        loss = float(first)
        flat = bool(gradient.abs().max() <= group["tolerance_grad"])
        if flat:
            return first
        iteration = 0
        while iteration < group["max_iter"]:
            iteration += 1
            state["n_iter"] += 1
            direction = self._direction(state, gradient, group["history_size"])
            state["prev_flat_grad"] = gradient.clone()
            before = state["prev_loss"] = loss
            t = min(1.0, 1.0 / gradient.abs().sum()) * rate if state["n_iter"] == 1 else rate
            state["d"], state["t"] = direction, t
            slope = gradient.dot(direction)
            if slope > -tolerance:
                break
            if search is not None:
                start = [p.clone() for p in group["params"]]
                point, _ = strong_wolfe(
                    partial(self._tried, evaluate, start, direction),
                    direction,
                    Point(0, loss, gradient, slope),
                    t,
                    limit=min(25, group["max_eval"] - state["func_evals"] + earlier),
                )
                t, loss, gradient = point.t, point.loss, point.gradient
                state["t"] = t
                self._move(t, direction)
            else:
                self._move(t, direction)
                if iteration != group["max_iter"]:  # the last would be in vain
                    value, gradient = evaluate()
                    loss = float(value)
            flat = bool(gradient.abs().max() <= group["tolerance_grad"])
            if (
                flat
                or state["func_evals"] - earlier >= group["max_eval"]
                or (direction * t).abs().max() <= tolerance
                or abs(loss - before) < tolerance
            ):
                break
        return first

    def _direction(self, state: dict[str, Any], gradient: Any, size: int) -> Any:
        """Return where to go: the gradient, times the inverse curvature, downwards."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -gradient
        changes, moves, weights = state["old_dirs"], state["old_stps"], state["ro"]
        change = gradient - state["prev_flat_grad"]
        move = state["d"] * state["t"]
        product = change.dot(move)
        if product > 1e-10:  # else the curvature would not be positive
            if len(changes) == size:
                for history in (changes, moves, weights):
                    history.pop(0)
            changes.append(change)
            moves.append(move)
            weights.append(1.0 / product)
            state["H_diag"] = product / change.dot(change)
        shares = state.setdefault("al", [None] * size)
        d = -gradient
        for i in reversed(range(len(changes))):
            shares[i] = moves[i].dot(d) * weights[i]
            d.add_(changes[i], alpha=-as_number(shares[i]))
        d = d * state["H_diag"]
        for i, (change, move) in enumerate(zip(changes, moves, strict=True)):
            share = shares[i] - change.dot(d) * weights[i]
            d.add_(move, alpha=as_number(share))
        return d

    def _flat_gradient(self) -> Any:
        parts = []
        for p in self.param_groups[0]["params"]:
            g = plugrad.zeros_like(p) if p.grad is None else p.grad
            parts.append((plugrad.view_as_real(g) if g.is_complex() else g).reshape(-1))
        return plugrad.cat(parts)

    def _move(self, t: Any, direction: Any) -> None:
        """Go the way of length `t` from where the parameters are."""
        start = 0
        for p in self.param_groups[0]["params"]:
            real = plugrad.view_as_real(p) if p.is_complex() else p
            part = direction[start : start + real.numel()]
            real.add_(part.reshape(real.shape), alpha=as_number(t))
            start += real.numel()

    def _tried(
        self, evaluate: Callable[[], tuple[Any, Any]], start: list[Any], direction: Any, t: Any
    ) -> tuple[float, Any]:
        """Return loss and gradient at length `t`; the parameters are where they were."""
        self._move(t, direction)
        try:
            loss, gradient = evaluate()
        finally:
            for p, value in zip(self.param_groups[0]["params"], start, strict=True):
                p.copy_(value)
        return float(loss), gradient
