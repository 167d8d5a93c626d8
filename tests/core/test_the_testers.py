"""The tests of operators, tested: they find an error of a thousandth in any gradient rule.

For every rule of the vocabulary that some sample's backward runs, that rule is spoilt; then the
property of first, or of second derivatives must fail for one of those samples. Other properties are
shown an operator that breaks them.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import pytest

import plugrad
from plugrad.autograd import engine
from plugrad.operators.device_table import table_of
from plugrad.testing.properties import PROPERTIES
from plugrad.testing.running import as_tensor, run, seeded_like
from plugrad.testing.samples import Sample, real, samples
from plugrad.vocabulary.forms import elementwise
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import Rule, operators

FIRST, SECOND = "gradient_is_the_derivative", "second_derivative_is_the_gradients"
SAMPLES = list(samples())


# ------------------------------------------------------------------------------- spoilt rules

Spoil = Callable[[Any], Any]


def by_a_thousandth(gradient: Any) -> Any:
    return gradient * 1.001


def by_a_constant(gradient: Any) -> Any:
    return gradient + 0.001


SPOILS = (by_a_thousandth, by_a_constant)  # the second for gradients that are zero


@contextmanager
def spoilt(rule: Rule, spoil: Spoil) -> Iterator[None]:
    """Let a rule return something else, wherever it has been compiled in already."""
    function: Any = rule.function
    twin = FunctionType(
        function.__code__, function.__globals__, closure=function.__closure__,
        argdefs=function.__defaults__,
    )  # fmt: skip

    def changed(*given: Any) -> Any:
        found = twin(*given)
        if isinstance(found, (tuple, list)):
            return type(found)(None if g is None else spoil(g) for g in found)
        return None if found is None else spoil(found)

    # Whatever holds the function holds its code: so the code is exchanged.
    function.__globals__["_changed"] = changed
    original, function.__code__ = function.__code__, _calling_changed(function.__code__)
    try:
        yield
    finally:
        function.__code__ = original
        del function.__globals__["_changed"]


def _calling_changed(code: CodeType) -> CodeType:
    """Return code with the same parameters and free variables that calls ``_changed``."""
    names = ", ".join(code.co_varnames[: code.co_argcount])
    free = code.co_freevars
    source = f"def rule({names}):\n return _changed({names})"
    if free:
        use = "; ".join(free)
        inner = f" def rule({names}):\n  {use}\n  return _changed({names})"
        source = f"def outer({', '.join(free)}):\n{inner}"
    made = compile(source, "<spoilt>", "exec")
    while made.co_name != "rule":
        made = next(const for const in made.co_consts if isinstance(const, CodeType))
    return made


def nodes_of(tensors: Iterable[Any]) -> set[str]:
    """Return the operators whose nodes a backward from `tensors` runs."""
    found, seen = set(), set()
    waiting = [tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.op is not None:
            found.add(node.op.name)
        waiting += [below for below, _ in node.next_functions if below is not None]
    return found


def users() -> tuple[dict[str, list[Sample]], dict[str, list[Sample]]]:
    """Return the samples that run each operator's rules: in a backward, and in a second one."""
    first: dict[str, list[Sample]] = defaultdict(list)
    second: dict[str, list[Sample]] = defaultdict(list)
    for sample in SAMPLES:
        if "float64" not in sample.dtypes or FIRST in sample.skip:
            continue
        made = run(sample, sample.arrays("float64"))
        direct = nodes_of(made.outputs)
        for name in direct:
            first[name].append(sample)
        if sample.second and SECOND not in sample.skip and made.differentiable and made.leaves:
            starts = [as_tensor(start) for start in seeded_like(made.differentiable, 1)]
            slopes = plugrad.autograd.grad(
                made.differentiable,
                made.leaves,
                [start.requires_grad_() for start in starts],
                create_graph=True,
                materialize_grads=True,
            )
            for name in nodes_of(slopes) - direct:
                second[name].append(sample)
    return first, second


UNSEEN = Path(__file__).parent / "expected_failures" / "unseen_rules.txt"


