"""Weights divided by their norms, and orthogonal ones: what holds of them by definition."""

import pytest

import plugrad
from plugrad import nn
from plugrad.nn.utils import parametrizations


@pytest.fixture(autouse=True)
def _same_numbers():
    plugrad.manual_seed(0)


@pytest.mark.filterwarnings("ignore:nn.utils.weight_norm is deprecated")
@pytest.mark.parametrize("norm", [nn.utils.weight_norm, parametrizations.weight_norm])
def test_lengths_are_those_asked_for(norm):
    layer = norm(nn.Linear(5, 3))
    lengths = next(p for p in layer.parameters() if p.shape == (3, 1))
    with plugrad.no_grad():
        lengths.copy_(plugrad.arange(1.0, 4.0).unsqueeze(1))
    layer(plugrad.ones(5))
    assert plugrad.allclose(layer.weight.norm(dim=1), plugrad.arange(1.0, 4.0))


@pytest.mark.parametrize("norm", [nn.utils.spectral_norm, parametrizations.spectral_norm])
def test_the_largest_singular_value_becomes_1(norm):
    layer = norm(nn.Linear(5, 4, dtype=plugrad.float64), n_power_iterations=200)
    layer(plugrad.ones(5, dtype=plugrad.float64))
    assert plugrad.linalg.svdvals(layer.weight)[0].item() == pytest.approx(1)


@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5)])
@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("based", [True, False])
def test_orthogonal_stays_orthogonal_when_it_learns(shape, kind, based):
    layer = nn.Linear(*shape, dtype=plugrad.float64)
    parametrizations.orthogonal(layer, orthogonal_map=kind, use_trivialization=based)
    before = layer.weight.detach()
    step = plugrad.optim.SGD(layer.parameters(), lr=0.5)
    layer(plugrad.ones(shape[0], dtype=plugrad.float64)).exp().sum().backward()
    step.step()
    q = layer.weight.mT if shape[0] > shape[1] else layer.weight
    assert plugrad.allclose(q.mT @ q, plugrad.eye(q.size(1), dtype=q.dtype))
    assert not plugrad.allclose(layer.weight, before, atol=1e-3)


@pytest.mark.filterwarnings("ignore:nn.utils.weight_norm is deprecated")
@pytest.mark.parametrize(
    "norm",
    [
        nn.utils.weight_norm,
        nn.utils.spectral_norm,
        parametrizations.weight_norm,
        parametrizations.spectral_norm,
    ],
)
def test_a_refused_norm_changes_nothing(norm):
    layer = nn.Linear(2, 2)
    weight = layer.weight
    with pytest.raises((IndexError, RuntimeError)):
        norm(layer, dim=5)
    assert type(layer) is nn.Linear
    assert layer.weight is weight
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_the_older_way_says_what_to_use():
    with pytest.warns(FutureWarning, match="parametrizations"):
        nn.utils.weight_norm(nn.Linear(2, 2))
