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
        emitted = self._emitted(x, states)
        count, size = states.shape
        first = xp.arange(size, device=self.place)[None, :] < 2
        low = xp.full((count, size), -math.inf, dtype=x.dtype, device=self.place)
        alpha = [xp.where(first, emitted[0, ...], low)] if x.shape[0] else []
        for time in range(1, x.shape[0]):
            before = alpha[-1]
            one = self._moved(before, 1)
            two = xp.where(skips, self._moved(before, 2), low)
            alpha.append(self._sum_of_exponents(before, one, two) + emitted[time, ...])
        alphas = xp.stack(alpha) if alpha else xp.zeros((0, count, size), dtype=x.dtype)
        # The sum over what ends in the last label or the blank behind it, at the last time.
        losses = []
        for number, (time, length) in enumerate(zip(times, lengths, strict=True)):
            if time == 0:
                value = 0.0 if length == 0 else math.inf
                losses.append(xp.asarray(value, dtype=x.dtype, device=self.place))
                continue
            ends = alphas[time - 1, number, max(2 * length - 1, 0) : 2 * length + 1]
            highest = xp.max(ends)
            shift = xp.where(xp.isinf(highest), xp.zeros_like(highest), highest)
            losses.append(-(xp.log(xp.sum(xp.exp(ends - shift))) + shift))
        loss = xp.stack(losses) if losses else xp.zeros((0,), dtype=x.dtype)
        return loss, alphas

    def ctc_loss_grad(
        self, g: Any, x: Any, states: Any, skips: Any, loss: Any, alpha: Any, times: Lengths,
        lengths: Lengths,
    ) -> Any:  # fmt: skip
        xp = self.xp
        emitted = self._emitted(x, states)
        steps, count = x.shape[:2]
        size = states.shape[1]
        integers = {"dtype": xp.int64, "device": self.place}
        numbers = xp.arange(size, device=self.place)[None, :]
        ends = xp.asarray([2 * length for length in lengths], **integers)[:, None]
        last = (numbers == ends) | (numbers == ends - 1)
        low = xp.full((count, size), -math.inf, dtype=x.dtype, device=self.place)
        skipped = self._moved(skips, -2, False)
        spans = xp.asarray(times, **integers)[:, None]
        beta = low
        betas = []
        for time in range(steps - 1, -1, -1):
            two = xp.where(skipped, self._moved(beta, -2), low)
            beta = self._sum_of_exponents(beta, self._moved(beta, -1), two)
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

    def _emitted(self, x: Any, states: Any) -> Any:
        """Return the logarithm of the probability of each state's label at each time."""
        indices = self.xp.broadcast_to(states[None, :, :], (x.shape[0], *states.shape))
        return self.gather(x, indices, 2)

    def _moved(self, x: Any, by: int, fill: Any = -math.inf) -> Any:
        """Return rows moved by a number of places, filled up from one end."""
        count, size = x.shape
        width = min(abs(by), size)
        gap = self.xp.full((count, width), fill, dtype=x.dtype, device=self.place)
        if by > 0:
            return self.xp.concat([gap, x[:, : size - width]], axis=1)
        return self.xp.concat([x[:, width:], gap], axis=1)

    def _sum_of_exponents(self, one: Any, two: Any, three: Any) -> Any:
        xp = self.xp
        highest = xp.maximum(xp.maximum(one, two), three)
        shift = xp.where(xp.isinf(highest), xp.zeros_like(highest), highest)
        total = xp.exp(one - shift) + xp.exp(two - shift) + xp.exp(three - shift)
        return xp.log(total) + shift
