"""``x[...]`` and its kin against NumPy's semantics; gradients, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plugrad

Array = np.ndarray[Any, Any]


def count(*shape: int) -> Array:
    return np.asarray(np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape))


def tensor(array: Array, *, requires_grad: bool = False) -> Any:
    return plugrad.from_numpy(np.array(array)).requires_grad_(requires_grad)


# --------------------------------------------------------------------------------- any key at all

shapes = st.lists(st.integers(1, 4), min_size=0, max_size=4).map(tuple)


def _slices(size: int) -> st.SearchStrategy[slice]:
    bound = st.none() | st.integers(-size - 2, size + 2)
    return st.builds(slice, bound, bound, st.none() | st.integers(1, 3))


@st.composite
def basic_keys(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Draw a tuple of ints, slices, None and at most one ellipsis."""
    used = draw(st.integers(0, len(shape)))
    front = draw(st.integers(0, used))
    dims = [*range(front), *range(len(shape) - used + front, len(shape))]
    key: list[Any] = [draw(st.integers(-shape[d], shape[d] - 1) | _slices(shape[d])) for d in dims]
    if front < used or draw(st.booleans()):
        key.insert(front, ...)
    for _ in range(draw(st.integers(0, 2))):
        key.insert(draw(st.integers(0, len(key))), None)
    return tuple(key)


