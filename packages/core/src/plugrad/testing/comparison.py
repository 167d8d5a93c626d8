"""Asserting that what was computed is what was expected, up to rounding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy

import plugrad
from plugrad import dtypes
from plugrad.autograd.modes import no_grad
from plugrad.autograd.tape import TensorBase

__all__ = ["assert_close"]

Message = str | Callable[[str], str] | None

# Of each dtype: how far apart numbers may be, relative to what was expected, and absolutely.
_TOLERANCES: Final = {
    dtypes.float16: (1e-3, 1e-5),
    dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7),
    dtypes.complex64: (1.3e-6, 1e-5),
    dtypes.complex128: (1e-7, 1e-7),
}


@dataclass(frozen=True)
class _Terms:
    """What was asked of a comparison."""

    subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    device: bool
    dtype: bool
    layout: bool
    stride: bool

    def tolerances(self, *kinds: Any) -> tuple[float, float]:
        """Return the tolerances: those given, or the widest of the dtypes' own."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        own = [_TOLERANCES.get(kind, (0.0, 0.0)) for kind in kinds]
        return max(r for r, _ in own), max(a for _, a in own)


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None,
    atol: float | None = None, equal_nan: bool = False, check_device: bool = True,
    check_dtype: bool = True, check_layout: bool = True, check_stride: bool = False,
    msg: Message = None,
) -> None:  # fmt: skip
    """Check that ``abs(actual - expected) <= atol + rtol * abs(expected)`` everywhere.

    Parameters
    ----------
    actual, expected : Tensor, ndarray, number, bool or None
        Or sequences and mappings of such, nested.
    allow_subclasses : bool
        Whether their types may be different ones, one derived from the other.
    rtol, atol : float, optional
        Both or neither; by default as the dtype has it: exact for integers, 1.3e-6 and 1e-5 for
        float32, 1e-7 for float64, 1e-3 and 1e-5 for float16, 1.6e-2 and 1e-5 for bfloat16.
    equal_nan : bool
        Whether nan equals nan.
    check_device, check_dtype, check_layout, check_stride : bool
        Whether these must be the same.
    msg : str or callable, optional
        What to say instead; a callable is given what would be said.

    Raises
    ------
    AssertionError
        If they are not close, or of different shape, dtype, device, length or keys.
    TypeError
        If they cannot be compared.
    ValueError, RuntimeError
        If only one of `rtol` and `atol` is given, or one is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.testing.assert_close(plugrad.tensor([1.0]), plugrad.tensor([1.0 + 1e-7]))
    """
    if (rtol is None) is not (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"assert_close(): rtol and atol belong together; give {missing} as well")
    if rtol is not None and atol is not None and min(rtol, atol) < 0:
        raise RuntimeError(f"assert_close(): rtol={rtol} and atol={atol} must not be negative")
    terms = _Terms(
        allow_subclasses, rtol, atol, equal_nan, check_device, check_dtype, check_layout,
        check_stride,
    )  # fmt: skip
    with no_grad():
        try:
            _compare(actual, expected, terms, "")
        except AssertionError as error:
            text = str(error)
            said = text if msg is None else msg(text) if callable(msg) else msg
            raise AssertionError(said) from None


def _compare(actual: Any, expected: Any, terms: _Terms, place: str) -> None:
    """Compare two values at a place in what contains them."""
    both = (actual, expected)
    if all(isinstance(x, Sequence) and not isinstance(x, str) for x in both):
        if len(actual) != len(expected):
            _fail(place, f"found {len(actual)} items, expected {len(expected)}")
        for number, (one, other) in enumerate(zip(actual, expected, strict=True)):
            _compare(one, other, terms, f"{place}[{number}]")
    elif all(isinstance(x, Mapping) for x in both):
        if actual.keys() != expected.keys():
            lacking = sorted(map(repr, expected.keys() - actual.keys()))
            extra = sorted(map(repr, actual.keys() - expected.keys()))
            _fail(place, f"keys missing: {', '.join(lacking)}; unexpected: {', '.join(extra)}")
        for key in expected:
            _compare(actual[key], expected[key], terms, f"{place}[{key!r}]")
    elif actual is None or expected is None:
        if actual is not expected:
            _fail(place, f"found {actual}, expected {expected}")
    elif not _comparable(actual, expected, terms):
        where = f" at {place}" if place else ""
        raise TypeError(
            f"assert_close(): {type(actual).__name__} and {type(expected).__name__}{where} cannot "
            "be compared; convert one to the type of the other"
        )
    elif isinstance(actual, TensorBase):
        _compare_tensors(actual, expected, terms, place)
    elif isinstance(actual, (bool, numpy.bool_)):
        if bool(actual) is not bool(expected):
            _fail(place, f"found {actual}, expected {expected}")
    elif isinstance(actual, (numpy.ndarray, numpy.generic)):
        _compare_arrays(numpy.asarray(actual), numpy.asarray(expected), terms, place)
    else:
        _compare_numbers(actual, expected, terms, place)


