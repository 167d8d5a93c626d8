"""Recurrent layers: what can be told without PyTorch."""

import copy
import pickle

import numpy
import pytest

import plugrad
from plugrad import nn
from plugrad.nn.utils import rnn
from plugrad.vocabulary.registry import tensor_table


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


STEPS = {
    "lstm_step": ([(2, 3), (2, 2), (2, 2), (8, 3), (8, 2), (8,), (8,)], ()),
    "gru_step": ([(2, 3), (2, 2), (6, 3), (6, 2), (6,), (6,)], ()),
    "lstm_steps": ([(4, 8), (2, 2), (2, 2), (8, 2), (8,), None], ((2, 2), True)),
    "lstm_steps, projected": (
        [(4, 12), (2, 2), (2, 3), (12, 2), (12,), (2, 3)],
        ((2, 1, 1), False),
    ),
    "gru_steps": ([(4, 6), (2, 2), (6, 2), (6,)], ((2, 2), False)),
    "gru_steps, uneven": ([(4, 6), (2, 2), (6, 2), None], ((2, 1, 1), True)),
    "rnn_tanh_steps": ([(4, 2), (2, 2), (2, 2), (2,)], ((2, 1, 1), False)),
    "rnn_relu_steps": ([(4, 2), (2, 2), (2, 2), (2,)], ((2, 1, 1), True)),
}


def arguments(name):
    """Return an operator of recurrent networks, its tensors and its parameters."""
    plugrad.manual_seed(0)
    shapes, params = STEPS[name]
    tensors = [
        None if shape is None else plugrad.randn(shape, dtype=plugrad.float64) for shape in shapes
    ]
    for tensor in tensors:
        if tensor is not None:
            tensor.requires_grad_()
    return getattr(tensor_table, name.partition(",")[0]), tensors, params


@pytest.mark.parametrize("name", STEPS)
def test_first_and_second_gradients(name):
    # Of all outputs, those included that only the way back sees; along a random direction.
    call, tensors, params = arguments(name)

    def values(moved):
        wanted = [tensor for tensor in moved if tensor is not None]
        total = sum((each.sin() ** 2).sum() for each in call(*moved, *params))
        gradients = plugrad.autograd.grad(total, wanted, create_graph=True)
        slope = sum((each**2).sum() for each in gradients)
        return total, gradients, slope, plugrad.autograd.grad(slope, wanted)

    directions = [None if each is None else plugrad.randn_like(each) for each in tensors]

    def at(step):
        pairs = zip(tensors, directions, strict=True)
        moved = [
            None if each is None else (each.detach() + step * along).requires_grad_()
            for each, along in pairs
        ]
        total, _, slope, _ = values(moved)
        return total.item(), slope.item()

    _, first, _, second = values(tensors)
    known = [along for along in directions if along is not None]
    for place, gradients in enumerate((first, second)):
        pairs = zip(gradients, known, strict=True)
        expected = sum((g * along).sum().item() for g, along in pairs)
        differences = (at(1e-5)[place] - at(-1e-5)[place]) / 2e-5
        assert differences == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", STEPS)
def test_kernels_do_what_their_bodies_do(name):
    call, tensors, params = arguments(name)
    name = name.partition(",")[0]
    table = tensors[0]._table
    found = call(*tensors, *params)
    arrays = [None if each is None else each.detach().numpy() for each in tensors]
    composed = table.composed(name, *arrays, *params)
    assert getattr(type(table), name) is not None
    for one, other in zip(found, composed, strict=True):
        numpy.testing.assert_allclose(one.detach().numpy(), other, rtol=1e-12, atol=1e-12)
    shown = [each for each in found[:2] if each.requires_grad]
    wanted = [tensor for tensor in tensors if tensor is not None]
    gradients = plugrad.autograd.grad([each.sum() for each in shown], wanted, retain_graph=True)
    # Where the way back is recorded, its body runs.
    bodies = plugrad.autograd.grad([each.sum() for each in shown], wanted, create_graph=True)
    for one, other in zip(gradients, bodies, strict=True):
        assert plugrad.allclose(one, other, rtol=1e-12, atol=1e-12)


CELL = (plugrad.ones(2, 3), (plugrad.ones(2, 4), plugrad.ones(2, 4)))
WEIGHTS = [plugrad.ones(4, 3), plugrad.ones(4, 4)]
OPTIONS = (False, 1, 0.0, False, False)


@pytest.mark.parametrize(
    "call",
    [
        lambda: plugrad.lstm_cell(*CELL, plugrad.ones(16, 3), plugrad.ones(12, 4)),
        lambda: plugrad.lstm_cell(*CELL, plugrad.ones(12, 3), plugrad.ones(12, 4)),
        lambda: plugrad.rnn_tanh(plugrad.ones(7, 3), plugrad.tensor([3, 4]), plugrad.ones(1, 4, 4),
                                 WEIGHTS, *OPTIONS),
        lambda: plugrad.rnn_tanh(plugrad.ones(6, 3), plugrad.tensor([4, 3]), plugrad.ones(1, 4, 4),
                                 WEIGHTS, *OPTIONS),
        lambda: plugrad.rnn_tanh(plugrad.ones(7, 3), plugrad.tensor([4, 3]), plugrad.ones(1, 3, 4),
                                 WEIGHTS, *OPTIONS),
        lambda: plugrad.rnn_tanh(plugrad.ones(2, 4, 3), plugrad.ones(2, 4, 4), WEIGHTS, *OPTIONS,
                                 False),
        lambda: plugrad.rnn_tanh(plugrad.ones(2, 4, 3), plugrad.ones(1, 4, 4), WEIGHTS[::-1],
                                 *OPTIONS, False),
        lambda: plugrad.rnn_tanh(plugrad.ones(2, 4, 3), plugrad.ones(1, 4, 4), WEIGHTS[:1],
                                 *OPTIONS, False),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call):
    with pytest.raises(RuntimeError, match=r"lstm_cell\(\)|rnn_tanh\(\)"):
        call()


def test_rows_beyond_the_steps_are_left_out():
    # As in PyTorch.
    output, state = plugrad.rnn_tanh(
        plugrad.ones(9, 3), plugrad.tensor([4, 3]), plugrad.ones(1, 4, 4), WEIGHTS, *OPTIONS
    )
    assert output.shape == (7, 4)
    assert state.shape == (1, 4, 4)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_what_is_shown_may_be_changed_in_place(kind):
    layer = kind(3, 4, 2, batch_first=True)
    x = plugrad.rand(2, 5, 3)
    layer(x)[0].mul(2).sum().backward()
    expected = layer.weight_hh_l0.grad
    layer.zero_grad()
    layer(x)[0].mul_(2).sum().backward()
    assert plugrad.equal(layer.weight_hh_l0.grad, expected)


def test_a_length_beyond_the_padding_is_refused():
    # PyTorch takes it, and packs what is not there.
    with pytest.raises(RuntimeError, match="4 steps"):
        rnn.pack_padded_sequence(plugrad.zeros(3, 2), [4, 1])


def test_copies_and_pickles():
    layer = nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    x = plugrad.rand(5, 2, 3)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert plugrad.equal(twin(x)[0], layer(x)[0])
