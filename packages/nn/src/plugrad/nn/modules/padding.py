"""Padding: more elements at the edges of the last dimensions."""

from __future__ import annotations

from collections.abc import Sequence

from plugrad.nn import functional as F
from plugrad.nn.modules.module import Module
from plugrad.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """What all share: how much is added, and in which mode."""

    _dims: int
    _mode: str
    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        if isinstance(padding, int):
            self.padding = (padding,) * (2 * self._dims)
        else:
            self.padding = tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with more around it."""
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        """Show how much is added."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    _mode = "constant"
    value: float

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with the value around it."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Show how much is added, and what."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Put a constant around the last dimension.

    Parameters
    ----------
    padding : int or sequence of int
        How much to add before and after; of several dimensions the last comes first. What is
        negative is cut off.
    value : float

    Notes
    -----
    Shapes: (N, C, L) or (C, L); L grows by what is added.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ConstantPad1d((1, 2), 7.0)(plugrad.zeros(1, 1))
    tensor([[7., 0., 7., 7.]])
    """

    _dims = 1


class ConstantPad2d(_ConstantPad):
    """Put a constant around the last two dimensions: see `ConstantPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ConstantPad2d((1, 0, 0, 1), 7.0)(plugrad.zeros(1, 2, 2))  # left, right, above, below
    tensor([[[7., 0., 0.],
             [7., 0., 0.],
             [7., 7., 7.]]])
    """

    _dims = 2


class ConstantPad3d(_ConstantPad):
    """Put a constant around the last three dimensions: see `ConstantPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ConstantPad3d((1, 1, 2, 2, 3, 3), 7.0)(plugrad.zeros(1, 1, 1, 1)).shape
    plugrad.Size([1, 7, 5, 3])
    """

    _dims = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """Show how much is added."""
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """Put zeros around the last dimension: see `ConstantPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ZeroPad1d((1, 2))(plugrad.ones(1, 2))
    tensor([[0., 1., 1., 0., 0.]])
    """

    _dims = 1


class ZeroPad2d(_ZeroPad):
    """Put zeros around the last two dimensions: see `ConstantPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ZeroPad2d(1)(plugrad.ones(1, 1, 2))
    tensor([[[0., 0., 0., 0.],
             [0., 1., 1., 0.],
             [0., 0., 0., 0.]]])
    """

    _dims = 2


class ZeroPad3d(_ZeroPad):
    """Put zeros around the last three dimensions: see `ConstantPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ZeroPad3d((1, 1, 2, 2, 3, 3))(plugrad.ones(1, 1, 1, 1)).shape
    plugrad.Size([1, 7, 5, 3])
    """

    _dims = 3


class ReflectionPad1d(_Pad):
    """Put what lies inwards from the edges around the last dimension.

    Parameters
    ----------
    padding : int or sequence of int
        How much to add before and after; of several dimensions the last comes first.

    Notes
    -----
    Shapes: (N, C, L) or (C, L); L grows by what is added.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ReflectionPad1d(2)(plugrad.tensor([[0.0, 1.0, 2.0]]))
    tensor([[2., 1., 0., 1., 2., 1., 0.]])
    """

    _dims, _mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Put what lies inwards from the edges around two dimensions: see `ReflectionPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ReflectionPad2d((1, 1, 0, 1))(plugrad.tensor([[[0.0, 1.0], [2.0, 3.0]]]))
    tensor([[[1., 0., 1., 0.],
             [3., 2., 3., 2.],
             [1., 0., 1., 0.]]])
    """

    _dims, _mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """Put what lies inwards from the edges around three dimensions: see `ReflectionPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ReflectionPad3d((0, 0, 0, 0, 1, 1))(plugrad.arange(3.0).reshape(1, 3, 1, 1)).flatten()
    tensor([1., 0., 1., 2., 1.])
    """

    _dims, _mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """Put the elements at the edges around the last dimension.

    Parameters
    ----------
    padding : int or sequence of int
        How much to add before and after; of several dimensions the last comes first.

    Notes
    -----
    Shapes: (N, C, L) or (C, L); L grows by what is added.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ReplicationPad1d(1)(plugrad.tensor([[0.0, 1.0, 2.0]]))
    tensor([[0., 0., 1., 2., 2.]])
    """

    _dims, _mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """Put the elements at the edges around two dimensions: see `ReplicationPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ReplicationPad2d((1, 1, 0, 1))(plugrad.tensor([[[0.0, 1.0], [2.0, 3.0]]]))
    tensor([[[0., 0., 1., 1.],
             [2., 2., 3., 3.],
             [2., 2., 3., 3.]]])
    """

    _dims, _mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """Put the elements at the edges around three dimensions: see `ReplicationPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ReplicationPad3d((0, 0, 0, 0, 1, 1))(plugrad.arange(3.0).reshape(1, 3, 1, 1)).flatten()
    tensor([0., 0., 1., 2., 2.])
    """

    _dims, _mode = 3, "replicate"


class CircularPad1d(_Pad):
    """Put what lies at the other edge around the last dimension.

    Parameters
    ----------
    padding : int or sequence of int
        How much to add before and after; of several dimensions the last comes first.

    Notes
    -----
    Shapes: (N, C, L) or (C, L); L grows by what is added.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.CircularPad1d(1)(plugrad.tensor([[0.0, 1.0, 2.0]]))
    tensor([[2., 0., 1., 2., 0.]])
    """

    _dims, _mode = 1, "circular"


class CircularPad2d(_Pad):
    """Put what lies at the other edge around two dimensions: see `CircularPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.CircularPad2d((1, 1, 0, 1))(plugrad.tensor([[[0.0, 1.0], [2.0, 3.0]]]))
    tensor([[[1., 0., 1., 0.],
             [3., 2., 3., 2.],
             [1., 0., 1., 0.]]])
    """

    _dims, _mode = 2, "circular"


class CircularPad3d(_Pad):
    """Put what lies at the other edge around three dimensions: see `CircularPad1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.CircularPad3d((0, 0, 0, 0, 1, 1))(plugrad.arange(3.0).reshape(1, 3, 1, 1)).flatten()
    tensor([2., 0., 1., 2., 0.])
    """

    _dims, _mode = 3, "circular"
