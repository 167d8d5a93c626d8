"""The rectifier with a random slope."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.autograd.tape import new_tensor
from plugrad.operators.randomness import generator_given
from plugrad.random.uniform import unit64
from plugrad.vocabulary.forms import elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["rrelu", "rrelu_"]

elementwise(
    "rrelu_with_noise", "x, noise", accepts="real floating", expose="",
    body=lambda k, x, noise: x * noise, x=lambda g, noise: g * noise,
)  # fmt: skip
elementwise(
    "rrelu", "x; slope", node="RreluWithNoiseBackward0", accepts="real floating", expose="",
    body=lambda k, x, slope: k.leaky_relu(x, slope),
    x=lambda k, g, x, slope: k.where(x > 0, g, g * slope),
)  # fmt: skip


def _call(
    input: Any, lower: float, upper: float, training: bool, generator: Any
) -> tuple[str, tuple[Any, ...], tuple[Any, ...]]:
    """Return the operator for this input, its arrays and its parameters."""
    if lower > upper:
        raise RuntimeError(f"rrelu(): lower={lower} is above upper={upper}")
    if not training or not input._dtype.is_floating_point:
        return "rrelu", (input,), ((lower + upper) / 2,)
    table = input._table
    x = table.to_host(input._array)
    falling = x <= 0
    source = generator_given("rrelu", generator)
    with source.lock:
        drawn = unit64(source, int(numpy.count_nonzero(falling)))
    noise = numpy.ones(x.shape, x.dtype)
    noise[falling] = lower + drawn * (upper - lower)
    slopes = new_tensor(table.from_host(noise), table, input._dtype)
    return "rrelu_with_noise", (input, slopes), ()


@function("function")
def rrelu(
    input: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> Any:
    """Return `input` where it is positive, and a random share of it elsewhere.

    Parameters
    ----------
    input : Tensor
    lower, upper : float
        The bounds of the share, which is uniformly distributed.
    training : bool
        Whether it is random; otherwise it is the mean.
    generator : Generator, optional
        Where it is drawn from.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the bounds cross, or for another dtype than a floating-point one.

    References
    ----------
    Xu et al., Empirical evaluation of rectified activations in convolutional network, 2015.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.rrelu(plugrad.tensor([-1.0, 1.0]), 0.25, 0.75)
    tensor([-0.5000,  1.0000])
    """
    name, arrays, params = _call(input, lower, upper, training, generator)
    return operators[name].call(*arrays, *params)


@function("function")
def rrelu_(
    input: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> Any:
    """Do the same as `plugrad.rrelu` in place."""
    name, arrays, params = _call(input, lower, upper, training, generator)
    return inplace(operators[name], arrays, params)
