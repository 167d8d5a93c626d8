"""Parametrized tensors beside PyTorch's."""

import copy
import pickle

import pytest
import torch
from behaviour import caught, outcome

import plugrad

PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def made(t, name):
    """Return a parametrization of a kind; the names of bad ones say what is wrong with them."""
    forwards = {
        "Symmetric": (lambda self, x: x.triu() + x.triu(1).mT, None),
        "Doubled": (lambda self, x: x * 2, lambda self, x: x / 2),
        "Sum": (lambda self, a, b: a + b, lambda self, x: (x / 2 - 1, x / 2 + 1)),
        "Undone": (lambda self, x: x, lambda self, x: _refuse()),
        "NoTensor": (lambda self, x: 3, None),
        "Smaller": (lambda self, x: x.sum(0), None),
        "Wider": (lambda self, x: x.double(), None),
        "InverseIsText": (lambda self, x: x, lambda self, x: "no"),
        "InverseIsNumber": (lambda self, x: x, lambda self, x: 3),
        "InverseIsWider": (lambda self, x: x, lambda self, x: x.double()),
        "InverseIsSmaller": (lambda self, x: x.expand(3, 3), lambda self, x: x[0]),
        "InverseIsHalfANumber": (lambda self, x, y: x, lambda self, x: (x, 3)),
    }
    forward, inverse = forwards[name]
    body = {"forward": forward} | ({"right_inverse": inverse} if inverse else {})
    return type(name, (t.nn.Module,), body)()


def _refuse():
    raise NotImplementedError


KINDS = (
    "Symmetric", "Doubled", "Sum", "Undone", "NoTensor", "Smaller", "Wider", "InverseIsText",
    "InverseIsNumber", "InverseIsWider", "InverseIsSmaller", "InverseIsHalfANumber",
)  # fmt: skip


def _tried(t, m, kind, **options):
    p = t.nn.utils.parametrize
    before = list(m.state_dict())
    error = caught(lambda: p.register_parametrization(m, "weight", made(t, kind), **options))
    if error:
        assert list(m.state_dict()) == before
    return error, m, type(m).__name__, m.state_dict(), caught(lambda: m.weight)


for _kind in KINDS:

    def _registered(t, kind=_kind):
        p = t.nn.utils.parametrize
        first = _tried(t, t.nn.Linear(3, 3), kind)
        unsafe = _tried(t, t.nn.Linear(3, 3), kind, unsafe=True)
        held = p.register_parametrization(t.nn.Linear(3, 3), "weight", made(t, "Doubled"))
        second = _tried(t, held, kind)
        held = p.register_parametrization(t.nn.Linear(3, 3), "weight", made(t, "Doubled"))
        return first, unsafe, second, _tried(t, held, kind, unsafe=True)

    PROGRAMS[f"register {_kind}"] = _registered


for _kind in ("Symmetric", "Doubled", "Sum", "Undone"):

    def _life(t, kind=_kind):
        p = t.nn.utils.parametrize
        m = t.nn.Linear(3, 3)
        told = [p.is_parametrized(m), p.register_parametrization(m, "weight", made(t, kind)) is m]
        m(t.ones(2, 3)).exp().sum().backward()
        told += [m, type(m).__name__, m.weight, list(m.named_parameters()), m.state_dict()]
        told += [[q.grad for q in m.parameters()], p.is_parametrized(m)]
        told += [p.is_parametrized(m, "weight"), p.is_parametrized(m, "bias")]
        told += [p.type_before_parametrizations(m).__name__, caught(lambda: pickle.dumps(m))]
        twin = copy.deepcopy(m)
        told += [type(twin) is type(m), twin.state_dict(), twin.weight]
        with t.no_grad():
            told += [caught(lambda: setattr(m, "weight", t.eye(3))), m.weight, m.state_dict()]
        told += [caught(lambda: setattr(m, "weight", None)), caught(lambda: delattr(m, "weight"))]
        told += [caught(lambda: setattr(m, "weight", t.ones(3, 3, dtype=t.float64)))]
        p.register_parametrization(m, "bias", made(t, "Doubled"))
        told += [m, m.state_dict(), p.remove_parametrizations(m, "weight"), m.weight]
        told += [p.is_parametrized(m), type(m).__name__]
        told += [p.remove_parametrizations(m, "bias", leave_parametrized=False), m.state_dict()]
        told += [type(m).__name__, hasattr(m, "parametrizations"), list(m.named_parameters())]
        told += [caught(lambda: p.remove_parametrizations(twin, "weight", False))]
        return told, twin, twin.state_dict(), caught(lambda: pickle.dumps(m))

    PROGRAMS[f"life {_kind}"] = _life


@program
def refused(t):
    p, double = t.nn.utils.parametrize, made(t, "Doubled")
    m = p.register_parametrization(t.nn.Linear(3, 3), "weight", double)
    return [
        caught(lambda: p.register_parametrization(t.nn.Linear(3, 3), "nope", double)),
        caught(lambda: p.register_parametrization(t.nn.Linear(3, 3), "training", double)),
        caught(lambda: p.register_parametrization(t.nn.Linear(3, 3, bias=False), "bias", double)),
        caught(lambda: p.register_parametrization(m, "parametrizations", double)),
        caught(lambda: p.remove_parametrizations(t.nn.Linear(3, 3), "weight")),
        caught(lambda: p.remove_parametrizations(m, "bias")),
        caught(lambda: p.ParametrizationList([], t.nn.Parameter(t.ones(2)))),
        caught(lambda: p.ParametrizationList([abs], t.nn.Parameter(t.ones(2)))),
        p.is_parametrized(m, "nope"), p.ParametrizationList([double], t.ones(2)).state_dict(),
    ]  # fmt: skip


