"""Modules: registration, state, hooks, copies, and what they refuse."""

import copy
import pickle

import pytest

import plugrad
from plugrad import nn


class Doubling(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.scale = nn.Parameter(plugrad.tensor(2.0))
        self.register_buffer("count", plugrad.zeros(1))
        self.register_buffer("scratch", plugrad.zeros(1), persistent=False)

    def forward(self, x, *, twice=False):
        y = self.layer(x) * self.scale
        return y * 2 if twice else y


def test_what_is_assigned_is_registered_in_order():
    model = Doubling()
    assert [name for name, _ in model.named_parameters()] == ["scale", "layer.weight", "layer.bias"]
    assert [name for name, _ in model.named_buffers()] == ["count", "scratch"]
    assert [name for name, _ in model.named_modules()] == ["", "layer"]
    assert list(model.state_dict()) == ["scale", "count", "layer.weight", "layer.bias"]


def test_a_shared_parameter_is_listed_once():
    a = nn.Linear(2, 2)
    both = nn.ModuleList([a, a])
    assert len(list(both.parameters())) == 2
    assert len(list(both.named_parameters(remove_duplicate=False))) == 4


def test_assigning_before_init_is_refused():
    class Wrong(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(plugrad.ones(1))

    with pytest.raises(AttributeError, match="before Module.__init__"):
        Wrong()


def test_attributes_can_be_deleted_and_replaced():
    model = Doubling()
    del model.scale
    assert not hasattr(model, "scale")
    model.layer = nn.ReLU()
    assert isinstance(model.layer, nn.ReLU)
    with pytest.raises(TypeError, match="replaced"):
        model.layer = 3
    model.count = None
    assert model.count is None


def test_loading_is_all_or_nothing():
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = {name: value + 1 for name, value in before.items()}
    state["1.bias"] = plugrad.ones(5)
    with pytest.raises(RuntimeError, match="1.bias"):
        model.load_state_dict(state)
    for name, value in model.state_dict().items():
        assert plugrad.equal(value, before[name])


def test_loading_loosely_tells_what_did_not_match():
    model = nn.Linear(1, 1)
    keys = model.load_state_dict({"weight": plugrad.ones(1, 1), "more": 1}, strict=False)
    assert keys.missing_keys == ["bias"]
    assert keys.unexpected_keys == ["more"]
    assert model.weight.item() == 1.0


def test_loading_by_assignment_keeps_the_given_tensor():
    model = nn.Linear(2, 2, bias=False)
    weight = plugrad.ones(2, 2)
    model.load_state_dict({"weight": weight}, assign=True)
    weight[0, 0] = 5.0
    assert model.weight[0, 0].item() == 5.0
    assert model.weight.requires_grad


def test_forward_hooks_run_in_order_and_replace():
    model = Doubling()
    seen = []
    first = model.register_forward_pre_hook(lambda m, args: seen.append("pre"))
    model.register_forward_hook(lambda m, args, out: seen.append("post") or out * 0)
    model.register_forward_hook(
        lambda m, args, kwargs, out: seen.append(kwargs["twice"]), with_kwargs=True
    )
    out = model(plugrad.ones(1, 2), twice=True)
    assert seen == ["pre", "post", True]
    assert out.abs().sum().item() == 0
    first.remove()
    model(plugrad.ones(1, 2), twice=False)
    assert seen[3:] == ["post", False]


def test_a_hook_can_be_called_although_forward_raises():
    class Failing(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    model = Failing()
    seen = []
    model.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    with pytest.raises(ZeroDivisionError):
        model(1)
    assert seen == [None]


def test_modes_conversions_and_gradients_reach_the_whole_tree():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(0.5)))
    assert not model.eval()[1][0].training
    assert model.train()[1][0].training
    assert model.double()[0].weight.dtype is plugrad.float64
    weight = model[0].weight
    assert model.to(plugrad.float32)[0].weight is weight
    model.requires_grad_(False)
    assert not any(p.requires_grad for p in model.parameters())
    model.requires_grad_()
    model(plugrad.ones(1, 2)).sum().backward()
    model.zero_grad(set_to_none=False)
    assert weight.grad.abs().sum().item() == 0
    model.zero_grad()
    assert weight.grad is None


def test_copies_are_independent_and_pickles_restore():
    model = Doubling()
    twin = copy.deepcopy(model)
    again = pickle.loads(pickle.dumps(model))
    with plugrad.no_grad():
        model.scale.fill_(5.0)
    assert twin.scale.item() == 2.0
    assert again.scale.item() == 2.0
    assert isinstance(again.scale, nn.Parameter)
    assert isinstance(twin.layer.weight, nn.Parameter)
    x = plugrad.ones(1, 2)
    assert plugrad.equal(twin(x), again(x))


def test_pickled_parameters_keep_their_attributes():
    parameter = nn.Parameter(plugrad.ones(1), requires_grad=False)
    parameter.note = "kept"
    again = pickle.loads(pickle.dumps(parameter))
    assert (type(again), again.requires_grad, again.note) == (nn.Parameter, False, "kept")


def test_containers():
    row = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
    row.append(nn.Linear(2, 3)).insert(1, nn.Tanh())
    assert [type(m).__name__ for m in row] == ["Linear", "Tanh", "ReLU", "Linear"]
    assert len(row[1:3]) == 2
    del row[1]
    assert list(row._modules) == ["0", "1", "2"]
    named = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()})
    assert list(named) == ["a", "b"]
    assert "a" in named
    assert isinstance(named.pop("a"), nn.ReLU)
    assert repr(nn.ModuleList([nn.ReLU(), nn.ReLU()])) == "ModuleList(\n  (0-1): 2 x ReLU()\n)"


