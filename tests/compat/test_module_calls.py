"""Calls of modules beside PyTorch's: hooks of one module, and hooks of all."""

import pytest
import torch
from behaviour import caught, outcome

import plugrad

PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def _linear(t):
    return t.nn.Linear(2, 2)


class _Log(list):
    """Hooks that note their name and what they were given."""

    def hook(self, name, returned=None):
        def hooked(module, *seen):
            self.append((name, type(module).__name__, *seen))
            return returned(*seen) if callable(returned) else returned

        return hooked


@program
def forward_hooks_in_order(t):
    log, m = _Log(), _linear(t)
    m.register_forward_hook(log.hook("a"))
    m.register_forward_hook(log.hook("b", lambda args, out: out * 2))
    m.register_forward_hook(log.hook("first"), prepend=True)
    m.register_forward_hook(log.hook("kw"), with_kwargs=True)
    m.register_forward_pre_hook(log.hook("p"))
    m.register_forward_pre_hook(log.hook("pfirst", lambda args: args[0] * 2), prepend=True)
    m.register_forward_pre_hook(log.hook("pkw", lambda args, kw: (args, {})), with_kwargs=True)
    return m(t.ones(1, 2)), log


@program
def pre_hook_that_returns_something_else(t):
    m = _linear(t)
    m.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    return m(t.ones(1, 2))


@program
def pre_hook_that_returns_a_triple(t):
    m = _linear(t)
    m.register_forward_pre_hook(lambda m, args, kwargs: (1, 2, 3), with_kwargs=True)
    return m(t.ones(1, 2))


@program
def hooks_of_keywords(t):
    log = _Log()

    class Named(t.nn.Module):
        def forward(self, x, *, scale=1):
            return x * scale

    m = Named()
    m.register_forward_pre_hook(
        log.hook("pre", lambda args, kw: (args, {"scale": kw["scale"] + 1})), with_kwargs=True
    )
    m.register_forward_hook(log.hook("plain"))
    m.register_forward_hook(log.hook("kw", lambda a, kw, out: out + 1), with_kwargs=True)
    return m(t.ones(2), scale=3), log