@program
def several(t):
    p = t.nn.utils.parametrize
    m = t.nn.Linear(2, 2).requires_grad_(False)
    for kind in ("Doubled", "Undone", "Doubled"):
        p.register_parametrization(m, "weight", made(t, kind))
    told = [m, m.weight, list(m.named_parameters()), caught(lambda: setattr(m, "weight", m.bias))]
    two = p.register_parametrization(t.nn.Linear(2, 2).eval(), "weight", made(t, "Sum"))
    p.register_parametrization(two, "weight", made(t, "Doubled"))
    two.weight = t.eye(2)
    told += [two.weight, two.state_dict(), [module.training for module in two.modules()]]
    other = p.transfer_parametrizations_and_params(two, t.nn.Linear(2, 2))
    told += [other, other.state_dict(), other.weight, two.weight]
    other = p.transfer_parametrizations_and_params(two, t.nn.ReLU(), "weight")
    told += [other, other.state_dict(), type(other).__name__]
    plain = t.nn.Linear(2, 2)
    return told, p.transfer_parametrizations_and_params(t.nn.ReLU(), plain) is plain


@program
def buffers(t):
    p = t.nn.utils.parametrize
    m = t.nn.BatchNorm1d(2)
    m.register_buffer("other", t.ones(2), persistent=False)
    p.register_parametrization(m, "running_mean", made(t, "Doubled"))
    p.register_parametrization(m, "other", made(t, "Sum"))
    told = [m, m.state_dict(), m.other, m.eval()(t.ones(3, 2))]
    p.remove_parametrizations(m, "other")
    p.remove_parametrizations(m, "running_mean", leave_parametrized=False)
    return told, m, m.state_dict(), type(m).__name__


@program
def caches(t):
    p = t.nn.utils.parametrize
    m = p.register_parametrization(t.nn.Linear(2, 2), "weight", made(t, "Doubled"))
    told = [m.weight is m.weight]
    with p.cached():
        with p.cached():
            held = m.weight
            told.append(held is m.weight)
        told.append(held is m.weight)
        m.weight = t.ones(2, 2)
        told += [m.weight, t.nn.functional.linear(m.weight, held)]
    return told, held is m.weight, m.weight


@program
def states(t):
    p = t.nn.utils.parametrize
    a, b = (
        p.register_parametrization(t.nn.Linear(2, 2), "weight", made(t, "Sum")) for _ in range(2)
    )
    told = [a.load_state_dict(b.state_dict()), a.state_dict()]
    told += [caught(lambda: t.nn.Linear(2, 2).load_state_dict(b.state_dict()))]
    return told, a.double().weight, a.state_dict()


@program
def whole_models(t):
    p = t.nn.utils.parametrize
    m = t.nn.Sequential(t.nn.Conv1d(2, 2, 1), t.nn.LSTM(2, 3, batch_first=True))
    p.register_parametrization(m[0], "weight", made(t, "Doubled"))
    y, _ = m[1](m[0](t.ones(2, 2, 2)))
    y.sum().backward()
    return m, y, [(name, q.grad) for name, q in m.named_parameters()]


for _shape in ((3, 4), (4, 3), (3, 3), (2, 6)):
    for _map in (None, "matrix_exp", "cayley", "householder"):
        for _based in (True, False):

            def _orthogonal(t, shape=_shape, kind=_map, based=_based):
                p = t.nn.utils.parametrizations
                m = t.nn.Linear(*shape, dtype=t.float64)
                p.orthogonal(m, orthogonal_map=kind, use_trivialization=based)
                told = [m, m.state_dict(), m.weight, t.rand(1)]
                with t.no_grad():
                    m.parametrizations.weight.original.mul_(1.5).add_(0.1)
                m(t.ones(shape[0], dtype=t.float64)).exp().sum().backward()
                told += [m.weight, [q.grad for q in m.parameters()]]
                same = t.eye(shape[1], shape[0], dtype=t.float64)
                told += [caught(lambda: setattr(m, "weight", same)), m.weight, m.state_dict()]
                told += [caught(lambda: setattr(m, "weight", t.ones(9, 9, dtype=t.float64)))]
                other = p.orthogonal(
                    t.nn.Linear(*shape, dtype=t.float64), "weight", kind, use_trivialization=based
                )
                told += [other.load_state_dict(m.state_dict()), other.weight]
                return told, copy.deepcopy(other).state_dict()

            PROGRAMS[f"orthogonal {_shape} {_map} {_based}"] = _orthogonal


@program
def orthogonal_elsewhere(t):
    o = t.nn.utils.parametrizations.orthogonal
    bad = [
        caught(lambda: o(t.nn.Linear(2, 2), orthogonal_map="other")),
        caught(lambda: o(t.nn.Linear(2, 2), "nope")),
        caught(lambda: o(t.nn.Linear(2, 2), "bias")),
        caught(lambda: o(t.nn.Linear(2, 2, bias=False), "bias")),
        caught(lambda: o(t.nn.Linear(2, 2, dtype=t.complex64), orthogonal_map="householder")),
    ]
    many = o(t.nn.Conv1d(3, 2, 4, dtype=t.float64))
    chosen = [
        o(t.nn.Linear(*shape)).parametrizations.weight[0].orthogonal_map.name
        for shape in ((2, 3), (3, 3))
    ]
    return bad, many, many.state_dict(), many.weight, chosen


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_parametrized_tensors_agree(name):
    assert outcome(plugrad, PROGRAMS[name]) == outcome(torch, PROGRAMS[name])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_programs_do_something(name):
    assert outcome(torch, PROGRAMS[name])[:1] != ("raises",)