def test_paths_lead_to_members():
    model = nn.Sequential(Doubling())
    assert model.get_submodule("0.layer") is model[0].layer
    assert model.get_parameter("0.layer.weight") is model[0].layer.weight
    assert model.get_buffer("0.count") is model[0].count
    with pytest.raises(AttributeError):
        model.get_parameter("0.count")
    with pytest.raises(AttributeError):
        model.get_submodule("0.nothing")


def test_a_transformer_block_learns():
    plugrad.manual_seed(0)

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv = nn.Linear(width, 3 * width)
            self.out = nn.Linear(width, width)
            self.mlp = nn.Sequential(
                nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
            )

        def forward(self, x):
            batch, length, width = x.shape
            q, k, v = self.qkv(self.norm1(x)).chunk(3, dim=-1)
            q, k, v = (t.view(batch, length, self.heads, -1).transpose(1, 2) for t in (q, k, v))
            scores = q @ k.transpose(-2, -1) / (width / self.heads) ** 0.5
            mask = plugrad.ones(length, length).tril() == 0
            mixed = scores.masked_fill(mask, float("-inf")).softmax(-1) @ v
            x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
            return x + self.mlp(self.norm2(x))

    embed, block, head = nn.Embedding(11, 16), Block(16, 2), nn.Linear(16, 11)
    parameters = [p for m in (embed, block, head) for p in m.parameters()]
    optimizer = plugrad.optim.AdamW(parameters, lr=1e-2)
    tokens = plugrad.arange(8).repeat(2, 1)
    losses = []
    for _ in range(30):
        logits = head(block(embed(tokens[:, :-1])))
        loss = nn.functional.cross_entropy(logits.reshape(-1, 11), tokens[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_a_state_that_was_assigned_can_be_copied_from():
    source, assigned, copied = (nn.Linear(2, 2) for _ in range(3))
    state = source.state_dict()
    assigned.load_state_dict(state, assign=True)
    kept = copied.weight
    copied.load_state_dict(state)
    assert copied.weight is kept
    assert copied.weight.data_ptr() != source.weight.data_ptr()


def test_a_state_that_does_not_fit_is_left_as_it_was():
    frozen = nn.Parameter(plugrad.ones(2, 2), requires_grad=False)
    with pytest.raises(RuntimeError, match="bias"):
        nn.Linear(2, 2).load_state_dict({"weight": frozen, "bias": plugrad.ones(3)}, assign=True)
    assert not frozen.requires_grad
