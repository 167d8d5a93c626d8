"""Dropout: elements or whole features set to 0 by chance."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import plugrad
from plugrad.tensor import Tensor

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]


def _dropped(name: str, input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"the probability of dropout must be between 0 and 1, not {p}")
    function: Callable[..., Tensor] = getattr(plugrad, f"{name}_" if inplace else name)
    return function(input, p, training)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set elements to 0 at random, with probability `p`, and scale the others by ``1 / (1 - p)``.

    So the expected value of each element stays what it is.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    p : float
    training : bool
        Whether to do anything at all.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.

    References
    ----------
    N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> _ = plugrad.manual_seed(0)
    >>> F.dropout(plugrad.ones(5), p=0.5)
    tensor([0., 0., 2., 0., 0.])
    """
    return _dropped("dropout", input, p, training, inplace)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set elements to SELU's lowest value at random, so that mean and variance stay.

    What results is ``a * x + b``, with a and b such that an input of mean 0 and variance 1 keeps
    them.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    p : float
        The probability of each element to be set.
    training : bool
        Whether to do anything at all.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.

    References
    ----------
    G. Klambauer et al., Self-normalizing neural networks, 2017, https://arxiv.org/abs/1706.02515.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> _ = plugrad.manual_seed(0)
    >>> F.alpha_dropout(plugrad.ones(4), p=0.5, training=True)
    tensor([-0.7792, -0.7792,  1.6656, -0.7792])
    """
    return _dropped("alpha_dropout", input, p, training, inplace)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set whole features ``input[n, c]`` to SELU's lowest value at random: see `alpha_dropout`.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
        Of a floating-point dtype.
    p, training, inplace
        As for `alpha_dropout`.

    Returns
    -------
    Tensor of the same shape and dtype

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> _ = plugrad.manual_seed(0)
    >>> F.feature_alpha_dropout(plugrad.ones(1, 3, 2), training=True)
    tensor([[[-0.7792, -0.7792],
             [-0.7792, -0.7792],
             [ 1.6656,  1.6656]]])
    """
    return _dropped("feature_alpha_dropout", input, p, training, inplace)


def _features(
    name: str, input: Tensor, dims: int, p: float, training: bool, inplace: bool
) -> Tensor:
    """Drop features of one sample, or of several where there is a dimension more."""
    # A single sample of dropout2d is taken for several: PyTorch's choice.
    single = input.dim() == dims + 1 and dims != 2
    if input.dim() not in (dims + 1, dims + 2):
        if dims == 1:
            raise RuntimeError(f"{name}() takes 2 or 3 dimensions, not {input.dim()}")
        warnings.warn(
            f"{name}() drops features of {dims} dimensions, but got {input.dim()} in all; "
            "the first two are taken for samples and features",
            UserWarning,
            stacklevel=3,
        )
    if not single:
        return _dropped("feature_dropout", input, p, training, inplace)
    batch: Tensor = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    dropped = _dropped("feature_dropout", batch, p, training, inplace)
    result: Tensor = dropped.squeeze_(0) if inplace else dropped.squeeze(0)
    return result


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole features ``input[n, c]`` to 0 at random, and scale the others by ``1 / (1 - p)``.

    Parameters
    ----------
    input : Tensor of shape (N, C, L) or (C, L)
        Of a floating-point dtype.
    p, training, inplace
        As for `dropout`.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.
    RuntimeError
        For another number of dimensions.

    References
    ----------
    J. Tompson et al., Efficient object localization using convolutional networks, 2015,
    https://arxiv.org/abs/1411.4280.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> _ = plugrad.manual_seed(0)
    >>> F.dropout1d(plugrad.ones(4, 3))
    tensor([[0., 0., 0.],
            [0., 0., 0.],
            [2., 2., 2.],
            [0., 0., 0.]])
    """
    return _features("dropout1d", input, 1, p, training, inplace)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole features ``input[n, c]`` to 0 at random, and scale the others by ``1 / (1 - p)``.

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W)
        Of a floating-point dtype. For another number of dimensions there is a warning, and the
        first two are taken for N and C.
    p, training, inplace
        As for `dropout`.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> _ = plugrad.manual_seed(0)
    >>> F.dropout2d(plugrad.ones(1, 3, 1, 2))
    tensor([[[[0., 0.]],
    <BLANKLINE>
             [[0., 0.]],
    <BLANKLINE>
             [[2., 2.]]]])
    """
    if input.dim() == 3:
        warnings.warn(
            "dropout2d() takes three dimensions for (n, c, l); use dropout1d() for that",
            UserWarning,
            stacklevel=2,
        )
    return _features("dropout2d", input, 2, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole features ``input[n, c]`` to 0 at random, and scale the others by ``1 / (1 - p)``.

    Parameters
    ----------
    input : Tensor of shape (N, C, D, H, W) or (C, D, H, W)
        Of a floating-point dtype. For another number of dimensions there is a warning.
    p, training, inplace
        As for `dropout`.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> _ = plugrad.manual_seed(0)
    >>> F.dropout3d(plugrad.ones(1, 4, 2, 2, 2)).sum((2, 3, 4))
    tensor([[ 0.,  0., 16.,  0.]])
    """
    return _features("dropout3d", input, 3, p, training, inplace)
