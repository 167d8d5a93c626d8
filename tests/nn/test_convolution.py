"""Convolution and pooling modules by hand: without PyTorch to compare with."""

import copy
import pickle

import numpy as np
import pytest

import plugrad
from plugrad import nn
from plugrad.nn import functional as F


def by_definition(x, weight, stride, padding):
    """Return a convolution of two dimensions, one window at a time."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    height, width = weight.shape[2:]
    rows = range(0, x.shape[2] - height + 1, stride)
    columns = range(0, x.shape[3] - width + 1, stride)
    return np.stack(
        [
            np.stack(
                [
                    np.einsum("nchw,ochw->no", x[:, :, i : i + height, j : j + width], weight)
                    for j in columns
                ],
                -1,
            )
            for i in rows
        ],
        -2,
    )


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1), (3, 0)])
def test_convolution_is_what_it_is_defined_as(stride, padding):
    random = np.random.default_rng(0)
    x, weight = random.standard_normal((3, 2, 9, 8)), random.standard_normal((4, 2, 3, 2))
    found = F.conv2d(plugrad.tensor(x), plugrad.tensor(weight), stride=stride, padding=padding)
    np.testing.assert_allclose(found.numpy(), by_definition(x, weight, stride, padding), atol=1e-12)


def test_many_images_and_large_ones_are_computed_in_parts():
    # More columns than are made at a time: several images, and rows of one image.
    random = np.random.default_rng(0)
    for shape in ((40, 8, 30, 20), (2, 40, 50, 45)):
        x = random.standard_normal(shape)
        weight = random.standard_normal((3, shape[1], 3, 3))
        a = plugrad.tensor(x, requires_grad=True)
        w = plugrad.tensor(weight, requires_grad=True)
        y = F.conv2d(a, w, padding=1)
        expected = by_definition(x[-1:], weight, 1, 1)
        np.testing.assert_allclose(y[-1:].detach().numpy(), expected, atol=1e-10)
        # The gradient of a sum of squares, along a direction.
        (y * y).sum().backward()
        dx, dw = random.standard_normal(x.shape), random.standard_normal(weight.shape)
        step = 1e-5
        ends = [
            (F.conv2d(plugrad.tensor(x + e * dx), plugrad.tensor(weight + e * dw), padding=1) ** 2)
            for e in (step, -step)
        ]
        slope = float(ends[0].sum() - ends[1].sum()) / (2 * step)
        told = float((a.grad.numpy() * dx).sum() + (w.grad.numpy() * dw).sum())
        np.testing.assert_allclose(told, slope, rtol=1e-6)


def test_a_transposed_convolution_is_the_transpose():
    x, y = plugrad.randn(2, 3, 7, 8).double(), plugrad.randn(2, 4, 3, 4).double()
    weight = plugrad.randn(4, 3, 3, 2).double()
    there = F.conv2d(x, weight, stride=2)
    back = F.conv_transpose2d(y, weight, stride=2)
    assert plugrad.allclose((there * y).sum(), (back * x).sum())


def test_a_small_network_learns():
    plugrad.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3), nn.Tanh(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 2),
    )  # fmt: skip
    # Bright above, or bright at the left.
    images = plugrad.randn(32, 1, 8, 8) * 0.3
    classes = plugrad.arange(32) % 2
    images[::2, :, :4] += 1
    images[1::2, :, :, :4] += 1
    for _ in range(60):
        loss = nn.CrossEntropyLoss()(model(images), classes)
        for p in model.parameters():
            p.grad = None
        loss.backward()
        with plugrad.no_grad():
            for p in model.parameters():
                p -= 0.3 * p.grad
    assert loss.item() < 0.1


def test_modules_are_offered_pickled_and_copied():
    model = nn.Conv2d(2, 3, (3, 1), padding=1, padding_mode="reflect")
    assert {"Conv2d", "ConvTranspose3d", "MaxPool1d", "Fold"} <= set(nn.LAYERS)
    assert list(model.state_dict()) == ["weight", "bias"]
    x = plugrad.randn(1, 2, 5, 5)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert plugrad.equal(other(x), model(x))


def test_the_first_of_equals_is_the_largest_and_nan_is_larger():
    x = plugrad.tensor([[[2.0, 2.0, 1.0, float("nan")]]], requires_grad=True)
    values, indices = F.max_pool1d(x, 2, return_indices=True)
    assert indices.tolist() == [[[0, 3]]]
    assert values.isnan().tolist() == [[[False, True]]]
    F.max_pool1d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[1.0, 0.0, 0.0, 1.0]]]


def test_pooled_tensors_may_be_changed_in_place():
    x = plugrad.randn(1, 2, 4, 4, requires_grad=True)
    F.max_pool2d(x * 1, 2).relu_().sum().backward()
    assert x.grad.sum() == (F.max_pool2d(x, 2) > 0).sum()


def test_an_index_outside_is_refused():
    with pytest.raises(RuntimeError, match="index 99 lies outside"):
        F.max_unpool1d(plugrad.ones(1, 2), plugrad.tensor([[0, 99]]), 2)
