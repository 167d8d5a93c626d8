"""A whole training in both libraries: the same program, the same losses."""

import numpy as np
import pytest
import torch

import plugrad


def train(t, kind, **options):
    t.manual_seed(0)
    nn, F = t.nn, t.nn.functional
    x, w = t.randn(256, 20), t.randn(20, 3)
    y = (x @ w + 0.3 * t.randn(256, 3)).argmax(1)
    model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 3))
    optimizer = getattr(t.optim, kind)(
        [
            {"params": model[0].parameters()},
            {"params": model[3].parameters(), "weight_decay": 0.0},
        ],
        **options,
    )
    scheduler = t.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1e-2, total_steps=40, cycle_momentum="betas" in optimizer.defaults
    )
    averaged = t.optim.swa_utils.AveragedModel(model)
    losses = []
    for _ in range(10):
        for batch in t.randperm(256).split(64):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            scheduler.step()
            averaged.update_parameters(model)
            losses.append(loss.item())
    losses.append(F.cross_entropy(averaged.eval()(x), y).item())
    return losses


@pytest.mark.parametrize("kind", ["AdamW", "NAdam", "RMSprop", "Adafactor"])
def test_a_training_has_the_same_losses(kind):
    ours, theirs = (train(t, kind, lr=1e-3) for t in (plugrad, torch))
    np.testing.assert_allclose(ours, theirs, rtol=2e-4)
    assert ours[-1] < ours[0]
