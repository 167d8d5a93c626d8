"""PyTorch's own database of operators: which are in scope, their calls, under either library."""

from __future__ import annotations

import functools
import itertools
import tomllib
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from comparison import NothingToCompareError, Seen, arrays, observe, tensors_in
from torch.testing._internal.common_methods_invocations import op_db

import plugrad

HERE = Path(__file__).parent
SAMPLES = 12  # of an operator, spread over its list
LISTED = 400  # how far that list is read
ELEMENTS = 3000  # of a sample; larger ones only cost time
OTHER_DTYPES = (torch.float32, torch.complex128, torch.int64, torch.bool)
COLUMNS = (
    "forward", "layout", "backward", "double backward", "in-place", "method", "out", "errors",
)  # fmt: skip
# Their vectors are known but for a phase; what the database makes of them does not depend on it.
PHASES_FREE = ("linalg.eig", "linalg.eigh", "pca_lowrank", "svd_lowrank")
ULPS = {"forward": 32, "gradients": 128, "second": 1024}


# ------------------------------------------------------------------------------- which operators


def _table(file: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((HERE / file).read_text()).get(key, [])
    return found


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def full_name(info: Any) -> str:
    """Return an operator's name with its variant's."""
    return f"{info.name}.{info.variant_test_name}" if info.variant_test_name else str(info.name)


def in_scope(name: str) -> bool:
    """Return whether plugrad sets out to have an operator."""
    return not any(
        _matches(name, entry["names"]) and not _matches(name, entry.get("except", ()))
        for entry in _table("database_scope.toml", "excluded")
    )


def known_missing() -> set[str]:
    """Return the names that ``database_missing.txt`` lists."""
    lines = (HERE / "database_missing.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


@cache
def known_differences() -> list[dict[str, Any]]:
    """Return what ``database_differences.toml`` holds."""
    return _table("database_differences.toml", "difference")


def difference(name: str, column: str) -> str | None:
    """Return why an operator differs from PyTorch in a column, or None."""
    for entry in known_differences():
        if column in entry["columns"] and name in entry["names"]:
            return str(entry["reason"])
    return None


# -------------------------------------------------------------------------- the same call in both


def _homes(t: Any) -> list[tuple[str, Any]]:
    paths = ("", "Tensor", "nn.functional", "linalg", "fft", "special", "signal.windows")
    return [(path, home) for path in paths if (home := _at(t, path)) is not None]


def _at(t: Any, path: str) -> Any:
    for part in path.split(".") if path else ():
        t = getattr(t, part, None)
    return t


@cache
def _paths() -> dict[Any, list[str]]:
    """Return where PyTorch's public functions stand: some stand in several places."""
    found: dict[Any, list[str]] = {}
    for path, home in _homes(torch):
        for name in dir(home):
            thing = getattr(home, name, None)
            if callable(thing) and not isinstance(thing, type):
                found.setdefault(thing, []).append(f"{path}.{name}" if path else name)
    return found


def _seeded(function: Any, *args: Any, **kwargs: Any) -> Any:
    plugrad.manual_seed(42)  # as the database's own does for PyTorch
    return function(*args, **kwargs)


def plugrads(function: Any) -> Any:
    """Return plugrad's twin of a function of PyTorch's, or None if there is none.

    A function that the database itself defines is read again with plugrad for ``torch``.
    """
    if function in _paths():
        twins = (_at(plugrad, path) for path in _paths()[function])
        return next((twin for twin in twins if twin is not None), None)
    if isinstance(function, functools.partial):
        twin = plugrads(function.func)
        return twin and functools.partial(twin, *function.args, **function.keywords)
    if isinstance(function, types.FunctionType):
        names = {**function.__globals__, "torch": plugrad, "wrapper_set_seed": _seeded}
        for name, value in function.__globals__.items():
            if name in function.__code__.co_names and value in _known(value):
                names[name] = plugrads(value)
        own = types.FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, function.__closure__
        )
        own.__kwdefaults__ = function.__kwdefaults__
        return own
    return None


def _known(value: Any) -> Any:
    return _paths() if callable(value) and getattr(value, "__hash__", None) else ()


def exists(info: Any) -> bool:
    """Return whether plugrad has an operator."""
    twin = plugrads(info.op)
    if twin is None or info.op in _paths():
        return twin is not None
    named = (info.name, f"{info.name}_")  # `uniform` stands for the method `uniform_`
    return any(_at(home, name) is not None for name in named for _, home in _homes(plugrad))


def convert(value: Any, t: Any, memo: dict[int, Any]) -> Any:
    """Return an argument for one library: tensors copied, in the same layout, as leaves."""
    if isinstance(value, torch.Tensor):
        if id(value) not in memo:
            memo[id(value)] = _tensor(value, t)
        return memo[id(value)]
    if isinstance(value, torch.Size):
        return t.Size(value)
    if isinstance(value, (tuple, list)):
        items = [convert(item, t, memo) for item in value]
        return type(value)(items) if type(value) in (tuple, list) else tuple(items)
    if isinstance(value, dict):
        return {key: convert(item, t, memo) for key, item in value.items()}
    if isinstance(value, slice):
        return slice(*(convert(x, t, memo) for x in (value.start, value.stop, value.step)))
    if t is torch:
        return value
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return getattr(plugrad, str(value).split(".")[-1])
    if isinstance(value, torch.device):
        return plugrad.device(str(value))
    if isinstance(value, torch.nn.Module):
        return getattr(plugrad.nn, type(value).__name__)()  # the database makes them as they are
    kinds = (types.FunctionType, types.BuiltinFunctionType)
    twin = plugrads(value) if isinstance(value, kinds) else None
    return value if twin is None else twin


def _tensor(value: Any, t: Any) -> Any:
    plain = value.detach().resolve_conj().resolve_neg()
    whole = plain.as_strided((plain.untyped_storage().nbytes() // plain.element_size(),), (1,), 0)
    whole = whole.clone()
    shape, strides, offset = plain.shape, plain.stride(), plain.storage_offset()
    if t is torch:
        made = torch.empty(0, dtype=plain.dtype).set_(
            whole.untyped_storage(), offset, shape, strides
        )
    elif offset:
        made = plugrad.from_numpy(whole.numpy()).as_strided(tuple(shape), strides, offset).detach()
    else:
        flat = whole.numpy()
        steps = tuple(step * flat.itemsize for step in strides)
        made = plugrad.from_numpy(np.lib.stride_tricks.as_strided(flat, tuple(shape), steps))
    return made.requires_grad_() if value.requires_grad else made


@dataclass
class Call:
    """One call of an operator: what PyTorch's database gives for its arguments."""

    info: Any
    sample: Any

    def see(
        self, t: Any, function: Callable[..., Any], *, second: bool = False, grad: bool = True,
        settled: bool = False,
    ) -> Seen:  # fmt: skip
        """Make the call under one library.

        What is differentiated, or is to be `settled`, is freed of what is arbitrary in it.
        """
        memo: dict[int, Any] = {}
        seen = Seen()
        parts = (self.sample.input, self.sample.args, self.sample.kwargs)
        first, args, kwargs = (convert(part, t, memo) for part in parts)
        inputs = list(memo.values())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            t.manual_seed(0)
            try:
                result = function(first, *args, **kwargs)
            except Exception as error:
                seen.error, seen.message = type(error).__name__, str(error)
                return seen
            process = self.sample.output_process_fn_grad
            leaves = [x for x in inputs if x.requires_grad] if grad else []
            if leaves or settled:
                free = process if t is torch else plugrads(process) or process
                result = result.freed(free) if isinstance(result, _Written) else free(result)
            observe(t, seen, result, inputs, leaves, second=second)
            # Without elements the strides mean nothing, and NumPy has others than PyTorch.
            seen.layout = [tuple(x.stride()) for x in tensors_in(result) if x.numel()]
        return seen


_LATEST: dict[tuple[int, Any, bool, int], list[Call]] = {}


def calls(info: Any, dtype: Any, grad: bool, count: int) -> list[Call]:
    """Return some of an operator's calls in a dtype; those of the last operator are kept."""
    key = (id(info), dtype, grad, count)
    if key not in _LATEST:
        if any(kept[0] != id(info) for kept in _LATEST):
            _LATEST.clear()
        _LATEST[key] = _drawn(info, dtype, grad, count)
    return _LATEST[key]


def _drawn(info: Any, dtype: Any, grad: bool, count: int) -> list[Call]:
    if dtype not in info.dtypes:
        return []
    torch.manual_seed(0)
    grad = grad and info.supports_autograd and dtype in info.backward_dtypes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        listed = info.sample_inputs("cpu", dtype, requires_grad=grad)
        found = [
            Call(info, sample)
            for sample in itertools.islice(listed, LISTED)
            if sum(x.numel() for x in tensors_in((sample.input, sample.args))) <= ELEMENTS
        ]
    if len(found) > count:
        found = [found[i * len(found) // count] for i in range(count)]
    return found


# --------------------------------------------------------------------------------- the comparisons


def check(info: Any, column: str) -> None:
    """Compare an operator in one column.

    Raises
    ------
    AssertionError
        At the first call that disagrees.
    NothingToCompareError
        If there is no such call.
    """
    compared = _errors(info) if column == "errors" else _calls(info, column)
    if not compared:
        raise NothingToCompareError


def _calls(info: Any, column: str) -> int:
    theirs = _variant(info, column)
    ours = plugrads(theirs) if theirs is not None else None
    if theirs is None:
        return 0
    assert ours is not None, f"plugrad has no {_paths().get(theirs, theirs)}"
    if column == "out":
        ours, theirs = _into(ours), _into(theirs)
    elif column == "in-place":
        ours, theirs = _on_clone(ours), _on_clone(theirs)
    differentiate = column in ("backward", "double backward", "in-place")
    second = column == "double backward"
    settled = column in ("forward", "method", "out") and info.name in PHASES_FREE
    chosen = calls(info, torch.float64, differentiate, SAMPLES)
    if column in ("forward", "layout"):
        chosen = chosen + [c for d in OTHER_DTYPES for c in calls(info, d, False, 1)]
    count = 0
    for number, call in enumerate(chosen):
        pair = [
            call.see(t, f, second=second, grad=differentiate, settled=settled)
            for t, f in ((plugrad, ours), (torch, theirs))
        ]
        try:
            count += _agree(pair[0], pair[1], column, info)
        except AssertionError as error:
            text = f"call {number}, {_brief(call.sample)}: {error}"
            raise AssertionError(text) from None
    return count


def _brief(sample: Any) -> str:
    return str(sample.summary())[:300]


def _agree(ours: Seen, theirs: Seen, column: str, info: Any) -> bool:
    """Compare one call; return whether there was anything to compare."""
    if theirs.error:  # samples are valid calls: only variants and other dtypes refuse
        same = (ours.error, theirs.error) == ("NotImplementedError", "RuntimeError")
        assert same or ours.error == theirs.error, _told(ours, theirs)
        return True
    assert not ours.error, _told(ours, theirs)
    if column == "layout":
        if ours.structure != theirs.structure:
            raise AssertionError(f"{ours.structure}\ninstead of {theirs.structure}")
        assert ours.layout == theirs.layout, f"strides {ours.layout} instead of {theirs.layout}"
        return True
    if column in ("backward", "double backward"):
        aspect = "gradients" if column == "backward" else "second"
        # `stopped` tells where a derivative failed; after both it is "".
        if theirs.stopped == "gradients" or (theirs.stopped == "second" and aspect == "second"):
            return False
        assert ours.stopped not in ("gradients", aspect) or theirs.stopped == ours.stopped, (
            f"cannot differentiate: {ours.message}"
        )
        found, expected = getattr(ours, aspect), getattr(theirs, aspect)
        if not expected and not found:
            return False
        arrays(found, expected, ULPS[aspect], aspect, 1.0)
        return True
    if column == "out":
        notes, expected = ours.structure[-1], theirs.structure[-1]  # what `_into` tells
        assert notes == expected, f"{notes[2:]} instead of {expected[2:]}"
    uninitialised = info.name.startswith(("empty", "new_empty", "resize"))
    if not uninitialised:
        arrays(ours.values, theirs.values, ULPS["forward"], "output", 1.0)
        if column == "in-place":
            arrays(ours.gradients, theirs.gradients, ULPS["gradients"], "gradients", 1.0)
    else:
        shapes = [[(x.shape, x.dtype) for x in seen.values] for seen in (ours, theirs)]
        assert shapes[0] == shapes[1], f"{shapes[0]} instead of {shapes[1]}"
    return True


def _told(ours: Seen, theirs: Seen) -> str:
    one, other = (f"{x.error or 'returned'} ({x.message[:200]})" for x in (ours, theirs))
    return f"plugrad: {one}; PyTorch: {other}"


def _variant(info: Any, column: str) -> Any:
    """Return the function of PyTorch's that a column calls, or None."""
    if column == "in-place":
        return info.get_inplace()
    if column == "method":
        return info.get_method()
    if column == "out":
        return info.op if info.supports_out else None
    return info.op


def _on_clone(function: Any) -> Any:
    def call(first: Any, *args: Any, **kwargs: Any) -> Any:
        changed = first.clone()
        returned = function(changed, *args, **kwargs)
        assert returned is changed, "the in-place form returned another tensor"
        return returned

    return call


class _Written(list[Any]):
    """What a call wrote into each of several ``out=``, and last what became of them."""

    def freed(self, process: Any) -> list[Any]:
        return [*(process(result) for result in self[:-1]), self[-1]]


def _into(function: Any) -> Any:
    """Return a call that writes into ``out=`` what it would return, and tells what became of it.

    That is what three tensors hold afterwards: a dense one, one with gaps in memory, and an empty
    one; whether they were returned; and how tensors of other dtypes were refused.
    """

    def call(first: Any, *args: Any, **kwargs: Any) -> Any:
        expected = function(first, *args, **kwargs)
        several = isinstance(expected, (tuple, list))
        results = list(expected) if several else [expected]
        written, notes = [], []
        for make in (_dense, _gappy, _empty):
            out = [make(x, x.dtype) for x in results]
            returned = function(first, *args, **kwargs, out=tuple(out) if several else out[0])
            same = [x is y for x, y in zip(returned if several else [returned], out, strict=True)]
            notes.append(f"returned {same}")
            written.append(tuple(out) if several else out[0])
        for name in ("bool", "int64", "float32", "complex128"):
            kind = getattr(_kin(results[0]), name)
            out = [_dense(x, kind) for x in results]
            try:
                function(first, *args, **kwargs, out=tuple(out) if several else out[0])
            except (RuntimeError, TypeError) as error:
                notes.append(f"{name}: {_plain_type(error)}")
        return _Written([*written, tuple(notes)])

    return call


def _plain_type(error: Exception) -> str:
    # PyTorch's refusals of a dtype are RuntimeErrors in one place, of their subclass in another.
    return "RuntimeError" if isinstance(error, RuntimeError) else type(error).__name__


def _dense(like: Any, kind: Any) -> Any:
    return like.new_zeros(tuple(like.shape), dtype=kind)


def _gappy(like: Any, kind: Any) -> Any:
    """Return a tensor of the same shape whose elements are not neighbours in memory."""
    if not like.ndim:
        return like.new_zeros((2,), dtype=kind)[1]
    shape = (*tuple(like.shape)[:-1], 2 * like.shape[-1])
    return like.new_zeros(shape, dtype=kind)[..., ::2]


def _empty(like: Any, kind: Any) -> Any:
    return like.new_zeros((0,), dtype=kind)


def _kin(tensor: Any) -> Any:
    return torch if isinstance(tensor, torch.Tensor) else plugrad


def _errors(info: Any) -> int:
    if info.error_inputs_func is None:
        return 0
    ours, count = plugrads(info.op), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        listed = list(itertools.islice(info.error_inputs("cpu"), LISTED))
    for number, bad in enumerate(listed):
        call = Call(info, bad.sample_input)
        if max([x.ndim for x in tensors_in(call.sample.input)], default=0) > 64:
            continue  # NumPy cannot hold the argument
        given = (bad.sample_input.args, *bad.sample_input.kwargs.values())
        if any(x.device.type != "cpu" for part in given for x in tensors_in(part)):
            continue  # it has no values to hand over
        theirs = call.see(torch, info.op, grad=False)
        if not theirs.error:
            continue
        seen = call.see(plugrad, ours, grad=False)
        same = (seen.error, theirs.error) == ("NotImplementedError", "RuntimeError")
        assert same or seen.error == theirs.error, (
            f"bad call {number}, {_brief(bad.sample_input)}: {_told(seen, theirs)}"
        )
        count += 1
    return count


# ------------------------------------------------------------------------------------- the summary


class Tally:
    """Which operators were compared in each column, and what disagreed."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.agreed: Counter[str] = Counter()
        self.worst: Counter[str] = Counter()
        self.missing = 0

    def note(self, name: str, column: str, agrees: bool) -> None:
        """Count one comparison."""
        self.seen[column] += 1
        self.agreed[column] += agrees
        self.worst[name] += not agrees

    def rows(self) -> list[str]:
        """Return the table's lines; none if nothing was compared."""
        if not self.seen and not self.missing:
            return []
        rows = [f"{'':16}{'operators':>10}{'agree':>8}{'%':>8}"]
        for column in COLUMNS:
            if count := self.seen[column]:
                share = 100 * self.agreed[column] / count
                rows.append(f"{column:16}{count:10}{self.agreed[column]:8}{share:8.1f}")
        worst = [f"{name} ({n})" for name, n in self.worst.most_common(20) if n]
        rows.append(f"in scope {len(IN_SCOPE)}, missing here {self.missing}")
        return [*rows, f"worst, by columns that disagree: {', '.join(worst) or 'none'}"]


tally = Tally()
IN_SCOPE = [info for info in op_db if in_scope(full_name(info))]
