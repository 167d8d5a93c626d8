"""Modules beside PyTorch's: the same seed gives the same parameters, outputs and gradients."""

import numpy as np
import pytest
import torch
from comparison import graph

import plugrad

MODULES = {
    "Linear": (lambda t: t.nn.Linear(7, 5), (3, 7)),
    "Linear without bias": (lambda t: t.nn.Linear(4, 2, bias=False), (2, 3, 4)),
    "Identity": (lambda t: t.nn.Identity(1, any=2), (3,)),
    "Flatten": (lambda t: t.nn.Flatten(), (2, 3, 4)),
    "Flatten all": (lambda t: t.nn.Flatten(0, -1), (2, 3, 4)),
    "Unflatten": (lambda t: t.nn.Unflatten(1, (2, 2)), (3, 4)),
    "LayerNorm": (lambda t: t.nn.LayerNorm(6), (4, 6)),
    "LayerNorm of two": (lambda t: t.nn.LayerNorm((3, 4), eps=1e-3), (2, 3, 4)),
    "LayerNorm plain": (lambda t: t.nn.LayerNorm(6, elementwise_affine=False), (4, 6)),
    "LayerNorm without bias": (lambda t: t.nn.LayerNorm(6, bias=False), (4, 6)),
    "Dropout": (lambda t: t.nn.Dropout(0.4), (50, 3)),
    "Dropout in eval": (lambda t: t.nn.Dropout(0.4).eval(), (50, 3)),
    "Sequential": (
        lambda t: t.nn.Sequential(t.nn.Linear(3, 8), t.nn.Tanh(), t.nn.Linear(8, 2)),
        (5, 3),
    ),
    "ModuleList": (lambda t: t.nn.Sequential(*t.nn.ModuleList([t.nn.ReLU()] * 3)), (4, 2)),
    "PReLU": (lambda t: t.nn.PReLU(3), (2, 3, 4)),
    "ReLU": (lambda t: t.nn.ReLU(), (4, 5)),
    "ReLU6": (lambda t: t.nn.ReLU6(), (4, 5)),
    "LeakyReLU": (lambda t: t.nn.LeakyReLU(0.2), (4, 5)),
    "ELU": (lambda t: t.nn.ELU(0.7), (4, 5)),
    "SELU": (lambda t: t.nn.SELU(), (4, 5)),
    "CELU": (lambda t: t.nn.CELU(1.5), (4, 5)),
    "GELU": (lambda t: t.nn.GELU(), (4, 5)),
    "GELU by tanh": (lambda t: t.nn.GELU("tanh"), (4, 5)),
    "SiLU": (lambda t: t.nn.SiLU(), (4, 5)),
    "Mish": (lambda t: t.nn.Mish(), (4, 5)),
    "Tanh": (lambda t: t.nn.Tanh(), (4, 5)),
    "Sigmoid": (lambda t: t.nn.Sigmoid(), (4, 5)),
    "LogSigmoid": (lambda t: t.nn.LogSigmoid(), (4, 5)),
    "Softplus": (lambda t: t.nn.Softplus(2.0, 1.0), (4, 5)),
    "Softsign": (lambda t: t.nn.Softsign(), (4, 5)),
    "Tanhshrink": (lambda t: t.nn.Tanhshrink(), (4, 5)),
    "Hardshrink": (lambda t: t.nn.Hardshrink(), (4, 5)),
    "Softshrink": (lambda t: t.nn.Softshrink(0.3), (4, 5)),
    "Hardtanh": (lambda t: t.nn.Hardtanh(-0.5, 0.7), (4, 5)),
    "Hardsigmoid": (lambda t: t.nn.Hardsigmoid(), (4, 5)),
    "Hardswish": (lambda t: t.nn.Hardswish(), (4, 5)),
    "Threshold": (lambda t: t.nn.Threshold(0.1, 20.0), (4, 5)),
    "GLU": (lambda t: t.nn.GLU(), (4, 6)),
    "Softmax": (lambda t: t.nn.Softmax(dim=1), (4, 5)),
    "Softmin": (lambda t: t.nn.Softmin(dim=0), (4, 5)),
    "LogSoftmax": (lambda t: t.nn.LogSoftmax(dim=-1), (4, 5)),
    "Softmax2d": (lambda t: t.nn.Softmax2d(), (2, 3, 4, 5)),
    "RReLU": (lambda t: t.nn.RReLU(0.2, 0.6), (4, 5)),
    "RReLU in eval": (lambda t: t.nn.RReLU().eval(), (4, 5)),
    "BatchNorm1d": (lambda t: t.nn.BatchNorm1d(4), (6, 4)),
    "BatchNorm1d of sequences": (lambda t: t.nn.BatchNorm1d(4, eps=0.1), (3, 4, 7)),
    "BatchNorm2d": (lambda t: t.nn.BatchNorm2d(3, momentum=0.4), (4, 3, 5, 6)),
    "BatchNorm2d plain": (lambda t: t.nn.BatchNorm2d(3, affine=False), (2, 3, 2, 2)),
    "BatchNorm2d without bias": (lambda t: t.nn.BatchNorm2d(3, bias=False), (2, 3, 2, 2)),
    "BatchNorm2d of the batch": (
        lambda t: t.nn.BatchNorm2d(3, track_running_stats=False).eval(),
        (2, 3, 2, 2),
    ),
    "BatchNorm2d in eval": (lambda t: t.nn.BatchNorm2d(3).eval(), (2, 3, 2, 2)),
    "BatchNorm3d": (lambda t: t.nn.BatchNorm3d(2, momentum=None), (3, 2, 2, 3, 2)),
    "InstanceNorm1d": (lambda t: t.nn.InstanceNorm1d(4), (3, 4, 7)),
    "InstanceNorm1d of one": (lambda t: t.nn.InstanceNorm1d(4, affine=True), (4, 7)),
    "InstanceNorm2d": (
        lambda t: t.nn.InstanceNorm2d(3, affine=True, track_running_stats=True),
        (2, 3, 4, 5),
    ),
    "InstanceNorm2d in eval": (
        lambda t: t.nn.InstanceNorm2d(3, affine=True, track_running_stats=True).eval(),
        (2, 3, 4, 5),
    ),
    "InstanceNorm3d": (lambda t: t.nn.InstanceNorm3d(2), (2, 2, 3, 2, 2)),
    "GroupNorm": (lambda t: t.nn.GroupNorm(2, 6), (3, 6, 5)),
    "GroupNorm plain": (lambda t: t.nn.GroupNorm(3, 6, eps=0.1, affine=False), (3, 6, 2, 2)),
    "GroupNorm without bias": (lambda t: t.nn.GroupNorm(6, 6, bias=False), (3, 6, 4)),
    "RMSNorm": (lambda t: t.nn.RMSNorm(6), (4, 6)),
    "RMSNorm of two": (lambda t: t.nn.RMSNorm((3, 4), 1e-3), (2, 3, 4)),
    "RMSNorm plain": (lambda t: t.nn.RMSNorm(6, elementwise_affine=False), (4, 6)),
    "LocalResponseNorm": (lambda t: t.nn.LocalResponseNorm(3, 0.5), (2, 5, 4, 4)),
    "LocalResponseNorm of even size": (
        lambda t: t.nn.LocalResponseNorm(2, alpha=0.1, beta=0.5, k=2.0),
        (2, 5, 4),
    ),
    "Conv1d": (lambda t: t.nn.Conv1d(4, 6, 3, 2, 1, 2, 2), (2, 4, 9)),
    "Conv1d circular": (lambda t: t.nn.Conv1d(4, 6, 3, padding=2, padding_mode="circular"), (4, 9)),
    "Conv2d": (lambda t: t.nn.Conv2d(3, 5, (3, 2)), (2, 3, 6, 7)),
    "Conv2d same": (lambda t: t.nn.Conv2d(3, 4, 3, padding="same"), (2, 3, 5, 6)),
    "Conv2d valid": (lambda t: t.nn.Conv2d(3, 4, 3, padding="valid", bias=False), (2, 3, 5, 6)),
    "Conv2d depthwise": (lambda t: t.nn.Conv2d(3, 6, 3, groups=3), (2, 3, 5, 6)),
    "Conv2d reflect": (
        lambda t: t.nn.Conv2d(3, 4, 3, padding=(2, 1), padding_mode="reflect"),
        (2, 3, 5, 6),
    ),
    "Conv2d replicate": (
        lambda t: t.nn.Conv2d(3, 4, (4, 3), padding="same", padding_mode="replicate"),
        (2, 3, 5, 6),
    ),
    "Conv3d": (lambda t: t.nn.Conv3d(2, 3, 2, 1, 1), (2, 2, 3, 4, 3)),
    "ConvTranspose1d": (lambda t: t.nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2), (2, 4, 5)),
    "ConvTranspose2d": (
        lambda t: t.nn.ConvTranspose2d(3, 4, 3, 2, dilation=2, bias=False),
        (2, 3, 4, 5),
    ),
    "ConvTranspose3d": (lambda t: t.nn.ConvTranspose3d(2, 3, 2), (1, 2, 3, 2, 3)),
    "MaxPool1d": (lambda t: t.nn.MaxPool1d(2), (2, 3, 8)),
    "MaxPool2d": (lambda t: t.nn.MaxPool2d(3, 2, 1, ceil_mode=True), (2, 3, 8, 7)),
    "MaxPool3d": (lambda t: t.nn.MaxPool3d((1, 2, 2)), (3, 4, 5, 4)),
    "AvgPool1d": (lambda t: t.nn.AvgPool1d(3, 2, 1), (2, 3, 8)),
    "AvgPool2d": (lambda t: t.nn.AvgPool2d(3, 2, 1, count_include_pad=False), (2, 3, 8, 7)),
    "AvgPool2d over 3": (lambda t: t.nn.AvgPool2d((2, 3), divisor_override=3), (2, 3, 8, 7)),
    "AvgPool3d": (lambda t: t.nn.AvgPool3d(2), (2, 3, 4, 5, 4)),
    "LPPool1d": (lambda t: t.nn.LPPool1d(2, 3), (2, 3, 8)),
    "LPPool2d": (lambda t: t.nn.LPPool2d(4, (2, 3), 1, ceil_mode=True), (2, 3, 8, 7)),
    "LPPool3d": (lambda t: t.nn.LPPool3d(2.0, 2), (2, 3, 4, 5, 4)),
    "AdaptiveAvgPool1d": (lambda t: t.nn.AdaptiveAvgPool1d(3), (2, 3, 8)),
    "AdaptiveAvgPool2d": (lambda t: t.nn.AdaptiveAvgPool2d((None, 3)), (2, 3, 8, 7)),
    "AdaptiveAvgPool2d to 1": (lambda t: t.nn.AdaptiveAvgPool2d(1), (2, 3, 8, 7)),
    "AdaptiveAvgPool3d": (lambda t: t.nn.AdaptiveAvgPool3d(2), (2, 3, 4, 5, 4)),
    "AdaptiveMaxPool1d": (lambda t: t.nn.AdaptiveMaxPool1d(3), (2, 3, 8)),
    "AdaptiveMaxPool2d": (lambda t: t.nn.AdaptiveMaxPool2d((2, 3)), (2, 3, 8, 7)),
    "AdaptiveMaxPool3d": (lambda t: t.nn.AdaptiveMaxPool3d(2), (2, 3, 4, 5, 4)),
    "FractionalMaxPool2d": (lambda t: t.nn.FractionalMaxPool2d(2, output_size=3), (2, 3, 8, 7)),
    "FractionalMaxPool3d": (
        lambda t: t.nn.FractionalMaxPool3d(2, output_ratio=0.6),
        (2, 3, 7, 8, 6),
    ),
    "Fold": (lambda t: t.nn.Fold((4, 5), 2), (2, 12, 12)),
    "Unfold": (lambda t: t.nn.Unfold((2, 3), padding=1), (2, 3, 4, 5)),
}


