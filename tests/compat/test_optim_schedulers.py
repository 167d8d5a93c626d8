"""Learning-rate schedulers beside PyTorch's: fifty steps, states, refusals, warnings."""

import copy
import warnings

import pytest
import torch

import plugrad

BOTH = (plugrad, torch)


class Power:
    """A function with a state."""

    def __init__(self, base):
        self.base = base

    def __call__(self, epoch):
        return self.base**epoch


def optimizer_of(t, name="SGD", lr=0.1, **options):
    if name == "SGD":
        options.setdefault("momentum", 0.9)
    groups = [{"params": [t.zeros(1)]}, {"params": [t.zeros(1)], "lr": lr * 5}]
    return getattr(t.optim, name)(groups, lr=lr, **options)


def one(name, *args, **kwargs):
    return lambda s, o, **more: getattr(s, name)(o, *args, **kwargs, **more)


def sequence(s, o, **more):
    parts = [s.ConstantLR(o, 0.1, 2), s.StepLR(o, 2), s.ExponentialLR(o, 0.9), s.LinearLR(o)]
    return s.SequentialLR(o, parts, [3, 10, 20], **more)


def sequence_of_cosines(s, o, **more):
    parts = [s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingLR(o, 10), s.PolynomialLR(o, 8)]
    return s.SequentialLR(o, parts, [4, 20], **more)


def sequence_of_others(s, o, **more):
    parts = [
        s.LambdaLR(o, lambda e: 1 / (1 + e)),
        s.MultiplicativeLR(o, lambda e: 0.9),
        s.CosineAnnealingWarmRestarts(o, 4),
        s.MultiStepLR(o, [0, 3]),
    ]
    return s.SequentialLR(o, parts, [3, 10, 20], **more)


def sequence_with_a_cycle(s, o, **more):
    parts = [s.ConstantLR(o, 0.5, 2), s.OneCycleLR(o, 0.4, total_steps=70)]
    return s.SequentialLR(o, parts, [5], **more)


def chain(s, o):
    return s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9), s.StepLR(o, 7)])


def chain_of_others(s, o):
    parts = [s.CosineAnnealingLR(o, 10, eta_min=0.001), s.MultiplicativeLR(o, lambda e: 0.98)]
    return s.ChainedScheduler([*parts, s.LinearLR(o)], optimizer=o)


RESUMED = {
    "LambdaLR": one("LambdaLR", lambda e: 0.95**e),
    "LambdaLR each": one("LambdaLR", [lambda e: 0.95**e, lambda e: 1 / (1 + e)]),
    "LambdaLR objects": one("LambdaLR", [Power(0.95), lambda e: 1 / (1 + e)]),
    "MultiplicativeLR": one("MultiplicativeLR", lambda e: 0.95),
    "StepLR": one("StepLR", 7),
    "StepLR gamma": one("StepLR", 3, gamma=0.5),
    "MultiStepLR": one("MultiStepLR", [5, 12, 12, 30], gamma=0.3),
    "ConstantLR": one("ConstantLR"),
    "ConstantLR long": one("ConstantLR", 0.7, 20),
    "LinearLR": one("LinearLR"),
    "LinearLR down": one("LinearLR", 1.0, 0.2, 30),
    "ExponentialLR": one("ExponentialLR", 0.9),
    "PolynomialLR": one("PolynomialLR"),
    "PolynomialLR power": one("PolynomialLR", 40, 2.5),
    "CosineAnnealingLR": one("CosineAnnealingLR", 10),
    "CosineAnnealingLR eta": one("CosineAnnealingLR", 7, eta_min=0.03),
    "CosineAnnealingWarmRestarts": one("CosineAnnealingWarmRestarts", 5),
    "CosineAnnealingWarmRestarts longer": one("CosineAnnealingWarmRestarts", 3, 2, 0.01),
}
CYCLES = {
    "CyclicLR": one("CyclicLR", 0.1, 0.5, 8),
    "CyclicLR uneven": one("CyclicLR", 0.1, [0.5, 0.7], 4, 9, cycle_momentum=False),
    "CyclicLR triangular2": one("CyclicLR", 0.1, 0.5, 5, mode="triangular2"),
    "CyclicLR exp_range": one("CyclicLR", 0.1, 0.5, 5, mode="exp_range", gamma=0.97),
    "CyclicLR function": one("CyclicLR", 0.1, 0.5, 5, scale_fn=lambda x: 1 / x),
    "CyclicLR object": one("CyclicLR", 0.1, 0.5, 5, scale_fn=Power(0.9), scale_mode="iterations"),
    "CyclicLR momentum": one("CyclicLR", 0.1, 0.5, 5, base_momentum=[0.1, 0.2], max_momentum=0.5),
    "OneCycleLR": one("OneCycleLR", 0.5, total_steps=60),
    "OneCycleLR linear": one("OneCycleLR", 0.5, total_steps=60, anneal_strategy="linear"),
    "OneCycleLR three": one(
        "OneCycleLR", [0.5, 0.1], epochs=6, steps_per_epoch=10, three_phase=True
    ),
    "OneCycleLR factors": one(
        "OneCycleLR", 0.5, 51, div_factor=2.0, final_div_factor=7, pct_start=0.6
    ),
    "OneCycleLR rates": one("OneCycleLR", 0.5, total_steps=52, cycle_momentum=False),
    "OneCycleLR momentum": one("OneCycleLR", 0.5, 55, base_momentum=[0.1, 0.2], max_momentum=0.3),
}
COMPOSED = {
    "SequentialLR": sequence,
    "SequentialLR cosines": sequence_of_cosines,
    "SequentialLR others": sequence_of_others,
    "SequentialLR cycle": sequence_with_a_cycle,
    "ChainedScheduler": chain,
    "ChainedScheduler others": chain_of_others,
}
ALL = {**RESUMED, **CYCLES, **COMPOSED}
PLATEAUS = {
    "": {},
    "quick": {"patience": 0, "factor": 0.5},
    "max": {"mode": "max", "patience": 2},
    "absolute": {"threshold_mode": "abs", "threshold": 0.1, "patience": 1},
    "absolute max": {"mode": "max", "threshold_mode": "abs", "threshold": 0.1, "patience": 1},
    "cooldown": {"patience": 1, "cooldown": 4},
    "floor": {"patience": 0, "min_lr": [0.01, 0.02], "eps": 1e-3},
}


