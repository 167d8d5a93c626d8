"""Updates in place: block by block, on any layout, on any array library, and seen by gradients."""

import tracemalloc

import numpy as np
import pytest

import plugrad
from plugrad import optim
from plugrad.optim import mixing, updates
from plugrad.testing import strict

NAMES = [name for name in optim.OPTIMIZERS if name != "LBFGS"]


@pytest.fixture
def in_small_blocks(monkeypatch):
    monkeypatch.setattr(updates, "_BLOCK", 64)


def after_steps(name, values, gradients, device="cpu", **options):
    p = plugrad.tensor(values, device=device, requires_grad=True)
    optimizer = getattr(optim, name)([p], lr=0.1, **options)
    for gradient in gradients:
        p.grad = plugrad.tensor(gradient, device=device)
        optimizer.step()
    return p.detach().cpu().numpy()


def arrays(shape=(7, 9), count=4, seed=0):
    random = np.random.default_rng(seed)
    return random.standard_normal(shape), list(random.standard_normal((count, *shape)))


@pytest.mark.parametrize("name", NAMES)
def test_blocks_give_what_the_whole_gives(name, monkeypatch):
    values, gradients = arrays()
    whole = after_steps(name, values, gradients)
    monkeypatch.setattr(updates, "_BLOCK", 64)
    np.testing.assert_array_equal(after_steps(name, values, gradients), whole)


@pytest.mark.parametrize("name", NAMES)
def test_layouts_that_are_not_contiguous_are_updated_too(name, in_small_blocks):
    values, gradients = arrays((6, 4, 5))
    expected = after_steps(name, values, gradients)
    base = plugrad.tensor(np.repeat(values, 2, axis=2).transpose(2, 0, 1).copy())
    p = base[::2].permute(1, 2, 0).requires_grad_()
    assert not p.is_contiguous()
    optimizer = getattr(optim, name)([p], lr=0.1)
    for gradient in gradients:
        p.grad = plugrad.tensor(gradient)
        optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_other_array_libraries_give_the_same(name):
    strict.install()
    values, gradients = arrays()
    ours = after_steps(name, values, gradients, device="strict")
    np.testing.assert_allclose(ours, after_steps(name, values, gradients), rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_memory_for_a_step_does_not_grow_with_the_model(name):
    if name == "Adafactor":
        pytest.skip("it needs the mean of a change before it makes it")
    p = plugrad.zeros(1 << 22).requires_grad_()
    p.grad = plugrad.ones(1 << 22)
    optimizer = getattr(optim, name)([p], lr=0.1)
    optimizer.step()
    peaks = []
    for _ in range(3):  # what else happens in the process meanwhile counts, too, but not each time
        tracemalloc.start()
        optimizer.step()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert min(peaks) < p.nbytes / 2


def test_an_update_is_seen_by_gradients_that_need_the_old_values():
    p = plugrad.ones(3, requires_grad=True)
    loss = (p**2).sum()
    p.grad = plugrad.ones(3)
    optim.Adam([p]).step()
    with pytest.raises(RuntimeError, match="adam has since changed it"):
        loss.backward()


def test_a_view_is_updated_with_what_it_is_a_view_of():
    flat = plugrad.zeros(6)
    parts = [flat[:2].requires_grad_(), flat[2:].requires_grad_()]
    for part in parts:
        part.grad = plugrad.ones_like(part)
    optim.SGD(parts, lr=0.5).step()
    assert flat.tolist() == [-0.5] * 6


def test_what_takes_several_places_in_one_is_refused():
    p = plugrad.zeros(1).expand(3).detach().requires_grad_()
    p.grad = plugrad.ones(3)
    with pytest.raises(RuntimeError, match="one place in memory"):
        optim.SGD([p], lr=0.5).step()


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("factors", [(0.9, 0.1), (1, -0.5), (0, 2.0), (0.5, 0)])
def test_mixing_in_one_go_gives_what_numpy_gives(kind, factors):
    a, b = factors
    x, y = np.random.default_rng(0).standard_normal((2, mixing._WORTH_CALLING)).astype(kind)
    expected = x * a + y * b
    assert mixing.mix(x, a, y, b) is x
    np.testing.assert_allclose(x, expected, rtol=3 * np.finfo(kind).eps, atol=1e-7)


def test_mixing_keeps_what_is_no_number():
    x, y = np.zeros((2, mixing._WORTH_CALLING))
    y[3] = np.inf
    with np.errstate(invalid="ignore"):
        assert np.isnan(mixing.mix(x, 0.5, y, 0.0)[3])


def test_mixing_needs_no_library(monkeypatch):
    monkeypatch.setattr(mixing, "_axpby", lambda char: None)
    x = np.ones(mixing._WORTH_CALLING)
    assert mixing.mix(x, 0.5, x.copy(), 2.0)[0] == 2.5


def test_a_step_that_is_differentiated_leaves_states_that_can_be_changed():
    rate = plugrad.tensor(0.1, requires_grad=True)
    start = plugrad.tensor([2.0, -1.0], requires_grad=True)
    p = start.clone()
    p.retain_grad()
    optimizer = optim.SGD([p], lr=rate, momentum=0.5, differentiable=True)
    for _ in range(2):
        p.grad = plugrad.ones(2)
        optimizer.step()
    p.sum().backward()
    # 1 and 1.5 times the rate, for each of two elements
    assert rate.grad.item() == pytest.approx(-5.0)
    assert start.grad.tolist() == [1.0, 1.0]
