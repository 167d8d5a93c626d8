"""Weights divided by their norms, by hooks and by parametrizations, beside PyTorch's."""

import copy
import pickle
from io import BytesIO

import pytest
import torch
from behaviour import caught, outcome, plain

import plugrad

PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


LAYERS = {
    "Linear": (4, 3),
    "Conv1d": (4, 2, 3),
    "Conv2d": (2, 20, 3),
    "ConvTranspose2d": (3, 20, 2),
    "Embedding": (5, 20),
    "BatchNorm1d": (3,),
}


def _layer(t, kind):
    return getattr(t.nn, kind)(*LAYERS[kind])


def _called(t, m, kind):
    shape = {"Linear": (2, 4), "Conv1d": (2, 4, 5), "Conv2d": (1, 2, 4, 4), "BatchNorm1d": (4, 3)}
    x = t.arange(3) if kind == "Embedding" else t.ones(shape.get(kind, (1, 3, 3, 3)))
    y = m(x)
    y.exp().sum().backward()
    return y, [(name, q.grad) for name, q in m.named_parameters()], m.state_dict()


for _kind in LAYERS:
    for _dim in (0, 1, 2, -1, -2, None):

        def _hooked(t, kind=_kind, dim=_dim):
            m = _layer(t, kind)
            told = [caught(lambda: t.nn.utils.weight_norm(m, "weight", dim))]
            if told[0]:
                return told  # PyTorch's has lost its weight
            told += [m, m.state_dict(), m.weight, m.weight_g, _called(t, m, kind)]
            told += [caught(lambda: t.nn.utils.weight_norm(m))]
            with t.no_grad():
                m.weight_g.mul_(2)
            told += [m.weight, t.nn.utils.remove_weight_norm(m), m.state_dict()]
            told += [list(m._forward_pre_hooks), caught(lambda: t.nn.utils.remove_weight_norm(m))]
            return told, list(m.named_parameters()), copy.deepcopy(m).weight

        PROGRAMS[f"weight_norm {_kind} {_dim}"] = _hooked


@program
def weight_norm_elsewhere(t):
    u = t.nn.utils
    m = u.weight_norm(u.weight_norm(t.nn.Linear(3, 2)), "bias")
    told = [m.state_dict(), caught(lambda: copy.deepcopy(m)), m.double().weight.dtype]
    told += [m(t.ones(1, 3, dtype=t.float64)).dtype, m.weight.dtype]  # from the float32 lengths
    told += [pickle.loads(pickle.dumps(m.float())).state_dict()]
    frozen = u.weight_norm(t.nn.Linear(2, 2).requires_grad_(False))
    told += [frozen.weight_g, u.remove_weight_norm(frozen).weight]
    rnn = u.weight_norm(t.nn.LSTM(2, 3), "weight_hh_l0")
    y, _ = rnn(t.ones(4, 1, 2))
    y.sum().backward()
    told += [rnn, y, [(name, q.grad) for name, q in rnn.named_parameters()]]
    return told, [
        caught(lambda: u.weight_norm(t.nn.Linear(2, 2), "nope")),
        caught(lambda: u.weight_norm(t.nn.Linear(2, 2, bias=False), "bias")),
        caught(lambda: u.weight_norm(t.nn.LazyLinear(2))),
        caught(lambda: u.remove_weight_norm(t.nn.Linear(2, 2))),
    ]


for _kind in LAYERS:
    for _dim in (None, 0, 1, -1):

        def _divided(t, kind=_kind, dim=_dim):
            u, m = t.nn.utils, _layer(t, kind)
            told = [caught(lambda: u.spectral_norm(m, dim=dim, n_power_iterations=2, eps=1e-3))]
            told += [m, m.state_dict(), m.weight, t.rand(1)]
            if not told[0]:
                told += [_called(t, m, kind), _called(t, m, kind), m.weight]
                told += [m.state_dict()._metadata[""], caught(lambda: u.spectral_norm(m))]
                told += [_called(t, m.eval(), kind), pickle.loads(pickle.dumps(m)).state_dict()]
                told += [u.remove_spectral_norm(m), m.state_dict(), list(m._forward_pre_hooks)]
                told += [m.state_dict()._metadata, caught(lambda: u.remove_spectral_norm(m))]
            return told, list(m.named_parameters()), copy.deepcopy(m).state_dict()

        PROGRAMS[f"spectral_norm {_kind} {_dim}"] = _divided


