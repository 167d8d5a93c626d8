"""Checks of gradients: what they find, what they pass, and that they leave things as they were.

Written for both libraries but for what the errors say: `tests/compat` runs this file, too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

gradcheck, gradgradcheck = torch.autograd.gradcheck, torch.autograd.gradgradcheck


def points(*shape: int, kind: str = "float64", grad: bool = True) -> Any:
    torch.manual_seed(1)
    return (0.5 + torch.rand(shape, dtype=getattr(torch, kind))).requires_grad_(grad)


def with_backward(backward: Callable[..., Any], forward: Callable[..., Any] | None = None) -> Any:
    def remember(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**2 if forward is None else forward(x)

    body = {"forward": staticmethod(remember), "backward": staticmethod(backward)}
    return type("Made", (torch.autograd.Function,), body).apply


def off_by(share: float) -> Any:
    """Return a square whose gradient is wrong by a share."""
    return with_backward(lambda ctx, g: g * 2 * ctx.saved_tensors[0] * (1 + share))


RIGHT = {
    "one": (lambda x: x.exp(), (points(2, 3),)),
    "two inputs": (lambda x, y: (x * y).sin().sum(0), (points(2, 3), points(3))),
    "two outputs": (lambda x: (x.sin(), x.cumsum(0)), (points(3),)),
    "a list": (lambda x: [x.sin(), x.cos()], (points(3),)),
    "a constant beside": (lambda x, k: x * k, (points(3), 3)),
    "no gradient wanted": (lambda x, y: x * y, (points(3), points(3, grad=False))),
    "number": (lambda x: x.prod(), (points(2),)),
    "0-d": (lambda x: x.log(), (points(),)),
    "empty": (lambda x: x.exp(), (points(0, 2),)),
    "in place": (lambda x: x.clone().mul_(x), (points(3),)),
    "complex": (lambda z: z * z.conj() * (1 + 2j), (points(2, kind="complex128"),)),
    "complex to real": (lambda z: z.abs(), (points(2, kind="complex128"),)),
    "real to complex": (lambda x: torch.polar(x, 2 * x), (points(2),)),
    "transposed": (lambda x: x @ x, (points(3, 3).detach().t().requires_grad_(),)),
}


@pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])
@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_pass(name: str, fast: bool) -> None:
    function, inputs = RIGHT[name]
    assert gradcheck(function, inputs, fast_mode=fast) is True
    assert gradgradcheck(function, inputs, fast_mode=fast) is True


@pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])
def test_wrong_gradients_are_found(fast: bool) -> None:
    x = points(3)
    for share in (0.005, -0.005, 1.0, float("nan")):
        with pytest.raises(RuntimeError):
            gradcheck(off_by(share), x, fast_mode=fast)
        assert gradcheck(off_by(share), x, fast_mode=fast, raise_exception=False) is False
    assert gradcheck(off_by(0.005), x, rtol=0.01, fast_mode=fast)
    with pytest.raises(RuntimeError):
        gradcheck(off_by(1e-4), x, rtol=1e-5, atol=1e-7, fast_mode=fast)


@pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])
def test_wrong_second_derivatives_are_found(fast: bool) -> None:
    # The gradient is right, and computed where nobody records it.
    def detached(ctx: Any, g: Any) -> Any:
        return g * 2 * ctx.saved_tensors[0].detach()

    x = points(2)
    assert gradcheck(with_backward(detached), x, fast_mode=fast)
    with pytest.raises(RuntimeError):
        gradgradcheck(with_backward(detached), x, fast_mode=fast)


def test_conjugation_counts() -> None:
    forgotten = with_backward(lambda ctx, g: g * 1j, lambda z: z * 1j)
    right = with_backward(lambda ctx, g: g * -1j, lambda z: z * 1j)
    z = points(2, kind="complex128")
    assert gradcheck(right, z)
    with pytest.raises(RuntimeError):
        gradcheck(forgotten, z)


def test_a_gradient_that_is_missing_is_found() -> None:
    with pytest.raises(RuntimeError):
        gradcheck(lambda x: x.detach() * 2, points(2))
    assert gradcheck(lambda x: (x.detach() > 100).double(), points(2))


def test_a_backward_that_differs_from_time_to_time_is_found() -> None:
    runs = [0]

    def restless(ctx: Any, g: Any) -> Any:
        runs[0] += 1
        return g * (1 + 1e-9 * runs[0])

    function = with_backward(restless, lambda x: x * 1)
    with pytest.raises(RuntimeError):
        gradcheck(function, points(2))
    assert gradcheck(function, points(2), nondet_tol=1e-6)


def test_what_cannot_be_checked() -> None:
    with pytest.raises(ValueError, match="requir"):
        gradcheck(lambda x: x, points(2, grad=False))
    with pytest.raises(ValueError, match="requir"):
        gradcheck(lambda x: x, points(2, grad=False), raise_exception=False)
    with pytest.raises(RuntimeError):
        gradcheck(lambda x: x.sum(), points(1, grad=False).expand(3).requires_grad_())
    with pytest.raises(AssertionError):
        gradcheck(lambda x: x, points(2), check_backward_ad=False)
    with pytest.warns(UserWarning, match="double precision"):
        gradcheck(lambda x: x * 2, points(2, kind="float32"), eps=1e-2)


@plugrad_only  # PyTorch leaves the inputs where it moved them, and draws from the stream
def test_inputs_and_random_numbers_are_left_alone() -> None:
    x = points(2, 3)
    before = x.detach().clone()
    state = torch.get_rng_state()
    assert gradcheck(lambda x: x.exp(), x, fast_mode=True)
    assert gradgradcheck(lambda x: x.exp(), x)

    def fails_later(x: Any) -> Any:
        if not torch.equal(x, before):
            raise ZeroDivisionError
        return x.exp()

    with pytest.raises(ZeroDivisionError):
        gradcheck(fails_later, x)
    assert torch.equal(x, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert x.grad is None


def test_forward_mode_and_batches() -> None:
    x = points(2, 3)
    for fast in (False, True):
        assert gradcheck(lambda x: x.exp() * x, x, check_forward_ad=True, fast_mode=fast)
    assert gradcheck(lambda x: x.exp() * x, x, check_batched_grad=True)
    assert gradgradcheck(lambda x: x.exp() * x, x, check_fwd_over_rev=True)


def test_starting_gradients_can_be_given() -> None:
    x = points(2)
    start = torch.ones(2, dtype=torch.float64, requires_grad=True)
    assert gradgradcheck(lambda x: x.exp(), x, start)
    assert gradgradcheck(lambda x: x.exp(), x, gen_non_contig_grad_outputs=True)


@plugrad_only
def test_the_error_tells_of_the_worst_entry() -> None:
    def second_entry_wrong(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 2 * x * torch.tensor([1.0, 1.5])

    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    with pytest.raises(torch.autograd.gradcheck.GradcheckError) as caught:
        gradcheck(with_backward(second_entry_wrong), x)
    said = str(caught.value)
    assert "for output 0 with respect to input 0: 1 of 4 entries" in said
    assert "element [1] of the input and [1] of the output: 6, but differences give 4" in said
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not gradcheck(with_backward(second_entry_wrong), x, raise_exception=False)
