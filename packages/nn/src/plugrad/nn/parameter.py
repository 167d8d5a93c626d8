"""`Parameter`: a tensor that a module learns; `Buffer`: one that it keeps."""

from __future__ import annotations

from typing import Any, cast

import plugrad
from plugrad import printing
from plugrad.tensor import Tensor

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A tensor that a module learns: assigned to a module, it becomes one of its parameters.

    Parameters
    ----------
    data : Tensor, optional
        Its values, whose memory is shared; by default it is empty.
    requires_grad : bool
        Whether it is to be learned.

    Raises
    ------
    TypeError
        If `data` is no tensor.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.Parameter(plugrad.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()
    __module__ = "plugrad.nn.parameter"

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        """Make a leaf around the memory of `data`."""
        if data is None:
            data = plugrad.empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"a Parameter is made from a Tensor, not {type(data).__name__}")
        self: Parameter = data.detach().as_subclass(cls)
        self.requires_grad = requires_grad
        return self

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # fits
        return printing.parameter_repr(cast("Any", self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]  # type: ignore[no-any-return]
        copied = type(self)(self.detach().clone(), self.requires_grad)
        if self.grad is not None:
            copied.grad = self.grad.__deepcopy__(memo)
        memo[id(self)] = copied
        return copied

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.detach(), self.requires_grad), self.__dict__ or None


class Buffer(Tensor):
    """A tensor that a module keeps without learning it: assigned to a module, it becomes a buffer.

    Parameters
    ----------
    data : Tensor, optional
        Its values, whose memory is shared; by default it is empty.
    persistent : bool
        Whether it is part of the module's state.

    Examples
    --------
    >>> import plugrad
    >>> module = plugrad.nn.Module()
    >>> module.scale = plugrad.nn.Buffer(plugrad.ones(2))
    >>> module.state_dict()["scale"], list(module.parameters())
    (tensor([1., 1.]), [])
    """

    __slots__ = ()
    __module__ = "plugrad.nn.parameter"
    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Buffer:
        """Make a buffer around the memory of `data`."""
        if data is None:
            data = plugrad.empty(0)
        self: Buffer = data.detach().as_subclass(cls)
        self.persistent = persistent
        return self

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # fits
        return printing.tensor_repr(cast("Any", self), name="tensor", contents=tensor_contents)
