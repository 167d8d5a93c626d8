"""Dropout: of elements, of whole features, and in the way that suits SELU."""

from __future__ import annotations

from plugrad.nn import functional as F
from plugrad.nn.modules.module import Module
from plugrad.tensor import Tensor

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class Dropout(Module):
    """In training, set elements to 0 at random and scale the others up.

    Parameters
    ----------
    p : float
        The probability of an element to be set to 0.
    inplace : bool
        Whether the input itself is changed.

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.

    Notes
    -----
    Shapes: any; the result the same.

    Source: N. Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting", 2014.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Dropout(0.5).eval()(plugrad.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"the probability of dropout must be between 0 and 1, not {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Show the arguments."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """In training, set whole features to 0 at random, and scale the others by ``1 / (1 - p)``.

    See Also
    --------
    Dropout : has the same parameters.

    Notes
    -----
    Shapes: (N, C, L) or (C, L); the result the same. Features are ``input[n, c]``.

    References
    ----------
    J. Tompson et al., Efficient object localization using convolutional networks, 2015,
    https://arxiv.org/abs/1411.4280.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> _ = plugrad.manual_seed(0)
    >>> nn.Dropout1d(0.5)(plugrad.ones(4, 3))
    tensor([[0., 0., 0.],
            [0., 0., 0.],
            [2., 2., 2.],
            [0., 0., 0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(Dropout):
    """In training, set whole features to 0 at random, and scale the others by ``1 / (1 - p)``.

    See Also
    --------
    Dropout : has the same parameters.

    Notes
    -----
    Shapes: (N, C, H, W); the result the same. Features are ``input[n, c]``.

    References
    ----------
    J. Tompson et al., Efficient object localization using convolutional networks, 2015,
    https://arxiv.org/abs/1411.4280.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> _ = plugrad.manual_seed(0)
    >>> nn.Dropout2d(0.5)(plugrad.ones(1, 4, 3, 3)).amax((2, 3))
    tensor([[0., 0., 2., 0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(Dropout):
    """In training, set whole features to 0 at random, and scale the others by ``1 / (1 - p)``.

    See Also
    --------
    Dropout : has the same parameters.

    Notes
    -----
    Shapes: (N, C, D, H, W) or (C, D, H, W); the result the same. Features are ``input[n, c]``.

    References
    ----------
    J. Tompson et al., Efficient object localization using convolutional networks, 2015,
    https://arxiv.org/abs/1411.4280.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> _ = plugrad.manual_seed(0)
    >>> nn.Dropout3d(0.5)(plugrad.ones(1, 4, 2, 3, 3)).amax((2, 3, 4))
    tensor([[0., 0., 2., 0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(Dropout):
    """In training, set elements to SELU's lowest value at random, so that mean and variance stay.

    See Also
    --------
    Dropout : has the same parameters.

    Notes
    -----
    Shapes: any; the result the same.

    References
    ----------
    G. Klambauer et al., Self-normalizing neural networks, 2017, https://arxiv.org/abs/1706.02515.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> _ = plugrad.manual_seed(0)
    >>> y = nn.AlphaDropout(0.2)(plugrad.randn(100_000))
    >>> bool(y.mean().abs() < 0.01), bool((y.std() - 1).abs() < 0.01)
    (True, True)
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        # In place or not makes no difference to the result, and PyTorch does not ask here.
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(Dropout):
    """In training, set whole features to SELU's lowest value at random.

    See Also
    --------
    Dropout : has the same parameters.
    AlphaDropout : does the same with single elements.

    Notes
    -----
    Shapes: (N, C, ...); the result the same. Features are ``input[n, c]``.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> _ = plugrad.manual_seed(0)
    >>> nn.FeatureAlphaDropout()(plugrad.ones(1, 3, 2))
    tensor([[[-0.7792, -0.7792],
             [-0.7792, -0.7792],
             [ 1.6656,  1.6656]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.feature_alpha_dropout(input, self.p, self.training)
