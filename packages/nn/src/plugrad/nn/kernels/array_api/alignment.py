"""Sums over all alignments of labels with times, in the standard's words.

Source: Graves et al., Connectionist Temporal Classification, ICML 2006, section 4.1. All states of
all examples are advanced at once, from one time to the next.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.backends.array_api.arrays import ArrayKernels

__all__ = ["AlignmentKernels"]

Lengths = tuple[int, ...]


class AlignmentKernels(ArrayKernels):
    """Kernels of `ctc_loss`."""

    def ctc_loss(
        self, x: Any, states: Any, skips: Any, times: Lengths, lengths: Lengths
    ) -> tuple[Any, Any]:
        xp = self.xp
        emitted = self._states_emitted(x, states)
        count, size = states.shape
        first = xp.arange(size, device=self.place)[None, :] < 2
        low = xp.full((count, size), -math.inf, dtype=x.dtype, device=self.place)
        if not x.shape[0]:  # one time, at which nothing is possible
            emitted = xp.expand_dims(low, axis=0)
        alpha = [xp.where(first, emitted[0, ...], low)]
        for time in range(1, x.shape[0]):
            alpha.append(self._states_after(alpha[-1], skips, 1) + emitted[time, ...])
        alphas = xp.stack(alpha)
        # The sum over what ends in the last label or the blank behind it, at the last time.
        spans = xp.asarray(times, dtype=xp.int64, device=self.place)
        index = xp.reshape(xp.clip(spans - 1, 0, None), (1, count, 1))
        ends = self.gather(alphas, xp.broadcast_to(index, (1, count, size)), 0)[0, ...]
        ends = xp.where(self._last_states(lengths, size), ends, low)
        highest = xp.max(ends, axis=1, keepdims=True)
        shift = xp.where(xp.isinf(highest), xp.zeros_like(highest), highest)
        total = xp.log(xp.sum(xp.exp(ends - shift), axis=1)) + shift[:, 0]
        # Without any time only nothing can be said.
        empty = xp.asarray([length == 0 for length in lengths], device=self.place)
        nothing = xp.where(empty, xp.zeros_like(total), xp.full_like(total, math.inf))
        return xp.where(spans == 0, nothing, -total), alphas

    def ctc_loss_grad(
        self, g: Any, x: Any, states: Any, skips: Any, loss: Any, alpha: Any, times: Lengths,
        lengths: Lengths,
    ) -> Any:  # fmt: skip
        xp = self.xp
        emitted = self._states_emitted(x, states)
        steps, count = x.shape[:2]
        size = states.shape[1]
        last = self._last_states(lengths, size)
        low = xp.full((count, size), -math.inf, dtype=x.dtype, device=self.place)
        skipped = self._states_moved(skips, -2, False)
        spans = xp.asarray(times, dtype=xp.int64, device=self.place)[:, None]
        beta = low
        betas = []
        for time in range(steps - 1, -1, -1):
            beta = self._states_after(beta, skipped, -1)
            # Where an example ends, its last states begin.
            start = xp.where(last, xp.zeros_like(low), low)
            beta = xp.where(spans == time + 1, start, beta) + emitted[time, ...]
            beta = xp.where(spans <= time, low, beta)
            betas.append(beta)
        if not betas:
            return xp.zeros_like(x)
        # How probable it is that a state is passed at a time, given the labels.
        exponents = alpha + xp.stack(betas[::-1]) - emitted + loss[None, :, None]
        reached = xp.isfinite(exponents)
        passed = xp.where(reached, xp.exp(exponents), xp.zeros_like(exponents))
        passed = xp.where(xp.isinf(loss)[None, :, None], xp.full_like(passed, math.nan), passed)
        chosen = states[:, :, None] == xp.arange(x.shape[2], device=self.place)[None, None, :]
        shares = xp.matmul(xp.permute_dims(passed, (1, 0, 2)), xp.astype(chosen, x.dtype))
        result = (xp.exp(x) - xp.permute_dims(shares, (1, 0, 2))) * g[None, :, None]
        within = xp.arange(steps, device=self.place)[:, None] < xp.reshape(spans, (1, count))
        counted = within[:, :, None] & (g != 0)[None, :, None]
        return xp.where(counted, result, xp.zeros_like(result))

    def _states_emitted(self, x: Any, states: Any) -> Any:
        """Return the logarithm of the probability of each state's label at each time."""
        indices = self.xp.broadcast_to(states[None, :, :], (x.shape[0], *states.shape))
        return self.gather(x, indices, 2)

    def _states_moved(self, x: Any, by: int, fill: Any = -math.inf) -> Any:
        """Return rows moved by a number of places, filled up from one end."""
        count, size = x.shape
        width = min(abs(by), size)
        gap = self.xp.full((count, width), fill, dtype=x.dtype, device=self.place)
        if by > 0:
            return self.xp.concat([gap, x[:, : size - width]], axis=1)
        return self.xp.concat([x[:, width:], gap], axis=1)

    def _last_states(self, lengths: Lengths, size: int) -> Any:
        """Return which states may be an example's last: its last label, and the blank behind it."""
        numbers = self.xp.arange(size, device=self.place)[None, :]
        doubled = [[2 * length] for length in lengths]
        ends = self.xp.asarray(doubled, dtype=self.xp.int64, device=self.place)
        ends = self.xp.reshape(ends, (len(lengths), 1))
        return (numbers == ends) | (numbers == ends - 1)

    def _states_after(self, x: Any, skips: Any, by: int) -> Any:
        """Return the logarithm of the sum over all states that lead to each, in one step."""
        xp = self.xp
        one = self._states_moved(x, by)
        two = xp.where(skips, self._states_moved(x, 2 * by), xp.full_like(x, -math.inf))
        highest = xp.maximum(xp.maximum(x, one), two)
        shift = xp.where(xp.isinf(highest), xp.zeros_like(highest), highest)
        total = xp.exp(x - shift) + xp.exp(one - shift) + xp.exp(two - shift)
        return xp.log(total) + shift
