"""Overwriting tensors with random numbers: ``uniform_``, ``normal_`` and their kind.

The numbers are PyTorch's, for the same seed. Into a tensor that is not contiguous they go in the
order of its memory. Arguments are checked before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy

from plugrad.autograd.tape import TensorBase
from plugrad.operators.filling import no_gradient, overwrite
from plugrad.operators.numbers import number_given
from plugrad.operators.options import integer_given, tensor_given
from plugrad.operators.randomness import draw, generator_given, put
from plugrad.random import Generator
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = [
    "bernoulli_",
    "cauchy_",
    "exponential_",
    "geometric_",
    "log_normal_",
    "normal_",
    "random_",
    "uniform_",
]

Numbers = Callable[[Generator, tuple[int, ...], Any, bool], numpy.ndarray[Any, Any]]
"""Draws from a generator in a shape and a NumPy dtype, for memory that is contiguous or not."""


def _filled(
    tensor: Any, name: str, node: str, generator: Any, numbers: Numbers, source: Any = None
) -> Tensor:
    """Fill a tensor with random numbers."""
    target: Any = tensor_given(name, "self", tensor)
    stream = generator_given(name, generator)
    table, shape, kind = target._table, tuple(target._array.shape), target._dtype.np

    def write() -> Any:
        # Arguments are checked and numbers drawn before any of them is written.
        return put(table, target._array, lambda flat: numbers(stream, shape, kind, flat))

    return overwrite(target, name, node, write, source, no_gradient)


def _real(caller: str, name: str, value: Any) -> float:
    if value.__class__ is float:
        return value
    number = number_given(caller, name, value)
    if isinstance(number, complex):
        raise TypeError(f"{caller}(): {name} must be a real number, not {number!r}")
    return float(number)


def _bounds(
    caller: str, given: tuple[Any, ...], named: dict[str, Any], defaults: tuple[Any, Any]
) -> tuple[Any, Any]:
    """Read ``from`` and ``to``, of which the first is a word of Python's own."""
    names = ("from", "to")
    both = dict(zip(names, given, strict=False))
    if len(given) > 2 or named.keys() - set(names) or both.keys() & named.keys():
        raise TypeError(f"{caller}() takes from and to, once each, and generator")
    both.update(named)
    return both.get("from", defaults[0]), both.get("to", defaults[1])


@function("method")
def uniform_(
    self: Tensor, *bounds: Any, generator: Generator | None = None, **named: Any
) -> Tensor:
    """Fill the tensor with numbers uniformly distributed between two bounds.

    Parameters
    ----------
    *bounds : float
        ``from, to``, also as keywords: by default 0 and 1.
    generator : Generator, optional

    Returns
    -------
    Tensor
        Itself.

    Raises
    ------
    RuntimeError
        If `from` is greater than `to`, or the dtype cannot hold a bound.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.zeros(2).uniform_(1, 2)
    tensor([1.4963, 1.7682])
    """
    first, last = 0.0, 1.0
    if bounds or named:
        low, high = _bounds("uniform_", bounds, named, (0.0, 1.0))
        first, last = _real("uniform_", "from", low), _real("uniform_", "to", high)
    return _filled(
        self, "uniform_", "UniformBackward0", generator,
        lambda stream, shape, kind, _: draw.uniform(stream, shape, kind, first, last),
    )  # fmt: skip