# PyTorch's own gradient has the factor 1/6 in float32 here, whatever the input's dtype.
ROUGH = {"Hardsigmoid": 1e-7}


def arrays(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def close(ours, theirs, exact=False, rough=0.0):
    a, b = ours.detach().numpy(), theirs.detach().numpy()
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    if exact:
        assert np.array_equal(a, b)
    else:
        tolerance = max(rough, 1e-5 if a.dtype == np.float32 else 1e-12)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def both(make):
    made = []
    for t in (plugrad, torch):
        t.manual_seed(7)
        made.append(make(t))
    return made


@pytest.mark.parametrize("name", MODULES)
def test_parameters_start_with_the_same_bits(name):
    ours, theirs = both(MODULES[name][0])
    named = list(zip(ours.named_parameters(), theirs.named_parameters(), strict=True))
    for (n, p), (m, q) in named:
        assert n == m
        close(p, q, exact=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MODULES)
def test_outputs_and_gradients_agree(name, dtype):
    make, shape = MODULES[name]
    models = both(make)
    data = arrays(*shape).astype(dtype)
    outputs, inputs = [], []
    for t, model in zip((plugrad, torch), models, strict=True):
        model.to(getattr(t, dtype))
        t.manual_seed(3)
        x = t.tensor(data, requires_grad=True)
        y = model(x)
        weight = t.tensor(np.linspace(0.5, 1.5, y.numel()).astype(dtype)).reshape(y.shape)
        (y * weight).sum().backward()
        outputs.append(y)
        inputs.append(x)
    close(*outputs)
    close(inputs[0].grad, inputs[1].grad, rough=ROUGH.get(name, 0.0))
    for p, q in zip(models[0].parameters(), models[1].parameters(), strict=True):
        close(p.grad, q.grad)
    ours, theirs = (model.state_dict() for model in models)
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        close(value, theirs[key])


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


TWO_INPUTS = {
    "Bilinear": (lambda t: t.nn.Bilinear(4, 5, 3), (2, 6, 4), (2, 6, 5)),
    "Bilinear without bias": (lambda t: t.nn.Bilinear(4, 5, 3, bias=False), (6, 4), (6, 5)),
    "CosineSimilarity": (lambda t: t.nn.CosineSimilarity(dim=-1), (6, 4), (6, 4)),
    "PairwiseDistance": (lambda t: t.nn.PairwiseDistance(p=3, keepdim=True), (6, 4), (6, 4)),
}


@pytest.mark.parametrize("name", TWO_INPUTS)
def test_modules_of_two_inputs_agree(name):
    make, *shapes = TWO_INPUTS[name]
    models = both(make)
    outputs, gradients = [], []
    for t, model in zip((plugrad, torch), models, strict=True):
        pair = [
            t.tensor(arrays(*shape, seed=i).astype("float32"), requires_grad=True)
            for i, shape in enumerate(shapes)
        ]
        y = model(*pair)
        (y * y).sum().backward()
        outputs.append(y)
        gradients.append([x.grad for x in (*pair, *model.parameters())])
    close(*outputs)
    for ours, theirs in zip(*gradients, strict=True):
        close(ours, theirs)
    for p, q in zip(models[0].parameters(), models[1].parameters(), strict=True):
        close(p, q, exact=True)
    assert repr(models[0]) == repr(models[1])


@pytest.mark.parametrize("name", MODULES)
def test_modules_print_alike(name):
    ours, theirs = both(MODULES[name][0])
    assert repr(ours) == repr(theirs)


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


def test_a_transposed_convolution_takes_a_size():
    models = both(lambda t: t.nn.ConvTranspose2d(3, 2, 3, stride=3))
    data = arrays(1, 3, 4, 4).astype("float32")
    outputs = [
        m(t.tensor(data), output_size=(14, 13))
        for t, m in zip((plugrad, torch), models, strict=True)
    ]
    close(*outputs)


@pytest.mark.parametrize(
    "options",
    [
        {"padding_idx": 2},
        {"max_norm": 1.5},
        {"max_norm": 1.0, "norm_type": 1.0, "padding_idx": 0},
        {"scale_grad_by_freq": True},
    ],
)
def test_embeddings_agree(options):
    models = both(lambda t: t.nn.Embedding(10, 3, **options))
    assert repr(models[0]) == repr(models[1])
    index = np.array([[1, 2, 1], [9, 0, 2]])
    for p, q in zip(models[0].parameters(), models[1].parameters(), strict=True):
        close(p, q)
    outputs = [m(t.tensor(index)) for t, m in zip((plugrad, torch), models, strict=True)]
    for y in outputs:
        (y * y).sum().backward()
    close(*outputs)
    close(models[0].weight, models[1].weight)
    close(models[0].weight.grad, models[1].weight.grad)


def test_embeddings_of_a_table_agree():
    def shown(t, cls):
        table = t.arange(6.0).reshape(3, 2)
        return cls(t).from_pretrained(table, max_norm=2.0)(t.tensor([[2, 0]])), table

    for cls in (lambda t: t.nn.Embedding, lambda t: t.nn.EmbeddingBag):
        for ours, theirs in zip(shown(plugrad, cls), shown(torch, cls), strict=True):
            close(ours, theirs)


LOSSES = {
    "MSELoss": lambda t, x, y, c: t.nn.MSELoss()(x, y),
    "MSELoss sum": lambda t, x, y, c: t.nn.MSELoss(reduction="sum")(x, y),
    "MSELoss none": lambda t, x, y, c: t.nn.MSELoss(reduction="none")(x, y),
    "L1Loss": lambda t, x, y, c: t.nn.L1Loss()(x, y),
    "SmoothL1Loss": lambda t, x, y, c: t.nn.SmoothL1Loss(beta=0.5)(x, y),
    "HuberLoss": lambda t, x, y, c: t.nn.HuberLoss(delta=0.7)(x, y),
    "CrossEntropyLoss": lambda t, x, y, c: t.nn.CrossEntropyLoss()(x, c),
    "CrossEntropyLoss smooth": lambda t, x, y, c: t.nn.CrossEntropyLoss(label_smoothing=0.1)(x, c),
    "CrossEntropyLoss sum": lambda t, x, y, c: t.nn.CrossEntropyLoss(reduction="sum")(x, c),
    "CrossEntropyLoss ignoring": lambda t, x, y, c: t.nn.CrossEntropyLoss(ignore_index=1)(x, c),
    "CrossEntropyLoss of probabilities": lambda t, x, y, c: t.nn.CrossEntropyLoss()(
        x, y.softmax(1)
    ),
    "NLLLoss": lambda t, x, y, c: t.nn.NLLLoss()(x.log_softmax(1), c),
    "BCEWithLogitsLoss": lambda t, x, y, c: t.nn.BCEWithLogitsLoss()(x, y.sigmoid()),
    "BCELoss": lambda t, x, y, c: t.nn.BCELoss()(x.sigmoid(), y.sigmoid()),
    "KLDivLoss": lambda t, x, y, c: t.nn.KLDivLoss(reduction="batchmean")(
        x.log_softmax(1), y.softmax(1)
    ),
    "KLDivLoss of logarithms": lambda t, x, y, c: t.nn.KLDivLoss(reduction="sum", log_target=True)(
        x.log_softmax(1), y.log_softmax(1)
    ),
    "PoissonNLLLoss": lambda t, x, y, c: t.nn.PoissonNLLLoss()(x, y.exp()),
    "PoissonNLLLoss full": lambda t, x, y, c: t.nn.PoissonNLLLoss(log_input=False, full=True)(
        x.exp(), y.exp()
    ),
    "GaussianNLLLoss": lambda t, x, y, c: t.nn.GaussianNLLLoss(full=True)(x, y, y.exp()),
    "GaussianNLLLoss of a number": lambda t, x, y, c: t.nn.GaussianNLLLoss()(x, y, 0.5),
    "SoftMarginLoss": lambda t, x, y, c: t.nn.SoftMarginLoss()(x, y.sign()),
    "MultiLabelMarginLoss": lambda t, x, y, c: t.nn.MultiLabelMarginLoss()(
        x, t.tensor([[1, 0, -1, 2]] * 6)
    ),
    "MultiLabelSoftMarginLoss": lambda t, x, y, c: t.nn.MultiLabelSoftMarginLoss(y[0].exp())(
        x, (y > 0).double()
    ),
    "MultiMarginLoss": lambda t, x, y, c: t.nn.MultiMarginLoss(p=2, margin=0.5)(x, c),
    "MultiMarginLoss weighted": lambda t, x, y, c: t.nn.MultiMarginLoss(weight=y[0].exp())(x, c),
    "HingeEmbeddingLoss": lambda t, x, y, c: t.nn.HingeEmbeddingLoss(margin=0.5)(x, y.sign()),
    "MarginRankingLoss": lambda t, x, y, c: t.nn.MarginRankingLoss(0.2)(x, y, y.sign()),
    "CosineEmbeddingLoss": lambda t, x, y, c: t.nn.CosineEmbeddingLoss(0.1)(x, y, y[:, 0].sign()),
    "TripletMarginLoss": lambda t, x, y, c: t.nn.TripletMarginLoss(swap=True)(x, y, x * y),
    "TripletMarginWithDistanceLoss": lambda t, x, y, c: t.nn.TripletMarginWithDistanceLoss(
        distance_function=lambda a, b: (a - b).abs().sum(1), margin=2.0
    )(x, y, x * y),
    "CTCLoss": lambda t, x, y, c: t.nn.CTCLoss()(
        x.reshape(6, 1, 4).log_softmax(2), t.tensor([[1, 3, 3]]), t.tensor([6]), t.tensor([3])
    ),
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


INITS = {
    "uniform_": lambda t, w: t.nn.init.uniform_(w, -1, 2),
    "normal_": lambda t, w: t.nn.init.normal_(w, 1, 0.5),
    "constant_": lambda t, w: t.nn.init.constant_(w, 0.3),
    "ones_": lambda t, w: t.nn.init.ones_(w),
    "zeros_": lambda t, w: t.nn.init.zeros_(w),
    "eye_": lambda t, w: t.nn.init.eye_(w),
    "kaiming_uniform_": lambda t, w: t.nn.init.kaiming_uniform_(w, nonlinearity="relu"),
    "kaiming_uniform_ of outputs": lambda t, w: t.nn.init.kaiming_uniform_(w, 0.3, "fan_out"),
    "kaiming_normal_": lambda t, w: t.nn.init.kaiming_normal_(w),
    "xavier_uniform_": lambda t, w: t.nn.init.xavier_uniform_(w, 1.5),
    "xavier_normal_": lambda t, w: t.nn.init.xavier_normal_(w),
}


@pytest.mark.parametrize("name", INITS)
def test_initial_values_agree(name):
    filled = []
    for t in (plugrad, torch):
        t.manual_seed(11)
        filled.append(INITS[name](t, t.empty(9, 5)))
    close(*filled, exact="normal" not in name)


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
