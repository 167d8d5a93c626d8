"""Pointwise operators where they are special: kinks, integers, numbers, errors, in place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import plugrad as t
from plugrad.vocabulary.registry import operators

NAN, INF = math.nan, math.inf


def leaf(*values: float, dtype: Any = None) -> t.Tensor:
    return t.tensor(list(values), dtype=dtype or t.float64, requires_grad=True)


def slopes(call: Any, *inputs: t.Tensor) -> list[list[float]]:
    """Return the gradients of the sum of a call's result."""
    out = call(*inputs)
    return [g.tolist() for g in t.autograd.grad(out, inputs, t.ones_like(out))]


def network(name: str, x: t.Tensor, *params: Any) -> t.Tensor:
    """Call an activation that PyTorch has in ``torch.nn.functional`` only."""
    return operators[name].call(x, *params)


# ---------------------------------------------------------------------------- kinks and conventions


@pytest.mark.parametrize(
    ("call", "points", "expected"),
    [
        (lambda x: x.abs(), (-2.0, 0.0, 2.0, NAN), [-1, 0, 1, 0]),
        (lambda x: x.relu(), (-1.0, 0.0, 1.0, NAN), [0, 0, 1, 1]),
        (lambda x: x.clamp(0, 1), (-1.0, 0.0, 0.5, 1.0, 2.0, NAN), [0, 1, 1, 1, 0, 0]),
        (lambda x: x.clamp_min(0), (-1.0, 0.0, 1.0), [0, 1, 1]),
        (lambda x: x.clamp(1, 0), (0.5,), [0]),
        (lambda x: x**0, (0.0, 2.0, NAN), [0, 0, 0]),
        (lambda x: x**2, (-3.0, 0.0), [-6, 0]),
        (lambda x: x.sqrt(), (0.0, 4.0), [INF, 0.25]),
        (lambda x: t.sinc(x), (0.0,), [0]),
        (lambda x: t.atan2(x, t.zeros(1, dtype=t.float64)), (0.0,), [0]),
        (lambda x: t.nan_to_num(x), (1.0, NAN, INF), [1, 0, 0]),
        (lambda x: x.frac(), (0.5, 2.0), [1, 1]),
        (lambda x: x.floor(), (0.5,), [0]),
        (lambda x: t.logit(x, 0.1), (0.0, 0.5, 0.95), [0, 4, 0]),
        (lambda x: network("hardtanh", x), (-1.0, 0.0, 1.0), [0, 1, 0]),
        (lambda x: network("leaky_relu", x, 0.5), (-1.0, 0.0, 1.0), [0.5, 0.5, 1]),
        (lambda x: network("elu", x, 2.0), (0.0, 1.0), [2, 1]),
        (lambda x: network("hardswish", x), (-3.0, 3.0), [0, 1]),
        (lambda x: t.threshold(x, 0.0, 5.0), (0.0, 1.0), [0, 1]),
        (lambda x: t.hardshrink(x), (-0.5, 0.5, 0.6), [0, 0, 1]),
    ],
)
def test_slopes_at_kinks(call: Any, points: tuple[float, ...], expected: list[float]) -> None:
    assert slopes(call, leaf(*points)) == [pytest.approx(expected)]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_share_the_gradient(name: str) -> None:
    x, y = leaf(1.0, 2.0, NAN), leaf(1.0, 1.0, 1.0)
    expected = [[0.5, 1, 1], [0.5, 0, 1]]
    found = slopes(getattr(t, name), x, y)
    assert found == (expected if name == "maximum" else [[0.5, 0, 1], [0.5, 1, 1]])


def test_fmax_gives_ties_to_the_first_and_ignores_nan() -> None:
    x, y = leaf(1.0, NAN, 2.0), leaf(1.0, 3.0, NAN)
    assert t.fmax(x, y).tolist() == [1, 3, 2]
    assert slopes(t.fmax, x, y) == [[1, 0, 1], [0, 1, 0]]


def test_bounds_get_the_gradient_of_what_they_replace() -> None:
    x, low, high = leaf(0.0, 2.0, 5.0), leaf(1.0, 1.0, 1.0), leaf(3.0, 3.0, 3.0)
    assert slopes(t.clamp, x, low, high) == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_power_of_zero_is_differentiated_without_nan() -> None:
    x, y = leaf(0.0, 0.0), leaf(0.0, 2.0)
    assert slopes(t.pow, x, y) == [[0, 0], [0, 0]]
    (slope,) = t.autograd.grad((x**y).sum(), x, create_graph=True)
    assert not t.autograd.grad(slope.sum(), x)[0].isnan().any()


