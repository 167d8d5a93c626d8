"""Making one call under plugrad and under PyTorch, and comparing all that can be seen of it."""

from __future__ import annotations

import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import torch

import plugrad
from plugrad.testing.properties import assert_close

Array = np.ndarray[Any, Any]
Call = Callable[..., Any]

MODULES = (plugrad, torch)


# ------------------------------------------------------------------------------- arrays and tensors


def tensor(t: Any, array: Array, *, requires_grad: bool = False) -> Any:
    """Return a tensor of either library with an array's elements, in memory of its own."""
    array = np.array(array)
    if t is torch and array.dtype == ml_dtypes.bfloat16:
        made = torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    else:
        made = t.from_numpy(array)
    return made.requires_grad_() if requires_grad else made


def array_of(tensor: Any) -> Array:
    """Return the elements of a tensor of either library, copied."""
    tensor = tensor.detach()
    if isinstance(tensor, torch.Tensor):
        tensor = tensor.resolve_conj().resolve_neg()
        if tensor.dtype == torch.complex32:  # which NumPy does not have
            tensor = tensor.to(torch.complex64)
        if tensor.dtype == torch.bfloat16:
            return np.array(tensor.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16))
    return np.array(tensor.numpy(force=True))


def start_like(output: Any, seed: int) -> Array:
    """Return a standard normal array in the shape and dtype of a tensor, always the same one."""
    random = np.random.default_rng([seed, *output.shape])
    drawn = np.asarray(random.standard_normal(tuple(output.shape)))
    if output.is_complex():
        drawn = drawn + 1j * random.standard_normal(tuple(output.shape))
    return np.asarray(drawn).astype(array_of(output).dtype)


# ------------------------------------------------------------------------------------ what is seen


@dataclass
class Seen:
    """What can be seen of a call.

    Attributes
    ----------
    error : str
        The name of the exception's type, ``""`` where it returned.
    stopped : str
        At which derivative an exception stopped it: ``"gradients"``, ``"second"`` or ``""``.
    message : str
        The exception's.
    structure : object
        What was returned, with tensors described.
    values, gradients, second : list of array
        Of the outputs; of the inputs; of the inputs and the gradients' starts.
    graphs : list
        The names of each output's nodes, nested as ``next_functions`` nests them.
    layout : list
        The strides of the outputs, where they were asked for.
    """

    error: str = ""
    stopped: str = ""
    message: str = ""
    structure: Any = None
    values: list[Array] = field(default_factory=list)
    gradients: list[Array | None] = field(default_factory=list)
    second: list[Array | None] = field(default_factory=list)
    graphs: list[Any] = field(default_factory=list)
    layout: list[Any] = field(default_factory=list)


def see(
    t: Any, call: Call, arrays: Sequence[Array], grads: Sequence[bool] = (), *, second: bool = False
) -> Seen:
    """Make a call under one library.

    Parameters
    ----------
    t : module
        plugrad or torch.
    call : callable
        ``call(t, *tensors)``.
    arrays : sequence of array
    grads : sequence of bool
        Which of them take a gradient; by default none.
    second : bool
        Whether to differentiate twice.
    """
    wanted = [*grads, *[False] * (len(arrays) - len(grads))]
    seen = Seen()
    with warnings.catch_warnings():
        if t is torch:
            warnings.simplefilter("ignore")
        try:
            inputs = [
                tensor(t, array, requires_grad=grad)
                for array, grad in zip(arrays, wanted, strict=True)
            ]
            t.manual_seed(0)
            result = call(t, *inputs)
        except Exception as error:
            # PyTorch's public LinAlgError calls itself _LinAlgError.
            seen.error, seen.message = type(error).__name__.removeprefix("_"), str(error)
            return seen
        leaves = [x for x, grad in zip(inputs, wanted, strict=True) if grad]
        observe(t, seen, result, inputs, leaves, second=second)
    return seen


def observe(
    t: Any, seen: Seen, result: Any, inputs: list[Any], leaves: list[Any], *, second: bool
) -> None:
    """Note what a call returned, and its derivatives with respect to `leaves`."""
    outputs = list(tensors_in(result))
    seen.structure = structure(result, inputs)
    seen.values = [array_of(output) for output in outputs]
    seen.graphs = [graph(output.grad_fn) for output in outputs]
    if leaves and any(output.requires_grad for output in outputs):
        _differentiate(t, seen, outputs, leaves, second)


def _differentiate(t: Any, seen: Seen, outputs: list[Any], leaves: list[Any], second: bool) -> None:
    recorded = [output for output in outputs if output.requires_grad]
    starts = [tensor(t, start_like(output, 1), requires_grad=second) for output in recorded]
    seen.stopped = "gradients"
    try:
        found = t.autograd.grad(recorded, leaves, starts, create_graph=second, allow_unused=True)
        seen.gradients = [None if g is None else array_of(g) for g in found]
        seen.stopped = "second"
        slopes = [g for g in found if g is not None and g.requires_grad]
        if slopes:
            weights = [tensor(t, start_like(slope, 2)) for slope in slopes]
            again = t.autograd.grad(slopes, [*leaves, *starts], weights, allow_unused=True)
            seen.second = [None if g is None else array_of(g) for g in again]
        else:
            seen.second = [None] * len([*leaves, *starts])
        seen.stopped = ""
    except Exception as error:
        seen.message = f"{type(error).__name__}: {error}"


