"""Modules beside PyTorch's: the same seed gives the same parameters, outputs and gradients."""

import numpy as np
import pytest
import torch
from comparison import graph

import plugrad


def arrays(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def close(ours, theirs):
    a, b = ours.detach().numpy(), theirs.detach().numpy()
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    tolerance = 1e-5 if a.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def both(make):
    made = []
    for t in (plugrad, torch):
        t.manual_seed(7)
        made.append(make(t))
    return made


@pytest.mark.parametrize("shape", [(2, 5, 4), (2, 5, 4, 3), (2, 5, 2, 3, 2)])
def test_local_response_normalization_has_the_same_graph(shape):
    graphs = []
    for t in (plugrad, torch):
        x = t.tensor(arrays(*shape), requires_grad=True)
        graphs.append(graph(t.nn.functional.local_response_norm(x, 3).grad_fn))
    assert graphs[0] == graphs[1]


def test_running_statistics_follow_batch_after_batch():
    for options in ({}, {"momentum": None}, {"momentum": 0.7}):
        models = both(lambda t, options=options: t.nn.BatchNorm2d(3, **options))
        outputs = []
        for t, model in zip((plugrad, torch), models, strict=True):
            for seed in range(3):
                model(t.tensor(arrays(4, 3, 2, 5, seed=seed).astype("float32") * 3 + 1))
            model.eval()
            outputs.append(model(t.tensor(arrays(2, 3, 2, 2).astype("float32"))))
            assert model.num_batches_tracked.item() == 3
        close(*outputs)
        close(models[0].running_mean, models[1].running_mean)
        close(models[0].running_var, models[1].running_var)


def test_states_from_before_batches_were_counted():
    counts = []
    for t in (plugrad, torch):
        model = t.nn.BatchNorm1d(2)
        state = dict(model.state_dict())
        del state["num_batches_tracked"]
        model.load_state_dict(state)
        counts.append(model.num_batches_tracked)
    close(*counts)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_unpooling_agrees(dims):
    for sizes in ((8, 6, 4), (7, 5, 3)):
        inputs, outputs = [], []
        for t in (plugrad, torch):
            x = t.tensor(arrays(2, 3, *sizes[:dims]), requires_grad=True)
            pool = getattr(t.nn, f"MaxPool{dims}d")(2, return_indices=True)
            unpool = getattr(t.nn, f"MaxUnpool{dims}d")(2)
            y = unpool(*pool(x), output_size=x.shape if sizes[0] == 7 else None)
            (y * y).sum().backward()
            outputs.append(y)
            inputs.append(x)
        close(*outputs)
        close(inputs[0].grad, inputs[1].grad)
    assert repr(plugrad.nn.MaxUnpool2d(2)) == repr(torch.nn.MaxUnpool2d(2))


def test_embeddings_of_a_table_agree():
    def shown(t, cls):
        table = t.arange(6.0).reshape(3, 2)
        return cls(t).from_pretrained(table, max_norm=2.0)(t.tensor([[2, 0]])), table

    for cls in (lambda t: t.nn.Embedding, lambda t: t.nn.EmbeddingBag):
        for ours, theirs in zip(shown(plugrad, cls), shown(torch, cls), strict=True):
            close(ours, theirs)


LOSSES = {
    "GaussianNLLLoss of a number": lambda t, x, y, c: t.nn.GaussianNLLLoss()(x, y, 0.5),
    "TripletMarginWithDistanceLoss": lambda t, x, y, c: t.nn.TripletMarginWithDistanceLoss(
        distance_function=lambda a, b: (a - b).abs().sum(1), margin=2.0
    )(x, y, x * y),
    "old arguments": lambda t, x, y, c: t.nn.MSELoss(size_average=False)(x, y),
    "gumbel_softmax": lambda t, x, y, c: _seeded(t).nn.functional.gumbel_softmax(x, 0.7),
    "gumbel_softmax hard": lambda t, x, y, c: (
        _seeded(t).nn.functional.gumbel_softmax(x, hard=True) * y
    ),
}


def _seeded(t):
    t.manual_seed(5)
    return t


@pytest.mark.filterwarnings("ignore:size_average")
@pytest.mark.parametrize("name", LOSSES)
def test_losses_agree(name):
    results, inputs = [], []
    for t in (plugrad, torch):
        x = t.tensor(arrays(6, 4), requires_grad=True)
        y = t.tensor(arrays(6, 4, seed=1))
        c = t.tensor(np.array([0, 1, 3, 2, 1, 0]))
        loss = LOSSES[name](t, x, y, c)
        loss.sum().backward()
        results.append(loss)
        inputs.append(x)
    close(*results)
    close(inputs[0].grad, inputs[1].grad)


def test_state_goes_both_ways():
    ours, theirs = both(lambda t: t.nn.Sequential(t.nn.Linear(3, 2), t.nn.LayerNorm(2)))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    state = {k: plugrad.tensor(v.numpy() + 1) for k, v in theirs.state_dict().items()}
    ours.load_state_dict(state)
    for name, value in theirs.state_dict().items():
        assert np.array_equal(ours.state_dict()[name].numpy(), value.numpy() + 1)


REFUSED = {
    "an unknown key": lambda t: t.nn.Linear(1, 1).load_state_dict({"nope": t.ones(1)}),
    "a wrong shape": lambda t: t.nn.Linear(1, 1, bias=False).load_state_dict(
        {"weight": t.ones(2, 2)}
    ),
    "a state that is no mapping": lambda t: t.nn.Linear(1, 1).load_state_dict([1]),
    "an absent attribute": lambda t: t.nn.Linear(1, 1).nope,
    "no forward": lambda t: t.nn.Module()(1),
    "a parameter that is no leaf": lambda t: t.nn.Module().register_parameter(
        "p", t.nn.Parameter(t.ones(1)) * 2
    ),
    "a name with a dot": lambda t: t.nn.Module().register_buffer("a.b", t.ones(1)),
    "an empty name": lambda t: t.nn.Module().add_module("", t.nn.ReLU()),
    "a taken name": lambda t: t.nn.Linear(1, 1).register_buffer("weight", t.ones(1)),
    "a module of the wrong type": lambda t: t.nn.Module().add_module("m", 3),
    "a buffer of the wrong type": lambda t: t.nn.Module().register_buffer("b", 3),
    "a parameter replaced by a tensor": lambda t: setattr(t.nn.Linear(1, 1), "weight", t.ones(1)),
    "an integer dtype": lambda t: t.nn.Linear(1, 1).to(t.int64),
    "a mode that is no bool": lambda t: t.nn.Linear(1, 1).train("yes"),
    "a path to nothing": lambda t: t.nn.Sequential(t.nn.ReLU()).get_submodule("1"),
    "dropout beyond 1": lambda t: t.nn.Dropout(1.5),
    "an index beyond the end": lambda t: t.nn.Sequential(t.nn.ReLU())[3],
    "shapes that do not fit": lambda t: t.nn.Linear(3, 2)(t.ones(2, 4)),
    "an unknown nonlinearity": lambda t: t.nn.init.calculate_gain("nope"),
    "groups that do not divide the inputs": lambda t: t.nn.Conv2d(3, 4, 2, groups=2),
    "groups that do not divide the outputs": lambda t: t.nn.Conv2d(4, 3, 2, groups=2),
    "no groups": lambda t: t.nn.Conv2d(4, 4, 2, groups=0),
    "an unknown padding": lambda t: t.nn.Conv2d(4, 4, 2, padding="x"),
    "the same size with a stride": lambda t: t.nn.Conv2d(4, 4, 2, padding="same", stride=2),
    "an unknown padding mode": lambda t: t.nn.Conv2d(4, 4, 2, padding_mode="x"),
    "a padding mode of a transpose": lambda t: t.nn.ConvTranspose2d(
        4, 4, 2, padding_mode="reflect"
    ),
    "a size that cannot be": lambda t: t.nn.ConvTranspose2d(1, 1, 2)(
        t.ones(1, 1, 2, 2), output_size=(9, 9)
    ),
    "a size of too few": lambda t: t.nn.ConvTranspose2d(1, 1, 2)(
        t.ones(1, 1, 2, 2), output_size=(3,)
    ),
    "fractional pooling to nothing": lambda t: t.nn.FractionalMaxPool2d(2),
    "fractional pooling to two": lambda t: t.nn.FractionalMaxPool2d(2, 2, 0.5),
    "a ratio beyond 1": lambda t: t.nn.FractionalMaxPool2d(2, output_ratio=2),
    "a fan of a vector": lambda t: t.nn.init.xavier_uniform_(t.ones(3)),
    "a batch of one": lambda t: t.nn.BatchNorm1d(2)(t.ones(1, 2)),
    "a batch of images in BatchNorm1d": lambda t: t.nn.BatchNorm1d(2)(t.ones(1, 2, 3, 4)),
    "wrong channels": lambda t: t.nn.BatchNorm2d(2)(t.ones(2, 3, 4, 4)),
    "integers normalized": lambda t: t.nn.BatchNorm2d(2)(t.ones(2, 2, 4, 4, dtype=t.int64)),
    "an instance of one element": lambda t: t.nn.InstanceNorm1d(2)(t.ones(3, 2, 1)),
    "wrong channels of instances": lambda t: t.nn.InstanceNorm1d(2, affine=True)(t.ones(3, 4, 5)),
    "unequal groups": lambda t: t.nn.GroupNorm(2, 5),
    "unequal groups of channels": lambda t: t.nn.functional.group_norm(t.ones(1, 5, 3), 2),
    "no running statistics": lambda t: t.nn.functional.batch_norm(t.ones(2, 3), None, None),
    "a flat local response": lambda t: t.nn.LocalResponseNorm(2)(t.ones(2, 3)),
    "a bilinear map of nothing": lambda t: t.nn.Bilinear(0, 2, 1),
    "a bilinear map of wrong shapes": lambda t: t.nn.Bilinear(3, 2, 1)(t.ones(2, 2), t.ones(2, 2)),
    "a margin of a negative number": lambda t: t.nn.TripletMarginLoss(margin=-1.0),
    "a wrong exponent": lambda t: t.nn.MultiMarginLoss(p=3),
    "a negative variance": lambda t: t.nn.GaussianNLLLoss()(t.ones(2), t.ones(2), -t.ones(2)),
    "a target that is no class": lambda t: t.nn.MultiLabelMarginLoss()(
        t.ones(1, 2), t.tensor([[4, 0]])
    ),
    "an unknown reduction": lambda t: t.nn.MSELoss(reduction="most")(t.ones(2), t.ones(2)),
    "a vector of softmaxes": lambda t: t.nn.Softmax2d()(t.ones(2)),
    "an activation's unknown argument": lambda t: t.nn.ELU(beta=2),
    "an activation's missing argument": lambda t: t.nn.Threshold(2),
    "blank beyond the labels": lambda t: t.nn.CTCLoss(blank=9)(
        t.zeros(3, 1, 2), t.ones(1, 1, dtype=t.int64), t.tensor([3]), t.tensor([1])
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_alike(name):
    with pytest.raises(Exception) as theirs:  # noqa: PT011  # which, PyTorch tells
        REFUSED[name](torch)
    with pytest.raises(type(theirs.value)):
        REFUSED[name](plugrad)


def _hooked(t, reads):
    """Return what backward hooks of nested modules saw, and the gradients they left."""
    seen = []

    def numbers(gradients):
        return [None if g is None else reads(g) for g in gradients]

    def after(module, grad_input, grad_output):
        seen.append((type(module).__name__, numbers(grad_input), numbers(grad_output)))
        return tuple(None if g is None else g * 0.5 for g in grad_input)

    def before(module, grad_output):
        seen.append((type(module).__name__, numbers(grad_output)))
        return tuple(g * 3 for g in grad_output)

    t.manual_seed(0)
    model = t.nn.Sequential(t.nn.Linear(3, 4), t.nn.Tanh(), t.nn.Linear(4, 2))
    model.register_full_backward_hook(after)
    for module in model:
        module.register_full_backward_hook(after)
        module.register_full_backward_pre_hook(before)
    x = t.linspace(-1, 1, 6).reshape(2, 3).requires_grad_()
    result = model(x)
    names = [result.grad_fn.name(), result.grad_fn.next_functions[0][0].name()]
    result.sum().backward()
    return names, seen, [reads(p.grad) for p in (x, *model.parameters())]


def test_backward_hooks_see_and_leave_the_same():
    def rounded(tensor):
        return np.round(tensor.detach().numpy().astype("float64"), 5).tolist()

    assert _hooked(plugrad, rounded) == _hooked(torch, rounded)
