"""Code that was written for the standard and not for plugrad, and gradients through it."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

import plugrad
from plugrad import Tensor, array_api, autograd


def _x() -> Tensor:
    numbers = [[0.5, 1.5, -2.0], [3.0, 0.25, 1.0]]
    return plugrad.tensor(numbers, dtype=plugrad.float64, requires_grad=True)


GRADIENTS: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "astype": lambda xp, x: xp.astype(x, xp.complex128).real,
    "asarray": lambda xp, x: xp.asarray(x, copy=True),
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(x[:, :1], x)[0] * x,
    "clip": lambda xp, x: xp.clip(x, 0, xp.asarray([1.0, 2.0, 3.0])),
    "concat": lambda xp, x: xp.concat([x, x * x], axis=None),
    "cross": lambda xp, x: xp.linalg.cross(x, x * x),
    "cumulative_prod": lambda xp, x: xp.cumulative_prod(x, axis=1, include_initial=True),
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x * x, axis=0, include_initial=True),
    "diff": lambda xp, x: xp.diff(x * x, append=x[:, :1]),
    "fftn": lambda xp, x: xp.abs(xp.fft.fftn(x)),
    "imag": lambda xp, x: xp.imag(x * x * 1j),
    "matrix_norm": lambda xp, x: xp.linalg.matrix_norm(x),
    "maximum": lambda xp, x: xp.maximum(x, 0.75),
    "max": lambda xp, x: xp.max(x, axis=(0, 1)),
    "mixed": lambda xp, x: xp.multiply(xp.ones(3, dtype=xp.float32), x),
    "outer": lambda xp, x: xp.linalg.outer(x[0], x[1]),
    "prod": lambda xp, x: xp.prod(x, axis=(0, -1), keepdims=True),
    "repeat": lambda xp, x: xp.repeat(x, xp.asarray([2, 0, 1]), axis=1),
    "reshape": lambda xp, x: xp.reshape(x, (3, -1), copy=True) ** 2,
    "roll": lambda xp, x: xp.roll(x * x, (1, 2), axis=(0, 1)) * x,
    "sign": lambda xp, x: xp.sign(x) * x,
    "solve": lambda xp, x: xp.linalg.solve(xp.matmul(x, xp.matrix_transpose(x)), x[:, 0]),
    "sort": lambda xp, x: xp.sort(x, axis=0, descending=True) * x,
    "std": lambda xp, x: xp.std(x, axis=1, correction=0.5),
    "sum": lambda xp, x: xp.sum(x * x, axis=()),
    "svd": lambda xp, x: xp.linalg.svd(x).S,
    "take": lambda xp, x: xp.take(x, xp.asarray([2, -3]), axis=1) ** 2,
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, xp.argsort(x), axis=-1) * x,
    "tensordot": lambda xp, x: xp.tensordot(x, x, axes=((1,), (1,))),
    "trace": lambda xp, x: xp.linalg.trace(x * x, offset=1),
    "unique_values": lambda xp, x: xp.unique_values(x) ** 2,
    "unstack": lambda xp, x: xp.unstack(x, axis=1)[1] ** 2,
    "var": lambda xp, x: xp.var(x),
    "vecdot": lambda xp, x: xp.vecdot(x, x[1]),
    "vector_norm": lambda xp, x: xp.linalg.vector_norm(x, axis=(), ord=3),
    "where": lambda xp, x: xp.where(x > 0, x * x, 0),
}


DIRECTION = plugrad.tensor([[0.3, -0.7, 0.2], [0.9, 0.4, -0.5]], dtype=plugrad.float64)


def _weighed(y: Tensor) -> Tensor:
    """Return a number to which every element contributes in its own measure."""
    return (y * plugrad.arange(1.0, y.numel() + 1, dtype=plugrad.float64).reshape(y.shape)).sum()


def _slope(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    (gradient,) = autograd.grad(function(x), x, create_graph=True)
    return (gradient * DIRECTION).sum()


def _differences(function: Callable[[Tensor], Tensor], x: Tensor, step: float = 1e-5) -> float:
    ahead, behind = (
        function((x.detach() + way * DIRECTION).requires_grad_()) for way in (step, -step)
    )
    return (ahead.item() - behind.item()) / (2 * step)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_of_both_orders(name: str) -> None:
    def value(x: Tensor) -> Tensor:
        return _weighed(GRADIENTS[name](array_api, x) + 0 * x.sum() ** 2)

    def slope(x: Tensor) -> Tensor:
        return _slope(value, x)

    assert slope(_x()).item() != 0
    assert slope(_x()).item() == pytest.approx(_differences(value, _x()), rel=1e-6, abs=1e-6)
    second = _slope(slope, _x()).item()
    assert second == pytest.approx(_differences(slope, _x()), rel=1e-6, abs=1e-6)


def _names(namespace: Any) -> list[Any]:
    members = (getattr(namespace, name) for name in namespace.__all__)
    return [each for each in members if hasattr(each, "canonical")]


@pytest.mark.parametrize("namespace", [array_api, array_api.linalg, array_api.fft], ids=str)
def test_what_is_told_elsewhere_is_there(namespace: Any) -> None:
    for function in _names(namespace):
        place, _, name = f"plugrad.{function.canonical}".rpartition(".")
        assert callable(getattr(import_module(place), name))
        assert function.__module__.startswith("plugrad.array_api.")
        assert getattr(import_module(function.__module__), function.__name__)


def test_the_page_of_the_package_is_right() -> None:
    assert doctest.testmod(array_api).failed == 0


# ------------------------------------------------------------------------------ other libraries


SCIPY = """
import plugrad
from scipy import special, stats
x = plugrad.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=plugrad.float64, requires_grad=True)
special.logsumexp(x).backward()
assert plugrad.allclose(x.grad, plugrad.softmax(x.reshape(-1), 0).reshape(2, 2))
scores = stats.zscore(x)
assert isinstance(scores, plugrad.Tensor) and scores.grad_fn is not None
assert scores.tolist() == [[-1.0, -1.0], [1.0, 1.0]]
"""

SKLEARN = """
import plugrad
from sklearn import config_context
from sklearn.decomposition import PCA
from sklearn.metrics import mean_squared_error
plugrad.manual_seed(0)
x = plugrad.randn(30, 4)
with config_context(array_api_dispatch=True):
    found = PCA(2, svd_solver="full").fit_transform(x)
    assert mean_squared_error(x, x) == 0
