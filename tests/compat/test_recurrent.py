"""Recurrent layers and packed sequences beside PyTorch's."""

from typing import Any

import pytest
import torch

import plugrad

LAYERS = {
    "lstm": ("LSTM", {}),
    "lstm, deep": ("LSTM", {"num_layers": 2, "bidirectional": True}),
    "lstm, projected": ("LSTM", {"num_layers": 2, "proj_size": 2, "bidirectional": True}),
    "lstm, no bias": ("LSTM", {"bias": False, "batch_first": True}),
    "lstm, projected, no bias": ("LSTM", {"bias": False, "proj_size": 3}),
    "lstm, dropout": ("LSTM", {"num_layers": 3, "dropout": 0.4}),
    "lstm, dropout, batch first": (
        "LSTM", {"num_layers": 2, "dropout": 0.4, "batch_first": True, "bidirectional": True}
    ),
    "gru": ("GRU", {}),
    "gru, deep": ("GRU", {"num_layers": 3, "bidirectional": True, "batch_first": True}),
    "gru, no bias": ("GRU", {"bias": False}),
    "gru, dropout": ("GRU", {"num_layers": 2, "dropout": 0.5}),
    "rnn": ("RNN", {}),
    "rnn, relu": ("RNN", {"nonlinearity": "relu", "num_layers": 2}),
    "rnn, deep": ("RNN", {"num_layers": 2, "bidirectional": True, "bias": False}),
}  # fmt: skip
INPUTS = ["batch", "state", "one", "packed", "packed, state", "unsorted"]


def flat(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [each for part in value for each in flat(part)]
    return [] if value is None else [value]


def ran(t: Any, name: str, given: str, train: bool = True) -> tuple[list[Any], str]:
    kind, options = LAYERS[name]
    t.manual_seed(1)
    layer = getattr(t.nn, kind)(3, 4, **options, dtype=t.float64).train(train)
    weights = [(key, value.tolist()) for key, value in layer.state_dict().items()]
    shape = [5, 3] if given == "one" else [2, 5, 3] if layer.batch_first else [5, 2, 3]
    x = t.randn(*shape, dtype=t.float64, requires_grad=True)
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    hidden = [layer.proj_size or 4, *([4] if kind == "LSTM" else [])]
    states: Any = None
    if "state" in given:
        states = [t.randn(count, 2, n, dtype=t.float64, requires_grad=True) for n in hidden]
    data = x
    if "packed" in given or given == "unsorted":
        lengths = [3, 5] if given == "unsorted" else [5, 3]
        data = t.nn.utils.rnn.pack_padded_sequence(
            x, lengths, batch_first=layer.batch_first, enforce_sorted=given != "unsorted"
        )
    hx = None if states is None else tuple(states) if kind == "LSTM" else states[0]
    output, final = layer(data, hx)
    if data is not x:
        output, lengths = t.nn.utils.rnn.pad_packed_sequence(output, layer.batch_first)
        assert lengths.tolist() == ([3, 5] if given == "unsorted" else [5, 3])
    results = [output, *flat(final)]
    total = sum((each * each.detach().cos()).sum() for each in results)
    leaves = [x, *layer.parameters(), *(states or [])]
    gradients = t.autograd.grad(total, leaves)
    return [*results, *gradients, t.rand(2)], repr((weights, layer)).replace("plugrad.", "torch.")


@pytest.mark.parametrize("given", INPUTS)
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, given):
    (ours, text), (theirs, expected) = (ran(t, name, given) for t in (plugrad, torch))
    assert text == expected
    for one, other in zip(ours, theirs, strict=True):
        assert list(one.shape) == list(other.shape)
        torch.testing.assert_close(torch.tensor(one.tolist()), torch.tensor(other.tolist()))


@pytest.mark.parametrize("name", ["lstm, dropout", "gru, dropout"])
def test_evaluation_drops_nothing(name):
    ours, theirs = (ran(t, name, "batch", train=False)[0] for t in (plugrad, torch))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(torch.tensor(one.tolist()), torch.tensor(other.tolist()))


CELLS = {
    "LSTMCell": [{}, {"bias": False}],
    "GRUCell": [{}, {"bias": False}],
    "RNNCell": [{}, {"bias": False}, {"nonlinearity": "relu"}],
}


@pytest.mark.parametrize("rows", [None, 2])
@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize(
    ("kind", "options"), [(kind, each) for kind, several in CELLS.items() for each in several]
)
def test_cells(kind, options, rows, state):
    found = []
    for t in (plugrad, torch):
        t.manual_seed(1)
        cell = getattr(t.nn, kind)(3, 4, **options, dtype=t.float64)
        lead = [] if rows is None else [rows]
        x = t.randn(*lead, 3, dtype=t.float64, requires_grad=True)
        hx: Any = [t.randn(*lead, 4, dtype=t.float64, requires_grad=True) for _ in range(2)]
        leaves = [x, *cell.parameters(), *(hx[: 2 if kind == "LSTMCell" else 1] if state else [])]
        hx = tuple(hx) if kind == "LSTMCell" else hx[0]
        results = flat(cell(x, hx) if state else cell(x))
        total = sum((each**2).sum() for each in results)
        gradients = t.autograd.grad(total, leaves, create_graph=True)
        again = t.autograd.grad(sum((g**2).sum() for g in gradients), leaves)
        shown = repr((cell, list(cell.state_dict()))).replace("plugrad.", "torch.")
        found.append(([*results, *gradients, *again], shown))
    (ours, text), (theirs, expected) = found
    assert text == expected
    for one, other in zip(ours, theirs, strict=True):
        assert list(one.shape) == list(other.shape)
        torch.testing.assert_close(torch.tensor(one.tolist()), torch.tensor(other.tolist()))


