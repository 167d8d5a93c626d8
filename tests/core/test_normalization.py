"""Kernels that take short cuts: the same numbers as the operators' bodies, whatever the path."""

import itertools
import math

import numpy as np
import pytest

import plugrad

TABLE = plugrad.ones(1)._table
random = np.random.default_rng(0)


def agree(found, expected, tolerance=1e-10):
    if isinstance(found, tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            agree(one, other, tolerance)
    elif expected is None:
        assert found is None
    else:
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


# Long and short runs of elements, one example and many, more than one block of work.
SHAPES = [(6, 4), (2, 3, 100), (1, 6, 100), (5, 4, 3), (1, 3000, 100), (700, 8, 64), (9000, 40)]


@pytest.mark.parametrize("offset", [0.0, 50.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_batches(shape, offset):
    x, g = random.standard_normal((2, *shape)) + np.array([offset, 0]).reshape(2, *[1] * len(shape))
    weight, bias = random.standard_normal((2, shape[1]))
    mean, var = TABLE.batch_moments(x)
    agree((mean, var), TABLE.composed("batch_moments", x), 1e-9)
    for training, vectors in itertools.product([True, False], [(weight, bias), (None, None)]):
        agree(
            TABLE.batch_norm(x, *vectors, mean, var, training, 1e-5),
            TABLE.composed("batch_norm", x, *vectors, mean, var, training, 1e-5),
            1e-8,
        )
        for needs in [(True, True, True), (True, False, False), (False, True, True)]:
            args = (g, x, vectors[0], mean, var, training, 1e-5, needs)
            agree(TABLE.batch_norm_grad(*args), TABLE.composed("batch_norm_grad", *args), 1e-7)


@pytest.mark.parametrize("offset", [0.0, 50.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_groups(shape, offset):
    x, g = random.standard_normal((2, *shape)) + np.array([offset, 0]).reshape(2, *[1] * len(shape))
    weight, bias = random.standard_normal((2, shape[1]))
    groups = 3 if shape[1] % 3 == 0 else 2
    for vectors in [(weight, bias), (None, bias), (weight, None)]:
        agree(
            TABLE.group_norm(x, *vectors, groups, 1e-5),
            TABLE.composed("group_norm", x, *vectors, groups, 1e-5),
            1e-7,
        )
        args = (g, x, vectors[0], groups, 1e-5, (True, True, True))
        agree(TABLE.group_norm_grad(*args), TABLE.composed("group_norm_grad", *args), 1e-6)


@pytest.mark.parametrize("offset", [0.0, 50.0])
@pytest.mark.parametrize("shape", [(3, 5), (2000, 300), (40, 9000), (30000, 20)])
def test_layers(shape, offset):
    x, g = random.standard_normal((2, *shape))
    x += offset
    weight = random.standard_normal(shape[1])
    for given, needs in itertools.product(
        [weight, None], [(True, True, True), (True, False, False), (False, True, False)]
    ):
        args = (g, x, given, shape[1:], 1e-5, needs)
        agree(TABLE.layer_norm_grad(*args), TABLE.composed("layer_norm_grad", *args), 1e-8)


def test_far_from_zero_no_digits_are_lost():
    x = (random.standard_normal((8, 4, 500)) + 1000).astype("float32")
    y = plugrad.batch_norm(plugrad.from_numpy(x), training=True).numpy()
    wide = x.astype(float)
    exact = (wide - wide.mean((0, 2), keepdims=True)) / wide.std((0, 2), keepdims=True)
    assert abs(y - exact).max() < 2e-3
    _, var = TABLE.batch_moments(x)
    np.testing.assert_allclose(var, wide.var((0, 2)), rtol=1e-4)


@pytest.mark.parametrize("p", [0.0, 1.0, 1.5, 2.0, 3.0, math.inf])
def test_pairs_of_points(p):
    x = random.standard_normal((300, 4))
    x[7] = x[4]
    out = TABLE.pdist(x, p)
    agree(out, TABLE.composed("pdist", x, p))
    g = random.standard_normal(out.shape)
    agree(TABLE.pdist_grad(g, x, out, p), TABLE.composed("pdist_grad", g, x, out, p))


@pytest.mark.parametrize("gap", range(3))
def test_products_of_three(gap):
    x, y, z = (random.standard_normal(s) for s in ((30, 9), (6, 9, 11), (30, 11)))
    g = random.standard_normal((30, 6))
    args = [
        (x, y, z, (1, 3), (0,), (1, 2), (2, 3)),
        (g, y, z, (2, 3), (0,), (1, 2), (1, 3)),
        (x, g, z, (1, 3), (2, 3), (1, 2), (0,)),
    ][gap]
    agree(TABLE.trilinear(*args), TABLE.composed("trilinear", *args))


def paths(labels, times):
    """Return every way to write labels at times, where 0 stands for none."""
    for path in itertools.product(range(max(labels, default=0) + 1), repeat=times):
        merged = [label for label, _ in itertools.groupby(path) if label]
        if merged == list(labels):
            yield path


@pytest.mark.parametrize("labels", [[1], [1, 2], [2, 2], [1, 2, 1], []])
def test_alignments_are_counted(labels):
    times = 4
    logs = plugrad.from_numpy(random.standard_normal((times, 1, 3))).log_softmax(2)
    table = logs.numpy()[:, 0]
    total = sum(
        math.exp(sum(table[t, label] for t, label in enumerate(path)))
        for path in paths(labels, times)
    )
    targets = plugrad.tensor([labels], dtype=plugrad.int64)
    loss = plugrad.ctc_loss(logs, targets, [times], [len(labels)])
    assert loss.item() == pytest.approx(-math.log(total))
