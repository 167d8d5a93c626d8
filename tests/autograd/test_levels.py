"""Transform levels: duals over tensors, over duals, and the tape over both."""

import pytest

import plugrad
from plugrad.autograd import grad
from plugrad.transforms.jvp import jvp


def scalar(value: float) -> plugrad.Tensor:
    return plugrad.tensor(value, dtype=plugrad.float64)


ONE = 1.0


def test_a_tangent_of_one_level_is_not_taken_for_that_of_another():
    # d/dx [x * d/dy (x + y)] = 1: who confuses the two perturbations gets 2.
    def outer(x):
        _, inner = jvp(lambda y: x + y, (scalar(1.0),), (scalar(ONE),))
        return x * inner

    _, derivative = jvp(outer, (scalar(3.0),), (scalar(ONE),))
    assert derivative.item() == 1.0


def test_jvp_of_jvp_is_the_second_derivative():
    def first(x):
        return jvp(lambda y: y.sin() * y.exp(), (x,), (plugrad.ones_like(x),))[1]

    x = scalar(0.7)
    _, second = jvp(first, (x,), (scalar(ONE),))
    expected = 2 * x.cos() * x.exp()
    assert second.item() == pytest.approx(expected.item(), rel=1e-14)


def test_forward_over_reverse_agrees_with_reverse_over_reverse():
    def function(x):
        return (x**3).sum() + (x[0] * x[1]).exp()

    x = plugrad.tensor([0.3, -0.8], dtype=plugrad.float64)
    direction = plugrad.tensor([1.0, 2.0], dtype=plugrad.float64)

    def gradient(point):
        point = point.detach().requires_grad_() if point._table.level == 0 else point
        point.requires_grad_()
        (found,) = grad(function(point), point)
        return found

    _, forward = jvp(gradient, (x,), (direction,))
    _, reverse = plugrad.autograd.functional.hvp(function, x, direction)
    assert plugrad.allclose(forward, reverse, rtol=1e-12)


def test_the_tape_runs_over_duals():
    x = scalar(0.4).requires_grad_()
    _, slope = jvp(lambda y: (y * y).sin(), (x,), (scalar(ONE),))
    (second,) = grad(slope, x)
    value = 0.4
    import math

    expected = 2 * math.cos(value**2) - 4 * value**2 * math.sin(value**2)
    assert second.item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.exp(),
        lambda x: x / (x * x + 1),
        lambda x: x.softmax(0),
        lambda x: x.sum(),
        lambda x: x.reshape(1, 3).t(),
        lambda x: x @ x,
        lambda x: plugrad.where(x > 0, x.sin(), x.cos()),
    ],
    ids=["exp", "quotient", "softmax", "sum", "shapes", "dot", "where"],
)
def test_forward_mode_agrees_with_the_double_backward_trick(function):
    x = plugrad.tensor([0.3, -0.8, 1.7], dtype=plugrad.float64)
    direction = plugrad.tensor([1.0, 2.0, -0.5], dtype=plugrad.float64)
    out, forward = jvp(function, (x,), (direction,))
    expected, trick = plugrad.autograd.functional.jvp(function, x, direction)
    assert plugrad.equal(out, expected)
    assert plugrad.allclose(forward, trick, rtol=1e-12, atol=1e-15)


def test_what_does_not_depend_on_the_input_has_a_zero_derivative():
    _, derivative = jvp(lambda x: scalar(5.0), (scalar(2.0),), (scalar(ONE),))
    assert derivative.item() == 0.0


def test_a_raising_function_leaves_the_mode_as_it_was():
    with pytest.raises(ZeroDivisionError):
        jvp(lambda x: 1 // 0, (scalar(2.0),), (scalar(ONE),))
    assert plugrad.autograd.modes.mode.run is not None
