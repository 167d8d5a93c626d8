"""Containers beside PyTorch's: their whole interface as lists and dictionaries."""

import copy
import pickle
from collections import OrderedDict

import pytest
import torch
from behaviour import caught, outcome

import plugrad

PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def _seq(t):
    return t.nn.Sequential(t.nn.Tanh(), t.nn.ReLU(), t.nn.Linear(1, 1))


def _list(t):
    return t.nn.ModuleList([t.nn.Tanh(), t.nn.ReLU(), t.nn.Linear(1, 1)])


def _dict(t):
    return t.nn.ModuleDict(OrderedDict(b=t.nn.Tanh(), a=t.nn.ReLU()))


def _p(t, *shape):
    return t.nn.Parameter(t.ones(*shape))


POSITIONS = (
    0,
    -1,
    3,
    -4,
    "a",
    1.0,
    None,
    True,
    slice(1, None),
    slice(None, None, -1),
    slice(9, 12),
)
VALUES = ("relu", 3, None)


def _each(make, t, operation, values):
    """Return what an operation does to a fresh container, for each value."""
    told = []
    for value in values:
        m = make(t)
        returned = []

        def run(m=m, value=value, returned=returned):
            returned.append(operation(m, value))

        told.append([caught(run), m, *(["self"] if returned and returned[0] is m else returned)])
    return told


def _value(t, value):
    return {"relu": t.nn.ReLU(), 3: 3, None: None}[value]


for _name, _make in (("sequential", _seq), ("list", _list)):

    def _rows(t, make=_make):
        return (
            _each(make, t, lambda m, i: m[i], POSITIONS),
            _each(make, t, lambda m, i: m.__delitem__(i), POSITIONS),
            _each(make, t, lambda m, i: m.pop(i), POSITIONS[:4]),
            _each(make, t, lambda m, i: m.__setitem__(i, t.nn.GELU()), POSITIONS),
            _each(make, t, lambda m, v: m.__setitem__(0, _value(t, v)), VALUES),
            _each(make, t, lambda m, i: m.insert(i, t.nn.GELU()), (0, 1, 3)),
            _each(make, t, lambda m, v: m.insert(0, _value(t, v)), VALUES),
            _each(make, t, lambda m, v: m.append(_value(t, v)), VALUES),
            _each(make, t, lambda m, v: m.extend(v), ([t.nn.GELU()], _list(t), _seq(t), (), 3)),
            _each(make, t, lambda m, v: m + v, ([t.nn.GELU()], _list(t), _seq(t), 3)),
            _each(make, t, lambda m, v: m.__iadd__(v), ([t.nn.GELU()], _list(t), _seq(t))),
            [type(m).__name__ for m in make(t)], len(make(t)), [type(make(t)[:1]).__name__],
            t.nn.Tanh() in make(t), [m in m2 for m2 in [make(t)] for m in m2],
            [type(m).__name__ for m in reversed(make(t))],
            caught(lambda: make(t).add_module("x", t.nn.GELU())), "0" in dir(make(t)),
            copy.deepcopy(make(t)), pickle.loads(pickle.dumps(make(t))),
        )  # fmt: skip

    PROGRAMS[f"rows_{_name}"] = _rows


@program
def sequential_multiplied(t):
    return (
        _each(_seq, t, lambda m, n: m * n, (1, 2, 0, -1, 1.5, "a")),
        _each(_seq, t, lambda m, n: n * m, (1, 2, 0, 1.5)),
        _each(_seq, t, lambda m, n: m.__imul__(n), (1, 2, 0, 1.5)),
    )


