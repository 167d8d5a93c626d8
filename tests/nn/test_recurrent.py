"""Recurrent layers: what can be told without PyTorch."""

import copy
import pickle

import pytest

import plugrad
from plugrad import nn
from plugrad.nn.utils import rnn


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
def test_packed_sequences_run_as_each_alone(kind, options):
    plugrad.manual_seed(0)
    layer = kind(3, 4, **options, dtype=plugrad.float64)
    sequences = [plugrad.randn(length, 3, dtype=plugrad.float64) for length in (2, 5, 1, 5)]
    output, state = layer(rnn.pack_sequence(sequences, enforce_sorted=False))
    state = state[0] if isinstance(state, tuple) else state
    for number, (one, found) in enumerate(zip(sequences, rnn.unpack_sequence(output), strict=True)):
        expected, last = layer(one)
        last = last[0] if isinstance(last, tuple) else last
        assert plugrad.allclose(found, expected)
        assert plugrad.allclose(state[:, number], last)


@pytest.mark.parametrize(("cell", "layer"), [(nn.LSTMCell, nn.LSTM), (nn.GRUCell, nn.GRU)])
def test_a_cell_is_a_step_of_the_layer(cell, layer):
    plugrad.manual_seed(0)
    one, whole = cell(3, 4), layer(3, 4)
    whole.load_state_dict({f"{name}_l0": value for name, value in one.state_dict().items()})
    x = plugrad.rand(6, 2, 3)
    state = None
    for step, expected in zip(x, whole(x)[0], strict=True):
        state = one(step, state)
        assert plugrad.allclose(state[0] if cell is nn.LSTMCell else state, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["lstm_gates", "gru_gates"])
def test_gradients_of_the_gates(name):
    plugrad.manual_seed(0)
    k = plugrad.vocabulary.registry.tensor_table
    lstm = name == "lstm_gates"
    gates = [plugrad.randn(2, 8 if lstm else 6, dtype=plugrad.float64) for _ in range(2)]
    inputs = [*gates, plugrad.randn(2, 2, dtype=plugrad.float64)]
    for each in inputs:
        each.requires_grad_()

    def total(*arrays):
        found = getattr(k, name)(*arrays)
        return sum((part.sin() ** 2).sum() for part in (found if lstm else [found]))

    gradients = plugrad.autograd.grad(total(*inputs), inputs, create_graph=True)
    second = plugrad.autograd.grad(sum((g**2).sum() for g in gradients), inputs)
    step = 1e-5
    for place, each in enumerate(inputs):
        for number in range(each.numel()):
            ends = []
            for sign in (1, -1):
                moved = [value.detach().clone().requires_grad_() for value in inputs]
                with plugrad.no_grad():
                    moved[place].view(-1)[number] += sign * step
                value = total(*moved)
                slopes = plugrad.autograd.grad(value, moved)
                ends.append((value.item(), sum((g**2).sum().item() for g in slopes)))
            (high, high_slope), (low, low_slope) = ends
            first = gradients[place].flatten()[number].item()
            assert first == pytest.approx((high - low) / (2 * step), abs=1e-7)
            found = second[place].flatten()[number].item()
            assert found == pytest.approx((high_slope - low_slope) / (2 * step), abs=1e-6)


def test_a_length_beyond_the_padding_is_refused():
    # PyTorch takes it, and packs what is not there.
    with pytest.raises(RuntimeError, match="4 steps"):
        rnn.pack_padded_sequence(plugrad.zeros(3, 2), [4, 1])


def test_copies_and_pickles():
    layer = nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    x = plugrad.rand(5, 2, 3)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert plugrad.equal(twin(x)[0], layer(x)[0])
