"""Modules of images, bags and attention beside PyTorch's: parameters, outputs, gradients, text."""

import numpy as np
import pytest
import torch

import plugrad

# PyTorch warns that it will not use nested tensors, which there are none of here.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")

PLAIN = {
    "Upsample": (lambda t: t.nn.Upsample(scale_factor=2), (1, 2, 3, 4)),
    "Upsample linear": (lambda t: t.nn.Upsample(5, mode="linear"), (1, 2, 3)),
    "Upsample bilinear": (
        lambda t: t.nn.Upsample(scale_factor=(1.5, 0.7), mode="bilinear", align_corners=False),
        (1, 2, 4, 5),
    ),
    "Upsample bicubic": (lambda t: t.nn.Upsample((5, 7), mode="bicubic"), (1, 2, 3, 4)),
    "Upsample trilinear": (
        lambda t: t.nn.Upsample(scale_factor=2, mode="trilinear", align_corners=True),
        (1, 2, 2, 3, 4),
    ),
    "UpsamplingNearest2d": (lambda t: t.nn.UpsamplingNearest2d(size=(2, 7)), (1, 2, 3, 4)),
    "UpsamplingBilinear2d": (lambda t: t.nn.UpsamplingBilinear2d(scale_factor=2), (1, 2, 3, 4)),
    "PixelShuffle": (lambda t: t.nn.PixelShuffle(2), (2, 8, 3, 2)),
    "PixelUnshuffle": (lambda t: t.nn.PixelUnshuffle(2), (2, 2, 4, 6)),
    "ChannelShuffle": (lambda t: t.nn.ChannelShuffle(2), (2, 6, 3)),
    "Dropout1d": (lambda t: t.nn.Dropout1d(0.4), (5, 6, 3)),
    "Dropout1d of one": (lambda t: t.nn.Dropout1d(0.4), (9, 3)),
    "Dropout2d": (lambda t: t.nn.Dropout2d(0.4), (5, 6, 3, 2)),
    "Dropout3d": (lambda t: t.nn.Dropout3d(0.4), (5, 6, 3, 2, 2)),
    "AlphaDropout": (lambda t: t.nn.AlphaDropout(0.3), (20, 3)),
    "FeatureAlphaDropout": (lambda t: t.nn.FeatureAlphaDropout(0.3), (5, 6, 3)),
    "TransformerEncoderLayer": (lambda t: t.nn.TransformerEncoderLayer(8, 2, 16), (5, 3, 8)),
    "TransformerEncoderLayer, norm first": (
        lambda t: t.nn.TransformerEncoderLayer(
            8, 4, 16, 0.0, "gelu", batch_first=True, norm_first=True, bias=False
        ),
        (5, 3, 8),
    ),
    "TransformerEncoder": (
        lambda t: t.nn.TransformerEncoder(
            t.nn.TransformerEncoderLayer(8, 2, 16), 2, t.nn.LayerNorm(8)
        ),
        (5, 3, 8),
    ),
}
for dims in (1, 2, 3):
    shape = (2, 3, 4, 5, 6)[: dims + 2]
    uneven = (1, 2, 3, 1, 2, 0)[: 2 * dims]
    for kind in ("Reflection", "Replication", "Zero", "Circular"):
        name = f"{kind}Pad{dims}d"
        PLAIN[name] = (lambda t, name=name: getattr(t.nn, name)(2), shape)
        PLAIN[f"{name} uneven"] = (lambda t, name=name, p=uneven: getattr(t.nn, name)(p), shape)
    PLAIN[f"ConstantPad{dims}d"] = (
        lambda t, dims=dims: getattr(t.nn, f"ConstantPad{dims}d")(1, 2.5),
        shape,
    )


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def close(ours, theirs, exact=False):
    a, b = ours.detach().numpy(), theirs.detach().numpy()
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    np.testing.assert_allclose(a, b, rtol=0 if exact else 1e-5, atol=0 if exact else 1e-5)


def both(make):
    made = []
    for t in (plugrad, torch):
        t.manual_seed(7)
        made.append(make(t))
    return made


