"""`Variable`, which once was a tensor with a gradient, and now is a tensor."""

from __future__ import annotations

from typing import Any

from plugrad import Tensor

__all__ = ["Variable"]


class _Variables(type):
    def __instancecheck__(cls, other: object) -> bool:
        return isinstance(other, Tensor)

    def __call__(cls, data: Any, requires_grad: bool = False) -> Any:
        return data.detach().requires_grad_(requires_grad)


class Variable(metaclass=_Variables):
    """The old way to a tensor that requires grad: ``Variable(data)`` is a tensor.

    Parameters
    ----------
    data : Tensor
    requires_grad : bool

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd import Variable
    >>> x = Variable(plugrad.ones(2), requires_grad=True)
    >>> x, isinstance(x, Variable)
    (tensor([1., 1.], requires_grad=True), True)
    """
