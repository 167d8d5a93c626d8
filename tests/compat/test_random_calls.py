"""Random shapes, dtypes and values: broadcasting, promotion, indexing, reductions, under both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from comparison import Array, compare, expecting, see, unsupported
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import plugrad

hundreds = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

FLOATING = ("float32", "float64", "float16")
WHOLE = ("int64", "int32", "int16", "int8", "uint8", "bool")
COMPLEX = ("complex64", "complex128")


def shapes(most: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    sizes = st.sampled_from((0, 1, 1, 2, 3, 4))
    return st.lists(sizes, max_size=most).map(tuple)


@st.composite
def drawn(draw: st.DrawFn, shape: tuple[int, ...], dtype: str) -> Array:
    """Return an array of numbers that each dtype holds exactly, and a few special ones."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    numbers = random.integers(-6, 7, shape) / 2
    if dtype == "bool":
        return np.asarray(numbers > 0)
    if dtype.startswith("u"):
        numbers = abs(numbers)
    if dtype in WHOLE:
        numbers = np.round(numbers)
    if dtype in COMPLEX:
        numbers = numbers + 1j * random.integers(-4, 5, shape) / 2
    elif dtype in FLOATING and draw(st.integers(0, 4)) == 0 and numbers.size:
        numbers.reshape(-1)[:: 1 + numbers.size // 2] = draw(
            st.sampled_from((np.inf, -np.inf, np.nan, 0.0, -0.0, 1e4))
        )
    return np.asarray(numbers).astype(dtype)


