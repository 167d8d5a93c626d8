"""Matrix products: against NumPy's, what lands in memory how, and what errors say."""

from __future__ import annotations

import string
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import plugrad as torch
from plugrad.operators.contraction import multi_dot
from plugrad.operators.matmul import linear
from plugrad.operators.matrices import linalg_cross
from plugrad.operators.network import times

sizes = st.integers(0, 4)


def drawn(*shape: int, grad: bool = False) -> Any:
    numbers = np.random.default_rng(list(shape)).integers(-4, 5, shape).astype("float64")
    return torch.tensor(numbers, requires_grad=grad)


def assert_same(found: Any, expected: Any) -> None:
    assert tuple(found.shape) == np.shape(expected)
    # The numbers are whole, so that sums of products are exact in any order.
    assert np.array_equal(found.detach().numpy(), expected)


# --------------------------------------------------------------------------------------- products


@st.composite
def factors(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return two shapes that can be multiplied."""
    n, m, p = draw(sizes), draw(sizes), draw(sizes)
    batch = draw(st.lists(st.integers(1, 3), max_size=2))
    one = [draw(st.sampled_from([size, 1])) for size in batch][draw(st.integers(0, len(batch))) :]
    other = [draw(st.sampled_from([size, 1])) for size in batch][draw(st.integers(0, len(batch))) :]
    left = draw(st.sampled_from([(m,), (n, m)])) if not one else (*one, n, m)
    right = draw(st.sampled_from([(m,), (m, p)])) if not other else (*other, m, p)
    return left, right


@given(factors(), st.booleans(), st.booleans(), st.booleans())
def test_matmul_is_numpys(
    shapes: tuple[tuple[int, ...], tuple[int, ...]], left: bool, right: bool, turned: bool
) -> None:
    x, y = drawn(*shapes[0], grad=left), drawn(*shapes[1], grad=right)
    if turned and y.ndim > 1:
        y = y.transpose(-1, -2).contiguous().transpose(-1, -2)
    assert_same(x @ y, np.matmul(x.detach().numpy(), y.detach().numpy()))


@given(factors())
def test_gradients_of_matmul_are_sums_over_what_was_broadcast(
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    x, y = drawn(*shapes[0], grad=True), drawn(*shapes[1], grad=True)
    result = x @ y
    result.backward(torch.ones_like(result))
    one, other = x.detach().numpy(), y.detach().numpy()
    left = one if one.ndim > 1 else one[None]
    right = other if other.ndim > 1 else other[:, None]
    ones = np.ones(np.matmul(left, right).shape)
    assert_same(x.grad, reduced(ones @ np.swapaxes(right, -1, -2), one.shape))
    assert_same(y.grad, reduced(np.swapaxes(left, -1, -2) @ ones, other.shape))


def reduced(array: Any, shape: tuple[int, ...]) -> Any:
    """Sum an array over what `shape` was broadcast along; vectors are matrices here."""
    matrix = shape
    if len(shape) == 1:
        matrix = (1, shape[0]) if array.shape[-2] == 1 else (shape[0], 1)
    lead = array.ndim - len(matrix)
    array = array.sum(tuple(range(lead)))
    dims = tuple(i for i, n in enumerate(matrix[:-2]) if n == 1)
    return array.sum(dims, keepdims=True).reshape(shape)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.uint8])
def test_integers_are_multiplied_as_integers(dtype: Any) -> None:
    x = torch.tensor([[1, 2], [3, 4]], dtype=dtype)
    product = x @ x
    assert product.dtype is dtype
    assert product.tolist() == [[7, 10], [15, 22]]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_low_precision_is_rounded_once(dtype: Any) -> None:
    x = torch.ones(1, 3000, dtype=dtype)
    product = x @ x.t()
    assert product.dtype is dtype
    # Summed in its own precision, neither would get beyond 2048.
    assert abs(product.item() - 3000) < 10


def test_dot_conjugates_nothing_and_vdot_the_first() -> None:
    x, y = torch.tensor([1j, 2.0]), torch.tensor([1j, 1.0])
    assert torch.dot(x, y).item() == 1
    assert torch.vdot(x, y).item() == 3


@pytest.mark.parametrize("name", ["mm", "mv", "dot", "vdot", "bmm", "matmul"])
def test_out(name: str) -> None:
    x, y = {
        "mv": (drawn(2, 3), drawn(3)),
        "dot": (drawn(3), drawn(3)),
        "vdot": (drawn(3), drawn(3)),
        "bmm": (drawn(2, 2, 3), drawn(2, 3, 4)),
    }.get(name, (drawn(2, 3), drawn(3, 4)))
    expected = getattr(torch, name)(x, y)
    out = torch.empty(expected.shape, dtype=torch.float64)
    assert getattr(torch, name)(x, y, out=out) is out
    assert out.tolist() == expected.tolist()


# --------------------------------------------------------------------------------- added products


def test_a_tensor_times_nothing_does_not_count_even_if_nan() -> None:
    nan = torch.full((1,), float("nan"))
    x = torch.ones(1, 2)
    assert torch.addmm(nan, x, x.t(), beta=0).item() == 2
    assert torch.addmv(nan, x, torch.ones(2), beta=0).item() == 2
    assert torch.addr(nan, torch.ones(1), torch.ones(1), beta=0).item() == 1


def test_factors_of_integers_are_whole() -> None:
    ones = torch.ones(2, 2, dtype=torch.int64)
    assert torch.addmm(ones, ones, ones, beta=0.5, alpha=1.5).tolist() == [[2, 2], [2, 2]]


def test_adding_a_product_in_place() -> None:
    x = torch.ones(2, 2)
    assert x.addmm_(torch.eye(2), torch.ones(2, 2), beta=2, alpha=3) is x
    assert x.tolist() == [[5.0, 5.0], [5.0, 5.0]]
    assert x._version == 1


# ----------------------------------------------------------------------------------------- linear


def test_linear() -> None:
    x, weight, bias = drawn(5, 2, 3), drawn(4, 3), drawn(4)
    assert_same(linear(x, weight, bias), x.numpy() @ weight.numpy().T + bias.numpy())


@pytest.mark.parametrize("rows", [1, 3, 100])
@pytest.mark.parametrize("inner", [3, 300])
def test_every_way_to_the_product_with_a_transpose_gives_the_same(rows: int, inner: int) -> None:
    x, weight, bias = drawn(rows, inner), drawn(8, inner), drawn(8)
    product = x.numpy() @ weight.numpy().T
    for weights in (weight, weight.t().contiguous().t(), torch.cat([weight, weight])[::2][:4]):
        assert_same(linear(x, weights), x.numpy() @ weights.numpy().T)
    assert_same(linear(x, weight, bias), product + bias.numpy())
    assert linear(x, weight, bias).is_contiguous()


def test_gradients_lie_in_memory_as_their_weights_do() -> None:
    x = drawn(2, 3)
    weight, plain = drawn(4, 3, grad=True), drawn(3, 4, grad=True)
    bias = drawn(4, grad=True)
    for result in (linear(x, weight, bias), linear(x, weight), x @ weight.t(), x @ weight.mT,
                   x @ plain, torch.addmm(bias, x, plain)):  # fmt: skip
        weight.grad = plain.grad = None
        result.backward(torch.ones_like(result))
        grad = weight.grad if weight.grad is not None else plain.grad
        assert grad.is_contiguous()


def test_a_weight_that_changed_is_noticed() -> None:
    x, weight = drawn(2, 3, grad=True), drawn(4, 3, grad=True)
    loss = linear(x, weight).sum()
    with torch.no_grad():
        weight.add_(1)
    with pytest.raises(RuntimeError, match="add_"):
        loss.backward()


def test_a_weight_may_change_when_only_its_own_gradient_is_wanted() -> None:
    x, weight = drawn(2, 3), drawn(4, 3, grad=True)
    loss = linear(x, weight).sum()
    with torch.no_grad():
        weight.add_(1)
    loss.backward()
    assert weight.grad.tolist() == [x.sum(0).tolist()] * 4


# ------------------------------------------------------------------------------------ contractions


@st.composite
def equations(draw: st.DrawFn) -> tuple[str, list[tuple[int, ...]]]:
    """Return an equation, and the shapes of its operands."""
    letters = string.ascii_letters[24:28]
    known = {letter: draw(st.integers(0, 3)) for letter in letters}
    words = draw(st.lists(st.text(letters, max_size=4), min_size=1, max_size=3))
    have = sorted(set("".join(words)))
    result = draw(st.permutations(have))[: draw(st.integers(0, len(have)))]
    arrow = "->" + "".join(result) if draw(st.booleans()) else ""
    return ",".join(words) + arrow, [tuple(known[letter] for letter in word) for word in words]


@given(equations())
def test_einsum_is_numpys(case: tuple[str, list[tuple[int, ...]]]) -> None:
    equation, shapes = case
    operands = [drawn(*shape) for shape in shapes]
    expected = np.einsum(equation, *[operand.numpy() for operand in operands])
    assert_same(torch.einsum(equation, *operands), expected)


@given(st.data())
def test_tensordot_is_numpys(data: st.DataObject) -> None:
    one = tuple(data.draw(st.lists(st.integers(0, 3), max_size=3)))
    order = data.draw(st.permutations(range(len(one))))
    count = data.draw(st.integers(0, len(one)))
    shared, rest = order[:count], tuple(data.draw(st.lists(st.integers(0, 3), max_size=2)))
    other = (*(one[i] for i in shared), *rest)
    x, y = drawn(*one), drawn(*other)
    dims = list(shared), list(range(count))
    assert_same(torch.tensordot(x, y, dims), np.tensordot(x.numpy(), y.numpy(), dims))


@given(st.lists(sizes, max_size=3), st.lists(sizes, max_size=3))
def test_kron_is_numpys(one: list[int], other: list[int]) -> None:
    x, y = drawn(*one), drawn(*other)
    assert_same(torch.kron(x, y), np.kron(x.numpy(), y.numpy()))


@given(st.lists(st.integers(1, 9), min_size=3, max_size=6))
def test_multi_dot_is_the_product_from_left_to_right(chain: list[int]) -> None:
    matrices = [drawn(n, m) for n, m in pairwise(chain)]
    expected = matrices[0].numpy()
    for matrix in matrices[1:]:
        expected = expected @ matrix.numpy()
    assert_same(multi_dot(matrices), expected)


def test_multi_dot_sets_the_brackets_that_cost_least() -> None:
    a, b, c = (drawn(*shape, grad=True) for shape in ((9, 2), (2, 9), (9, 1)))
    product = multi_dot([a, b, c]).grad_fn.next_functions[0][0]
    # a @ (b @ c): the second factor is a product.
    assert product.next_functions[1][0].name() == "MmBackward0"


@pytest.mark.parametrize("n", range(9))
def test_matrix_power(n: int) -> None:
    x = torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    assert_same(torch.matrix_power(x, n), np.linalg.matrix_power(x.numpy(), n))


def test_the_power_0_has_a_gradient_of_zeros() -> None:
    x = drawn(2, 2, grad=True)
    torch.matrix_power(x, 0).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_trace_of_integers_is_of_int64() -> None:
    trace = torch.trace(torch.ones(3, 3, dtype=torch.int8))
    assert trace.dtype is torch.int64
    assert trace.item() == 3


def test_cross_looks_for_the_first_dimension_of_three() -> None:
    x = drawn(3, 3)
    assert torch.cross(x, x + 1).tolist() == torch.cross(x, x + 1, 0).tolist()
    assert linalg_cross(x, x + 1).tolist() == torch.cross(x, x + 1, -1).tolist()


@pytest.mark.parametrize("p", [0.0, 1.0, 2.0, 3.0, float("inf")])
def test_cdist_is_the_norm_of_differences(p: float) -> None:
    x, y = drawn(2, 4, 3), drawn(5, 3)
    differences = x.numpy()[:, :, None] - y.numpy()
    expected = np.linalg.norm(differences.reshape(-1, 3), ord=p, axis=1).reshape(2, 4, 5)
    np.testing.assert_allclose(torch.cdist(x, y, p).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("p", [0.0, 1.0, 1.5, 2.0, 3.0, float("inf")])
def test_the_distance_of_a_point_to_itself_has_a_gradient_of_zeros(p: float) -> None:
    x = torch.ones(1, 2, requires_grad=True)
    torch.cdist(x, torch.ones(1, 2), p).backward()
    assert x.grad.tolist() == [[0.0, 0.0]]


# ------------------------------------------------------------------------------------------ errors


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: torch.mm(drawn(2, 3), drawn(2, 3)), RuntimeError, r"\[2, 3\] and \[2, 3\]"),
    (lambda: torch.mm(drawn(3), drawn(3, 2)), RuntimeError, r"a matrix.*shape \[3\]"),
    (lambda: torch.mm(drawn(5, 2, 3), drawn(3, 2)), RuntimeError, r"a matrix"),
    (lambda: torch.mm(drawn(2, 3), drawn(3, 2).float()), RuntimeError, "float64 and .*float32"),
    (lambda: torch.mm(drawn(2, 3), 3), TypeError, "Tensor, not int"),
    (lambda: torch.mv(drawn(2, 3), drawn(2)), RuntimeError, r"mv\(\).*\[2, 3\] and \[2\]"),
    (lambda: torch.mv(drawn(2, 3), drawn(3, 1)), RuntimeError, "a vector"),
    (lambda: torch.dot(drawn(2), drawn(3)), RuntimeError, r"\[2\] and \[3\]"),
    (lambda: torch.bmm(drawn(2, 3, 4), drawn(3, 4, 2)), RuntimeError, "'b'"),
    (lambda: torch.bmm(drawn(2, 3, 4), drawn(1, 4, 2)), RuntimeError, "do not fit"),
    (lambda: torch.bmm(drawn(2, 3), drawn(2, 3)), RuntimeError, "a batch of matrices"),
    (lambda: drawn(2, 3) @ 3, TypeError, "unsupported operand"),
    (lambda: drawn(2, 3) @ drawn(), RuntimeError, "at least one dimension"),
    (lambda: drawn(5, 2, 3) @ drawn(5, 2, 3), RuntimeError, r"last size of the first \(3\)"),
    (lambda: drawn(5, 2, 3) @ drawn(4, 3, 2), RuntimeError, "broadcast"),
    (lambda: drawn(5, 2, 3) @ drawn(3, 2).float(), RuntimeError, "one dtype"),
    (lambda: torch.matmul(drawn(2), "x"), TypeError, "not str"),
    (lambda: torch.addmm(drawn(3), drawn(2, 3), drawn(3, 4)), RuntimeError, r"\[3\] cannot be add"),
    (lambda: torch.addmm(drawn(9, 2, 4), drawn(2, 3), drawn(3, 4)), RuntimeError, "cannot be add"),
    (lambda: torch.addr(drawn(3), drawn(2, 1), drawn(3)), RuntimeError, "a vector"),
    (lambda: drawn(4).addmm_(drawn(2, 3), drawn(3, 4)), RuntimeError, "does not fit"),
    (lambda: linear(drawn(2, 3), drawn(4, 2)), RuntimeError, r"\[2, 3\] and \[2, 4\]"),
    (lambda: linear(drawn(2, 3), drawn(4, 3), drawn(3)), RuntimeError, r"\[3\] cannot be added"),
    (lambda: linear(drawn(), drawn(4, 3)), RuntimeError, "at least one dimension"),
    (lambda: linear(drawn(2, 3), [1]), TypeError, "weight must be a Tensor, not list"),
    (lambda: linear(drawn(2, 3), drawn(4, 3), 1.0), TypeError, "not float"),
    (lambda: torch.outer(drawn(2, 3), drawn(2)), RuntimeError, r"vectors.*\[2, 3\]"),
    (lambda: torch.inner(drawn(2, 3), drawn(2)), RuntimeError, r"\[2, 3\] and \[2\]"),
    (lambda: torch.tensordot(drawn(2), drawn(3), 1), RuntimeError, "size 2.*size 3"),
    (lambda: torch.tensordot(drawn(2), drawn(3), 2), RuntimeError, "between 0 and 1"),
    (lambda: torch.tensordot(drawn(2), drawn(2), ([0], [0, 0])), RuntimeError, "1 and 2"),
    (lambda: torch.chain_matmul(drawn(2), drawn(2, 3)), RuntimeError, "matrices"),
    (lambda: multi_dot([drawn(2)]), RuntimeError, "two tensors or more"),
    (lambda: multi_dot([drawn(2), drawn(2), drawn(2)]), RuntimeError, "tensor 1 must be a matrix"),
    (lambda: torch.matrix_power(drawn(2, 3), 2), RuntimeError, r"square.*\[2, 3\]"),
    (lambda: torch.matrix_power(drawn(2, 2), 0.5), TypeError, "int, not float"),
    (lambda: torch.inverse(torch.zeros(2, 2)), RuntimeError, "[Ss]ingular"),
    (lambda: torch.inverse(torch.ones(2, 2).half()), RuntimeError, "float16"),
    (lambda: torch.trace(drawn(3)), RuntimeError, r"a matrix.*\[3\]"),
    (lambda: torch.cross(drawn(2, 4), drawn(2, 4)), RuntimeError, "size 3"),
    (lambda: torch.cross(drawn(2, 3), drawn(3)), RuntimeError, r"\[2, 3\] and \[3\]"),
    (lambda: torch.cdist(drawn(2, 3), drawn(2, 4)), RuntimeError, "as many coordinates"),
    (lambda: torch.cdist(drawn(3), drawn(2, 3)), RuntimeError, r"\[3\]"),
    (lambda: torch.cdist(drawn(2, 3), drawn(2, 3), -1.0), RuntimeError, "not be negative"),
    (lambda: torch.einsum("ij,jk", drawn(2, 3)), RuntimeError, "2 operands, but 1"),
    (lambda: torch.einsum("ij->k", drawn(2, 3)), RuntimeError, "'k', which no operand"),
    (lambda: torch.einsum("ij->ii", drawn(2, 3)), RuntimeError, "'i' more than once"),
    (lambda: torch.einsum("ii", drawn(2, 3)), RuntimeError, "sizes 2 and 3"),
    (lambda: torch.einsum("ij,jk", drawn(2, 3), drawn(2, 3)), RuntimeError, "'j' has size 2"),
    (lambda: torch.einsum("i", drawn(2, 3)), RuntimeError, "2 dimensions.*names 1"),
    (lambda: torch.einsum("i-j", drawn(2, 3)), RuntimeError, "'-'"),
    (lambda: torch.einsum(), ValueError, "an equation"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS)
def test_errors_tell_what_was_wrong(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_a_linear_operator_from_real_to_complex_keeps_its_conjugate() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    w = torch.tensor([1 + 2j, 3 - 1j])
    turned = times(x, 1j)
    (torch.view_as_real(turned) * torch.view_as_real(w)).sum().backward()
    assert turned.dtype is torch.complex64
    assert x.grad.tolist() == [2.0, -1.0]


def test_addbmm_in_place_takes_the_shape_of_the_result() -> None:
    x = torch.ones((), requires_grad=True)
    y = x.clone()
    assert y.addbmm_(torch.ones(2, 3, 4), torch.ones(2, 4, 5)) is y
    assert y.tolist() == [[9.0] * 5] * 3
    y.sum().backward()
    assert x.grad == 15
    row = torch.zeros(2)[:1]
    with pytest.raises(RuntimeError, match="shape"):
        row.addbmm_(torch.ones(2, 3, 4), torch.ones(2, 4, 5))


@pytest.mark.parametrize("hermitian", [False, True])
@pytest.mark.parametrize("kind", ["float64", "complex128"])
def test_ldl_solves_symmetric_systems_that_are_not_positive(kind: str, hermitian: bool) -> None:
    torch.manual_seed(0)
    halves = torch.randn(4, 6, 6, dtype=getattr(torch, kind))
    halves[:2].diagonal(0, 1, 2).zero_()  # then there are blocks of size 2
    a = halves + (halves.mH if hermitian else halves.mT)
    factors = torch.linalg.ldl_factor(a.tril(), hermitian=hermitian)
    assert (factors.pivots < 0).any()
    x = torch.randn(6, 2, dtype=a.dtype)
    solved = torch.linalg.ldl_solve(*factors, a @ x, hermitian=hermitian)
    assert torch.allclose(solved, x.expand(4, 6, 2), atol=1e-8)


def test_ldl_tells_where_it_fails() -> None:
    singular = torch.tensor([[4.0, 2.0], [2.0, 1.0]])
    assert torch.linalg.ldl_factor_ex(singular).info == 2
    with pytest.raises(RuntimeError, match="row 2"):
        torch.linalg.ldl_factor(singular)
    factors = torch.linalg.ldl_factor(torch.eye(2, requires_grad=True))
    with pytest.raises(NotImplementedError):
        factors.LD.sum().backward()
