"""Samples of recurrent cells and layers."""

from __future__ import annotations

from typing import Any

from plugrad.testing.samples import Input, Sample, real

__all__ = ["SAMPLES"]

_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
# Differences that are small where relu has its kink are not for finite differences.
_SMOOTH = {"lstm", "gru", "rnn_tanh"}


def _weights(name: str, features: int, biases: bool) -> tuple[Input, ...]:
    rows = 2 * _GATES[name]
    found = real(rows, features, low=-1, high=1), real(rows, 2, low=-1, high=1)
    return (*found, real(rows), real(rows)) if biases else found


def _cells() -> list[Sample]:
    found = []
    for name in _GATES:
        for biases in (True, False):

            def call(t: Any, x: Any, h: Any, *rest: Any, name: str = name) -> Any:
                cell = getattr(t, f"{name}_cell")
                if name == "lstm":
                    return cell(x, (h, rest[0]), *rest[1:])
                return cell(x, h, *rest)

            states = (real(3, 2), real(3, 2)) if name == "lstm" else (real(3, 2),)
            inputs = (real(3, 4), *states, *_weights(name, 4, biases))
            label = "" if biases else "no biases"
            found.append(Sample(f"{name}_cell", call, inputs, label=label, graph=False,
                                second=name in _SMOOTH))  # fmt: skip
    return found


def _layers() -> list[Sample]:
    found = []
    for name in _GATES:
        for batch_first in (False, True):

            def call(
                t: Any, x: Any, h: Any, *rest: Any, name: str = name, first: bool = batch_first
            ) -> Any:
                hx: Any = (h, rest[0]) if name == "lstm" else h
                weights = list(rest[1:] if name == "lstm" else rest)
                return getattr(t, name)(x, hx, weights, True, 1, 0.0, False, False, first)[0]

            states = (real(1, 3, 2), real(1, 3, 2)) if name == "lstm" else (real(1, 3, 2),)
            x = real(3, 2, 4) if batch_first else real(2, 3, 4)
            inputs = (x, *states, *_weights(name, 4, True))
            label = "batch first" if batch_first else ""
            found.append(Sample(name, call, inputs, label=label, graph=False,
                                second=name in _SMOOTH))  # fmt: skip
    return found


SAMPLES = [*_cells(), *_layers()]