@st.composite
def advanced_keys(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Draw a tuple of slices and arrays of positions or masks, one array at least."""
    result = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple))
    key: list[Any] = []
    for size in shape[: draw(st.integers(1, len(shape)))]:
        kind = draw(st.sampled_from(["slice", "positions", "mask"]))
        if kind == "slice":
            key.append(draw(_slices(size)))
        elif kind == "positions" or any(isinstance(k, np.ndarray) for k in key):
            mine = tuple(draw(st.sampled_from([n, 1])) for n in result)
            many = int(np.prod(mine))
            flat = draw(st.lists(st.integers(-size, size - 1), min_size=many, max_size=many))
            key.append(np.array(flat, dtype=np.int64).reshape(mine))
        else:
            mask = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
            key.append(mask)
            result = (int(mask.sum()),)
    if not any(isinstance(k, np.ndarray) for k in key):
        key[0] = np.array([0], dtype=np.int64)
    return tuple(key)


def as_tensors(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(tensor(k) if isinstance(k, np.ndarray) else k for k in key)


@settings(deadline=None)
@given(data=st.data(), shape=shapes, requires_grad=st.booleans())
def test_ints_and_slices_as_in_numpy(
    data: st.DataObject, shape: tuple[int, ...], requires_grad: bool
) -> None:
    key = data.draw(basic_keys(shape))
    array = count(*shape)
    x = tensor(array, requires_grad=requires_grad)
    expected = array[key]
    found = x[key]
    assert found.shape == expected.shape
    assert found.tolist() == expected.tolist()
    assert found._base is x
    if expected.size:
        assert np.shares_memory(found.detach().numpy(), x.detach().numpy())
    if requires_grad:
        weights = count(*expected.shape) + 1
        (found * tensor(weights)).sum().backward()
        gradient = np.zeros(shape)
        gradient[key] = weights
        assert x.grad.tolist() == gradient.tolist()


@settings(deadline=None)
@given(data=st.data(), shape=shapes.filter(bool), requires_grad=st.booleans())
def test_positions_and_masks_as_in_numpy(
    data: st.DataObject, shape: tuple[int, ...], requires_grad: bool
) -> None:
    key = data.draw(advanced_keys(shape))
    array = count(*shape)
    try:
        expected = array[key]
    except IndexError:
        with pytest.raises(IndexError):
            tensor(array)[as_tensors(key)]
        return
    x = tensor(array, requires_grad=requires_grad)
    found = x[as_tensors(key)]
    assert found.shape == expected.shape
    assert found.tolist() == expected.tolist()
    assert not found._is_view()
    if requires_grad:
        weights = count(*expected.shape) + 1
        (found * tensor(weights)).sum().backward()
        gradient = np.zeros(shape)
        np.add.at(gradient, key, weights)
        assert x.grad.tolist() == gradient.tolist()


@settings(deadline=None)
@given(data=st.data(), shape=shapes, requires_grad=st.booleans(), number=st.booleans())
def test_writing_to_ints_and_slices_as_in_numpy(
    data: st.DataObject, shape: tuple[int, ...], requires_grad: bool, number: bool
) -> None:
    key = data.draw(basic_keys(shape))
    array = count(*shape)
    x = tensor(array, requires_grad=requires_grad)
    value: Any = 7.5 if number else -count(*array[key].shape) - 1
    written = value if number else tensor(value, requires_grad=requires_grad)
    y = x.clone()
    y[key] = written
    array[key] = value
    assert y.tolist() == array.tolist()
    assert y._version == 1
    if requires_grad:
        weights = np.asarray(count(*shape) + 1)
        (y * tensor(weights)).sum().backward()
        if not number:
            assert written.grad.tolist() == weights[key].tolist()
        weights[key] = 0
        assert x.grad.tolist() == weights.tolist()


@settings(deadline=None)
@given(data=st.data(), shape=shapes.filter(bool), requires_grad=st.booleans())
def test_writing_to_positions_and_masks_as_in_numpy(
    data: st.DataObject, shape: tuple[int, ...], requires_grad: bool
) -> None:
    key = data.draw(advanced_keys(shape))
    array = count(*shape)
    try:
        places = array[key]
    except IndexError:
        return
    x = tensor(array, requires_grad=requires_grad)
    y = x.clone()
    # Each place has one value, for where a position comes twice any may win.
    y[as_tensors(key)] = tensor(-places - 1)
    array[key] = -places - 1
    assert y.tolist() == array.tolist()
    if requires_grad:
        y.sum().backward()
        kept = np.ones(shape)
        kept[key] = 0
        assert x.grad.tolist() == kept.tolist()


# -------------------------------------------------------------------- where PyTorch has its own way


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ((0, slice(None), [0, 1]), (3, 2)),
        (([0, 1], slice(None), 0), (2, 3)),
        (([0, 1], None, [0, 1]), (2, 1, 4)),
        (([0, 1], slice(None), [0, 1]), (2, 3)),
        ((slice(None), [0, 1], [0, 1]), (2, 2)),
        ((None, [0, 1]), (1, 2, 3, 4)),
        ([[0, 1], [1, 0]], (2, 4)),
        (([[0, 1], [1, 0]],), (2, 2, 3, 4)),
        ([0, slice(None)], (3, 4)),
        ([True, False], (1, 3, 4)),
        ((True, False), (0, 2, 3, 4)),
        (True, (1, 2, 3, 4)),
        (False, (0, 2, 3, 4)),
        ((slice(None), True), (2, 1, 3, 4)),
        ([], (0, 3, 4)),
        (range(2), (2, 3, 4)),
        (np.int64(1), (3, 4)),
        (np.array(1), (3, 4)),
        (np.array([[0, 1]]), (1, 2, 3, 4)),
        (np.array([True, False]), (1, 3, 4)),
        ((..., ...), (2, 3, 4)),
        (slice(None, np.int64(1)), (1, 3, 4)),
    ],
)
def test_keys_of_other_kinds(key: Any, shape: tuple[int, ...]) -> None:
    assert tensor(count(2, 3, 4))[key].shape == shape


def test_numbers_in_tensors_are_numbers() -> None:
    x = tensor(count(2, 3))
    one = plugrad.tensor(1)
    assert x[one]._base is x
    assert x[one].tolist() == [3, 4, 5]
    assert x[:, one:].tolist() == [[1, 2], [4, 5]]
    assert x[:, plugrad.tensor(2, dtype=plugrad.int32)].tolist() == [2, 5]
    assert x[plugrad.tensor(True)].shape == (1, 2, 3)


def test_bytes_are_a_mask_that_is_deprecated() -> None:
    with pytest.warns(UserWarning, match="uint8"):
        assert tensor(count(3))[plugrad.tensor([1, 0, 1], dtype=plugrad.uint8)].tolist() == [0, 2]


def test_a_tensor_of_positions_needs_no_history() -> None:
    x = tensor(count(3), requires_grad=True)
    node = x[plugrad.tensor([0, 2])].grad_fn
    assert node.name() == "IndexBackward0"
    assert len(node.next_functions) == 1


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (5, IndexError),
        (-3, IndexError),
        ((0, 0, 0, 0), IndexError),
        (slice(None, None, -1), ValueError),
        (slice(None, None, 0), ValueError),
        (slice(0, 1.5), TypeError),
        (1.0, IndexError),
        ("a", TypeError),
        ({}, IndexError),
        (object(), IndexError),
        ([0, 5], IndexError),
        ([0, -3], IndexError),
        (([0, 1], [0, 1, 2]), IndexError),
        (np.array([1.0]), IndexError),
        (np.array([True, False, True]), IndexError),
        (np.ones((2, 3, 4, 1), bool), IndexError),
    ],
)
def test_keys_that_are_refused(key: Any, error: type[Exception]) -> None:
    x = tensor(count(2, 3, 4))
    with pytest.raises(error):
        x[key]
    with pytest.raises(error):
        x[key] = 1.0
    assert x.tolist() == count(2, 3, 4).tolist()
    assert x._version == 0


def test_a_number_has_no_parts() -> None:
    x = plugrad.tensor(1.0)
    for key in (0, slice(None), [0]):
        with pytest.raises(IndexError):
            x[key]
    assert x[None].shape == (1,)
    assert x[...].shape == x[()].shape == ()
    with pytest.raises(TypeError, match="deleted"):
        del x[0]


# ------------------------------------------------------------------------------ what can be written


def test_values_are_converted_and_broadcast() -> None:
    x = plugrad.zeros(2, 3, dtype=plugrad.int64)
    x[0] = 1.7
    x[1, 1:] = plugrad.tensor([2.9])
    assert x.tolist() == [[1, 1, 1], [0, 2, 2]]
    y = plugrad.zeros(2, 3)
    y[0] = plugrad.ones(1, 1, 3)
    y[plugrad.tensor([1])] = plugrad.ones(1, 1, 3) * 2
    assert y.tolist() == [[1, 1, 1], [2, 2, 2]]
    octets = plugrad.zeros(2, dtype=plugrad.uint8)
    octets[0] = -1
    assert octets.tolist() == [255, 0]


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        (0, [1.0, 2.0, 3.0], TypeError),
        (0, np.ones(3), TypeError),
        (0, "a", TypeError),
        (0, None, TypeError),
        (0, 1j, RuntimeError),
        (0, 1e300, RuntimeError),
        (0, plugrad.ones(4), RuntimeError),
        (0, plugrad.ones(2, 3), RuntimeError),
        ([0], plugrad.ones(4), RuntimeError),
        ([0], plugrad.ones(3, dtype=plugrad.float64), RuntimeError),
        (np.array([True, False]), plugrad.ones(2), RuntimeError),
    ],
)
def test_values_that_are_refused(key: Any, value: Any, error: type[Exception]) -> None:
    x = plugrad.zeros(2, 3)
    with pytest.raises(error):
        x[key] = value
    assert x.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_writing_under_no_grad_keeps_a_leaf_a_leaf() -> None:
    x = tensor(count(2, 3), requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        x[0] = 1.0
    with plugrad.no_grad():
        x[0] = 1.0
        x[1, [0, 2]] = 2.0
    assert x.is_leaf
    assert x.tolist() == [[1, 1, 1], [2, 4, 2]]
    assert x._version == 2


def test_writing_to_an_expanded_tensor_is_refused() -> None:
    x = plugrad.zeros(3).expand(2, 3)
    with pytest.raises(RuntimeError, match="expanded"):
        x[:, 0] = 1.0
    x[0] = 1.0  # in one row no two elements share a place
    assert x.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_what_was_saved_is_guarded() -> None:
    x = tensor(count(3), requires_grad=True)
    y = plugrad.ones(3, dtype=plugrad.float64)
    z = x * y
    y[0] = 5.0
    with pytest.raises(RuntimeError, match="__setitem__"):
        z.sum().backward()


def test_indices_that_were_saved_are_guarded() -> None:
    x = tensor(count(3), requires_grad=True)
    index = plugrad.tensor([0, 1])
    y = x[index]
    index[0] = 2
    with pytest.raises(RuntimeError, match="has since changed"):
        y.sum().backward()


# --------------------------------------------------------------------- gather, scatter and the rest


@settings(deadline=None)
@given(
    data=st.data(),
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    turned=st.booleans(),
)
def test_gather_and_scatter_are_transposes(
    data: st.DataObject, shape: tuple[int, ...], turned: bool
) -> None:
    dim = data.draw(st.integers(0, len(shape) - 1))
    limits = [5 if d == dim else size for d, size in enumerate(shape)]
    wanted = tuple(data.draw(st.integers(1, limit)) for limit in limits)
    many = int(np.prod(wanted))
    positions = st.lists(st.integers(0, shape[dim] - 1), min_size=many, max_size=many)
    index = np.array(data.draw(positions)).reshape(wanted)
    array = count(*shape)
    x = tensor(array)
    if turned:
        x = x.transpose(0, -1).contiguous().transpose(0, -1)
    corner = array[tuple(slice(n) if d != dim else slice(None) for d, n in enumerate(wanted))]
    found = x.gather(dim, tensor(index))
    assert found.tolist() == np.take_along_axis(corner, index, dim).tolist()
    assert found.is_contiguous()

    source = count(*wanted) + 1
    added = np.zeros(shape)
    for place in np.ndindex(*wanted):
        target = list(place)
        target[dim] = index[place]
        added[tuple(target)] += source[place]
    zeros = x * 0
    assert zeros.scatter_add(dim, tensor(index), tensor(source)).tolist() == added.tolist()
    zeros.scatter_add_(dim, tensor(index), tensor(source))
    assert zeros.tolist() == added.tolist()


@pytest.mark.parametrize("rows", [1, 3, 200])
@pytest.mark.parametrize("columns", [1, 16, 400])
@pytest.mark.parametrize("dim", [0, 1])
def test_repeated_positions_add_up(rows: int, columns: int, dim: int) -> None:
    random = np.random.default_rng(rows)
    positions = random.integers(-rows, rows, 300)
    weights = random.standard_normal((300, columns))
    expected = np.zeros((rows, columns))
    np.add.at(expected, positions, weights)
    if dim:
        weights, expected = weights.T.copy(), expected.T.copy()
    x = plugrad.zeros(*expected.shape, dtype=plugrad.float64, requires_grad=True)
    picked = x[:, tensor(positions)] if dim else x[tensor(positions)]
    (picked * tensor(weights)).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-12, atol=1e-12)
    zeros = plugrad.zeros(*expected.shape[::-1], dtype=plugrad.float64).t()
    zeros.index_add_(dim, tensor(positions % rows), tensor(weights))
    np.testing.assert_allclose(zeros.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_values_that_broadcast_are_added_where_they_belong() -> None:
    x = plugrad.zeros(3, 4).t()
    x.index_put_((plugrad.tensor([0, 0, 1]),), plugrad.ones(3), accumulate=True)
    assert x.tolist() == [[2, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0]]
    y = plugrad.zeros(4).index_put((plugrad.tensor([1, 1, 1]),), plugrad.tensor(2.0), True)
    assert y.tolist() == [0, 6, 0, 0]


F32, I64 = plugrad.ones(3, 4), plugrad.tensor([[0, 1]])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: x.gather(0, I64 + 5), RuntimeError),
        (lambda x: x.gather(0, -I64), RuntimeError),
        (lambda x: x.gather(0, I64[0]), RuntimeError),
        (lambda x: x.gather(2, I64), IndexError),
        (lambda x: x.gather(0, I64.float()), RuntimeError),
        (lambda x: x.gather(0, plugrad.zeros(5, 5, dtype=plugrad.int64)), RuntimeError),
        (lambda x: x.index_select(0, plugrad.tensor([3])), IndexError),
        (lambda x: x.index_select(0, plugrad.tensor([-1])), IndexError),
        (lambda x: x.index_select(0, I64), IndexError),
        (lambda x: x.index_select(0, plugrad.tensor([0.0])), RuntimeError),
        (lambda x: x.scatter(0, I64 + 5, 1.0), RuntimeError),
        (lambda x: x.scatter(0, I64, x.double()), RuntimeError),
        (lambda x: x.scatter(0, I64, x[:, :1]), RuntimeError),
        (lambda x: x.scatter_reduce(0, I64, x, "median"), RuntimeError),
        (lambda x: x.index_add(0, I64[0], x), RuntimeError),
        (lambda x: x.index_add(0, plugrad.tensor([5]), x[:1]), RuntimeError),
        (lambda x: x.index_copy(0, plugrad.tensor([5]), x[:1]), IndexError),
        (lambda x: x.index_fill(0, plugrad.tensor([5]), 1), IndexError),
        (lambda x: x.index_fill(0, plugrad.tensor([0]), x[0]), RuntimeError),
        (lambda x: x.index_put((plugrad.tensor([7]),), x[0]), IndexError),
        (lambda x: x.index_put((plugrad.tensor([0]),), x), RuntimeError),
        (lambda x: x.index_put((None,), x), TypeError),
        (lambda x: x.masked_select(I64), RuntimeError),
        (lambda x: x.masked_scatter(x > 0, x[0]), RuntimeError),
        (lambda x: x.take(plugrad.tensor([12])), IndexError),
        (lambda x: x.put(plugrad.tensor([1]), x[0, :2]), IndexError),
        (lambda x: x.take_along_dim(plugrad.tensor([0]), 0), RuntimeError),
    ],
)
def test_positions_that_are_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(F32)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.scatter_(0, I64 + 5, 1.0),
        lambda x: x.scatter_add_(0, -I64 - 1, x[:1, :2].clone()),
        lambda x: x.index_add_(0, plugrad.tensor([0, 5]), plugrad.ones(2, 4)),
        lambda x: x.index_copy_(0, plugrad.tensor([0, 5]), plugrad.ones(2, 4)),
        lambda x: x.index_fill_(0, plugrad.tensor([0, 5]), 9),
        lambda x: x.put_(plugrad.tensor([0, 99]), plugrad.ones(2) * 9),
        lambda x: x.masked_scatter_(x < 2, plugrad.ones(3) * 9),
        lambda x: x.index_put_((plugrad.tensor([0, 5]),), plugrad.tensor(9.0)),
        lambda x: x.index_put_((plugrad.tensor([0, 5]),), plugrad.tensor(9.0), True),
    ],
)
def test_a_refused_change_changes_nothing(change: Any) -> None:
    for x in (plugrad.ones(3, 4), plugrad.ones(4, 3).t()):
        with pytest.raises((RuntimeError, IndexError)):
            change(x)
        assert x.tolist() == F32.tolist()
        assert x._version == 0


def test_in_place_forms_write_into_the_memory() -> None:
    x = plugrad.zeros(3, 4)
    pointer = x.data_ptr()
    x.index_add_(0, plugrad.tensor([1]), plugrad.ones(1, 4))
    x.scatter_(1, plugrad.tensor([[3]]), 2.0)
    x.put_(plugrad.tensor([0]), plugrad.tensor([5.0]))
    assert x.data_ptr() == pointer
    assert x.tolist() == [[5, 0, 0, 2], [1, 1, 1, 1], [0, 0, 0, 0]]
    assert x._version == 3