@function("method")
def normal_(
    self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill the tensor with normal numbers.

    Parameters
    ----------
    mean, std : float
    generator : Generator, optional

    Returns
    -------
    Tensor
        Itself.

    Raises
    ------
    RuntimeError
        If `std` is negative.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.zeros(2).normal_()
    tensor([ 1.5410, -0.2934])
    """
    centre, width = _real("normal_", "mean", mean), _real("normal_", "std", std)
    return _filled(
        self, "normal_", "NormalBackward0", generator,
        lambda stream, shape, kind, contiguous: draw.normal(
            stream, shape, kind, centre, width, contiguous=contiguous
        ),
    )  # fmt: skip


@function("method")
def random_(self: Tensor, *bounds: Any, generator: Generator | None = None, **named: Any) -> Tensor:
    """Fill the tensor with random integers.

    Parameters
    ----------
    *bounds : int
        Nothing, for all that the dtype counts from 0; ``to``, from 0; or ``from, to``. Also as
        keywords. `to` is not included.
    generator : Generator, optional

    Returns
    -------
    Tensor
        Itself.

    Raises
    ------
    RuntimeError
        If there is nothing between the bounds, or the dtype does not reach to them.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.zeros(3).random_(10)
    tensor([4., 9., 3.])
    """
    if not bounds and not named:
        return _filled(
            self, "random_", "RandomBackward2", generator,
            lambda stream, shape, kind, _: draw.random(stream, shape, kind),
        )  # fmt: skip
    node = "RandomBackward0"
    if (bounds and not bounds[1:] and not named) or (not bounds and "from" not in named):
        node = "RandomBackward1"
        bounds = (0, *bounds)
    low, high = _bounds("random_", bounds, named, (0, _MISSING))
    if high is _MISSING:
        raise TypeError("random_() with from needs to")
    first = integer_given("random_", "from", low)
    last = None if high is None else integer_given("random_", "to", high)
    return _filled(
        self, "random_", node, generator,
        lambda stream, shape, kind, _: draw.randint(stream, shape, kind, first, last),
    )  # fmt: skip


_MISSING: Any = object()


@function("method")
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with ones, with probability `p`, and zeros otherwise.

    Parameters
    ----------
    p : float or Tensor
        A tensor broadcasts.
    generator : Generator, optional

    Returns
    -------
    Tensor
        Itself.

    Raises
    ------
    RuntimeError
        If a probability is not between 0 and 1.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).bernoulli_(1.0)
    tensor([1., 1.])
    """
    if isinstance(p, TensorBase):
        source: Any = p
        odds = source._table.to_host(source._array)
        return _filled(
            self, "bernoulli_", "BernoulliBackward1", generator,
            lambda stream, shape, kind, _: draw.bernoulli(stream, shape, kind, odds), source,
        )  # fmt: skip
    one = _real("bernoulli_", "p", p)
    return _filled(
        self, "bernoulli_", "BernoulliBackward2", generator,
        lambda stream, shape, kind, _: draw.bernoulli(stream, shape, kind, one),
    )  # fmt: skip


@function("method")
def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with exponentially distributed numbers of rate `lambd`.

    Raises
    ------
    RuntimeError
        If `lambd` is not greater than 0, or the dtype is not floating-point.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.zeros(2).exponential_()
    tensor([3.5083, 1.2304])
    """
    rate = _real("exponential_", "lambd", lambd)
    return _filled(
        self, "exponential_", "ExponentialBackward0", generator,
        lambda stream, shape, kind, _: draw.exponential(stream, shape, kind, rate),
    )  # fmt: skip


@function("method")
def cauchy_(
    self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill the tensor with numbers from a Cauchy distribution.

    Parameters
    ----------
    median, sigma : float
        Its centre and scale.
    generator : Generator, optional

    Raises
    ------
    RuntimeError
        If `sigma` is not greater than 0, or the dtype is not floating-point.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).cauchy_().shape
    plugrad.Size([2])
    """
    centre, scale = _real("cauchy_", "median", median), _real("cauchy_", "sigma", sigma)
    return _filled(
        self, "cauchy_", "CauchyBackward0", generator,
        lambda stream, shape, kind, _: draw.cauchy(stream, shape, kind, centre, scale),
    )  # fmt: skip


@function("method")
def log_normal_(
    self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill the tensor with numbers whose logarithm is normal.

    Parameters
    ----------
    mean, std : float
        Of the logarithm.
    generator : Generator, optional

    Raises
    ------
    RuntimeError
        If `std` is not greater than 0.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.zeros(2).log_normal_(0, 1)
    tensor([4.6692, 0.7457])
    """
    centre, width = _real("log_normal_", "mean", mean), _real("log_normal_", "std", std)
    return _filled(
        self, "log_normal_", "LogNormalBackward0", generator,
        lambda stream, shape, kind, _: draw.log_normal(stream, shape, kind, centre, width),
    )  # fmt: skip


@function("method")
def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill the tensor with how many trials the first success takes.

    Parameters
    ----------
    p : float
        The probability of a success.
    generator : Generator, optional

    Raises
    ------
    RuntimeError
        If `p` is not between 0 and 1, both excluded.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).geometric_(0.5).shape
    plugrad.Size([2])
    """
    odds = _real("geometric_", "p", p)
    return _filled(
        self, "geometric_", "GeometricBackward0", generator,
        lambda stream, shape, kind, _: draw.geometric(stream, shape, kind, odds),
    )  # fmt: skip