def agree(models, call, *arrays):
    """Run both in float64: outputs, gradients of inputs and of parameters agree."""
    found = []
    for t, model in zip((plugrad, torch), models, strict=True):
        model.to(t.float64)
        t.manual_seed(3)
        inputs = [t.tensor(array, requires_grad=array.dtype == np.float64) for array in arrays]
        outputs = [y for y in call(t, model, *inputs) if y is not None]
        sum((y * y.cos()).sum() for y in outputs).backward()
        gradients = [x.grad for x in inputs if x.requires_grad]
        found.append([*outputs, *gradients, *(p.grad for p in model.parameters())])
    for ours, theirs in zip(*found, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            close(ours, theirs)


@pytest.mark.parametrize("name", PLAIN)
def test_modules_agree(name):
    make, shape = PLAIN[name]
    models = both(make)
    named = [dict(model.state_dict()) for model in models]
    assert list(named[0]) == list(named[1])
    for key, value in named[0].items():
        close(value, named[1][key], exact=True)
    assert repr(models[0]) == repr(models[1])
    agree(models, lambda t, model, x: [model(x)], numbers(*shape))


ATTENTION = {
    "plain": ({}, {}),
    "of single heads": ({}, {"average_attn_weights": False}),
    "without weights": ({}, {"need_weights": False}),
    "dropping": ({"dropout": 0.4}, {}),
    "without bias": ({"bias": False}, {}),
    "with more keys": ({"add_bias_kv": True, "add_zero_attn": True}, {}),
    "batch first": ({"batch_first": True}, {}),
    "of other sizes": ({"kdim": 6, "vdim": 5}, {}),
}


@pytest.mark.parametrize("masked", [None, "bool", "float64"])
@pytest.mark.parametrize("name", ATTENTION)
def test_attention_agrees(name, masked):
    options, calls = ATTENTION[name]
    models = both(lambda t: t.nn.MultiheadAttention(8, 2, **options))
    assert repr(models[0]) == repr(models[1])
    for p, q in zip(models[0].parameters(), models[1].parameters(), strict=True):
        close(p, q, exact="more keys" not in name)
    key, value = options.get("kdim", 8), options.get("vdim", 8)
    shapes = ((3, 4, 8), (3, 5, key), (3, 5, value)) if options.get("batch_first") else (
        (4, 3, 8), (5, 3, key), (5, 3, value)
    )  # fmt: skip

    def call(t, model, q, k, v):
        more = dict(calls)
        if masked:
            upper = np.triu(np.ones((4, 5)), 1)
            hidden = np.array([[False] * 5, [False, False, False, True, True], [False] * 5])
            kind = bool if masked == "bool" else "f8"
            more["attn_mask"] = t.tensor(upper.astype(kind))
            more["key_padding_mask"] = t.tensor(hidden.astype(kind))
        return model(q, k, v, **more)

    agree(models, call, *(numbers(*shape, seed=n) for n, shape in enumerate(shapes)))


@pytest.mark.parametrize("shared", ["all", "key and value"])
def test_attention_to_itself_agrees(shared):
    models = both(lambda t: t.nn.MultiheadAttention(8, 2, batch_first=True))
    if shared == "all":
        agree(models, lambda t, model, x: model(x, x, x), numbers(3, 4, 8))
    else:
        agree(models, lambda t, model, x, y: model(x, y, y), numbers(3, 4, 8), numbers(3, 5, 8))


def test_attention_to_one_sample_agrees():
    models = both(lambda t: t.nn.MultiheadAttention(8, 2))
    agree(models, lambda t, model, x, y: model(x, y, y), numbers(4, 8), numbers(5, 8))


@pytest.mark.parametrize("causal", [False, True])
def test_transformers_agree(causal):
    models = both(lambda t: t.nn.Transformer(8, 2, 2, 2, 16))
    assert repr(models[0]) == repr(models[1])
    for p, q in zip(models[0].parameters(), models[1].parameters(), strict=True):
        close(p, q, exact=True)

    def call(t, model, source, target):
        mask = None
        if causal:
            mask = model.generate_square_subsequent_mask(4, dtype=t.float64)
        return [model(source, target, tgt_mask=mask)]

    agree(models, call, numbers(5, 3, 8), numbers(4, 3, 8))


BAGS = [
    {},
    {"mode": "sum"},
    {"mode": "max"},
    {"mode": "max", "padding_idx": 2},
    {"mode": "mean", "padding_idx": 2},
    {"mode": "sum", "include_last_offset": True},
    {"max_norm": 1.0},
]


@pytest.mark.parametrize("options", BAGS, ids=str)
def test_bags_agree(options):
    models = both(lambda t: t.nn.EmbeddingBag(6, 3, **options))
    assert repr(models[0]) == repr(models[1])
    offsets = [0, 2, 2, 7] if options.get("include_last_offset") else [0, 2, 2]
    agree(
        models,
        lambda t, model, index: [model(index, t.tensor(offsets))],
        np.array([1, 2, 5, 5, 0, 2, 3]),
    )
    agree(models, lambda t, model, index: [model(index)], np.array([[1, 2, 2], [5, 0, 1]]))


def test_weighted_bags_agree():
    models = both(lambda t: t.nn.EmbeddingBag(6, 3, mode="sum"))
    agree(
        models,
        lambda t, model, index, weights: [model(index, None, weights)],
        np.array([[1, 2, 2], [5, 0, 1]]),
        numbers(2, 3),
    )


REFUSED = {
    "mode": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2), 3, mode="what"),
    "dims": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2), 3, mode="bilinear"),
    "nothing": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2)),
    "both": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2), 3, 2),
    "aligned": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2), 3, align_corners=True),
    "sizes": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2), (3, 3)),
    "empty": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2), 0),
    "antialias": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2), 3, antialias=True),
    "grid": lambda t: t.nn.functional.grid_sample(
        t.ones(1, 1, 2, 2), t.ones(1, 2, 2, 3), align_corners=True
    ),
    "grid mode": lambda t: t.nn.functional.grid_sample(
        t.ones(1, 1, 2, 2), t.ones(1, 2, 2, 2), "what", align_corners=True
    ),
    "grid batch": lambda t: t.grid_sampler(t.ones(1, 1, 2, 2), t.ones(2, 2, 2, 2), 0, 0, True),
    "grid dtype": lambda t: t.grid_sampler(
        t.ones(1, 1, 2, 2), t.ones(1, 2, 2, 2, dtype=t.float64), 0, 0, True
    ),
    "theta": lambda t: t.nn.functional.affine_grid(t.ones(1, 3, 3), (1, 1, 2, 2), True),
    "shuffle": lambda t: t.pixel_shuffle(t.ones(1, 3, 2, 2), 2),
    "unshuffle": lambda t: t.pixel_unshuffle(t.ones(1, 3, 3, 2), 2),
    "channels": lambda t: t.channel_shuffle(t.ones(1, 3, 2, 2), 2),
    "bag mode": lambda t: t.nn.functional.embedding_bag(t.tensor([[1]]), t.ones(2, 2), mode="?"),
    "bag offsets": lambda t: t.nn.functional.embedding_bag(t.tensor([1]), t.ones(2, 2)),
    "bag decreasing": lambda t: t.nn.functional.embedding_bag(
        t.tensor([1]), t.ones(2, 2), t.tensor([1])
    ),
    "bag scaled": lambda t: t.nn.functional.embedding_bag(
        t.tensor([[1]]), t.ones(2, 2), mode="max", scale_grad_by_freq=True
    ),
    "heads": lambda t: t.nn.MultiheadAttention(7, 2),
    "activation": lambda t: t.nn.TransformerEncoderLayer(4, 2, activation="what"),
    "features": lambda t: t.nn.Transformer(4, 2, 1, 1)(t.ones(2, 1, 3), t.ones(2, 1, 4)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_alike(name):
    with pytest.raises(Exception) as theirs:  # noqa: PT011  # which, PyTorch tells
        REFUSED[name](torch)
    with pytest.raises(type(theirs.value)):
        REFUSED[name](plugrad)
