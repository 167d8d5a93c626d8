"""Dropout: elements, or whole features, are set to zero by chance.

A mask is drawn on the host, from the default generator's stream as PyTorch draws it, so that the
same seed drops the same elements on every device. What is recorded is the product with the mask.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.random import default_generator
from plugrad.random.discrete import dropout_mask
from plugrad.random.layout import in_memory_order
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import methods
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "alpha_dropout",
    "dropout",
    "feature_alpha_dropout",
    "feature_dropout",
]

# Where SELU goes far below zero: minus its scale times its alpha. Klambauer et al.,
# Self-Normalizing Neural Networks, 2017, https://arxiv.org/abs/1706.02515, section "alpha dropout".
_LOWEST = -1.7580993408473766


def _mask(input: Any, shape: tuple[int, ...], p: float) -> Any:
    """Return which elements stay, as ones and zeros of the input's dtype."""
    table = input._table
    drawn = dropout_mask(default_generator, shape, p)
    if shape == input._array.shape and not input.is_contiguous():
        # The numbers follow the elements in memory.
        drawn = in_memory_order(drawn, table.strides(input._array))
    return new_tensor(table.cast(table.from_host(drawn), input._dtype), table, input._dtype)


def _features(name: str, input: Any) -> tuple[int, ...]:
    shape = tuple(input._array.shape)
    if len(shape) < 2:
        raise RuntimeError(
            f"{name}(): features need a dimension of samples and one of features before others, "
            f"but the input has shape {list(shape)}"
        )
    return (*shape[:2], *(1,) * (len(shape) - 2))


def _check(name: str, input: Any, p: Any) -> None:
    if not isinstance(input, TensorBase):
        raise TypeError(f"{name}(): input must be a Tensor, not {type(input).__name__}")
    if not 0 <= p <= 1:
        raise RuntimeError(f"{name}(): p is a probability, between 0 and 1, not {p}")


def _applied(name: str, input: Any, p: float, train: bool, *, features: bool, inplace: bool) -> Any:
    _check(name, input, p)
    if not train or p == 0 or 0 in input._array.shape:
        return input
    if not (input._dtype.is_floating_point or input._dtype.is_complex):
        raise RuntimeError(
            f"{name}(): the result cannot be of {input._dtype}; convert with .float()"
        )
    shape = _features(name, input) if features else input._array.shape
    noise = _mask(input, shape, p)
    if p < 1:
        noise = k.div(noise, 1 - p)
    return methods["mul_"](input, noise) if inplace else k.mul(input, noise)


def _applied_alpha(
    name: str, input: Any, p: float, train: bool, *, features: bool, inplace: bool
) -> Any:
    """Drop to the lowest value of SELU, and scale so that mean and variance stay."""
    _check(name, input, p)
    if not train or p == 0 or 0 in input._array.shape:
        return input
    if p == 1:
        zero = k.zeros_like(input)
        return methods["mul_"](input, zero) if inplace else k.mul(input, zero)
    shape = _features(name, input) if features else input._array.shape
    noise = _mask(input, shape, p)
    scale = 1 / math.sqrt((_LOWEST**2 * p + 1) * (1 - p))
    offset = (noise - 1) * (-_LOWEST * scale) - _LOWEST * scale * p
    noise = noise * scale
    if inplace:
        return methods["add_"](methods["mul_"](input, noise), offset)
    return k.add(k.mul(input, noise), offset)


@shown_as("aten::dropout")
def dropout(input: Any, p: float = 0.5, train: bool = True) -> Any:
    """Set elements to zero by chance, and scale the others up so that the mean stays.

    Parameters
    ----------
    input : Tensor
    p : float
        The probability that an element is dropped.
    train : bool
        Whether anything happens at all.

    Returns
    -------
    Tensor
        `input` itself where nothing is dropped.

    Raises
    ------
    RuntimeError
        If `p` is no probability.

    References
    ----------
    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 2014.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.dropout(plugrad.ones(4), 0.5, True)
    tensor([0., 0., 2., 0.])
    """
    return _applied("dropout", input, p, train, features=False, inplace=False)


def feature_dropout(input: Any, p: float = 0.5, train: bool = True) -> Any:
    """Set whole features to zero by chance: all ``input[n, c]`` at once.

    Everything else is as for `dropout`; the input has shape (N, C, ...).

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.feature_dropout(plugrad.ones(1, 4, 2), 0.5, True)
    tensor([[[0., 0.],
             [0., 0.],
             [2., 2.],
             [0., 0.]]])
    """
    return _applied("feature_dropout", input, p, train, features=True, inplace=False)


def alpha_dropout(input: Any, p: float = 0.5, train: bool = False) -> Any:
    """Set elements to SELU's lowest value by chance, so that mean and variance stay.

    Everything else is as for `dropout`.

    References
    ----------
    Klambauer et al., Self-Normalizing Neural Networks, 2017, https://arxiv.org/abs/1706.02515

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.alpha_dropout(plugrad.ones(4), 0.5, True)
    tensor([-0.7792, -0.7792,  1.6656, -0.7792])
    """
    return _applied_alpha("alpha_dropout", input, p, train, features=False, inplace=False)


def feature_alpha_dropout(input: Any, p: float = 0.5, train: bool = False) -> Any:
    """Set whole features to SELU's lowest value by chance: see `alpha_dropout`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.feature_alpha_dropout(plugrad.ones(1, 2, 1), 0.0, True)
    tensor([[[1.],
             [1.]]])
    """
    return _applied_alpha("feature_alpha_dropout", input, p, train, features=True, inplace=False)


def dropout_(input: Any, p: float, train: bool) -> Any:
    """Apply `dropout` in place."""
    return _applied("dropout_", input, p, train, features=False, inplace=True)


def feature_dropout_(input: Any, p: float, train: bool) -> Any:
    """Apply `feature_dropout` in place."""
    return _applied("feature_dropout_", input, p, train, features=True, inplace=True)


def alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """Apply `alpha_dropout` in place."""
    return _applied_alpha("alpha_dropout_", input, p, train, features=False, inplace=True)


def feature_alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """Apply `feature_alpha_dropout` in place."""
    return _applied_alpha("feature_alpha_dropout_", input, p, train, features=True, inplace=True)


for _public in (
    dropout, dropout_, feature_dropout, feature_dropout_,
    alpha_dropout, alpha_dropout_, feature_alpha_dropout, feature_alpha_dropout_,
):  # fmt: skip
    function("function")(_public)
