"""Bounds: the larger and the smaller of two elements, and clamping between two."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import require_tensor
from plugrad.operators.numbers import fitting
from plugrad.operators.operands import number_of, wide_enough
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.forms import elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["clamp"]

# -------------------------------------------------------------------------- the larger, the smaller

elementwise(
    "maximum", accepts="real", numbers="none", expose="function method",
    x=lambda k, g, x, y: k.keep(k.where(x == y, g / 2, g), k.logical_not(x < y)),
    y=lambda k, g, x, y: k.keep(k.where(x == y, g / 2, g), k.logical_not(x > y)),
)  # fmt: skip
elementwise(
    "minimum", accepts="real", numbers="none", expose="function method",
    x=lambda k, g, x, y: k.keep(k.where(x == y, g / 2, g), k.logical_not(x > y)),
    y=lambda k, g, x, y: k.keep(k.where(x == y, g / 2, g), k.logical_not(x < y)),
)  # fmt: skip


def _or_nan(k: Any, mask: Any, y: Any) -> Any:
    return k.logical_or(mask, k.isnan(y))


# These ignore a nan, and of equals take the first.
elementwise(
    "fmax", accepts="real", numbers="none", expose="function method",
    body=lambda k, x, y: k.where(_or_nan(k, x >= y, y), x, y),
    x=lambda k, g, x, y: k.keep(g, _or_nan(k, x >= y, y)),
    y=lambda k, g, x, y: k.keep(g, k.logical_not(_or_nan(k, x >= y, y))),
)  # fmt: skip
elementwise(
    "fmin", accepts="real", numbers="none", expose="function method",
    body=lambda k, x, y: k.where(_or_nan(k, x <= y, y), x, y),
    x=lambda k, g, x, y: k.keep(g, _or_nan(k, x <= y, y)),
    y=lambda k, g, x, y: k.keep(g, k.logical_not(_or_nan(k, x <= y, y))),
)  # fmt: skip

# ----------------------------------------------------------------------------------------- bounds


def _inside(k: Any, x: Any, min: Any, max: Any) -> Any:
    """Return where `x` lies within the bounds, of which one may be None."""
    if min is None:
        return x <= max
    return x >= min if max is None else k.logical_and(x >= min, x <= max)


elementwise(
    "clamp", "x; min=None, max=None", node="ClampBackward1", accepts="real", expose="",
    x=lambda k, g, x, min, max: k.keep(g, _inside(k, x, min, max)),
)  # fmt: skip


def _lower_slope(k: Any, g: Any, x: Any, min: Any, max: Any) -> Any:
    below = x < min
    return k.keep(g, below if max is None else k.logical_and(below, min < max))


def _upper_slope(k: Any, g: Any, x: Any, min: Any, max: Any) -> Any:
    above = x > max
    return k.keep(g, above if min is None else k.logical_or(above, max < min))


elementwise(
    "clamp_tensor", "x, min?, max?", node="ClampBackward0", aten="aten::clamp", accepts="real",
    numbers="not first", expose="", x=lambda k, g, x, min, max: k.keep(g, _inside(k, x, min, max)),
    min=_lower_slope, max=_upper_slope,
)  # fmt: skip

elementwise(
    "clamp_min", "x; bound", accepts="real", expose="",
    x=lambda k, g, x, bound: k.keep(g, x >= bound),
)  # fmt: skip
elementwise(
    "clamp_max", "x; bound", accepts="real", expose="",
    x=lambda k, g, x, bound: k.keep(g, x <= bound),
)  # fmt: skip
elementwise(
    "clamp_min_tensor", "x, y", node="ClampMinBackward1", aten="aten::clamp_min", accepts="real",
    expose="", body=lambda k, x, y: k.maximum(x, y),
    x=lambda k, g, x, y: k.keep(g, x >= y), y=lambda k, g, x, y: k.keep(g, x < y),
)  # fmt: skip
elementwise(
    "clamp_max_tensor", "x, y", node="ClampMaxBackward1", aten="aten::clamp_max", accepts="real",
    expose="", body=lambda k, x, y: k.minimum(x, y),
    x=lambda k, g, x, y: k.keep(g, x <= y), y=lambda k, g, x, y: k.keep(g, x > y),
)  # fmt: skip

Call = tuple[str, tuple[Any, ...], tuple[Any, ...]]
"""An operator's name, its arrays and its parameters."""