@program
def spectral_norm_elsewhere(t):
    u = t.nn.utils
    m = u.spectral_norm(u.spectral_norm(t.nn.Linear(3, 3)), "bias")
    told = [m.state_dict(), copy.deepcopy(m).state_dict(), m(t.ones(1, 3))]
    told += [caught(lambda: copy.deepcopy(m))]
    w1, w2 = m(t.ones(3)), m(t.ones(3))
    (w1 * w2).sum().backward()
    told += [w1, w2, [q.grad for q in m.parameters()], m.state_dict()]
    other = u.spectral_norm(u.spectral_norm(t.nn.Linear(3, 3)), "bias")
    told += [other.load_state_dict(m.state_dict()), other.eval()(t.ones(3))]
    told += [other.double()(t.ones(3, dtype=t.float64)).dtype, other.weight.dtype]
    frozen = u.spectral_norm(t.nn.Linear(2, 2).requires_grad_(False))
    told += [frozen.weight_orig, u.remove_spectral_norm(frozen).weight]
    return told, [
        caught(lambda: u.spectral_norm(t.nn.Linear(2, 2), n_power_iterations=0)),
        caught(lambda: u.spectral_norm(t.nn.Linear(2, 2), "nope")),
        caught(lambda: u.spectral_norm(t.nn.Linear(2, 2, bias=False), "bias")),
        caught(lambda: u.spectral_norm(t.nn.LazyLinear(2))),
        caught(lambda: u.remove_spectral_norm(t.nn.Linear(2, 2))),
    ]


for _kind in LAYERS:
    for _name in ("weight_norm", "spectral_norm"):
        for _dim in (None, 0, 1, 2, -1, -2):

            def _parametrized(t, kind=_kind, name=_name, dim=_dim):
                u, m = t.nn.utils, _layer(t, kind)
                norm = getattr(u.parametrizations, name)
                told = [caught(lambda: norm(m, dim=dim)), m, m.state_dict(), t.rand(1)]
                if not told[0]:
                    told += [_called(t, m, kind), copy.deepcopy(m).weight, _called(t, m, kind)]
                    told += [_called(t, m.eval(), kind), caught(lambda: pickle.dumps(m))]
                    other = norm(_layer(t, kind), dim=dim)
                    told += [other.load_state_dict(m.state_dict()), other.eval().weight]
                    old = caught(lambda: getattr(u, name)(_layer(t, kind), dim=dim))
                    if name == "weight_norm" and not old:
                        held = getattr(u, name)(_layer(t, kind), dim=dim)
                        told += [other.load_state_dict(held.state_dict()), other.state_dict()]
                    with u.parametrize.cached():
                        told += [_called(t, m, kind)]
                    m.weight = m.weight.detach() * 2
                    told += [m.state_dict(), u.parametrize.remove_parametrizations(m, "weight")]
                return told, m.state_dict(), type(m).__name__, list(m.named_parameters())

            PROGRAMS[f"parametrizations.{_name} {_kind} {_dim}"] = _parametrized


@program
def parametrizations_elsewhere(t):
    p = t.nn.utils.parametrizations
    m = p.weight_norm(p.spectral_norm(t.nn.Linear(3, 3, dtype=t.float64)), "bias")
    told = [m, m.state_dict(), m(t.ones(3, dtype=t.float64))]
    m = p.spectral_norm(t.nn.Linear(30, 20), n_power_iterations=3, eps=1e-2)
    w1, w2 = m.weight, m.weight
    (w1 * w2).sum().backward()
    told += [w1, w2, [q.grad for q in m.parameters()], m.state_dict()]
    frozen = p.spectral_norm(t.nn.BatchNorm1d(3), "running_var")
    told += [frozen, frozen.running_var, frozen.state_dict()]
    rnn = p.weight_norm(t.nn.LSTM(2, 3), "weight_hh_l0")
    y, _ = rnn(t.ones(4, 1, 2))
    y.sum().backward()
    told += [rnn, y, [(name, q.grad) for name, q in rnn.named_parameters()]]
    told += [p.spectral_norm(p.spectral_norm(t.nn.Linear(3, 3)))]
    return told, [
        caught(lambda norm=norm, layer=layer, rest=rest: norm(layer, *rest))
        for norm in (p.weight_norm, p.spectral_norm)
        for layer, *rest in (
            (t.nn.Linear(2, 2), "nope"), (t.nn.Linear(2, 2, bias=False), "bias"),
            (t.nn.LazyLinear(2),), (p.weight_norm(t.nn.Linear(2, 2)),),
        )
    ] + [caught(lambda: p.spectral_norm(t.nn.Linear(2, 2), n_power_iterations=0))]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_norms_agree(name):
    assert outcome(plugrad, PROGRAMS[name]) == outcome(torch, PROGRAMS[name])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_programs_do_something(name):
    assert outcome(torch, PROGRAMS[name])[:1] != ("raises",)


def _every_kind(t):
    u = t.nn.utils
    p = u.parametrizations
    return t.nn.Sequential(
        u.weight_norm(t.nn.Linear(4, 3)), u.spectral_norm(t.nn.Linear(3, 5)),
        p.weight_norm(t.nn.Linear(5, 4)), p.spectral_norm(t.nn.Linear(4, 6)),
        p.orthogonal(t.nn.Linear(6, 3)),
    ).eval()  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("there", "here"), [(torch, plugrad), (plugrad, torch)])
def test_states_go_from_one_library_to_the_other(there, here):
    file = BytesIO()
    given, taken = _every_kind(there), _every_kind(here)
    there.save(given.state_dict(), file)
    file.seek(0)
    taken.load_state_dict(here.load(file))
    assert plain(taken(here.ones(2, 4))) == plain(given(there.ones(2, 4)))