def tensors_in(result: Any) -> Iterator[Any]:
    """Yield the tensors in what a call returned, tuples and lists taken apart."""
    if isinstance(result, (tuple, list)):
        for item in result:
            yield from tensors_in(item)
    elif isinstance(result, (plugrad.Tensor, torch.Tensor)):
        yield result


def structure(result: Any, inputs: Sequence[Any]) -> Any:
    """Return a description of what a call returned, the same for both libraries where it agrees."""
    if isinstance(result, (plugrad.Tensor, torch.Tensor)):
        pointers = [x.data_ptr() for x in inputs if x.numel()]
        return (
            "tensor",
            tuple(result.shape),
            str(result.dtype).split(".")[-1],
            "requires grad" if result.requires_grad else "",
            "an input" if any(result is x for x in inputs) else "",
            "a view" if result._is_view() else "",
            "shares memory" if result.numel() and result.data_ptr() in pointers else "",
        )
    if isinstance(result, tuple):
        fields = getattr(type(result), "__match_args__", None)  # a named tuple has them
        return ("tuple", fields, *(structure(item, inputs) for item in result))
    if isinstance(result, list):
        return ("list", *(structure(item, inputs) for item in result))
    return (type(result).__name__, str(result).replace("torch.", "plugrad."))


def graph(node: Any) -> Any:
    """Return the name of a node, with those below it and their output numbers."""
    if node is None:
        return None
    below = tuple((graph(function), number) for function, number in node.next_functions)
    return type(node).__name__, below


# ------------------------------------------------------------------------------------- comparisons


class NothingToCompareError(Exception):
    """PyTorch cannot differentiate that."""


def compare(ours: Seen, theirs: Seen, aspect: str, ulps: float) -> None:
    """Check that one aspect of a call agrees.

    Raises
    ------
    AssertionError
        If it does not.
    NothingToCompareError
        If PyTorch has no answer.
    """
    if ours.error or theirs.error:
        described = f"plugrad: {ours.error or 'returned'} ({ours.message})"
        # NotImplementedError is a RuntimeError: who expects the second takes the first.
        assert (ours.error, theirs.error) == ("NotImplementedError", "RuntimeError") or (
            ours.error == theirs.error
        ), f"{described}\nPyTorch: {theirs.error or 'returned'} ({theirs.message})"
    elif aspect == "graph":
        assert ours.graphs == theirs.graphs, f"{ours.graphs}\ninstead of {theirs.graphs}"
    elif aspect == "forward":
        assert ours.structure == theirs.structure, (
            f"{ours.structure}\ninstead of {theirs.structure}"
        )
        arrays(ours.values, theirs.values, ulps, "output", 1.0 if ulps else 0.0)
    else:
        if theirs.stopped in (aspect, "gradients"):
            raise NothingToCompareError
        assert ours.stopped != aspect, f"cannot differentiate: {ours.message}"
        arrays(getattr(ours, aspect), getattr(theirs, aspect), ulps, aspect, 1.0)


def arrays(
    ours: Sequence[Array | None],
    theirs: Sequence[Array | None],
    ulps: float,
    what: str,
    scale: float = 0.0,
) -> None:
    """Check that lists of arrays agree; no gradient, and zeros, are the same."""
    assert len(ours) == len(theirs), f"{what}: {len(ours)} instead of {len(theirs)}"
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one is None and other is None:
            continue
        one = np.zeros_like(other) if one is None else one
        other = np.zeros_like(one) if other is None else other
        assert_close(one, other, ulps, f"{what} {number}", scale)


def unsupported(theirs: Seen) -> bool:
    """Return whether PyTorch has no kernel for that dtype: then plugrad may do as it likes."""
    return theirs.error in ("RuntimeError", "NotImplementedError") and (
        "not implemented for" in theirs.message or "not supported" in theirs.message
    )


# ---------------------------------------------------------------- differences, and what is covered


@cache
def _differences() -> list[dict[str, Any]]:
    text = (Path(__file__).parent / "differences.toml").read_text()
    entries: list[dict[str, Any]] = tomllib.loads(text).get("difference", [])
    return entries


def difference(name: str, aspect: str) -> str | None:
    """Return why plugrad deliberately differs from PyTorch there, or None."""
    for entry in _differences():
        if aspect in entry["aspects"] and any(fnmatchcase(name, p) for p in entry["names"]):
            return str(entry["reason"])
    return None


@contextmanager
def expecting(name: str, aspect: str) -> Iterator[None]:
    """Expect agreement; or, where ``differences.toml`` says so, a difference."""
    reason = difference(name, aspect)
    coverage.seen[aspect] += 1
    try:
        yield
    except NothingToCompareError:
        coverage.seen[aspect] -= 1
        return
    except AssertionError:
        if reason is None:
            raise
        coverage.different[aspect] += 1
        return
    assert reason is None, f"agrees with PyTorch now; strike it from differences.toml: {reason}"
    coverage.agreed[aspect] += 1


class Coverage:
    """How often each aspect was compared, and agreed."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.agreed: Counter[str] = Counter()
        self.different: Counter[str] = Counter()
        self.names: set[str] = set()

    def rows(self) -> list[str]:
        """Return the table's lines; none if nothing was compared."""
        if not self.seen:
            return []
        rows = [f"{'':12}{'compared':>10}{'agree':>10}{'differ by choice':>18}"]
        rows += [
            f"{aspect:12}{count:10}{self.agreed[aspect]:10}{self.different[aspect]:18}"
            for aspect, count in self.seen.items()
        ]
        return [*rows, f"public names with samples: {len(self.names)}"]


coverage = Coverage()