@program
def always_called(t):
    log = _Log()

    class Failing(t.nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    m = Failing()
    m.register_forward_hook(log.hook("never"))
    m.register_forward_hook(log.hook("always"), always_call=True)
    m.register_forward_hook(log.hook("kw"), always_call=True, with_kwargs=True)
    return caught(lambda: m(t.ones(1))), log


@program
def always_called_after_a_hook_failed(t):
    log, m = _Log(), _linear(t)

    def failing(*args):
        log.append("failing")
        raise ZeroDivisionError

    m.register_forward_hook(log.hook("before"), always_call=True)
    m.register_forward_hook(failing, always_call=True)
    m.register_forward_hook(log.hook("after"), always_call=True)
    m.register_forward_hook(log.hook("normal"))
    return caught(lambda: m(t.ones(1, 2))), [entry[0] for entry in log]


@program
def always_called_that_fails_itself(t):
    class Failing(t.nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    m = Failing()

    def bad(*args):
        raise KeyError("second")

    m.register_forward_hook(bad, always_call=True)
    return caught(lambda: m(t.ones(1)))


@program
def handles_remove(t):
    log, m = _Log(), _linear(t)
    handles = [
        m.register_forward_hook(log.hook("a")),
        m.register_forward_pre_hook(log.hook("b")),
        m.register_full_backward_hook(log.hook("c")),
        m.register_full_backward_pre_hook(log.hook("d")),
    ]
    for handle in handles:
        handle.remove()
        handle.remove()
    m(t.ones(1, 2)).sum().backward()
    with m.register_forward_hook(log.hook("within")):
        m(t.ones(1, 2))
    m(t.ones(1, 2))
    return [entry[0] for entry in log]


@program
def backward_hooks_in_order(t):
    log, m = _Log(), _linear(t)
    m.register_full_backward_hook(log.hook("a", lambda i, o: (i[0] * 2,)))
    m.register_full_backward_hook(log.hook("first"), prepend=True)
    m.register_full_backward_pre_hook(log.hook("p", lambda o: (o[0] * 3,)))
    m.register_full_backward_pre_hook(log.hook("pfirst"), prepend=True)
    x = t.ones(1, 2, requires_grad=True)
    m(x).sum().backward()
    return x.grad, m.weight.grad, log


@program
def backward_hook_of_the_wrong_count(t):
    m = _linear(t)
    m.register_full_backward_hook(lambda m, i, o: (i[0], i[0]))
    m(t.ones(1, 2, requires_grad=True)).sum().backward()


@program
def backward_hook_of_inputs_without_gradient(t):
    log, m = _Log(), _linear(t)
    m.register_full_backward_hook(log.hook("a"))
    m(t.ones(1, 2)).sum().backward()
    return log


@program
def backward_hook_of_a_dictionary(t):
    class Pair(t.nn.Module):
        def forward(self, x):
            return {"a": x * 2, "b": x * 3}

    log, m = _Log(), Pair()
    m.register_full_backward_hook(log.hook("hook"))
    x = t.ones(2, requires_grad=True)
    m(x)["a"].sum().backward()
    return x.grad, log


@program
def backward_hook_of_several_outputs(t):
    class Pair(t.nn.Module):
        def forward(self, x, y):
            return x * y, 5, x + y

    log, m = _Log(), Pair()
    m.register_full_backward_hook(log.hook("hook"))
    x, y = t.ones(2, requires_grad=True), t.full((2,), 3.0, requires_grad=True)
    a, _, b = m(x, y)
    (a.sum() + b.sum() * 2).backward()
    return x.grad, y.grad, log


@program
def old_backward_hooks(t):
    log, m = _Log(), t.nn.Tanh()
    handle = m.register_backward_hook(log.hook("old"))
    x = t.ones(2, requires_grad=True)
    m(x).sum().backward()
    handle.remove()
    m(x).exp().sum().backward()
    return len(log), log[0][:2], x.grad


@program
def old_backward_hooks_that_replace(t):
    m = t.nn.Tanh()
    m.register_backward_hook(lambda m, i, o: (i[0] * 2,))
    x = t.ones(2, requires_grad=True)
    m(x).sum().backward()
    return x.grad


@program
def old_and_new_backward_hooks_do_not_mix(t):
    m = t.nn.Tanh()
    m.register_backward_hook(lambda *a: None)
    first = caught(lambda: m.register_full_backward_hook(lambda *a: None))
    m = t.nn.Tanh()
    m.register_full_backward_hook(lambda *a: None)
    return first, caught(lambda: m.register_backward_hook(lambda *a: None))


@program
def copies_keep_hooks(t):
    import copy

    log, m = _Log(), t.nn.Tanh()
    m.register_forward_hook(log.hook("a"))
    twin = copy.deepcopy(m)
    shallow = copy.copy(m)
    twin(t.ones(1))
    shallow(t.ones(1))
    return len(log), len(twin._forward_hooks)


# -------------------------------------------------------------------------- hooks of all modules


def _everywhere(t, name):
    return getattr(t.nn.modules.module, f"register_module_{name}")


def _registered(t, log, *names, **options):
    return [
        _everywhere(t, name)(log.hook(name), **(options if name == "forward_hook" else {}))
        for name in names
    ]


def _removed(handles):
    for handle in handles:
        handle.remove()


@program
def global_forward_hooks(t):
    log, m = _Log(), t.nn.Sequential(_linear(t), t.nn.Tanh())
    m[1].register_forward_hook(log.hook("own"))
    m[1].register_forward_pre_hook(log.hook("own pre"))
    handles = _registered(t, log, "forward_hook", "forward_pre_hook")
    try:
        m(t.ones(1, 2))
    finally:
        _removed(handles)
    m(t.ones(1, 2))
    return log


@program
def global_forward_hooks_that_replace(t):
    m = t.nn.Tanh()
    handles = [
        _everywhere(t, "forward_hook")(lambda m, a, out: out + 1),
        _everywhere(t, "forward_pre_hook")(lambda m, a: a[0] * 0),
    ]
    try:
        return m(t.ones(2))
    finally:
        _removed(handles)


@program
def global_forward_hooks_that_are_always_called(t):
    log = _Log()

    class Failing(t.nn.Module):
        def forward(self, x, *, fail=True):
            if fail:
                raise ZeroDivisionError
            return x

    handles = _registered(t, log, "forward_hook", always_call=True)
    try:
        caught_type = caught(lambda: Failing()(t.ones(1)))
    finally:
        _removed(handles)
    # After an error, PyTorch forgets that a hook of all modules takes keyword arguments.
    handles = _registered(t, log, "forward_hook", with_kwargs=True)
    try:
        return caught_type, Failing()(t.ones(1), fail=False), log
    finally:
        _removed(handles)


@program
def global_backward_hooks(t):
    log, m = _Log(), t.nn.Sequential(_linear(t), t.nn.Tanh())
    m[1].register_full_backward_hook(log.hook("own"))
    m[1].register_full_backward_pre_hook(log.hook("own pre"))
    handles = _registered(t, log, "full_backward_hook", "full_backward_pre_hook")
    try:
        m(t.ones(1, 2, requires_grad=True)).sum().backward()
    finally:
        _removed(handles)
    return log


@program
def registrations_are_seen(t):
    log = _Log()
    handles = _registered(
        t, log, "parameter_registration_hook", "buffer_registration_hook",
        "module_registration_hook",
    )  # fmt: skip
    try:
        m = t.nn.Module()
        m.weight = t.nn.Parameter(t.ones(1))
        m.register_parameter("none", None)
        m.weight = None
        m.inner = t.nn.Tanh()
        m.inner = t.nn.ReLU()
        m.inner = None
        m.add_module("other", t.nn.Tanh())
        m.register_buffer("b", t.ones(1))
        m.b = t.zeros(1)
        m.b = None
        m.kept = t.nn.Buffer(t.ones(1))
        m.b = t.ones(2)
        m.none = t.nn.Parameter(t.zeros(1))
        t.nn.ModuleList([t.nn.Tanh()])[0] = t.nn.ReLU()
        t.nn.ModuleDict({"a": t.nn.Tanh()})
    finally:
        _removed(handles)
    return log


@program
def registrations_are_replaced(t):
    handles = [
        _everywhere(t, "parameter_registration_hook")(
            lambda m, n, p: t.nn.Parameter(p.detach() * 2)
        ),
        _everywhere(t, "buffer_registration_hook")(lambda m, n, b: b + 1),
        _everywhere(t, "module_registration_hook")(lambda m, n, s: t.nn.Identity()),
    ]
    try:
        m = t.nn.Module()
        m.weight = t.nn.Parameter(t.ones(1))
        m.register_parameter("other", t.nn.Parameter(t.ones(1)))
        m.inner = t.nn.Tanh()
        m.add_module("more", t.nn.Tanh())
        m.register_buffer("b", t.ones(1))
        first = m.b
        m.b = t.zeros(1)
        return m.weight, m.other, m, first, m.b
    finally:
        _removed(handles)


@pytest.mark.parametrize("name", PROGRAMS)
def test_calls_and_hooks_agree(name):
    assert outcome(plugrad, PROGRAMS[name]) == outcome(torch, PROGRAMS[name])


def test_the_programs_do_something():
    results = {name: outcome(torch, run) for name, run in PROGRAMS.items()}
    raising = {name for name, result in results.items() if result[:1] == ("raises",)}
    assert raising == {
        "pre_hook_that_returns_a_triple",
        "pre_hook_that_returns_something_else",
        "backward_hook_of_the_wrong_count",
    }
