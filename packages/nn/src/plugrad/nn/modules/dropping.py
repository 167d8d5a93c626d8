"""Dropout of whole features, and in the way that suits SELU."""

from __future__ import annotations

from plugrad.nn import functional as F
from plugrad.nn.modules.regularization import Dropout
from plugrad.tensor import Tensor

__all__ = ["AlphaDropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class Dropout1d(Dropout):
    """In training, set whole features to 0 at random, in inputs of shape (n, c, l) or (c, l).

    See Also
    --------
    Dropout : has the same parameters.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(Dropout):
    """In training, set whole features to 0 at random, in inputs of shape (n, c, h, w).

    See Also
    --------
    Dropout : has the same parameters.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(Dropout):
    """In training, set whole features to 0 at random, in inputs of shape (n, c, d, h, w).

    See Also
    --------
    Dropout : has the same parameters.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(Dropout):
    """In training, set elements to SELU's lowest value at random, so that mean and variance stay.

    See Also
    --------
    Dropout : has the same parameters.
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
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, thinned out in training."""
        return F.feature_alpha_dropout(input, self.p, self.training)
