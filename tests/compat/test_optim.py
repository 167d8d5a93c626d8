"""Optimizers beside PyTorch's: ten steps, to the precision of float64."""

import numpy as np
import pytest
import torch
from optimizers import NAMES, SEARCHES, STEPS

import plugrad

BOTH = (plugrad, torch)
STEPPING = {name: case for name, *case in STEPS}
SEARCHING = {name: case for name, *case in SEARCHES}
ALL = {**STEPPING, **SEARCHING}


def start(t, name, options, shapes=((3, 2), (2,), (), (2, 4, 3)), dtype="float64"):
    random = np.random.default_rng(0)
    params = [t.tensor(random.standard_normal(s).astype(dtype), requires_grad=True) for s in shapes]
    return params, getattr(t.optim, name)(params, **options)


def rough(a, b, c, d, number):
    loss = ((a * b).sin() * c.sin()).sum() + (a**2 + 1).sqrt().sum() * (1 + 0.1 * number)
    return loss + ((d - 1) ** 2 + 1).sqrt().sum()


def smooth(a, b, c, d, number):
    return (a**4 + a).sum() + (b.sum() - 2).cosh() + (c - 1) ** 2 + (d * d + d.exp()).sum()


def steps(params, optimizer, count):
    searching = "max_iter" in optimizer.defaults
    for number in range(count):

        def closure(number=number):
            optimizer.zero_grad()
            loss = (smooth if searching else rough)(*params, number)
            loss.backward()
            return loss

        if searching:
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()


def precision(name):
    # Line searches add up what is rounded; PyTorch's ASGD rounds rates to float32, but not always.
    return 1e-7 if name in SEARCHING or name == "ASGD foreach" else 1e-12


def agree(ours, theirs, rtol=1e-12):
    for p, q in zip(ours, theirs, strict=True):
        p, q = (x.detach().numpy() for x in (p, q))
        assert p.dtype == q.dtype
        np.testing.assert_allclose(p, q, rtol=rtol, atol=rtol / 10)


