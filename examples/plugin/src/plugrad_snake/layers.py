"""The layer `Snake`."""

from __future__ import annotations

from plugrad import Tensor
from plugrad.nn import Module
from plugrad_snake.operators import snake

__all__ = ["Snake"]


class Snake(Module):
    """Apply `snake` to each element.

    Parameters
    ----------
    a : float
        The frequency of the wave that is added to the identity.
    """

    def __init__(self, a: float = 1.0) -> None:
        super().__init__()
        self.a = a

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""
        return snake(input, self.a)

    def extra_repr(self) -> str:
        """Return what stands in the parentheses when the module is printed."""
        return f"a={self.a}"
