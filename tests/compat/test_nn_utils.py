"""``nn.utils`` and the containers of parameters beside PyTorch's."""

from collections import OrderedDict
from typing import Any

import pytest
import torch

import plugrad

NORMS = [1, 2, 2.0, 3, 0.5, 0, float("inf"), float("-inf")]


def outcome(work: Any) -> Any:
    try:
        return plain(work())
    except Exception as error:
        return type(error)


def plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor | plugrad.Tensor):
        return value.tolist()
    if isinstance(value, torch.nn.Module | plugrad.nn.Module):
        return repr(value).replace("plugrad.", "torch."), sorted(value.state_dict())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value


def with_gradients(t: Any, *values: Any) -> list[Any]:
    parameters = [t.nn.Parameter(t.zeros(len(value), dtype=t.float64)) for value in values]
    for parameter, value in zip(parameters, values, strict=True):
        parameter.grad = t.tensor(value, dtype=t.float64)
    parameters.insert(1, t.nn.Parameter(t.ones(2)))  # has none
    return parameters


def both(work: Any) -> None:
    ours, theirs = (outcome(lambda t=t: work(t)) for t in (plugrad, torch))
    if isinstance(theirs, type) or isinstance(ours, type):
        assert ours == theirs
    else:
        assert ours == pytest.approx(theirs, rel=1e-12, nan_ok=True) or ours == theirs


@pytest.mark.parametrize("norm_type", NORMS)
@pytest.mark.parametrize("max_norm", [0.0, 0.5, 1, 100.0])
@pytest.mark.parametrize("values", [[[3.0, 4.0], [1.0]], [[0.0], [0.0]], [[float("nan")], [1.0]]])
def test_clip_grad_norm(norm_type, max_norm, values):
    def work(t: Any) -> Any:
        parameters = with_gradients(t, *values)
        norm = t.nn.utils.clip_grad_norm_(iter(parameters), max_norm, norm_type)
        return [norm.item(), *parameters[0].grad.tolist(), *parameters[2].grad.tolist()]

    both(work)


CALLS = {
    "no parameters": "n.clip_grad_norm_([], 1.0)",
    "one": "n.clip_grad_norm_(p[0], 1.0)",
    "nonfinite": "n.clip_grad_norm_([q], 1.0, error_if_nonfinite=True)",
    "nonfinite norm": "n.get_total_norm([q.grad], error_if_nonfinite=True)",
    "no number": "n.clip_grad_norm_(p, 'a')",
    "no iterable": "n.clip_grad_norm_(3, 1.0)",
    "value": "[n.clip_grad_value_(p, 2.5), p[0].grad, p[2].grad]",
    "value of one": "[n.clip_grad_value_(p[0], 0), p[0].grad]",
    "total": "n.get_total_norm([p[0].grad, p[2].grad], 3.0)",
    "total of one": "n.get_total_norm(p[0].grad)",
    "total of nothing": "n.get_total_norm([])",
    "known norm": "[n.clip_grads_with_norm_(p, 1.0, t.tensor(10.0)), p[0].grad]",
    "to vector": "n.parameters_to_vector(p[:1] + p[2:])",
    "to vector, none": "n.parameters_to_vector([])",
    "from vector": "[n.vector_to_parameters(t.arange(5.0), p), p]",
    "from a long vector": "[n.vector_to_parameters(t.arange(9.0), p), p]",
    "from a short vector": "n.vector_to_parameters(t.arange(4.0), p)",
    "from a list": "n.vector_to_parameters([1.0], p)",
    "skip_init": "n.skip_init(t.nn.Linear, 2, 3, bias=False).weight.shape[0]",
    "skip_init of a function": "n.skip_init(t.ones, 2)",
    "skip_init without device": "n.skip_init(t.nn.ReLU)",
    "skip_init of no module": "n.skip_init(dict)",
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name):
    def work(t: Any) -> Any:
        p = with_gradients(t, [3.0, 4.0], [1.0])
        q = with_gradients(t, [float("inf")])[0]
        return eval(CALLS[name], {"t": t, "n": t.nn.utils, "p": p, "q": q})

    ours, theirs = (outcome(lambda t=t: work(t)) for t in (plugrad, torch))
    assert ours == theirs


FUSED = {
    "conv1d": ("Conv1d(3, 4, 2)", "BatchNorm1d(4)", False, (2, 3, 6)),
    "conv2d": ("Conv2d(3, 4, 2, bias=False)", "BatchNorm2d(4)", False, (2, 3, 6, 6)),
    "grouped": ("Conv2d(4, 4, 2, groups=2)", "BatchNorm2d(4, affine=False)", False, (2, 4, 6, 6)),
    "transposed": ("ConvTranspose2d(3, 4, 2)", "BatchNorm2d(4)", True, (2, 3, 5, 5)),
}