def options(optimizer):
    return [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]


def plain(value):
    """Return a state with numbers that can be compared."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-12, abs=1e-15)
    return value


def stepped(scheduler, count):
    for _ in range(count):
        scheduler.optimizer.step()
        scheduler.step()
        yield scheduler.get_last_lr(), options(scheduler.optimizer), scheduler.state_dict()


@pytest.mark.parametrize("kind", ["SGD", "AdamW"])
@pytest.mark.parametrize("name", ALL)
def test_fifty_steps_agree(name, kind):
    schedulers = [ALL[name](t.optim.lr_scheduler, optimizer_of(t, kind)) for t in BOTH]
    ours, theirs = schedulers
    assert ours.state_dict() == plain(theirs.state_dict())
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert options(ours.optimizer) == plain(options(theirs.optimizer))
    for mine, other in zip(*(stepped(s, 50) for s in schedulers), strict=True):
        assert mine[0] == plain(other[0])
        assert mine[1] == plain(other[1])
        assert mine[2] == plain(other[2])


@pytest.mark.parametrize("name", ALL)
def test_states_go_both_ways(name):
    rates = []
    for first, second in (BOTH, BOTH[::-1]):
        scheduler = ALL[name](first.optim.lr_scheduler, optimizer_of(first))
        list(stepped(scheduler, 12))
        again = ALL[name](second.optim.lr_scheduler, optimizer_of(second))
        again.load_state_dict(copy.deepcopy(scheduler.state_dict()))
        for mine, other in zip(
            again.optimizer.param_groups, scheduler.optimizer.param_groups, strict=True
        ):
            mine.update({k: v for k, v in other.items() if k != "params"})
        rates.append([step[0] for step in stepped(again, 12)])
    assert rates[0] == plain(rates[1])


@pytest.mark.parametrize("epoch", [0, 1, 2, 3, 4, 5, 6, 9, 11, 20])
@pytest.mark.parametrize("name", RESUMED)
def test_going_on_after_an_epoch_agrees(name, epoch):
    found = []
    for t in BOTH:
        optimizer = optimizer_of(t)
        for group in optimizer.param_groups:
            group["initial_lr"], group["lr"] = group["lr"], group["lr"] * 0.7
        scheduler = RESUMED[name](t.optim.lr_scheduler, optimizer, last_epoch=epoch)
        found.append([scheduler.state_dict(), options(optimizer), list(stepped(scheduler, 5))])
    assert found[0] == plain(found[1])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", RESUMED)
def test_steps_to_an_epoch_agree(name):
    found = []
    for t in BOTH:
        scheduler = RESUMED[name](t.optim.lr_scheduler, optimizer_of(t))
        scheduler.optimizer.step()
        seen = []
        for epoch in (3, 1, 7, 12, 30, 4):
            scheduler.step(epoch)
            seen.append((scheduler.get_last_lr(), scheduler.state_dict()))
        found.append(seen)
    assert found[0] == plain(found[1])


def test_restarts_between_epochs_agree():
    found = []
    for t in BOTH:
        scheduler = RESUMED["CosineAnnealingWarmRestarts longer"](
            t.optim.lr_scheduler, optimizer_of(t)
        )
        seen = []
        for number in range(60):
            scheduler.step(number * 0.4)
            seen.append(scheduler.state_dict())
        found.append(seen)
    assert found[0] == plain(found[1])


@pytest.mark.parametrize("name", PLATEAUS)
def test_plateaus_agree(name):
    losses = [1.0, 0.9, 0.9, 0.95, 0.8, 0.79, 0.785, 0.9, 1.2, 1.2, 1.3, 1.3, 0.1, 0.1, 0.2] * 4
    found = []
    for t in BOTH:
        scheduler = t.optim.lr_scheduler.ReduceLROnPlateau(optimizer_of(t), **PLATEAUS[name])
        seen = [scheduler.state_dict()]
        for loss in losses:
            scheduler.step(t.tensor(loss, dtype=t.float64))
            seen.append(
                (scheduler.get_last_lr(), options(scheduler.optimizer), scheduler.state_dict())
            )
        found.append(seen)
    assert found[0] == plain(found[1])
    assert list(found[0][0]) == list(found[1][0])


def test_a_rate_that_is_a_tensor_is_changed_in_place():
    found = []
    for t in BOTH:
        rate = t.tensor(0.5, dtype=t.float64)
        optimizer = t.optim.SGD([t.zeros(1)], lr=rate)
        scheduler = t.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        for _ in range(3):
            optimizer.step()
            scheduler.step()
        assert optimizer.param_groups[0]["lr"] is rate
        found.append([rate.item(), scheduler.get_last_lr()[0].item(), scheduler.base_lrs[0].item()])
    assert found[0] == found[1]


def adagrad(t):
    return t.optim.Adagrad([t.zeros(1)])


def others(t):
    return [t.optim.lr_scheduler.StepLR(optimizer_of(t), 2) for _ in range(2)]


def exhausted(t):
    scheduler = t.optim.lr_scheduler.OneCycleLR(optimizer_of(t), 0.1, total_steps=3)
    list(stepped(scheduler, 4))


def with_plateau(t, name):
    o, s = optimizer_of(t), t.optim.lr_scheduler
    parts = [s.StepLR(o, 2), s.ReduceLROnPlateau(o)]
    return s.SequentialLR(o, parts, [2]) if name == "sequence" else s.ChainedScheduler(parts)


REFUSED = {
    "no optimizer": lambda t, s: s.StepLR(3, 3),
    "no optimizer for plateaus": lambda t, s: s.ReduceLROnPlateau(3),
    "no optimizer for a cycle": lambda t, s: s.OneCycleLR(3, 0.1, 5),
    "no optimizer for cycles": lambda t, s: s.CyclicLR(3, 0.1, 0.5),
    "no optimizer for a sequence": lambda t, s: s.SequentialLR(3, others(t), [1]),
    "no rate to go on from": lambda t, s: s.StepLR(optimizer_of(t), 3, last_epoch=2),
    "no rule": lambda t, s: s.LRScheduler(optimizer_of(t)),
    "one function for two": lambda t, s: s.LambdaLR(optimizer_of(t), [abs]),
    "one factor for two": lambda t, s: s.MultiplicativeLR(optimizer_of(t), [abs]),
    "a constant above 1": lambda t, s: s.ConstantLR(optimizer_of(t), 2.0),
    "a start of 0": lambda t, s: s.LinearLR(optimizer_of(t), 0.0),
    "an end above 1": lambda t, s: s.LinearLR(optimizer_of(t), 0.5, 2.0),
    "no time": lambda t, s: s.CosineAnnealingWarmRestarts(optimizer_of(t), 0),
    "no growth": lambda t, s: s.CosineAnnealingWarmRestarts(optimizer_of(t), 1, 0),
    "a broken time": lambda t, s: s.CosineAnnealingWarmRestarts(optimizer_of(t), 1.5),
    "a rate of text": lambda t, s: s.CosineAnnealingWarmRestarts(optimizer_of(t), 1, 1, "a"),
    "before the start": lambda t, s: s.CosineAnnealingWarmRestarts(optimizer_of(t), 1).step(-1),
    "an unknown mode": lambda t, s: s.CyclicLR(optimizer_of(t), 0.1, 0.5, mode="x"),
    "no momentum to cycle": lambda t, s: s.CyclicLR(adagrad(t), 0.1, 0.5),
    "no momentum for one cycle": lambda t, s: s.OneCycleLR(adagrad(t), 0.1, 3),
    "one rate for two": lambda t, s: s.CyclicLR(optimizer_of(t), [0.1], 0.5),
    "three rates for two": lambda t, s: s.OneCycleLR(optimizer_of(t), [0.1] * 3, 5),
    "no steps": lambda t, s: s.OneCycleLR(optimizer_of(t), 0.1),
    "negative steps": lambda t, s: s.OneCycleLR(optimizer_of(t), 0.1, -1),
    "broken steps": lambda t, s: s.OneCycleLR(optimizer_of(t), 0.1, 1.5),
    "epochs without steps": lambda t, s: s.OneCycleLR(optimizer_of(t), 0.1, epochs=2),
    "no epochs": lambda t, s: s.OneCycleLR(optimizer_of(t), 0.1, epochs=0, steps_per_epoch=2),
    "a start beyond 1": lambda t, s: s.OneCycleLR(optimizer_of(t), 0.1, 3, pct_start=2.0),
    "a start that is whole": lambda t, s: s.OneCycleLR(optimizer_of(t), 0.1, 3, pct_start=1),
    "an unknown curve": lambda t, s: s.OneCycleLR(optimizer_of(t), 0.1, 3, anneal_strategy="x"),
    "a step too many": lambda t, s: exhausted(t),
    "a factor of 1": lambda t, s: s.ReduceLROnPlateau(optimizer_of(t), factor=1.0),
    "an unknown direction": lambda t, s: s.ReduceLROnPlateau(optimizer_of(t), mode="x"),
    "an unknown measure": lambda t, s: s.ReduceLROnPlateau(optimizer_of(t), threshold_mode="x"),
    "one floor for two": lambda t, s: s.ReduceLROnPlateau(optimizer_of(t), min_lr=[0.1]),
    "an empty sequence": lambda t, s: s.SequentialLR(optimizer_of(t), [], []),
    "others in a sequence": lambda t, s: s.SequentialLR(optimizer_of(t), others(t), [1]),
    "milestones": lambda t, s: s.SequentialLR((a := others(t)[0]).optimizer, [a], [3]),
    "a plateau in a sequence": lambda t, s: with_plateau(t, "sequence"),
    "a plateau in a chain": lambda t, s: with_plateau(t, "chain"),
    "an empty chain": lambda t, s: s.ChainedScheduler([]),
    "others in a chain": lambda t, s: s.ChainedScheduler(others(t)),
    "another's chain": lambda t, s: s.ChainedScheduler(others(t)[:1], optimizer_of(t)),
    "numbers in a chain": lambda t, s: s.ChainedScheduler([3]),
    "an unknown argument": lambda t, s: s.StepLR(optimizer_of(t), 2, verbose=True),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_alike(name):
    with pytest.raises(Exception) as theirs:  # noqa: PT011  # which, PyTorch tells
        REFUSED[name](torch, torch.optim.lr_scheduler)
    with pytest.raises(type(theirs.value)):
        REFUSED[name](plugrad, plugrad.optim.lr_scheduler)


def _in_order(t, s):
    list(stepped(s.StepLR(optimizer_of(t), 3), 3))


def _first(t, s):
    s.StepLR(optimizer_of(t), 3).step()


def _second(t, s):
    optimizer = optimizer_of(t)
    one, other = s.StepLR(optimizer, 3), s.ExponentialLR(optimizer, 0.9)
    optimizer.step()
    one.step()
    other.step()


def _before_it_was_made(t, s):
    optimizer = optimizer_of(t)
    optimizer.step()
    s.StepLR(optimizer, 3).step()


def _replaced(t, s):
    scheduler = s.StepLR(optimizer_of(t), 3)
    scheduler.optimizer.step = lambda: None
    scheduler.optimizer.step()
    scheduler.step()


def _to_an_epoch(t, s):
    scheduler = s.StepLR(optimizer_of(t), 3)
    scheduler.optimizer.step()
    scheduler.step(4)


def _computed(t, s):
    s.CosineAnnealingLR(optimizer_of(t), 3).get_lr()


def _restarted_first(t, s):
    s.CosineAnnealingWarmRestarts(optimizer_of(t), 3).step()


def _plateau_first(t, s):
    s.ReduceLROnPlateau(optimizer_of(t)).step(1.0)


def _plateau_to_an_epoch(t, s):
    s.ReduceLROnPlateau(optimizer_of(t)).step(1.0, 3)


def _sequence_in_order(t, s):
    list(stepped(sequence(s, optimizer_of(t)), 12))


def _sequence_first(t, s):
    sequence(s, optimizer_of(t)).step()


def _chain_first(t, s):
    chain(s, optimizer_of(t)).step()


WARNED = [
    _in_order,
    _first,
    _second,
    _before_it_was_made,
    _replaced,
    _to_an_epoch,
    _computed,
    _restarted_first,
    _plateau_first,
    _plateau_to_an_epoch,
    _sequence_in_order,
    _sequence_first,
    _chain_first,
]


@pytest.mark.parametrize("program", WARNED, ids=lambda program: program.__name__.strip("_"))
def test_warnings_agree(program):
    found = []
    for t in BOTH:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            program(t, t.optim.lr_scheduler)
        found.append([warning.category for warning in caught])
    assert found[0] == found[1]