CALLS = [
    "n.LSTM(3, 4, dropout=2)",
    "n.LSTM(3, 4, dropout=True)",
    "n.LSTM(3, 4, dropout='a')",
    "n.LSTM(3, 4, dropout=0.5)",
    "n.LSTM(3, 0)",
    "n.LSTM(3, 4.0)",
    "n.LSTM(3, 4, num_layers=0)",
    "n.LSTM(3, 4, proj_size=4)",
    "n.LSTM(3, 4, proj_size=-1)",
    "n.GRU(3, 4, proj_size=2)",
    "n.RNN(3, 4, proj_size=2)",
    "n.RNN(3, 4, nonlinearity='sin')",
    "n.RNNBase('XYZ', 3, 4)",
    "repr(n.RNN(3, 4, 2, 'relu', False, True))",
    "repr(n.LSTM(3, 4, 2, False, True, 0.5, True, 2))",
    "repr(n.GRU(input_size=3, hidden_size=4))",
    "[len(w) for w in n.LSTM(3, 4, 2, proj_size=1, bidirectional=True).all_weights]",
    "n.LSTM(3, 4).flatten_parameters()",
    "n.LSTM(3, 4)(t.ones(5, 2, 4))",
    "n.LSTM(3, 4)(t.ones(5))",
    "n.LSTM(3, 4)(t.ones(1, 1, 5, 3))",
    "n.LSTM(3, 4)(t.ones(0, 2, 3))",
    "n.LSTM(3, 4)(t.ones(5, 2, 3), (t.ones(1, 2, 4), t.ones(1, 3, 4)))",
    "n.LSTM(3, 4)(t.ones(5, 2, 3), (t.ones(2, 4), t.ones(2, 4)))",
    "n.GRU(3, 4)(t.ones(5, 2, 3), t.ones(1, 2, 5))",
    "n.GRU(3, 4)(t.ones(5, 2, 3), t.ones(2, 4))",
    "n.GRU(3, 4)(t.ones(5, 3), t.ones(1, 1, 4))",
    "n.GRU(3, 4)(t.ones(5, 3), t.ones(1, 4))[0].shape",
    "n.RNNCell(3, 4)(t.ones(2, 2, 3))",
    "n.RNNCell(3, 4)(t.ones(2, 4))",
    "n.RNNCell(3, 4)(t.ones(2, 3), t.ones(2, 5))",
    "n.RNNCell(3, 4)(t.ones(2, 3), t.ones(1, 2, 4))",
    "n.RNNCell(3, 4, nonlinearity='sin')(t.ones(2, 3))",
    "n.LSTMCell(3, 4)(t.ones(2, 3), (t.ones(2, 4), t.ones(3, 4)))",
    "n.GRUCell(3, 4)(t.ones(3), t.ones(2, 4))",
    "r.pack_padded_sequence(t.arange(6).view(3, 2), [3, 2])",
    "r.pack_padded_sequence(t.arange(6).view(2, 3), t.tensor([3, 2]), batch_first=True)",
    "r.pack_padded_sequence(t.arange(6).view(3, 2), [2, 3])",
    "r.pack_padded_sequence(t.arange(6).view(3, 2), [2, 3], enforce_sorted=False)",
    "r.pack_padded_sequence(t.arange(6).view(3, 2), [3, 0])",
    "r.pack_padded_sequence(t.arange(6).view(3, 2), [3])",
    "r.pack_padded_sequence(t.arange(6).view(3, 2), [])",
    "r.pack_sequence([t.arange(3), t.arange(2)])",
    "r.pack_sequence([t.arange(2), t.arange(3)])",
    "r.pack_sequence([t.arange(2), t.arange(3)], enforce_sorted=False)",
    "r.pad_packed_sequence(r.pack_sequence([t.arange(3), t.arange(2)]))",
    "r.pad_packed_sequence(r.pack_sequence([t.arange(2), t.arange(3)], False), True, -1, 4)",
    "r.pad_packed_sequence(r.pack_sequence([t.arange(3), t.arange(2)]), total_length=2)",
    "r.unpack_sequence(r.pack_sequence([t.arange(2), t.arange(3)], False))",
    "r.pad_sequence([t.ones(3, 2), t.ones(1, 2)])",
    "r.pad_sequence([t.ones(3), t.ones(1)], True, 7.0)",
    "r.pad_sequence([t.ones(3), t.ones(1)], True, 7.0, 'left')",
    "r.pad_sequence([t.ones(3), t.ones(1)], True, 7.0, 'middle')",
    "r.pad_sequence(t.ones(3, 2))",
    "r.pad_sequence([])",
    "r.pad_sequence(3)",
    "r.pad_sequence([t.ones(3, 2), t.ones(1, 3)])",
    "r.unpad_sequence(t.arange(6).view(3, 2), t.tensor([3, 1]))",
    "r.invert_permutation(t.tensor([2, 0, 1]))",
    "r.invert_permutation(None)",
    "r.PackedSequence(t.ones(3))",
    "r.PackedSequence(t.ones(3), t.tensor([2, 1]), t.tensor([1, 0]))",
    "r.PackedSequence(t.ones(3), t.tensor([2, 1])).double().data.dtype.itemsize",
    "r.PackedSequence(t.ones(3), t.tensor([2, 1])).to('cpu').is_cuda",
    "r.PackedSequence(t.ones(3), t.tensor([2, 1])).is_pinned()",
]


@pytest.mark.parametrize("call", CALLS)
def test_calls(call):
    found = []
    for t in (plugrad, torch):
        try:
            result = eval(call, {"t": t, "n": t.nn, "r": t.nn.utils.rnn})
            found.append(repr(result).replace("plugrad.", "torch."))
        except Exception as error:
            found.append(type(error))
    assert found[0] == found[1]