@pytest.mark.parametrize("name", FUSED)
def test_fused_convolutions(name):
    layer, norm, transposed, shape = FUSED[name]
    found = []
    for t in (plugrad, torch):
        t.manual_seed(0)
        conv = eval(f"nn.{layer}", {"nn": t.nn}).double()
        after = eval(f"nn.{norm}", {"nn": t.nn}).double()
        x = t.rand(*shape, dtype=t.float64)
        after(conv(x))  # what it learns from
        conv.eval(), after.eval()
        fused = t.nn.utils.fuse_conv_bn_eval(conv, after, transposed)
        assert t.allclose(fused(x), after(conv(x)))
        found.append([repr(fused), fused.weight.tolist(), fused.bias.tolist()])
        with pytest.raises(AssertionError):
            t.nn.utils.fuse_conv_bn_eval(conv.train(), after)
    assert found[0][0] == found[1][0]
    for ours, theirs in zip(found[0][1:], found[1][1:], strict=True):
        torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs))


def test_fused_linear():
    for t in (plugrad, torch):
        t.manual_seed(0)
        linear, norm = t.nn.Linear(3, 4), t.nn.BatchNorm1d(4)
        x = t.rand(5, 3)
        norm(linear(x))
        linear.eval(), norm.eval()
        fused = t.nn.utils.fuse_linear_bn_eval(linear, norm)
        assert t.allclose(fused(x), norm(linear(x)), atol=1e-6)
        with pytest.raises(AssertionError):
            t.nn.utils.fuse_linear_bn_eval(linear, t.nn.BatchNorm1d(3).eval())


CONTAINERS = [
    "l",
    "l[2]",
    "l[-1]",
    "l[9]",
    "l[-9]",
    "l['a']",
    "l[1.5]",
    "l[1:]",
    "l[::2]",
    "list(l)",
    "len(l)",
    "l.append(t.ones(2))",
    "l.extend([t.ones(1), 5])",
    "l.extend(3)",
    "l.extend(t.ones(2))",
    "l.__iadd__([t.ones(2)])",
    "[l.__setitem__(0, t.ones(4)), l]",
    "l.__setitem__(9, 1)",
    "l()",
    "t.nn.ParameterList()",
    "t.nn.ParameterList([t.ones(1)]).double()",
    "d",
    "list(d)",
    "list(reversed(d))",
    "list(d.items())",
    "list(d.values())",
    "list(d.keys())",
    "len(d)",
    "'b' in d",
    "d['b']",
    "d['zz']",
    "d[3]",
    "d.__setitem__(3, 1)",
    "[d.setdefault('c', t.ones(1)), d]",
    "[d.setdefault('b', t.ones(1)), d]",
    "d.setdefault('e')",
    "[d.pop('n'), d]",
    "d.pop('zz')",
    "[d.popitem(), d]",
    "d.get('q', 4)",
    "d.fromkeys(['x', 'y'], t.ones(1))",
    "d | {'k': t.ones(1), 'b': t.zeros(1)}",
    "{'k': t.ones(1)} | d",
    "d.copy()",
    "[d.update([('p', t.ones(1))]), d]",
    "[d.update({'z': 1, 'p': t.ones(1)}), d]",
    "[d.update(OrderedDict(z=1, p=t.ones(1))), d]",
    "[d.update(t.nn.ParameterDict({'p': t.ones(1)})), d]",
    "d.update(3)",
    "d.update([3])",
    "d.update([(1, 2, 3)])",
    "[d.__delitem__('a'), d]",
    "d.__delitem__('zz')",
    "[d.clear(), d]",
    "d()",
    "d(1)",
    "t.nn.ParameterDict([('z', t.ones(1)), ('b', t.ones(1))])",
    "[x for x, _ in t.nn.Sequential(l, d).named_parameters()]",
]


@pytest.mark.parametrize("call", CONTAINERS)
def test_containers_of_parameters(call):
    def work(t: Any) -> Any:
        listed = t.nn.ParameterList([t.nn.Parameter(t.ones(2)), t.zeros(1, 3), 3])
        named = t.nn.ParameterDict({"b": t.nn.Parameter(t.ones(2)), "a": t.zeros(3), "n": 5})
        return eval(call, {"t": t, "l": listed, "d": named, "OrderedDict": OrderedDict})

    ours, theirs = (outcome(lambda t=t: work(t)) for t in (plugrad, torch))
    assert ours == theirs
