"""Layers and losses beyond what one call tells: states, modes, signatures."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import plugrad
from plugrad import nn
from plugrad.nn import functional as F


def test_running_statistics_belong_to_training():
    model = nn.BatchNorm1d(2, momentum=0.5)
    model(plugrad.tensor([[0.0, 2.0], [4.0, 2.0]]))
    assert model.running_mean.tolist() == [1.0, 1.0]
    assert model.running_var.tolist() == [4.5, 0.5]
    model.eval()
    before = copy.deepcopy(model.state_dict())
    model(plugrad.randn(5, 2))
    for name, value in model.state_dict().items():
        assert plugrad.equal(value, before[name])
    model.reset_running_stats()
    assert model.num_batches_tracked.item() == 0
    assert model.running_var.tolist() == [1.0, 1.0]


def test_a_batch_after_the_forward_does_not_disturb_the_backward():
    model = nn.BatchNorm1d(2).eval()
    x = plugrad.randn(4, 2, requires_grad=True)
    loss = model(x).sum()
    model.train()
    model(plugrad.randn(4, 2))
    loss.backward()
    # As in PyTorch, the statistics of now are used.
    scale = plugrad.rsqrt(model.running_var + model.eps)
    np.testing.assert_allclose(x.grad.numpy(), scale.expand(4, 2).numpy(), rtol=1e-5)


def test_batch_statistics_carry_the_gradient():
    x = plugrad.randn(6, 3, dtype=plugrad.float64, requires_grad=True)
    F.batch_norm(x, None, None, training=True).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 0, atol=1e-12)


@pytest.mark.parametrize("name", nn.LAYERS)
def test_signatures_are_real(name):
    parameters = inspect.signature(getattr(nn, name)).parameters.values()
    kinds = {parameter.kind for parameter in parameters}
    open_ended = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    assert not kinds & open_ended or name in ("Identity", "Sequential")


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.BatchNorm2d(3),
        lambda: nn.InstanceNorm1d(3, affine=True),
        lambda: nn.GroupNorm(1, 3),
        lambda: nn.RMSNorm(3),
        lambda: nn.Bilinear(2, 3, 4),
        lambda: nn.RReLU(),
        lambda: nn.Hardtanh(-2, 2),
        lambda: nn.CTCLoss(zero_infinity=True),
        lambda: nn.TripletMarginLoss(),
    ],
)
def test_copies_and_pickles(make):
    model = make()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert repr(other) == repr(model)
        for name, value in model.state_dict().items():
            assert plugrad.equal(value, other.state_dict()[name])


def test_normalize_makes_unit_vectors():
    x = F.normalize(plugrad.randn(4, 5), dim=1)
    np.testing.assert_allclose((x * x).sum(1).numpy(), 1, rtol=1e-5)
    out = plugrad.empty(0)
    assert F.normalize(plugrad.ones(2, 2), out=out) is out


def test_gumbel_softmax_chooses_one():
    logits = plugrad.randn(20, 4, requires_grad=True)
    chosen = F.gumbel_softmax(logits, hard=True)
    assert chosen.detach().max(1).values.tolist() == pytest.approx([1.0] * 20)
    (chosen * plugrad.arange(4)).sum().backward()
    assert (logits.grad != 0).any()


def test_old_arguments_warn():
    x = plugrad.ones(2)
    with pytest.warns(UserWarning, match="reduction='sum'"):
        assert F.l1_loss(x, -x, size_average=False).item() == 4.0
    with pytest.warns(UserWarning, match="batchmean"):
        F.kl_div(x, x)
