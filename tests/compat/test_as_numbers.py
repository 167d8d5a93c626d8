"""Tensors of one element where Python, or PyTorch, wants a number; Python's own operations."""

from __future__ import annotations

import operator
from typing import Any

import pytest
import torch
from behaviour import outcome

import plugrad

PROGRAMS: list[Any] = [
    lambda t: operator.index(t.tensor([97])),
    lambda t: operator.index(t.tensor([[3]])),
    lambda t: operator.index(t.tensor(True)),
    lambda t: operator.index(t.tensor(1.5)),
    lambda t: operator.index(t.tensor([1, 2])),
    lambda t: operator.index(t.tensor([])),
    lambda t: [1, 2, 3][t.tensor([1])],
    lambda t: "ab" * t.tensor([2]),
    lambda t: list(range(t.tensor([2]))),
    lambda t: bytes(t.tensor([2])).decode(),
    lambda t: int(t.tensor([[2.7]])),
    lambda t: float(t.tensor([[2.5]])),
    lambda t: float(t.ones(2)),
    lambda t: round(t.tensor(2.567), 1),
    lambda t: format(t.tensor(1.23456), ".2f"),
    lambda t: format(t.ones(2), ".2f"),
    lambda t: reversed(t.arange(3)),
    lambda t: reversed(t.tensor(3)),
    lambda t: reversed(t.ones(2, 2, requires_grad=True)).grad_fn,
    lambda t: 3 in t.arange(4),
    lambda t: "a" in t.arange(4),
    lambda t: sorted(t.tensor([3, 1, 2])),
    lambda t: max(t.tensor([3, 1, 2])),
    lambda t: sum(t.tensor([3, 1, 2])),
    lambda t: divmod(t.tensor(3), 2),
    lambda t: 2 ** t.tensor(3),
    lambda t: 1 << t.tensor(3),
    lambda t: t.Size([t.tensor([2])]),
    lambda t: t.Size([t.tensor([1, 2])]),
    lambda t: t.zeros(t.tensor([2])),
    lambda t: t.zeros(t.tensor(2), 3),
    lambda t: t.ones(4).reshape(t.tensor([2]), 2),
    lambda t: t.ones(4).view(t.tensor([2]), t.tensor(2)),
    lambda t: t.ones(4)[t.tensor([2]) :],
    lambda t: t.ones(4)[: t.tensor(True)],
    lambda t: t.ones(2, 2).sum(t.tensor([0])),
    lambda t: t.ones(2, 2).squeeze(t.tensor([1])),
    lambda t: t.ones(3).repeat(t.tensor([2])),
    lambda t: t.ones(1).expand(t.tensor([3])),
    lambda t: t.topk(t.ones(3), t.tensor([2])).values,
    lambda t: t.split(t.ones(4), t.tensor([2])),
    lambda t: t.eye(t.tensor([2])),
    lambda t: t.nn.Linear(t.tensor([2]), 3).weight,
    lambda t: t.ones(3).to(t.tensor([1])),
]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_they_serve_alike(number: int) -> None:
    program = PROGRAMS[number]
    assert outcome(plugrad, program) == outcome(torch, program)
