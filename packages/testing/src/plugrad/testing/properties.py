"""Properties that every operator has: each a function that raises AssertionError where it fails.

A property takes a sample, and the device to try it on::

    for sample in samples():
        for property in PROPERTIES.values():
            property(sample, "cpu")

Those of derivatives compare with finite differences along random directions: of
``L(x) = sum(Re(conj(w) * f(x)))`` with a random `w`, whose differential is
``Re(conj(gradient) * dx)`` in PyTorch's convention for complex numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy

import plugrad
from plugrad import random
from plugrad.autograd.modes import mode
from plugrad.dtypes import from_numpy_dtype
from plugrad.func import vmap
from plugrad.limits import finfo
from plugrad.operators.device_table import get_default_device, set_default_device
from plugrad.testing.running import (
    Run,
    as_tensor,
    flattened,
    gradients,
    numbers,
    run,
    seeded_like,
)
from plugrad.testing.samples import Sample
from plugrad.transforms.jvp import jvp

__all__ = ["PROPERTIES", "assert_close", "holds"]

Array = numpy.ndarray[Any, Any]
Property = Callable[[Sample, str], None]

PROPERTIES: Final[dict[str, Property]] = {}
"""Every property by name."""


def holds(check: Property) -> Property:
    """Add a property to `PROPERTIES`."""
    PROPERTIES[check.__name__] = check
    return check


def assert_close(found: Array, expected: Array, ulps: float, what: str, scale: float = 0.0) -> None:
    """Check that arrays are of one dtype and shape, and agree.

    Parameters
    ----------
    found, expected : array
    ulps : float
        How many units in the last place they may differ by: of the largest element, for smaller
        ones are often differences of such. 0 asks for the same bits, the sign of 0 aside.
    what : str
        For the message.
    scale : float
        What the largest element is taken for, where it is smaller: sums of terms of about this
        size may nearly cancel.

    Raises
    ------
    AssertionError
        If they do not.
    """
    assert found.dtype == expected.dtype, f"{what}: {found.dtype} instead of {expected.dtype}"
    assert found.shape == expected.shape, f"{what}: {found.shape} instead of {expected.shape}"
    same = found == expected
    if found.dtype.kind in "fc" or found.dtype.name == "bfloat16":
        same |= numpy.isnan(found) & numpy.isnan(expected)
        if ulps and not same.all():
            finite = numpy.abs(expected[numpy.isfinite(expected)]).astype(float)
            scale = max(scale, float(finite.max(initial=0.0)))
            with numpy.errstate(invalid="ignore"):
                same |= numpy.abs(found - expected) <= ulps * _unit(found.dtype) * scale
    if not same.all():
        worst = numpy.argwhere(~same)[0].tolist()
        raise AssertionError(
            f"{what}: {found[tuple(worst)]!r} instead of {expected[tuple(worst)]!r} at {worst}, "
            f"{int((~same).sum())} of {same.size} elements differ"
        )


def _unit(dtype: Any) -> float:
    return float(finfo(from_numpy_dtype(dtype)).eps)


def _host(tensors: Sequence[Any]) -> list[Array]:
    return [numpy.array(numbers(tensor)) for tensor in tensors]


def _agree(found: Sequence[Array], expected: Sequence[Array], ulps: float, what: str) -> None:
    assert len(found) == len(expected), f"{what}: {len(found)} instead of {len(expected)}"
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert_close(one, other, ulps, f"{what} {number}")


def _dtypes(sample: Sample, *, also: str = "") -> list[str]:
    """Return the dtypes to try; where a sample has no floating-point input, one is enough."""
    if not any(given.kind == "real" for given in sample.inputs):
        return ["float64"]
    return [*sample.dtypes, *([also] if also and also not in sample.dtypes else [])]


# --------------------------------------------------------------------------- values and dtypes


@holds
def float32_agrees_with_float64(sample: Sample, device: str) -> None:
    """Check that float32 results are close to float64 ones, and stay float32."""
    if not {"float32", "float64"} <= set(_dtypes(sample)):
        return
    narrow = sample.arrays("float32")
    wide = [a.astype("float64") if a.dtype == "float32" else a for a in narrow]
    found, expected = (run(sample, arrays, device).outputs for arrays in (narrow, wide))
    for number, (one, other) in enumerate(zip(_host(found), _host(expected), strict=True)):
        kind = {"float64": "float32", "complex128": "complex64"}.get(other.dtype.name)
        assert_close(one, other.astype(kind or other.dtype), 64, f"output {number}")


@holds
def inputs_stay_as_they_were(sample: Sample, device: str) -> None:
    """Check that neither the call nor its backward writes to an input."""
    for dtype in _dtypes(sample):
        arrays = sample.arrays(dtype)
        made = run(sample, arrays, device)
        gradients(made)
        for before, tensor in zip(sample.arrays(dtype), made.inputs, strict=True):
            assert_close(numbers(tensor), before, 0, "input")
            assert tensor._version == 0, "an input has a new version"


@holds
def recording_changes_no_value(sample: Sample, device: str) -> None:
    """Check that outputs are the same under ``no_grad``, where they have no history.

    But for last bits: some products are computed in another order where a gradient is wanted.
    """
    for dtype in _dtypes(sample):
        recorded = run(sample, sample.arrays(dtype), device)
        with plugrad.no_grad():
            plain = run(sample, sample.arrays(dtype), device)
        _agree(_host(plain.outputs), _host(recorded.outputs), 2, "output")
        assert all(y.grad_fn is None for y in plain.outputs)


@holds
def layout_does_not_matter(sample: Sample, device: str) -> None:
    """Check that transposed and strided inputs give the values and gradients of dense ones."""
    for dtype in _dtypes(sample):
        expected = run(sample, sample.arrays(dtype), device)
        slopes = gradients(expected)
        for layout in (_transposed, _strided, _offset):
            made = run(sample, [layout(array) for array in sample.arrays(dtype)], device)
            _agree(_host(made.outputs), _host(expected.outputs), 16, f"{layout.__name__} output")
            _agree(_host(gradients(made)), _host(slopes), 16, f"{layout.__name__} gradient")


def _transposed(array: Array) -> Array:
    return array.T.copy().T


def _strided(array: Array) -> Array:
    wide = numpy.zeros(tuple(2 * size for size in array.shape), array.dtype)
    every_other: Any = (..., *(slice(1, None, 2) for _ in array.shape))
    view: Array = wide[every_other]
    view[...] = array
    return view


def _offset(array: Array) -> Array:
    flat = numpy.zeros(array.size + 3, array.dtype)
    flat[3:] = array.reshape(-1)
    return flat[3:].reshape(array.shape)


# ------------------------------------------------------------------------------- derivatives


@holds
def gradient_is_the_derivative(sample: Sample, device: str) -> None:
    """Compare the gradient with finite differences, in float64 and, where named, complex128."""
    for dtype in {"float64", "complex128"}.intersection(_dtypes(sample)):
        arrays = sample.arrays(dtype)
        made = run(sample, arrays, device)
        found = _host(gradients(made))
        starts = seeded_like(made.differentiable, 1)

        def value(arrays: Sequence[Array]) -> float:
            outputs = run(sample, arrays, device).differentiable
            return _inner(starts, [numbers(y) for y in outputs])  # noqa: B023  # called here

        _check_along_directions(value, arrays, _differentiable(sample, arrays), found)


@holds
def second_derivative_is_the_gradients(sample: Sample, device: str) -> None:
    """Compare the derivative of the gradient, by inputs and by its start, with differences."""
    if not sample.second:
        return
    for dtype in {"float64", "complex128"}.intersection(_dtypes(sample)):
        arrays = sample.arrays(dtype)
        made = run(sample, arrays, device)
        if not made.differentiable or not made.leaves:
            return
        starts = seeded_like(made.differentiable, 1)
        slopes, variables = _recorded_gradients(made, starts, device)
        weights = seeded_like(slopes, 2)
        found = _host(_gradients_of(slopes, variables, weights, device))
        places = _differentiable(sample, arrays)

        def value(both: Sequence[Array]) -> float:
            made = run(sample, both[: len(arrays)], device)  # noqa: B023
            given = [as_tensor(s, device) for s in both[len(arrays) :]]  # noqa: B023
            slopes = plugrad.autograd.grad(
                made.differentiable, made.leaves, given, materialize_grads=True
            )
            return _inner(weights, [numbers(g) for g in slopes if g is not None])  # noqa: B023

        places += range(len(arrays), len(arrays) + len(starts))
        _check_along_directions(value, [*arrays, *starts], places, found)


def _recorded_gradients(made: Run, starts: list[Array], device: str) -> tuple[list[Any], list[Any]]:
    """Return gradients with history, and what they can be differentiated by."""
    given = [as_tensor(array.copy(), device).requires_grad_() for array in starts]
    slopes = plugrad.autograd.grad(
        made.differentiable, made.leaves, given, create_graph=True, materialize_grads=True
    )
    return list(slopes), [*made.leaves, *given]


def _gradients_of(
    slopes: list[Any], variables: list[Any], weights: list[Array], device: str
) -> list[Any]:
    pairs = zip(slopes, weights, strict=True)
    recorded = [(g, as_tensor(w, device)) for g, w in pairs if g.requires_grad]
    if not recorded:
        return [plugrad.zeros_like(x.detach()) for x in variables]
    outputs, starts = zip(*recorded, strict=True)
    return list(plugrad.autograd.grad(outputs, variables, starts, materialize_grads=True))


def _differentiable(sample: Sample, arrays: Sequence[Array]) -> list[int]:
    """Return the positions of the arrays that take a gradient."""
    pairs = zip(sample.inputs, arrays, strict=True)
    return [i for i, (given, array) in enumerate(pairs) if given.grad and array.dtype.kind in "fc"]


def _inner(left: Sequence[Array], right: Sequence[Array]) -> float:
    return float(sum(numpy.vdot(a, b).real for a, b in zip(left, right, strict=True)))


def _check_along_directions(
    value: Callable[[Sequence[Array]], float],
    arrays: Sequence[Array],
    places: Sequence[int],
    found: Sequence[Array],
) -> None:
    """Compare each gradient with finite differences of `value`, along two random directions."""
    if not found:
        return
    for place, gradient in zip(places, found, strict=True):
        for seed in (3, 4):
            shape = arrays[place].shape
            direction: Any = numpy.random.default_rng(seed).standard_normal(shape)
            if arrays[place].dtype.kind == "c":
                direction = direction + 1j * numpy.random.default_rng(seed + 2).standard_normal(
                    arrays[place].shape
                )
            slope = _inner([gradient], [numpy.asarray(direction)])
            scale = float(numpy.abs(gradient * direction).sum()) + 1e-3
            difference = _difference(value, arrays, place, direction, slope, 1e-6 * scale)
            if not abs(difference - slope) <= 1e-6 * scale and not numpy.isnan(difference):
                raise AssertionError(
                    f"the gradient of array {place} gives {slope!r} along a direction, finite "
                    f"differences {difference!r}"
                )


def _difference(
    value: Callable[[Sequence[Array]], float],
    arrays: Sequence[Array],
    place: int,
    direction: Array,
    expected: float,
    tolerance: float,
) -> float:
    """Return the derivative along a direction; the step shrinks until it is what is expected.

    Central differences with two steps, combined so that their error is of fourth order
    (Richardson's extrapolation). Where the function has kinks near, only small steps are right.
    """

    def at(step: float) -> float:
        moved = list(arrays)
        moved[place] = numpy.asarray(arrays[place] + step * direction)
        return value(moved)

    best = float("nan")
    for step in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7):
        wide = (at(step) - at(-step)) / (2 * step)
        narrow = (at(step / 2) - at(-step / 2)) / step
        difference = (4 * narrow - wide) / 3
        if not abs(best - expected) <= abs(difference - expected):
            best = difference
        if abs(best - expected) <= tolerance:
            break
    return best


@holds
def forward_mode_agrees_with_backward(sample: Sample, device: str) -> None:
    """Check that a derivative along a direction is the gradient's product with it.

    Not where the gradient is something else by convention, nor where values are not finite.
    """
    for dtype in ("float64", "complex128"):
        if dtype not in sample.dtypes or "gradient_is_the_derivative" in sample.skip:
            continue
        arrays = sample.arrays(dtype)
        made = run(sample, arrays, device)
        if not made.differentiable or not made.leaves:
            continue
        found = _host(gradients(made))
        plain = _host(made.outputs)
        if not all(numpy.isfinite(array).all() for array in (*found, *plain)):
            continue
        places = _differentiable(sample, arrays)
        directions = seeded_like(made.leaves, 7)
        values, derivatives = _pushed_forward(sample, device, dtype, places, directions)
        _agree(values, plain, 64, "output of dual tensors")
        numbers_of = [i for i, tensor in enumerate(made.outputs) if tensor.requires_grad]
        forwards = [derivatives[i] for i in numbers_of]
        slope = _inner(found, directions)
        other = _inner(seeded_like(made.differentiable, 1), forwards)
        scale = sum(float(numpy.abs(g * d).sum()) for g, d in zip(found, directions, strict=True))
        assert abs(slope - other) <= 1e-9 * (scale + 1), (
            f"along a direction, forward mode gives {other!r}, the backward {slope!r}"
        )


def _pushed_forward(
    sample: Sample, device: str, dtype: str, places: Sequence[int], directions: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """Return a sample's outputs in forward mode, and their derivatives."""
    tensors = [as_tensor(array, device) for array in sample.arrays(dtype)]

    def call(*points: Any) -> list[Any]:
        given = list(tensors)
        for place, x in zip(places, points, strict=True):
            given[place] = x
        random.manual_seed(0)
        result = sample.call(plugrad, *given)
        return [y for y in flattened(result) if isinstance(y, plugrad.Tensor)]

    before = get_default_device()
    set_default_device(device)
    try:
        primals = tuple(tensors[place] for place in places)
        pushed = jvp(call, primals, tuple(as_tensor(array, device) for array in directions))
    finally:
        set_default_device(before)
    values, derivatives = (_host([each.detach() for each in part]) for part in pushed)
    return values, derivatives


_REFUSED_IN_BATCHES: Final = (
    "allclose", "equal", "is_nonzero", "__reduce_ex__", "normal", "bernoulli", "poisson",
    "multinomial", "geometric_", "bernoulli_", "quantile", "nanquantile", "histc", "cov", "apply_",
    "map_", "istft", "copy_", "stft",
)  # fmt: skip
"""What `vmap` may refuse: some look at numbers, some write samples into what is no batch."""

_NOT_IN_BATCHES: Final = (
    "resize_", "resize_as_", "set_", "__dlpack__", "__dlpack_device__", "rand_like", "randn_like",
    "histogram", "histogramdd",
)  # fmt: skip
"""What is about memory, or has results of many sizes."""


@holds
def a_batch_is_its_samples(sample: Sample, device: str) -> None:
    """Check that `vmap` gives what the call gives, sample by sample; all random numbers are shared.

    Inputs of real numbers are mapped over, but for those that were made to be something special.
    """
    mapped = [given.kind == "real" and given.transform is None for given in sample.inputs]
    refused = sample.name in _REFUSED_IN_BATCHES or sample.name.startswith("in place through")
    if "float64" not in sample.dtypes or not any(mapped) or sample.name in _NOT_IN_BATCHES:
        return

    def call(*tensors: Any) -> list[Any]:
        random.manual_seed(0)
        return [
            y for y in flattened(sample.call(plugrad, *tensors)) if isinstance(y, plugrad.Tensor)
        ]

    # One smaller than the other, so that what is no difference of size stays as it was.
    arrays = [sample.arrays("float64"), sample.arrays("float64")]
    arrays[1] = [
        numpy.asarray(array * 0.9) if moves else array
        for array, moves in zip(arrays[1], mapped, strict=True)
    ]
    before = get_default_device()
    set_default_device(device)
    try:
        alone = [_host([y.detach() for y in call(*_tensors(each, device))]) for each in arrays]
        together = [
            numpy.stack(pair) if moves else pair[0]
            for *pair, moves in zip(*arrays, mapped, strict=True)
        ]
        dims = tuple(0 if moves else None for moves in mapped)
        found = vmap(call, dims, randomness="same")(*_tensors(together, device))
    except RuntimeError as error:
        if refused and str(error).startswith("vmap: "):
            return
        raise
    finally:
        set_default_device(before)
    for number, expected in enumerate(alone):
        _agree([y[number] for y in _host(found)], expected, 4096, f"of sample {number}, output")


def _tensors(arrays: Sequence[Array], device: str) -> list[Any]:
    return [as_tensor(numpy.array(array), device) for array in arrays]


@holds
def gradient_stays_in_the_input_space(sample: Sample, device: str) -> None:
    """Check that a gradient has the shape, dtype and device of what it is the gradient of."""
    for dtype in _dtypes(sample, also="float16"):
        try:
            made = run(sample, sample.arrays(dtype), device)
        except RuntimeError:
            assert dtype == "float16", "only float16 may be refused"
            continue
        for found in (gradients(made, create_graph=True), gradients(made)):
            for x, gx in zip(made.leaves, found, strict=False):
                assert (gx.shape, gx.dtype, gx.device) == (x.shape, x.dtype, x.device)


@holds
def recorded_backward_is_the_raw_one(sample: Sample, device: str) -> None:
    """Check that ``create_graph`` changes no gradient."""
    for dtype in _dtypes(sample):
        raw = gradients(run(sample, sample.arrays(dtype), device))
        recorded = gradients(run(sample, sample.arrays(dtype), device), create_graph=True)
        _agree(_host(recorded), _host(raw), 64, "recorded gradient")


@holds
def a_retained_graph_gives_the_same_again(sample: Sample, device: str) -> None:
    """Check that under ``retain_graph`` a second backward has the same bits."""
    for dtype in _dtypes(sample):
        made = run(sample, sample.arrays(dtype), device)
        first = _host(gradients(made, retain_graph=True))
        _agree(_host(gradients(made)), first, 0, "second gradient")


@holds
def grad_aliases_nothing(sample: Sample, device: str) -> None:
    """Check that what lands in ``.grad`` is dense, writable, and shares memory with nothing."""
    for dtype in _dtypes(sample):
        made = run(sample, sample.arrays(dtype), device)
        if not made.differentiable:
            return
        starts = [as_tensor(array, device) for array in seeded_like(made.differentiable, 1)]
        plugrad.autograd.backward(made.differentiable, starts)
        others = [numbers(t) for t in (*made.inputs, *made.outputs, *starts)]
        for x in made.leaves:
            if x.grad is None:
                continue
            assert x.grad.is_contiguous(), "a .grad is not contiguous"
            array = numbers(x.grad)
            assert array.flags.writeable, "a .grad cannot be written to"
            shared = [other for other in others if numpy.may_share_memory(array, other)]
            assert not shared, "a .grad shares memory"
            others.append(array)


# ------------------------------------------------------------------------- other ways to call


@holds
def in_place_is_the_same(sample: Sample, device: str) -> None:
    """Check that the in-place form returns its tensor, with the other's value, gradient, node."""
    changing = sample.inplace
    if changing is None:
        return

    def call(t: Any, first: Any, *others: Any) -> Any:
        target = first * 1 if first.dtype is not t.bool else first.clone()
        version = target._version
        result = changing(t, target, *others)
        assert result is target, "the in-place form returns another tensor"
        unchanged = plugrad.equal(result.detach(), first.detach())
        assert target._version > version or unchanged, "the version stayed as it was"
        return result

    for dtype in _dtypes(sample):
        made = run(sample, sample.arrays(dtype), device, call)
        expected = run(sample, sample.arrays(dtype), device)
        _agree(_host(made.outputs), _host(expected.outputs), 0, "in-place output")
        _agree(_host(gradients(made)), _host(gradients(expected)), 4, "in-place gradient")
        nodes = [type(y.grad_fn).__name__ for y in (*made.outputs, *expected.outputs)]
        assert len(set(nodes)) == 1, f"nodes {nodes}"


@holds
def no_warning_leaks(sample: Sample, device: str) -> None:
    """Check that nothing warns or raises, whatever the numbers and the user's settings."""
    for special in (None, 0.0, numpy.inf, -numpy.inf, numpy.nan, 1e300):
        arrays = sample.arrays("float64")
        with warnings.catch_warnings(), numpy.errstate(all="raise"):
            warnings.simplefilter("error")
            settings = numpy.geterr()
            for array in arrays:
                if array.dtype.kind == "f" and special is not None and array.ndim:
                    array.reshape(-1)[::2] = special
            try:
                made = run(sample, arrays, device)
                gradients(made, create_graph=True, retain_graph=True)
                gradients(made)
            except (RuntimeError, IndexError, ValueError):
                # Such numbers may be refused, but nothing else.
                assert special is not None, "refused"
            assert numpy.geterr() == settings


@holds
def the_slow_path_is_the_fast_one(sample: Sample, device: str) -> None:
    """Check that off the compiled path everything is the same."""
    for dtype in _dtypes(sample):
        fast = run(sample, sample.arrays(dtype), device)
        slopes = _host(gradients(fast, retain_graph=True))
        mode.slow_down("tested")
        try:
            slow = run(sample, sample.arrays(dtype), device)
            _agree(_host(slow.outputs), _host(fast.outputs), 0, "output on the slow path")
            _agree(_host(gradients(slow)), slopes, 64, "gradient on the slow path")
        finally:
            mode.speed_up("tested")
        assert [_graph(y.grad_fn) for y in slow.outputs] == [
            _graph(y.grad_fn) for y in fast.outputs
        ]


def _graph(node: Any) -> Any:
    """Return the names of a node and of all below it, as nested tuples."""
    if node is None:
        return None
    return node.name(), tuple((_graph(below), number) for below, number in node.next_functions)


@holds
def is_the_same_while_watched(sample: Sample, device: str) -> None:
    """Check that an observer changes nothing, and sees every call come to its end."""
    from plugrad.vocabulary import observers

    class Watcher:
        depth = seen = 0

        def enter(self, op: Any, inputs: Any) -> None:
            self.depth += 1
            self.seen += 1

        def leave(self, token: Any, op: Any, result: Any) -> None:
            self.depth -= 1

    watcher = Watcher()
    plain = run(sample, sample.arrays("float64"), device)
    slopes = _host(gradients(plain))
    observers.watch(watcher)
    try:
        watched = run(sample, sample.arrays("float64"), device)
        found = gradients(watched)
    finally:
        observers.unwatch(watcher)
    assert watcher.depth == 0
    _agree(_host(watched.outputs), _host(plain.outputs), 0, "watched output")
    _agree(_host(found), slopes, 64, "watched gradient")