@program
def sequential_made(t):
    return (
        t.nn.Sequential(OrderedDict(a=t.nn.Tanh(), b=t.nn.ReLU())),
        t.nn.Sequential(OrderedDict(a=t.nn.Tanh(), b=t.nn.ReLU()))[1:],
        t.nn.Sequential(), t.nn.Sequential()(3), caught(lambda: t.nn.Sequential(3)),
        caught(lambda: t.nn.Sequential([t.nn.Tanh()])),
        caught(lambda: t.nn.Sequential({"a": t.nn.Tanh()})),
        caught(lambda: t.nn.Sequential(OrderedDict(a=t.nn.Tanh()))(t.ones(1), t.ones(1))),
    )  # fmt: skip


@program
def sequential_shares_modules(t):
    m = t.nn.Sequential(t.nn.Linear(1, 1), t.nn.Tanh())
    return m[:1][0] is m[0], (m + m)[2] is m[0], (m * 2)[2] is m[0]


@program
def named_sequential_changed(t):
    def named():
        return t.nn.Sequential(OrderedDict(a=t.nn.Tanh(), b=t.nn.ReLU()))

    told = []
    for change in (
        lambda m: m.append(t.nn.GELU()), lambda m: m.pop(0),
        lambda m: m.extend([t.nn.GELU()]), lambda m: m.__delitem__(1),
        lambda m: m.__setitem__(1, t.nn.GELU()), lambda m: m.__delitem__(slice(0, 1)),
    ):  # fmt: skip
        m = named()
        told.append([caught(lambda change=change, m=m: change(m)), m])
    return told


@program
def lists_made(t):
    return (
        t.nn.ModuleList(), t.nn.ModuleList(t.nn.Tanh() for _ in range(2)),
        t.nn.ModuleList([t.nn.Linear(1, 1), t.nn.Linear(1, 1), t.nn.Sequential(t.nn.ReLU())]),
        caught(lambda: t.nn.ModuleList([3])), caught(lambda: t.nn.ModuleList(3)),
        caught(lambda: t.nn.ModuleList([None])), caught(lambda: t.nn.ModuleList([t.nn.Tanh()])(1)),
        caught(lambda: t.nn.ModuleList(t.nn.Tanh())),
    )  # fmt: skip


@program
def dictionaries(t):
    m = _dict(t)
    m["c"] = t.nn.GELU()
    m.update({"z": t.nn.Tanh(), "y": t.nn.ReLU()})
    m.update(_dict(t))
    m.update([("p", t.nn.Tanh())])
    m.update(OrderedDict(q=t.nn.Tanh()))
    told = [m, list(m), len(m), "c" in m, "d" in m, list(m.keys()), len(m.values())]
    told += [[k for k, _ in m.items()], m["a"], m.pop("a"), caught(lambda: m["a"])]
    del m["b"]
    told += [repr(m), caught(lambda: m.pop("b")), caught(lambda: m.__delitem__("b"))]
    told += [
        caught(lambda: m.update(3)), caught(lambda: m.update([3])),
        caught(lambda: m.update([(1,)])),
        caught(lambda: m.update([("a", t.nn.Tanh(), 3)])), caught(lambda: m.update([("a", 3)])),
        caught(lambda: m.__setitem__("forward", t.nn.Tanh())),
        caught(lambda: m.__setitem__(3, t.nn.Tanh())),
        caught(lambda: m.__setitem__("a.b", t.nn.Tanh())), caught(lambda: m(1)),
        caught(lambda: t.nn.ModuleDict({"keys": t.nn.Tanh()})), m.c,
        caught(lambda: t.nn.ModuleDict(3)),
        caught(lambda: m.__setitem__("n", None)),
    ]  # fmt: skip
    m.clear()
    return told, m, t.nn.ModuleDict(), t.nn.ModuleDict(_dict(t).items())