def _beside_numbers(name: str, x: Any, *bounds: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a tensor in the dtype that its bounds ask for, and the bounds in that dtype."""
    numbers = [number_of(bound) for bound in bounds]
    for number in numbers:
        if number is not None:
            x = wide_enough(x, number)
    return x, tuple(None if n is None else fitting(name, n, x._dtype) for n in numbers)


def _refuse_other(name: str, input: Any, *bounds: Any) -> None:
    require_tensor(name, input)
    for bound in bounds:
        if not (bound is None or isinstance(bound, TensorBase) or is_number(bound)):
            raise TypeError(
                f"{name}(): a bound must be a number or a Tensor, not {type(bound).__name__}"
            )


def _clamp(name: str, x: Any, min: Any, max: Any) -> Call:
    require_tensor(name, x)
    _refuse_other(name, x, min, max)
    if min is None and max is None:
        raise RuntimeError(f"{name}(): at least one of min and max must not be None")
    if isinstance(min, TensorBase) or isinstance(max, TensorBase):
        return "clamp_tensor", (x, min, max), ()
    x, numbers = _beside_numbers(name, x, min, max)
    return "clamp", (x,), numbers


@function("function method", names="clamp clip")
def clamp(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Any:
    """Return `input`, with what lies outside of two bounds moved onto the nearer one.

    Parameters
    ----------
    input : Tensor
    min, max : number or Tensor, optional
        The bounds, not both None. Where they cross, `max` counts.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor
        Its gradient is that of `input` on the bounds themselves, too.

    Raises
    ------
    RuntimeError
        Without a bound, for complex numbers, or shapes that do not broadcast.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.clamp(plugrad.tensor([-2.0, 0.5, 2.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    known = isinstance(input, TensorBase) and _plain(min) and _plain(max) and min is not max
    if known and input._dtype.weak_scalar:
        return operators["clamp"].call(input, min, max, out=out)
    name, arrays, params = _clamp("clamp", input, min, max)
    return operators[name].call(*arrays, *params, out=out)


def _plain(bound: Any) -> bool:
    return bound is None or bound.__class__ is float or bound.__class__ is int


def _in_place(x: Any, call: Call) -> Any:
    name, arrays, params = call
    if arrays[0] is not x:
        # The bounds ask for a wider dtype: inplace() says that the result does not fit.
        return inplace(operators[f"{name}_tensor"], (x, *params), ())
    return inplace(operators[name], arrays, params)


@function("function method", names="clamp_ clip_")
def clamp_(input: Any, min: Any = None, max: Any = None) -> Any:
    """Move what lies outside of two bounds onto the nearer one."""
    return _in_place(input, _clamp("clamp_", input, min, max))


def _one_bound(name: str, x: Any, bound: Any) -> Call:
    if bound is None:
        raise TypeError(f"{name}(): the bound must be a number or a Tensor, not None")
    _refuse_other(name, x, bound)
    if isinstance(bound, TensorBase):
        return f"{name}_tensor", (x, bound), ()
    x, numbers = _beside_numbers(name, x, bound)
    return name, (x,), numbers


@function("function method")
def clamp_min(input: Any, min: Any, *, out: Any = None) -> Any:
    """Return the larger of each element and `min`: see `plugrad.clamp`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.clamp_min(plugrad.tensor([1.0, 5.0]), 3)
    tensor([3., 5.])
    """
    name, arrays, params = _one_bound("clamp_min", input, min)
    return operators[name].call(*arrays, *params, out=out)


@function("function method")
def clamp_max(input: Any, max: Any, *, out: Any = None) -> Any:
    """Return the smaller of each element and `max`: see `plugrad.clamp`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.clamp_max(plugrad.tensor([1.0, 5.0]), 3)
    tensor([1., 3.])
    """
    name, arrays, params = _one_bound("clamp_max", input, max)
    return operators[name].call(*arrays, *params, out=out)


@function("function method")
def clamp_min_(input: Any, min: Any) -> Any:
    """Raise each element to at least `min`."""
    return _in_place(input, _one_bound("clamp_min", input, min))


@function("function method")
def clamp_max_(input: Any, max: Any) -> Any:
    """Lower each element to at most `max`."""
    return _in_place(input, _one_bound("clamp_max", input, max))