def _comparable(actual: Any, expected: Any, terms: _Terms) -> bool:
    """Return whether two values are of types that can be compared with each other."""
    for kinds in ((TensorBase,), (bool, numpy.bool_), (int, float, complex, numpy.number)):
        if isinstance(actual, kinds) and isinstance(expected, kinds):
            first, second = type(actual), type(expected)
            if TensorBase in kinds:
                if not terms.subclasses:
                    return first is second
                return issubclass(first, second) or issubclass(second, first)
            return True
    return isinstance(actual, numpy.ndarray) and isinstance(expected, numpy.ndarray)


def _fail(place: str, text: str) -> None:
    raise AssertionError(f"at {place}: {text}" if place else text)


def _compare_numbers(actual: Any, expected: Any, terms: _Terms, place: str) -> None:
    kinds = [
        dtypes.int64 if isinstance(x, (int, numpy.integer))
        else dtypes.complex128 if isinstance(x, (complex, numpy.complexfloating))
        else dtypes.float64
        for x in (actual, expected)
    ]  # fmt: skip
    if terms.dtype and kinds[0] is not kinds[1]:
        _fail(place, f"found a number of type {type(actual).__name__}, expected "
                     f"{type(expected).__name__}; check_dtype=False lets it pass")  # fmt: skip
    _compare_values(numpy.asarray(actual), numpy.asarray(expected), kinds, terms, place)


def _compare_arrays(actual: Any, expected: Any, terms: _Terms, place: str) -> None:
    _compare_tensors(plugrad.tensor(actual), plugrad.tensor(expected), terms, place)


def _compare_tensors(actual: Any, expected: Any, terms: _Terms, place: str) -> None:
    checks = (
        ("shape", True, lambda x: list(x.shape)),
        ("layout", terms.layout, lambda x: x.layout),
        ("device", terms.device, lambda x: x.device),
        ("dtype", terms.dtype, lambda x: x.dtype),
        ("strides", terms.stride, lambda x: x.stride()),
    )
    for name, asked, read in checks:
        if asked and read(actual) != read(expected):
            _fail(place, f"found {name} {read(actual)}, expected {read(expected)}")
    kinds = [actual.dtype, expected.dtype]
    arrays = [x.detach().cpu().numpy() for x in (actual, expected)]
    _compare_values(arrays[0], arrays[1], kinds, terms, place)


def _compare_values(found: Any, wanted: Any, kinds: Any, terms: _Terms, place: str) -> None:
    rtol, atol = terms.tolerances(*kinds)
    with numpy.errstate(all="ignore"):
        found, wanted, apart = _differences(found, wanted)
        size = numpy.abs(wanted)
        near = (found == wanted) | (numpy.isfinite(apart) & (apart <= atol + rtol * size))
        if terms.equal_nan:
            near |= numpy.isnan(found) & numpy.isnan(wanted)
        if near.all():
            return
        relative = numpy.where((apart == 0) & (size == 0), 0.0, apart / size)
    wrong = near.size - int(numpy.count_nonzero(near))
    exact = not (rtol or atol)
    if not near.shape:
        lines = [
            f"found {found}, expected {wanted}",
            f"absolute difference {apart}" + ("" if exact else f", allowed {atol}"),
            f"relative difference {relative}" + ("" if exact else f", allowed {rtol}"),
        ]
        _fail(place, "\n".join(lines))
    lines = [f"{wrong} of {near.size} elements ({wrong / near.size:.1%}) differ"]
    for name, values, allowed in (("absolute", apart, atol), ("relative", relative, rtol)):
        # What is close enough, as equal infinities are, has no part in it.
        counted = numpy.where(near, values.dtype.type(0), values)
        index = tuple(map(int, numpy.unravel_index(numpy.argmax(counted), near.shape)))
        limit = "" if exact else f", allowed {allowed}"
        lines.append(f"greatest {name} difference {values[index]} at index {index}{limit}")
    _fail(place, "\n".join(lines))


def _differences(found: Any, wanted: Any) -> tuple[Any, Any, Any]:
    """Return both in one dtype that holds them, and how far apart they are."""
    kind = numpy.result_type(found.dtype, wanted.dtype)
    if kind.kind in "biu":
        if kind.kind == "b":
            kind = numpy.dtype(numpy.int64)
        found, wanted = found.astype(kind), wanted.astype(kind)
        # The greater less the smaller: never below 0, which unsigned integers do not reach.
        return found, wanted, numpy.maximum(found, wanted) - numpy.minimum(found, wanted)
    if kind.kind not in "fc":
        kind = numpy.dtype(numpy.float32)  # bfloat16, of which NumPy knows little
    if kind.itemsize < 4:
        kind = numpy.dtype(numpy.float32)
    found, wanted = found.astype(kind), wanted.astype(kind)
    return found, wanted, numpy.abs(found - wanted)