@program
def parameter_lists(t):
    m = t.nn.ParameterList([_p(t, 1), t.ones(2), 3, "a", t.nn.ReLU(), None])
    m.append(t.zeros(1)).extend([t.zeros(2), 5])
    m += (t.full((1,), 7.0),)
    m[1] = t.full((2,), 4.0)
    m[2] = t.ones(3)
    told = [
        len(m), list(m), [n for n, _ in m.named_parameters()], list(m.state_dict()),
        m[-1], m[1:3], list(m[1:3]), m[::-2], "0" in dir(m), m[0] is next(iter(m)),
        copy.deepcopy(m), pickle.loads(pickle.dumps(m)),
    ]  # fmt: skip
    told += [
        caught(lambda: m[40]), caught(lambda: m[-40]), caught(lambda: m["a"]), caught(lambda: m(1)),
        caught(lambda: m.__setitem__(40, t.ones(1))), caught(lambda: m.__setitem__(0, 3)),
        caught(lambda: m.extend(t.ones(1))), caught(lambda: m.extend(3)),
        caught(lambda: t.nn.ParameterList(t.ones(2))), caught(lambda: t.nn.ParameterList(3)),
        caught(lambda: m.insert(0, 1)), caught(lambda: m.pop()), caught(lambda: m.__delitem__(0)),
        caught(lambda: t.nn.ParameterList("ab")),
        caught(lambda: t.nn.ParameterList(t.nn.ParameterList())),
    ]  # fmt: skip
    return told, repr(m).replace("plugrad", "torch"), repr(t.nn.ParameterList())


@program
def parameter_dictionaries(t):
    m = t.nn.ParameterDict({"b": _p(t, 1), "a": t.ones(2), "c": 3, "d": t.nn.ReLU(), "e": None})
    m["f"] = t.zeros(2, 1)
    m.update({"z": t.ones(1), "y": t.ones(1)})
    m.update([["l", t.ones(1)], ("k", 3)])
    m.update(t.nn.ParameterDict({"other": t.ones(1)}))
    text = repr(m).replace("plugrad", "torch")
    told = [
        list(m), len(m), "b" in m, "q" in m, list(m.keys()), list(m.values()), list(m.items()),
        list(m.state_dict()), [n for n, _ in m.named_parameters()], list(reversed(m)), m.get("b"),
        m.get("q"), m.get("q", 5), m.setdefault("b", 3), m.setdefault("new", t.ones(1)),
        m.setdefault("none"), m.pop("b"), m.popitem(), m.popitem(),
        list(m.copy()), type(m.copy()).__name__,
        list(m.fromkeys(["x", "y"])), list(m.fromkeys(["x"], t.ones(1)).values()),
        list(m | t.nn.ParameterDict({"or": t.ones(1), "a": t.zeros(1)})), m.a,
        copy.deepcopy(m).state_dict(), pickle.loads(pickle.dumps(m)).state_dict(),
    ]  # fmt: skip
    m |= t.nn.ParameterDict({"ior": t.ones(1)})
    del m["c"]
    told += [
        list(m), caught(lambda: m["b"]), caught(lambda: m.pop("b")),
        caught(lambda: m.__delitem__("b")),
        caught(lambda: m.update(3)), caught(lambda: m.update([3])),
        caught(lambda: m.update([(1,)])),
        caught(lambda: m.update(t.ones(1))), caught(lambda: m.copy().__setitem__(3, t.ones(1))),
        caught(lambda: m.update([("a", 1, 2)])), caught(lambda: m(1)), caught(lambda: m["a.b"]),
        caught(lambda: t.nn.ParameterDict(3)), caught(lambda: m.update({"aa": 1}.items())),
        caught(lambda: m | 3), caught(lambda: m | {"a": 1}), caught(lambda: {"a": 1} | m),
    ]  # fmt: skip
    m.clear()
    return told, text, len(m), repr(m), repr(t.nn.ParameterDict()), caught(lambda: m.popitem())


@pytest.mark.parametrize("name", PROGRAMS)
def test_containers_agree(name):
    assert outcome(plugrad, PROGRAMS[name]) == outcome(torch, PROGRAMS[name])


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_programs_do_something(name):
    assert outcome(torch, PROGRAMS[name])[:1] != ("raises",)