assert isinstance(found, plugrad.Tensor) and found.dtype is plugrad.float32
expected = PCA(2, svd_solver="full").fit_transform(x.numpy())
assert plugrad.allclose(found, plugrad.from_numpy(expected), atol=1e-5)
"""

EXTRA = """
import plugrad, array_api_compat, array_api_extra
x = plugrad.tensor([3.0, 1.0, 2.0], requires_grad=True)
assert array_api_compat.array_namespace(x).__name__ == "plugrad.array_api"
assert array_api_compat.device(x) == x.device and array_api_compat.size(x) == 3
assert array_api_compat.to_device(x, "cpu") is x
array_api_extra.kron(x, x).sum().backward()
assert x.grad.tolist() == [12.0, 12.0, 12.0]
y = array_api_extra.at(x.detach(), x > 1).add(10.0, copy=True)
assert y.tolist() == [13.0, 1.0, 12.0]
"""


@pytest.mark.parametrize(
    ("library", "code"),
    [("scipy", SCIPY), ("sklearn", SKLEARN), ("array_api_extra", EXTRA)],
)
def test_other_libraries_take_tensors(
    run_python: Callable[..., Any], library: str, code: str
) -> None:
    pytest.importorskip(library)
    done = run_python("-c", code, SCIPY_ARRAY_API="1")
    assert done.returncode == 0, done.stderr
