"""Bad calls raise PyTorch's type of exception, in words of our own, and change nothing."""

from __future__ import annotations

import pytest
import torch
from comparison import compare, expecting, see
from errors import Call, bad_calls

import plugrad

CALLS = list(bad_calls())


@pytest.mark.parametrize(("label", "call"), CALLS, ids=[label for label, _ in CALLS])
def test_as_pytorch_refuses(label: str, call: Call) -> None:
    if "t.nn." in label:
        pytest.importorskip("plugrad.nn.functional")
    theirs = see(torch, call, [])
    assert theirs.error, "PyTorch does not refuse this"
    ours = see(plugrad, call, [])
    with expecting(label, "errors"):
        compare(ours, theirs, "errors", 0)
        assert len(ours.message) > 15, f"says little: {ours.message!r}"
    assert plugrad.is_grad_enabled()
