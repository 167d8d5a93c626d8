"""Lazy modules beside PyTorch's: before the first call, at it, and after it."""

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


MADE = {
    "LazyLinear": ((4,), {}, (2, 3)),
    "LazyLinear without bias": ((4, False), {}, (2, 5, 3)),
    "LazyConv1d": ((4, 2), {"stride": 2, "padding": 1}, (2, 3, 7)),
    "LazyConv2d": (
        (4, (2, 3)), {"groups": 2, "padding_mode": "circular", "padding": 1}, (2, 6, 5, 4),
    ),
    "LazyConv2d unbatched": ((4, 2), {"bias": False}, (3, 5, 4)),
    "LazyConv3d": ((4, 2), {"dilation": 2}, (1, 3, 5, 4, 3)),
    "LazyConvTranspose1d": ((4, 2), {"stride": 2, "output_padding": 1}, (2, 3, 7)),
    "LazyConvTranspose2d": ((4, 2), {"groups": 2}, (2, 6, 5, 4)),
    "LazyConvTranspose3d": ((4, 2), {"bias": False}, (1, 3, 3, 2, 3)),
    "LazyBatchNorm1d": ((), {}, (5, 3)),
    "LazyBatchNorm1d without bias": ((), {"bias": False}, (5, 3, 2)),
    "LazyBatchNorm2d": ((1e-3, 0.3), {"affine": False}, (5, 3, 2, 2)),
    "LazyBatchNorm3d": ((), {"track_running_stats": False}, (5, 3, 2, 2, 2)),
    "LazyInstanceNorm1d": ((), {}, (2, 3, 5)),
    "LazyInstanceNorm2d": ((), {"affine": False}, (2, 3, 5, 2)),
    "LazyInstanceNorm3d": ((), {"track_running_stats": False, "bias": False}, (2, 3, 5, 2, 2)),
}  # fmt: skip

for _name, (_args, _options, _shape) in MADE.items():

    def _used(t, name=_name, args=_args, options=_options, shape=_shape):
        m = getattr(t.nn, name.split()[0])(*args, **options)
        before = [
            m, m.state_dict(), list(m.named_parameters()), m.has_uninitialized_params(),
            caught(m.reset_parameters), m.cls_to_become.__name__,
        ]  # fmt: skip
        x = t.arange(float(t.Size(shape).numel())).reshape(shape).cos().requires_grad_()
        y = m(x)
        (y * y.detach().exp()).sum().backward()
        return before, type(m).__name__, m, y, x.grad, m.state_dict(), m.eval()(x)

    PROGRAMS[_name] = _used


@program
def lazy_tensors(t):
    told = []
    for cls in (t.nn.UninitializedParameter, t.nn.UninitializedBuffer):
        u = cls(dtype=t.float64)
        told += [
            u, repr(u), str(u), u.dtype, str(u.device), u.requires_grad, u.is_leaf, u.grad,
            isinstance(u, t.nn.Parameter), t.nn.parameter.is_lazy(u), u.cls_to_become.__name__,
            caught(lambda u=u: u.shape), caught(lambda u=u: u + 1), caught(lambda u=u: u.sum()),
            caught(lambda u=u: u.numel()), caught(lambda u=u: len(u)), caught(lambda u=u: u.mul(2)),
            caught(lambda u=u: t.add(u, 1)), caught(lambda u=u: u[0]), caught(lambda u=u: bool(u)),
            caught(lambda u=u: u.detach()), caught(lambda u=u: u.clone()),
            caught(lambda u=u: u == u),
            caught(lambda u=u: u.nope), caught(lambda cls=cls: cls(t.ones(1))),
            caught(lambda u=u: u.share_memory_()), pickle.loads(pickle.dumps(u)),
        ]  # fmt: skip
        u.materialize((2, 3))
        u.data.fill_(1)
        told += [u, t.nn.parameter.is_lazy(u), caught(lambda u=u: u.materialize((1,)))]
        u = cls()
        u.materialize(t.Size([2]), dtype=t.float64, device="cpu")
        told += [u.shape, u.dtype, cls(requires_grad=False).requires_grad]
    return told, copy.deepcopy(t.nn.UninitializedParameter(False))