def is_found(rule: Rule, spoil: Spoil, candidates: list[Sample], prop: str) -> bool:
    """Return whether the property fails for one of some samples, once the rule is spoilt."""
    smallest = sorted(candidates, key=lambda s: sum(np.prod(i.shape) for i in s.inputs))
    tried = [*smallest[len(smallest) // 2 :], *smallest[: len(smallest) // 2]][:12]
    with spoilt(rule, spoil):
        for sample in tried:
            try:
                PROPERTIES[prop](sample, "cpu")
            except AssertionError:
                return True
    return False


def test_an_error_in_any_rule_is_found() -> None:
    first, second = users()
    unseen, blind = [], []
    for operator in operators.values():
        candidates, prop = first.get(operator.name), FIRST
        if not candidates:
            candidates, prop = second.get(operator.name), SECOND
        for place, rule in enumerate(operator.all_rules):
            label = f"{operator.name}, rule {place}"
            if not candidates or rule.function.__qualname__.startswith("undifferentiable"):
                unseen.append(label)
            elif not any(is_found(rule, spoil, candidates, prop) for spoil in SPOILS):
                blind.append(label)
    assert not blind, f"no sample finds an error in: {'; '.join(blind)}"
    listed = UNSEEN.read_text(encoding="utf-8").splitlines()
    expected = {line for line in listed if line and not line.startswith("#")}
    assert not set(unseen) - expected, f"no sample runs: {'; '.join(set(unseen) - expected)}"
    assert not expected - set(unseen), f"run now, strike: {'; '.join(expected - set(unseen))}"


# ----------------------------------------------------------------------- operators that are wrong


@contextmanager
def declared(**options: Any) -> Iterator[Callable[..., Any]]:
    """Declare an operator ``example`` for a while."""
    rules = {"x": lambda g: g * 2.0} | options
    call = elementwise("example", expose="", **{"body": lambda k, x: x * 2, **rules})
    try:
        yield call
    finally:
        operators.pop("example")
        table_of("cpu").__dict__.pop("example", None)


def sample_of(call: Callable[..., Any]) -> Sample:
    def changing(t: Any, x: Any) -> Any:
        return inplace(operators["example"], (x,), ())

    return Sample("example", lambda t, x: call(x), (real(3, 4),), inplace=changing)


def test_an_operator_that_is_right_has_every_property() -> None:
    with declared() as call:
        for check in PROPERTIES.values():
            check(sample_of(call), "cpu")


def wide(k: Any, x: Any) -> Any:
    return np.asarray(x * 2, np.float64)


def writing(k: Any, x: Any) -> Any:
    x[...] = 0
    return x * 2


def looking_at_strides(k: Any, x: Any) -> Any:
    return x * 2 if x.flags.c_contiguous else x * 2.001


def warning(k: Any, x: Any) -> Any:
    warnings.warn("from a kernel", stacklevel=1)
    return x * 2


def saved_itself(g: Any, x: Any) -> Any:
    return x


def changing_its_gradient(g: Any) -> Any:
    g *= 2
    return g


calls = 0


def another_each_time(g: Any) -> Any:
    global calls
    calls += 1
    return g * (2.0 + calls)


def raw_alone(g: Any) -> Any:
    return g * (2.0 if isinstance(g, np.ndarray) else 2.001)


WRONG = [
    ("float32_agrees_with_float64", {"result": "given", "body": wide}),
    ("inputs_stay_as_they_were", {"body": writing}),
    ("layout_does_not_matter", {"body": looking_at_strides}),
    ("no_warning_leaks", {"body": warning}),
    ("grad_aliases_nothing", {"x": saved_itself}),
    (FIRST, {"x": lambda g: g * 2.002}),
    (FIRST, {"body": lambda k, x: x * x, "x": lambda g, x: 2.002 * x * g}),
    (SECOND, {"body": lambda k, x: x * x, "x": lambda k, g, x: _constant(x) * g * 2}),
    ("recorded_backward_is_the_raw_one", {"x": raw_alone}),
    ("a_retained_graph_gives_the_same_again", {"x": another_each_time}),
]


def _constant(x: Any) -> Any:
    """Return `x` without its history: right at first order, and wrong at second."""
    return x.detach() if hasattr(x, "detach") else x


@pytest.mark.parametrize(("prop", "options"), WRONG, ids=[name for name, _ in WRONG])
def test_an_operator_that_is_wrong_is_found(prop: str, options: dict[str, Any]) -> None:
    with declared(**options) as call, pytest.raises((AssertionError, UserWarning)):
        PROPERTIES[prop](sample_of(call), "cpu")


def test_a_gradient_out_of_its_space_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "project", lambda k, g, shape, kind: g)
    sample = Sample("mul", lambda t, x, y: x * y, (real(3, 4), real(4)))
    with pytest.raises(AssertionError):
        PROPERTIES["gradient_stays_in_the_input_space"](sample, "cpu")


def test_a_wrong_in_place_form_is_found() -> None:
    sample = Sample(
        "mul", lambda t, x: x * 2, (real(3, 4),), inplace=lambda t, x: x.mul_(2.0).clone()
    )
    with pytest.raises(AssertionError, match="another tensor"):
        PROPERTIES["in_place_is_the_same"](sample, "cpu")
    sample = Sample("mul", lambda t, x: x * 2, (real(3, 4),), inplace=lambda t, x: x.mul_(2.1))
    with pytest.raises(AssertionError):
        PROPERTIES["in_place_is_the_same"](sample, "cpu")