def same(ours, theirs, rtol=1e-11):
    """Check that two saved states are the same, down to the types of what they hold."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, plugrad.Tensor)
        agree([ours], [theirs], rtol)
    elif isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key, value in theirs.items():
            same(ours[key], value, rtol)
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            same(one, other, rtol)
    elif isinstance(theirs, float):
        assert isinstance(ours, float)
        assert ours == pytest.approx(theirs, rel=rtol)
    else:
        assert ours == theirs
        assert type(ours) is type(theirs)


def converted(state, t):
    """Return a saved state with the tensors of the other library."""
    if isinstance(state, (plugrad.Tensor, torch.Tensor)):
        return t.tensor(state.detach().numpy())
    if isinstance(state, dict):
        return {key: converted(value, t) for key, value in state.items()}
    if isinstance(state, (list, tuple)):
        return type(state)(converted(value, t) for value in state)
    return state


@pytest.mark.parametrize("name", ALL)
def test_ten_steps_agree(name):
    results = []
    for t in BOTH:
        params, optimizer = start(t, *ALL[name])
        steps(params, optimizer, 10 if name in STEPPING else 4)
        results.append(params)
    agree(*results, rtol=precision(name))


@pytest.mark.parametrize("name", ALL)
def test_printed_and_saved_forms_agree(name):
    saved, printed = [], []
    for t in BOTH:
        params, optimizer = start(t, *ALL[name])
        steps(params, optimizer, 2 if name in STEPPING else 1)
        saved.append(optimizer.state_dict())
        printed.append(repr(optimizer))
    assert printed[0] == printed[1]
    assert list(saved[0]) == list(saved[1])
    same(saved[0]["state"], saved[1]["state"], rtol=10 * precision(name))
    assert saved[0]["param_groups"] == saved[1]["param_groups"]
    assert [list(g) for g in saved[0]["param_groups"]] == [
        list(g) for g in saved[1]["param_groups"]
    ]


@pytest.mark.parametrize("name", ALL)
def test_a_state_goes_both_ways(name):
    results = []
    for first, second in ((plugrad, torch), (torch, plugrad)):
        params, optimizer = start(first, *ALL[name])
        steps(params, optimizer, 3 if name in STEPPING else 1)
        again = [second.tensor(p.detach().numpy(), requires_grad=True) for p in params]
        other = getattr(second.optim, ALL[name][0])(again)
        other.load_state_dict(converted(optimizer.state_dict(), second))
        steps(again, other, 3 if name in STEPPING else 1)
        results.append(again)
    agree(*results, rtol=precision(name))


# PyTorch's fused steps take no complex numbers.
COMPLEX = [case for case in STEPS if case[1] != "Adafactor" and "fused" not in case[2]]


@pytest.mark.parametrize(("case", "name", "options"), COMPLEX, ids=[c[0] for c in COMPLEX])
def test_complex_parameters_agree(case, name, options):
    results = []
    for t in BOTH:
        random = np.random.default_rng(1)
        values = random.standard_normal((4, 3, 2)).view("complex128")[..., 0]
        p = t.tensor(values, requires_grad=True)
        optimizer = getattr(t.optim, name)([p], **options)
        for _ in range(6):
            optimizer.zero_grad()
            ((p * p - 1j).abs() ** 2).sum().backward()
            optimizer.step()
        results.append([p])
    agree(*results, rtol=10 * precision(case))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "LBFGS"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_other_dtypes_agree(name, dtype):
    results = []
    for t in BOTH:
        params, optimizer = start(t, name, {"lr": 0.01}, dtype=dtype)
        steps(params, optimizer, 5)
        results.append(params)
    agree(*results, rtol={"float32": 2e-5, "float16": 2e-2}[dtype])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("LBFGS", "Adafactor")])
def test_a_step_is_differentiated_alike(name):
    """By the gradient, by the parameter, and by the learning rate, through three steps."""
    found = []
    for t in BOTH:
        random = np.random.default_rng(3)
        x = t.tensor(random.standard_normal((3, 2)), requires_grad=True)
        scale = t.tensor(random.standard_normal((3, 2)), requires_grad=True)
        p = x.clone()
        p.retain_grad()
        optimizer = getattr(t.optim, name)([p], lr=0.1, differentiable=True)
        # PyTorch's Adamax and Rprop overwrite what they need to differentiate several steps.
        for number in range(1 if name in ("Adamax", "Rprop") else 3):
            p.grad = scale * (p.detach().clone() if number else x) + number
            optimizer.step()
        found.append(t.autograd.grad((p**2).sum(), [x, scale]))
    agree(*found, rtol=1e-4)  # PyTorch computes with steps of float32 here


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_a_rate_that_is_a_tensor_is_differentiated_alike(name):
    found = []
    for t in BOTH:
        rate = t.tensor(0.1, dtype=t.float64, requires_grad=True)
        x = t.tensor([1.0, -2.0], dtype=t.float64, requires_grad=True)
        p = x.clone()
        p.retain_grad()
        optimizer = getattr(t.optim, name)([p], lr=rate, differentiable=True)
        for _ in range(2):
            p.grad = t.tensor([0.5, 0.25], dtype=t.float64)
            optimizer.step()
        found.append(t.autograd.grad((p**2).sum(), [x, rate]))
    agree(*found, rtol=1e-4)  # PyTorch computes with steps of float32 here


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_may_be_a_tensor(name):
    results = []
    for t in BOTH:
        params, optimizer = start(t, name, {"lr": t.tensor(0.05, dtype=t.float64)})
        steps(params, optimizer, 3 if name != "LBFGS" else 1)
        results.append(params)
    agree(*results, rtol=1e-9)


def leaf(t):
    return t.tensor([1.0], requires_grad=True)


def stepped(optimizer):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = p.detach().clone()
    return optimizer.step()


def searched(t, **options):
    p = leaf(t)
    optimizer = t.optim.LBFGS([p], **options)

    def closure():
        optimizer.zero_grad()
        loss = (p**2).sum()
        loss.backward()
        return loss

    return optimizer.step(closure)


OPTIONS = [
    "weight_decay",
    "eps",
    "momentum",
    "momentum_decay",
    "alpha",
    "rho",
    "lr_decay",
    "lambd",
    "t0",
    "d",
    "beta2_decay",
    "initial_accumulator_value",
    "max_iter",
    "max_eval",
    "tolerance_grad",
    "history_size",
]
REFUSED = {
    "nothing to change": lambda t: t.optim.SGD([], lr=0.1),
    "a single tensor": lambda t: t.optim.SGD(leaf(t), lr=0.1),
    "a number": lambda t: t.optim.SGD([1], lr=0.1),
    "a number for all": lambda t: t.optim.SGD(1, lr=0.1),
    "text": lambda t: t.optim.SGD("abc", lr=0.1),
    "no leaf": lambda t: t.optim.SGD([leaf(t) * 2], lr=0.1),
    "a rate that is text": lambda t: t.optim.SGD([leaf(t)], lr="fast"),
    "Nesterov without momentum": lambda t: t.optim.SGD([leaf(t)], nesterov=True),
    "a beta of 1": lambda t: t.optim.Adam([leaf(t)], betas=(1.0, 0.9)),
    "a second beta of 1": lambda t: t.optim.NAdam([leaf(t)], betas=(0.9, 1.0)),
    "a tensor and a beta": lambda t: t.optim.Adam([leaf(t)], betas=(t.tensor(0.9), 0.9)),
    "betas that are long": lambda t: t.optim.Adam(
        [leaf(t)], betas=(t.tensor([0.9, 0.9]), t.tensor([0.9, 0.9]))
    ),
    "one tensor in two groups": lambda t: t.optim.SGD([{"params": p} for p in [leaf(t)] * 2]),
    "a set": lambda t: t.optim.SGD([{"params": {leaf(t)}}]),
    "a group without parameters": lambda t: t.optim.SGD([{"lr": 1}]),
    "names for some": lambda t: t.optim.SGD([("a", leaf(t)), leaf(t)]),
    "names for one group": lambda t: t.optim.SGD([("a", leaf(t))]).add_param_group(
        {"params": [leaf(t)]}
    ),
    "a state of other groups": lambda t: t.optim.SGD([leaf(t)]).load_state_dict(
        {"state": {}, "param_groups": []}
    ),
    "no state": lambda t: t.optim.SGD([leaf(t)]).load_state_dict({}),
    "a group that is no dict": lambda t: t.optim.SGD([leaf(t)]).add_param_group([leaf(t)]),
    "fused and foreach": lambda t: t.optim.Adam([leaf(t)], fused=True, foreach=True),
    "fused and differentiable": lambda t: t.optim.SGD([leaf(t)], fused=True, differentiable=True),
    "foreach and differentiable": lambda t: stepped(
        t.optim.Adam([leaf(t) * 1], foreach=True, differentiable=True)
    ),
    "a leaf that is differentiated": lambda t: stepped(
        t.optim.Adam([leaf(t)], differentiable=True)
    ),
    "a tensor for a rate with foreach": lambda t: t.optim.Adam(
        [leaf(t)], lr=t.tensor(0.1), foreach=True
    ),
    "a hook that returns a number": lambda t: (
        lambda o: (o.register_step_pre_hook(lambda *a: 5), o.step())
    )(t.optim.SGD([leaf(t)])),
    "a base without a rule": lambda t: t.optim.Optimizer([leaf(t)], {}).step(),
    "rho above 1": lambda t: t.optim.Adadelta([leaf(t)], rho=1.5),
    "etas on one side": lambda t: t.optim.Rprop([leaf(t)], etas=(1.1, 1.2)),
    "complex for Adafactor": lambda t: stepped(
        t.optim.Adafactor([t.ones(2, dtype=t.complex64, requires_grad=True)])
    ),
    "no closure": lambda t: t.optim.LBFGS([leaf(t)]).step(),
    "groups for LBFGS": lambda t: t.optim.LBFGS([{"params": leaf(t)}, {"params": leaf(t)}]),
    "an unknown line search": lambda t: searched(t, line_search_fn="x"),
}
for _name in NAMES:
    REFUSED[f"a negative rate for {_name}"] = lambda t, n=_name: getattr(t.optim, n)(
        [leaf(t)], lr=-0.1
    )
    REFUSED[f"a long rate for {_name}"] = lambda t, n=_name: getattr(t.optim, n)(
        [leaf(t)], lr=t.tensor([0.1, 0.2])
    )
    if _name != "SGD":  # PyTorch's takes it
        REFUSED[f"a rate that is nan for {_name}"] = lambda t, n=_name: getattr(t.optim, n)(
            [leaf(t)], lr=float("nan")
        )
    REFUSED[f"a capturable {_name}"] = lambda t, n=_name: stepped(
        getattr(t.optim, n)([leaf(t)], capturable=True)
    )
    for _option in OPTIONS:
        REFUSED[f"a negative {_option} for {_name}"] = lambda t, n=_name, o=_option: getattr(
            t.optim, n
        )([leaf(t)], **{o: -1})


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_alike(name):
    try:
        REFUSED[name](torch)
    except Exception as theirs:
        with pytest.raises(type(theirs)):
            REFUSED[name](plugrad)
    else:
        REFUSED[name](plugrad)