def _model(t):
    return t.nn.Sequential(t.nn.LazyLinear(3), t.nn.LazyBatchNorm1d(), t.nn.LazyLinear(1))


@program
def states(t):
    lazy, known = _model(t), _model(t)
    known(t.ones(2, 4))
    told = [lazy.load_state_dict(_model(t).state_dict()), lazy.state_dict()]
    told += [caught(lambda: known.load_state_dict(_model(t).state_dict()))]
    told += [lazy.load_state_dict(known.state_dict()), lazy.state_dict(), lazy[0]]
    lazy(t.ones(2, 4))
    told += [[type(m).__name__ for m in lazy], lazy[0], lazy[2], lazy.state_dict()]
    by_assignment = _model(t)
    told += [by_assignment.load_state_dict(known.state_dict(), assign=True)]
    return told, by_assignment(t.ones(3, 4)), by_assignment.state_dict()


@program
def conversions(t):
    m = _model(t).double()
    told = [m[0].weight.dtype, m[1].running_mean.dtype, m[0].weight]
    told += [m(t.ones(2, 4, dtype=t.float64)), m.state_dict()]
    m = _model(t)
    m.zero_grad()
    m.apply(lambda module: None)
    twin = pickle.loads(pickle.dumps(t.nn.LazyLinear(2)))
    t.manual_seed(0)
    return told, m.to("cpu"), m.eval()[0], twin, twin(t.ones(1, 2))


@program
def refused(t):
    return [
        caught(lambda: t.nn.LazyConv2d(3, 2)(t.ones(2))),
        caught(lambda: t.nn.LazyConv2d(3, 2)(t.ones(2, 3, 4, 5, 6))),
        caught(lambda: t.nn.LazyBatchNorm2d()(t.ones(2, 3))),
        caught(lambda: t.nn.LazyConv2d(3, 2, groups=3)(t.ones(1, 4, 4, 4))),
        caught(lambda: t.nn.LazyLinear()),
        caught(lambda: t.nn.LazyConvTranspose2d(2, 2, padding_mode="reflect")),
        caught(lambda: sum(p.numel() for p in t.nn.LazyLinear(2).parameters())),
        caught(lambda: t.nn.LazyLinear(2)()),
    ]


@program
def own_lazy_modules(t):
    lazy = t.nn.modules.lazy.LazyModuleMixin

    class Scale(lazy, t.nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = t.nn.UninitializedParameter()

        def initialize_parameters(self, x, *, fill=2.0):
            if self.has_uninitialized_params():
                with t.no_grad():
                    self.factor.materialize(x.shape)
                    self.factor.fill_(fill)

        def forward(self, x, *, fill=2.0):
            return x * self.factor

    class Unfinished(Scale):
        def initialize_parameters(self, x):
            pass

    class Missing(lazy, t.nn.Module):
        pass

    m = Scale()
    return (
        m(t.ones(2), fill=3.0), m, type(m).__name__, m(t.ones(2)), caught(lambda: Missing()(1)),
        caught(lambda: Unfinished()(t.ones(1))),
    )  # fmt: skip


@program
def hooks(t):
    log = []
    m = t.nn.LazyLinear(2)
    m.register_forward_pre_hook(lambda module, args: log.append((type(module).__name__, args)))
    m.register_forward_hook(lambda module, args, out: log.append(type(module).__name__))
    m(t.ones(1, 3))
    m(t.ones(1, 3))
    return log


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_lazy_modules_agree(name):
    assert outcome(plugrad, PROGRAMS[name]) == outcome(torch, PROGRAMS[name])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_programs_do_something(name):
    assert outcome(torch, PROGRAMS[name])[:1] != ("raises",)