@st.composite
def broadcastable(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that usually broadcast."""
    whole = draw(shapes())
    pair = []
    for _ in range(2):
        cut = draw(st.integers(0, len(whole)))
        pair.append(tuple(1 if draw(st.integers(0, 3)) == 0 else n for n in whole[cut:]))
    return pair[0], pair[1]


# ------------------------------------------------------------------------------ two operands

BINARY = (
    "add", "sub", "mul", "div", "pow", "remainder", "fmod", "floor_divide", "maximum", "minimum",
    "atan2", "hypot", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_xor",
    "bitwise_and", "bitwise_or", "bitwise_xor", "logaddexp", "fmax", "fmin", "copysign",
)  # fmt: skip
OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "==", "<", ">=", "&", "|", "^")
EXACT = {"add", "sub", "mul", "div", "maximum", "minimum", "eq", "lt", "+", "-", "*", "/"}


@hundreds
@given(st.data())
def test_binary_functions(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(BINARY))
    first, second = data.draw(broadcastable())
    kinds = st.sampled_from((*FLOATING, *WHOLE, *COMPLEX))
    arrays = [data.draw(drawn(first, data.draw(kinds))), data.draw(drawn(second, data.draw(kinds)))]
    agree(name, lambda t, x, y: getattr(t, name)(x, y), arrays)


NUMBERS = st.sampled_from((2, 3, -1, 0, True, False, 0.5, -2.0, 1e10, float("inf"), 1j, 2 + 1j))


@hundreds
@given(st.data())
def test_operators_with_numbers(data: st.DataObject) -> None:
    symbol, number = data.draw(st.sampled_from(OPERATORS)), data.draw(NUMBERS)
    dtype = data.draw(st.sampled_from((*FLOATING, *WHOLE, "complex64")))
    array = data.draw(drawn(data.draw(shapes(2)), dtype))
    expression = f"x {symbol} n" if data.draw(st.booleans()) else f"n {symbol} x"
    agree(expression, lambda t, x: eval(expression, {"x": x, "n": number}), [array], number)


@hundreds
@given(st.data())
def test_in_place_operators(data: st.DataObject) -> None:
    symbol = data.draw(st.sampled_from(("+=", "-=", "*=", "/=", "//=", "%=", "**=")))
    kinds = st.sampled_from((*FLOATING, *WHOLE, "complex64"))
    first, second = data.draw(broadcastable())
    arrays = [data.draw(drawn(first, data.draw(kinds))), data.draw(drawn(second, data.draw(kinds)))]

    def call(t: Any, x: Any, y: Any) -> Any:
        names = {"z": x.clone(), "y": y}
        exec(f"z {symbol} y", names)
        return names["z"]

    agree(f"x {symbol} y", call, arrays)


def agree(name: str, call: Any, arrays: list[Array], number: Any = 0) -> None:
    assume(comparable(name, arrays, number))
    grads = [array.dtype.kind in "fc" for array in arrays]
    ours, theirs = (see(t, call, arrays, grads) for t in (plugrad, torch))
    assume(not unsupported(theirs))
    described = ", ".join(f"{array.dtype}{list(array.shape)}" for array in arrays)
    with expecting(f"{name}({described})", "random"):
        coarse, fine = coarsest_and_finest(arrays)
        compare(ours, theirs, "forward", 0 if name in EXACT else 2 if coarse > 1e-4 else 8)
        # PyTorch converts a real tensor to complex inside pow and rsub, here that is recorded; and
        # what cannot be differentiated has no slots for what needs no gradient there.
        if "//" not in name and name != "floor_divide" and not isinstance(number, complex):
            compare(ours, theirs, "graph", 0)
        compare(ours, theirs, "gradients", (4 if coarse > 1e-4 else 16) * coarse / fine)


def coarsest_and_finest(arrays: list[Array]) -> tuple[float, float]:
    """Return the units in the last place of the coarsest and of the finest floating dtype."""
    units = [float(np.finfo(a.dtype).eps) for a in arrays if a.dtype.kind in "fc"] or [1.0]
    return max(units), min(units)


def comparable(name: str, arrays: list[Array], number: Any) -> bool:
    """Return whether the libraries mean the same: where PyTorch goes its own way, say how."""
    kinds = {array.dtype.kind for array in arrays}
    half = any(array.dtype == np.float16 for array in arrays)
    numbers = [*arrays, np.asarray(number)]
    power = "pow" in name or "**" in name
    if half and abs(number) > 65504 and not {"+", "-", "*", "/"} & {*name.split()}:
        return False  # some of PyTorch's operators convert the number to float16 first
    if power and (isinstance(number, bool) or abs(number) > 1e4):
        return False  # PyTorch stumbles over True and False, and rounds 1e10 - 1 to 1e10
    if "c" in kinds or isinstance(number, complex):
        if half:
            return False  # there is no complex32 here
        if not all(np.isfinite(array).all() for array in numbers):
            return False  # PyTorch multiplies by alpha + 0j, and inf * 0j is NaN
        if power and not all(array.all() for array in numbers):
            return False  # the derivative at base 0 is NaN in PyTorch, the limit here
    # PyTorch negates the unsigned integers: 0 - 3 is 253.
    return name != "atan2" or "u" not in kinds


# ---------------------------------------------------------------------------------- indexing


@st.composite
def indices(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An index: numbers, slices, None, Ellipsis, integer arrays and masks, sometimes out of range.

    Arrays stand as NumPy arrays, and become tensors of either library.
    """
    parts: list[Any] = []
    place, gap = 0, False
    together = draw(st.sampled_from(((), (2,), (1,), (2, 2))))  # the arrays' common shape
    while place < len(shape):
        kind = draw(st.sampled_from("nsssaam.0"))
        if kind == "." and not gap:
            gap = True
            parts.append(Ellipsis)
            place += draw(st.integers(0, len(shape) - place))
        elif kind == "0":
            parts.append(None)
        elif kind == "n":
            parts.append(draw(st.integers(-shape[place] - (shape[place] == 0), shape[place])))
            place += 1
        elif kind == "a" and (size := min(shape) if gap else shape[place]):
            # After an Ellipsis it depends on what follows which dimension this is.
            random = np.random.default_rng(draw(st.integers(0, 2**32)))
            parts.append(random.integers(-size, size, together))
            place += 1
        elif kind == "m":
            width = draw(st.integers(1, len(shape) - place))
            random = np.random.default_rng(draw(st.integers(0, 2**32)))
            mask = np.zeros(shape[place : place + width], bool)
            if mask.size:
                mask.reshape(-1)[random.integers(0, mask.size)] = True
            parts.append(mask)
            place += width
        else:
            parts.append(draw(slices(shape[place])))
            place += 1
        if draw(st.integers(0, 6)) == 0:
            break
    return tuple(parts)


@st.composite
def slices(draw: st.DrawFn, size: int) -> slice:
    bound = st.one_of(st.none(), st.integers(-size - 1, size + 1))
    return slice(draw(bound), draw(bound), draw(st.sampled_from((None, 1, 2, 3))))


def index_of(t: Any, parts: tuple[Any, ...]) -> Any:
    made = tuple(t.from_numpy(np.array(p)) if isinstance(p, np.ndarray) else p for p in parts)
    return made[0] if len(made) == 1 else made


@settings(hundreds, max_examples=800)
@given(st.data())
def test_getting_by_any_index(data: st.DataObject) -> None:
    shape = data.draw(shapes())
    parts = data.draw(indices(shape))
    array = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    ours, theirs = (
        see(t, lambda t, x: x[index_of(t, parts)], [array], [True]) for t in (plugrad, torch)
    )
    with expecting(f"get {parts}", "random"):
        compare(ours, theirs, "forward", 0)
        compare(ours, theirs, "graph", 0)
        compare(ours, theirs, "gradients", 0)


@settings(hundreds, max_examples=800)
@given(st.data())
def test_setting_by_any_index(data: st.DataObject) -> None:
    shape = data.draw(shapes(3))
    parts = data.draw(indices(shape))
    array = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    value = data.draw(st.sampled_from(("number", "tensor", "row", "own")))

    def call(t: Any, x: Any, v: Any) -> Any:
        y = x * 1
        index = index_of(t, parts)
        y[index] = {"number": 5.0, "tensor": v.sum(), "row": v, "own": y[index] * 2}[value]
        return y

    row = np.linspace(1, 2, 3, dtype="float32")[: data.draw(st.integers(1, 3))]
    ours, theirs = (see(t, call, [array, row], [True, True]) for t in (plugrad, torch))
    with expecting(f"set {parts}", "random"):
        compare(ours, theirs, "forward", 0)
        compare(ours, theirs, "graph", 0)
        compare(ours, theirs, "gradients", 4)


# -------------------------------------------------------------------------------- reductions

OVER_DIMS = ("sum", "mean", "amax", "amin", "all", "any", "logsumexp", "nansum", "var", "std")
OVER_ONE = (
    "prod", "max", "min", "argmax", "argmin", "cumsum", "cumprod", "median", "softmax",
    "log_softmax", "sort", "count_nonzero",
)  # fmt: skip
WITHOUT = ("sum", "mean", "prod", "max", "min", "argmax", "all", "any", "var", "std", "norm")


@pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning")  # both libraries warn
@hundreds
@given(st.data())
def test_reductions(data: st.DataObject) -> None:
    shape = data.draw(shapes())
    dtype = data.draw(st.sampled_from(("float32", "float64", "float16", "int64", "uint8", "bool")))
    array = data.draw(drawn(shape, dtype))
    dims = st.integers(-len(shape) - 1, len(shape))
    kind = data.draw(st.sampled_from(("none", "one", "many")))
    given: tuple[Any, ...] = ()
    named: dict[str, Any] = {}
    if kind == "none":
        name = data.draw(st.sampled_from(WITHOUT))
    elif kind == "one":
        name = data.draw(st.sampled_from((*OVER_DIMS, *OVER_ONE)))
        given = (data.draw(dims),)
    else:
        name = data.draw(st.sampled_from(OVER_DIMS))
        given = (tuple(data.draw(st.lists(dims, max_size=3))),)
    if given and name in OVER_DIMS and data.draw(st.booleans()):
        named["keepdim"] = True
    # Products of infinities, and what goes beyond float16 midway, are NaN at another place.
    assume(name not in ("prod", "cumprod", "var", "std") or np.isfinite(array).all())
    assume(name not in ("var", "std") or dtype != "float16" or abs(array).max(initial=0) < 100)
    assume(name not in ("prod", "cumprod") or dtype != "float16")
    # Over no dims PyTorch refuses logsumexp, and divides the gradient of var by 0.
    assume(name not in ("var", "std", "logsumexp") or given != ((),))
    # Without elements PyTorch takes dtypes here that it otherwise refuses.
    assume(name not in ("softmax", "log_softmax", "logsumexp") or array.dtype.kind == "f")
    ours, theirs = (
        see(t, lambda t, x: getattr(x, name)(*given, **named), [array], [array.dtype.kind == "f"])
        for t in (plugrad, torch)
    )
    assume(not unsupported(theirs))
    # Of two things that are wrong, either may be said first.
    assume(not (ours.error and theirs.error))
    with expecting(f"{name}{given} of {dtype}{list(shape)}", "random"):
        compare(ours, theirs, "forward", 4)
        compare(ours, theirs, "graph", 0)
        compare(ours, theirs, "gradients", 8)


# ------------------------------------------------------------------------------------- shapes


@hundreds
@given(st.data())
def test_reshaping(data: st.DataObject) -> None:
    shape = data.draw(shapes())
    array = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    order = data.draw(st.permutations(range(len(shape))))
    sizes = st.integers(-1, 6)
    target = data.draw(
        st.one_of(
            st.lists(sizes, max_size=4),
            st.permutations(shape),
            st.just([-1]),
            st.just([*shape, 1]),
            st.just([1, *shape]),
        )
    )
    name = data.draw(st.sampled_from(("reshape", "view", "expand")))

    def call(t: Any, x: Any) -> Any:
        return getattr(x.permute(*order) if order else x, name)(tuple(target))

    # PyTorch expands a new dimension to -1, and makes a tensor that it cannot print.
    assume(name != "expand" or -1 not in target[: max(0, len(target) - len(shape))])
    ours, theirs = (see(t, call, [array], [True]) for t in (plugrad, torch))
    with expecting(f"{name} {shape} {order} {target}", "random"):
        compare(ours, theirs, "forward", 0)
        compare(ours, theirs, "graph", 0)
        compare(ours, theirs, "gradients", 64)


@pytest.mark.parametrize(
    "name", ["transpose", "movedim", "flatten", "squeeze", "unsqueeze", "flip"]
)
@settings(hundreds, max_examples=80)
@given(data=st.data())
def test_dims(name: str, data: st.DataObject) -> None:
    shape = data.draw(shapes())
    dims = st.integers(-len(shape) - 1, len(shape) + 1)
    count = 2 if name in ("transpose", "movedim", "flatten") else 1
    chosen = [data.draw(dims) for _ in range(count)]
    array = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    ours, theirs = (
        see(t, lambda t, x: getattr(x, name)(*chosen), [array], [True]) for t in (plugrad, torch)
    )
    with expecting(f"{name} {shape} {chosen}", "random"):
        compare(ours, theirs, "forward", 0)
        compare(ours, theirs, "graph", 0)
        compare(ours, theirs, "gradients", 0)