def test_a_masked_infinite_gradient_stays_out() -> None:
    x = leaf(-1.0, 1.0)
    (x.relu() * t.tensor([INF, 1.0], dtype=t.float64)).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0, 1]
    # The same by the arithmetic that large tensors use.
    y = t.full((5000,), -1.0, requires_grad=True)
    y.relu().backward(t.full((5000,), INF))
    assert y.grad is not None
    assert not y.grad.any()


# ----------------------------------------------------------------------------------- integers, bool


def test_integers_wrap_around() -> None:
    x = t.tensor([1, 2, 255], dtype=t.uint8)
    assert (x + 300).tolist() == [45, 46, 43]
    assert (3 - x).tolist() == [2, 1, 4]
    assert (x**2).tolist() == [1, 4, 1]
    assert (-x).tolist() == [255, 254, 1]


@given(
    st.integers(-(2**40), 2**40),
    st.integers(-1000, 1000).filter(bool),
)
def test_integer_quotients_and_remainders(a: int, b: int) -> None:
    x, y = t.tensor([a]), t.tensor([b])
    assert (x // y).item() == a // b
    assert (x % y).item() == a % b
    assert t.fmod(x, y).item() == int(math.fmod(a, b))
    trunc = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    assert t.div(x, y, rounding_mode="trunc").item() == trunc


@given(st.floats(-1e6, 1e6), st.floats(-1e3, 1e3).filter(lambda b: abs(b) > 1e-3))
def test_remainders_have_the_sign_of_the_divisor(a: float, b: float) -> None:
    found = (t.tensor(a, dtype=t.float64) % b).item()
    assert found == a % b
    assert found == 0 or (found < 0) == (b < 0)


@given(st.integers(-5, 5), st.integers(-4, 6))
def test_integer_powers(a: int, b: int) -> None:
    found = t.pow(t.tensor([a]), t.tensor([b])).item()
    inverse = {1: 1, -1: 1 if b % 2 == 0 else -1}.get(a, 0)
    assert found == (inverse if b < 0 else a**b)


@pytest.mark.parametrize(
    "call",
    [
        lambda i: i // 0,
        lambda i: i % 0,
        lambda i: t.fmod(i, t.tensor([0])),
        lambda i: t.div(i, 0, rounding_mode="trunc"),
        lambda i: i**-1,
        lambda i: t.tensor([1], dtype=t.uint8).masked_fill(t.tensor([True]), 300),
        lambda i: t.add(i, i, alpha=1.5),
        lambda i: t.lerp(i, i, 0.5),
        lambda i: t.addcdiv(i, i, i),
        lambda i: t.clamp(i),
        lambda i: i.div_(2),
        lambda i: i.add_(1.5),
        lambda i: t.div(i, 2, rounding_mode="up"),
        lambda i: t.isclose(i, i.double()),
        lambda i: t.where(i, i, i),
        lambda i: t.imag(i),
    ],
)
def test_integers_are_refused(call: Any) -> None:
    with pytest.raises(RuntimeError):
        call(t.tensor([3, -4]))


@pytest.mark.parametrize(
    "call",
    [
        lambda b: b - b,
        lambda b: b - 1,
        lambda b: 1 - b,
        lambda b: -b,
        lambda b: +b,
        lambda b: abs(b),
        lambda b: b // b,
        lambda b: b % b,
        lambda b: b**b,
        lambda b: b << b,
        lambda b: t.floor(b),
        lambda b: t.relu(b),
    ],
)
def test_bool_is_refused(call: Any) -> None:
    with pytest.raises(RuntimeError):
        call(t.tensor([True, False]))


def test_bool_where_it_works() -> None:
    b = t.tensor([True, False])
    assert (b + b).dtype is t.bool
    assert (b * 2).tolist() == [2, 0]
    assert (~b).tolist() == [False, True]
    assert b.square().dtype is t.int64
    assert t.sign(b).dtype is t.bool


@given(st.integers(-8, 8), st.integers(-3, 70))
def test_shifts_by_too_much_leave_the_sign(value: int, by: int) -> None:
    x = t.tensor([value])
    left, right = (x << by).item(), (x >> by).item()
    if 0 <= by < 58:
        assert (left, right) == (value << by, value >> by)
    elif not 0 <= by < 64:
        assert (left, right) == (0, -1 if value < 0 else 0)


# -------------------------------------------------------------------------------------- the numbers


def test_numbers_do_not_widen() -> None:
    assert (t.ones(2) * 2.5).dtype is t.float32
    assert (t.ones(2) * np.float64(2)).dtype is t.float32
    assert (np.float32(2) * t.ones(2)).dtype is t.float32
    assert (t.ones(2, dtype=t.float16) + 1e-3).dtype is t.float16
    assert (t.ones(2, dtype=t.int8) + 0.5).dtype is t.float32
    assert (t.ones(2) + 1j).dtype is t.complex64
    assert t.where(t.tensor([True]), 1, 2.5).dtype is t.float32


@given(st.floats(width=32, allow_nan=False), st.sampled_from([0, 1, 2, 3, 0.5, -1]))
def test_powers_by_products_and_roots_agree_with_numpy(value: float, exponent: float) -> None:
    x = np.array([value], np.float32)
    with np.errstate(all="ignore"):
        expected = np.power(x.astype(np.float64), exponent).astype(np.float32)
    found = (t.from_numpy(x) ** exponent).numpy()
    same = np.allclose(found, expected, rtol=1e-6, atol=0, equal_nan=True)
    # The root of -inf is nan, as a power it is inf.
    assert same or value == -INF or value == 0


def test_halves_round_to_even_and_to_decimals() -> None:
    x = t.tensor([0.5, 1.5, 2.5, -0.5])
    assert x.round().tolist() == [0, 2, 2, 0]
    assert t.round(t.tensor([1.25, 1234.0]), decimals=1).tolist() == pytest.approx([1.2, 1234])
    assert t.round(t.tensor([1250.0]), decimals=-2).tolist() == [1200]


@given(st.lists(st.floats(-6, 6), min_size=1, max_size=20))
def test_error_functions_agree_with_the_standard_library(values: list[float]) -> None:
    x = t.tensor(values, dtype=t.float64)
    for ours, theirs in ((t.erf, math.erf), (t.erfc, math.erfc), (t.lgamma, math.lgamma)):
        if ours is t.lgamma:
            x = x.abs() + 0.1
        expected = [theirs(value) for value in x.tolist()]
        assert ours(x).tolist() == pytest.approx(expected, rel=1e-13, abs=1e-14)
        single = ours(x.float()).tolist()
        expected = [theirs(value) for value in x.float().tolist()]
        assert single == pytest.approx(expected, rel=1e-6, abs=1e-30)


@given(st.floats(-0.999999, 0.999999))
def test_erfinv_inverts_erf(y: float) -> None:
    found = math.erf(t.erfinv(t.tensor(y, dtype=t.float64)).item())
    assert found == pytest.approx(y, rel=1e-14, abs=1e-300)


@given(st.floats(0.05, 50.0))
def test_digamma_and_polygamma_satisfy_their_recurrences(value: float) -> None:
    x = t.tensor(value, dtype=t.float64)
    assert (t.digamma(x + 1) - t.digamma(x)).item() == pytest.approx(1 / value, rel=1e-11)
    for n in (1, 2):
        step = (t.polygamma(n, x + 1) - t.polygamma(n, x)).item()
        sign = -1 if n % 2 else 1
        expected = sign * math.factorial(n) / value ** (n + 1)
        assert step == pytest.approx(expected, rel=1e-8, abs=1e-13)


def test_extremes_of_softplus_and_sigmoid_do_not_overflow() -> None:
    x = leaf(-1000.0, 0.0, 1000.0)
    assert network("softplus", x).tolist() == pytest.approx([0, math.log(2), 1000])
    assert x.sigmoid().tolist() == pytest.approx([0, 0.5, 1])
    assert network("logsigmoid", x).tolist() == pytest.approx([-1000, -math.log(2), 0])
    assert slopes(lambda x: network("softplus", x), x) == [pytest.approx([0, 0.5, 1])]
    assert slopes(lambda x: network("logsigmoid", x), x) == [pytest.approx([1, 0.5, 0])]
    assert slopes(lambda x: network("elu", x), x)[0] == pytest.approx([0, 1, 1])


# --------------------------------------------------------------------------------- graphs and nodes


@pytest.mark.parametrize(
    ("call", "node", "slots"),
    [
        (lambda x: x + 1, "AddBackward0", 2),
        (lambda x: t.add(x, x.detach(), alpha=2), "AddBackward0", 2),
        (lambda x: x - 1, "SubBackward0", 2),
        (lambda x: 1 - x, "RsubBackward1", 1),
        (lambda x: 2 / x, "MulBackward0", 2),
        (lambda x: x**2, "PowBackward0", 1),
        (lambda x: x ** x.detach(), "PowBackward1", 2),
        (lambda x: 2**x, "PowBackward2", 1),
        (lambda x: x.square(), "PowBackward0", 1),
        (lambda x: x % 2, "RemainderBackward0", 1),
        (lambda x: t.div(x, 2, rounding_mode="floor"), "DivBackward2", 2),
        (lambda x: x.clamp(0, 1), "ClampBackward1", 1),
        (lambda x: x.clamp(max=x.detach()), "ClampBackward0", 3),
        (lambda x: x.masked_fill(x > 0, 1.0), "MaskedFillBackward0", 1),
        (lambda x: t.where(x > 0, x, 0.0), "WhereBackward0", 2),
        (lambda x: t.log1p(x), "Log1PBackward0", 1),
    ],
)
def test_nodes_are_named_as_pytorchs(call: Any, node: str, slots: int) -> None:
    out = call(leaf(0.5, 1.5))
    assert out.grad_fn.name() == node
    assert len(out.grad_fn.next_functions) == slots


def test_what_has_no_derivative_says_so() -> None:
    x = leaf(1.5)
    with pytest.raises(RuntimeError, match="floor_divide"):
        (x // 2).sum().backward()


# ----------------------------------------------------------------------------------------- in place


def test_masked_fill_through_a_view() -> None:
    x = leaf(1.0, -2.0, 3.0, -4.0)
    y = (x * 1).reshape(2, 2)
    row = y[1]
    row.masked_fill_(row < 0, 0.0)
    y.sum().backward()
    assert y.tolist() == [[1, -2], [3, 0]]
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1, 1, 0]


def test_refused_changes_change_nothing() -> None:
    x = t.tensor([1, 2])
    for change in (lambda: x.mul_(1.5), lambda: x.pow_(0.5), lambda: x.clamp_(0.5)):
        with pytest.raises(RuntimeError):
            change()
    assert x.tolist() == [1, 2]
    assert x._version == 0
    with pytest.raises(RuntimeError):
        leaf(1.0).add_(1)


def test_comparing_in_place_cuts_the_gradient_off() -> None:
    x = leaf(1.0, 2.0)
    y = (x * 1).gt_(1.5)
    assert y.tolist() == [0, 1]
    (gradient,) = t.autograd.grad(y.sum(), x)
    assert gradient.tolist() == [0, 0]


def test_augmented_assignment_keeps_the_object() -> None:
    x = y = t.tensor([7, -7])
    x += 1
    x *= 2
    x //= 3
    x %= 4
    x <<= 1
    x &= 6
    x |= 1
    x ^= 2
    assert x is y
    values = []
    for value in (7, -7):
        for step in ("+1", "*2", "//3", "%4", "<<1", "&6", "|1", "^2"):
            value = eval(f"{value}{step}")
        values.append(value)
    assert x.tolist() == values


def test_out_takes_the_result_and_keeps_its_memory() -> None:
    out = t.empty(2)
    place = out.data_ptr()
    assert t.add(t.ones(2), 1, out=out) is out
    assert (out.tolist(), out.data_ptr()) == ([2, 2], place)
    with pytest.raises(RuntimeError):
        t.mul(t.ones(2, requires_grad=True), 2, out=out)
    with pytest.raises(RuntimeError):
        t.div(t.ones(2), 2, out=t.empty(2, dtype=t.int64))


# ------------------------------------------------------------------------------- Python's operators


class Foreign:
    """An operand that knows what to do with tensors."""

    def __radd__(self, other: Any) -> str:
        return "radd"

    def __rsub__(self, other: Any) -> str:
        return "rsub"

    def __rpow__(self, other: Any) -> str:
        return "rpow"

    def __rmod__(self, other: Any) -> str:
        return "rmod"

    def __rmatmul__(self, other: Any) -> str:
        return "rmatmul"


def test_foreign_operands_have_a_say() -> None:
    x, q = t.ones(2), Foreign()
    assert (x + q, x - q, x**q, x % q, x @ q) == ("radd", "rsub", "rpow", "rmod", "rmatmul")  # type: ignore[operator]


@pytest.mark.parametrize("foreign", [None, "a", [1.0, 2.0], (1.0,)])
@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%", "**", "<", ">=", "&", "<<", "@"])
def test_other_operands_are_a_type_error(foreign: Any, symbol: str) -> None:
    for source in (f"x {symbol} y", f"y {symbol} x"):
        if isinstance(foreign, str) and symbol == "%" and source.startswith("y"):
            continue  # formatting a string, which is not ours
        with pytest.raises(TypeError):
            eval(source, {"x": t.ones(2), "y": foreign})


def test_equality_with_anything() -> None:
    x = t.ones(2)
    assert (x == None) is False  # noqa: E711
    assert (x != None) is True  # noqa: E711
    assert (x == "a") is False
    assert (x == np.array([1.0, 2.0])).tolist() == [True, False]


def test_arrays_beside_tensors() -> None:
    x = t.ones(2)
    assert (x * np.array([1.0, 2.0])).tolist() == [1, 2]
    with pytest.raises(TypeError):
        np.array([1.0, 2.0]) * x
    with pytest.raises(RuntimeError):
        leaf(1.0, 2.0) * np.array([1.0, 2.0])


# ---------------------------------------------------------------------------------- complex numbers


def test_parts_are_views() -> None:
    z = t.tensor([1 + 2j, 3 - 4j])
    z.real.mul_(10)
    z.imag = t.tensor([0.0, 1.0])
    assert z.tolist() == [10, 30 + 1j]
    assert t.view_as_complex(t.view_as_real(z)).data_ptr() == z.data_ptr()


def test_gradient_of_a_real_input_stays_real() -> None:
    x = leaf(1.0, 2.0)
    ((x * 1j) * (1 - 2j)).abs().sum().backward()
    assert x.grad is not None
    assert x.grad.dtype is t.float64


def test_size_and_direction() -> None:
    z = t.tensor([3 + 4j, 0j], dtype=t.complex128, requires_grad=True)
    z.abs().sum().backward()
    assert z.grad is not None
    assert z.grad.tolist() == [0.6 + 0.8j, 0]
    assert z.sgn().tolist() == [0.6 + 0.8j, 0]
    with pytest.raises(RuntimeError):
        z.sign()
    with pytest.raises(RuntimeError):
        t.view_as_real(t.ones(2))
    with pytest.raises(RuntimeError):
        t.view_as_complex(t.ones(3, 3))


# ------------------------------------------------------------------------------ almost equal, among


def test_closeness() -> None:
    x = t.tensor([1.0, INF, NAN])
    assert t.isclose(x, x).tolist() == [True, True, False]
    assert t.isclose(x, x, equal_nan=True).all()
    assert t.isclose(t.tensor([10**17]), t.tensor([10**17])).item()
    assert not t.allclose(t.tensor([1.0]), t.tensor([INF]))
    assert t.equal(t.ones(2, 1), t.ones(2, 1))
    assert not t.equal(t.ones(2), t.ones(2, 1))


def test_membership() -> None:
    x = t.tensor([[1, 2], [3, 4]])
    assert t.isin(x, t.tensor([2, 3])).tolist() == [[False, True], [True, False]]
    assert t.isin(x, 4, invert=True).tolist() == [[True, True], [True, False]]
    assert t.isin(2, x).item()
    with pytest.raises(TypeError):
        t.isin(1, 2)


def test_the_entropy_of_nothing_is_positive_zero() -> None:
    nothing = t.special.entr(t.tensor([0.0, -0.0]))
    assert str(nothing) == "tensor([0., 0.])"


@pytest.mark.parametrize("name", ["acosh", "asinh", "atanh"])
def test_no_derivative_in_place_where_pytorch_has_none(name: str) -> None:
    x = t.tensor([0.5], requires_grad=True)
    y = getattr(x.clone(), f"{name}_")()
    assert y.grad_fn.name() == f"{name.capitalize()}Backward1"
    with pytest.raises(NotImplementedError, match=f"{name}_"):
        y.backward()
