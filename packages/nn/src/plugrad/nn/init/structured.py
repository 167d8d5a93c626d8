"""Weights of a given structure: orthogonal, sparse, or passing their input on."""

from __future__ import annotations

import math
from typing import Any

import plugrad
from plugrad.tensor import Tensor

__all__ = ["dirac_", "orthogonal_", "sparse_"]


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Fill with an orthogonal matrix: its rows, or if it is tall its columns, are orthonormal.

    The distribution ``plugrad-linalg`` must be installed.

    Parameters
    ----------
    tensor : Tensor of shape (rows, ...)
        Of two or more dimensions; all but the first count as columns.
    gain : float
        What to multiply with: see `calculate_gain`.
    generator : Generator, optional
        What to draw from.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    ValueError
        For fewer dimensions.

    References
    ----------
    A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks", 2013, https://arxiv.org/abs/1312.6120

    Examples
    --------
    >>> import plugrad
    >>> weight = plugrad.nn.init.orthogonal_(plugrad.empty(2, 5))
    >>> plugrad.allclose(weight @ weight.T, plugrad.eye(2), atol=1e-6)
    True
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"a tensor of two dimensions or more can be orthogonal, not one of {tensor.ndim}"
        )
    if not tensor.numel():
        return tensor
    with plugrad.no_grad():
        rows = tensor.shape[0]
        drawn = tensor.new_empty((rows, tensor.numel() // rows)).normal_(0, 1, generator=generator)
        wide = drawn.shape[0] < drawn.shape[1]
        q, r = plugrad.linalg.qr(drawn.T if wide else drawn)
        # Of all Q that there are, the one whose R has a positive diagonal: it is uniform.
        q = q * r.diagonal().sign()
        return tensor.copy_((q.T if wide else q).reshape(tensor.shape)).mul_(gain)


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make a convolution pass on as many of its input channels as it can.

    Parameters
    ----------
    tensor : Tensor of shape (outputs, inputs, ...)
        Of three, four or five dimensions.
    groups : int
        Of the convolution.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    ValueError
        For other dimensions, or outputs that cannot be shared among the groups.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.init.dirac_(plugrad.empty(3, 2, 3))
    tensor([[[0., 1., 0.],
             [0., 0., 0.]],
    <BLANKLINE>
            [[0., 0., 0.],
             [0., 1., 0.]],
    <BLANKLINE>
            [[0., 0., 0.],
             [0., 0., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(
            f"the weight of a convolution has three, four or five dimensions, not {tensor.ndim}"
        )
    outputs, inputs, *sizes = tensor.shape
    if outputs % groups:
        raise ValueError(f"{outputs} outputs cannot be shared among {groups} groups")
    each = outputs // groups
    middle = [size // 2 for size in sizes]
    with plugrad.no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(each, inputs)):
                tensor[(group * each + channel, channel, *middle)] = 1
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Fill normally, but for a share of each column, which is set to 0.

    Parameters
    ----------
    tensor : Tensor of shape (rows, columns)
    sparsity : float
        The share of zeros, rounded up.
    std : float
        The standard deviation of the others.
    generator : Generator, optional
        What to draw the numbers from; where the zeros are, comes from the default one, as in
        PyTorch.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    ValueError
        If it is no matrix.

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", 2010.

    Examples
    --------
    >>> import plugrad
    >>> weight = plugrad.nn.init.sparse_(plugrad.empty(10, 3), sparsity=0.75)
    >>> (weight == 0).sum(0)
    tensor([8, 8, 8])
    """
    if tensor.ndim != 2:
        raise ValueError(f"a matrix can be sparse, not a tensor of {tensor.ndim} dimensions")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with plugrad.no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[plugrad.randperm(rows)[:zeros], column] = 0
    return tensor
