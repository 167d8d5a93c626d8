"""`Parameter`: a tensor that a module learns; `Buffer`: one that it keeps; both without a shape."""

from __future__ import annotations

from typing import Any, cast

import plugrad
from plugrad import printing
from plugrad.tensor import Tensor

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]


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
        # Without the gradient, as PyTorch's.
        copied = type(self)(self.detach().clone(), self.requires_grad)
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


class _Uninitialized(Tensor):
    """A tensor whose shape is not known yet: only its dtype and device are."""

    __slots__ = ()
    cls_to_become: type[Tensor] = Tensor

    @property
    def _array(self) -> Any:  # what every operation reads first
        raise ValueError(
            f"this {type(self).__name__} has no shape yet: call the lazy module that it belongs to "
            "with an input first, or materialize() it"
        )

    @property
    def shape(self) -> Any:
        """Not known: raises RuntimeError."""
        raise RuntimeError(
            f"this {type(self).__name__} has no shape yet; what is loaded from a lazy module's "
            "state must itself be lazy"
        )

    @property
    def data(self) -> Tensor:
        """An empty tensor of the same dtype and device."""
        return plugrad.empty(0, dtype=self.dtype, device=self.device)

    @data.setter
    def data(self, value: Tensor) -> None:
        self._dtype, self._table = value._dtype, value._table

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Give it a shape, and with it uninitialized memory: it becomes an ordinary one.

        Parameters
        ----------
        shape : sequence of int
        device, dtype : optional
            By default those given when it was made.

        Examples
        --------
        >>> import plugrad
        >>> weight = plugrad.nn.UninitializedParameter()
        >>> weight.materialize((2, 3))
        >>> type(weight), weight.shape
        (<class 'plugrad.nn.parameter.Parameter'>, plugrad.Size([2, 3]))
        """
        data = plugrad.empty(shape, device=device or self.device, dtype=dtype or self.dtype)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self.data = data

    def share_memory_(self) -> Any:
        """Not possible yet: raises RuntimeError."""
        raise RuntimeError(f"this {type(self).__name__} has no memory yet that could be shared")

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = self._anew(type(self), self.requires_grad, self.device, self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._anew, (type(self), self.requires_grad, self.device, self.dtype)

    @staticmethod
    def _anew(cls: Any, requires_grad: bool, device: Any, dtype: Any) -> Any:
        return cls(requires_grad=requires_grad, device=device, dtype=dtype)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # fits
        return f"<{type(self).__name__}>"


class UninitializedParameter(_Uninitialized, Parameter):  # type: ignore[misc]  # __repr__ fits
    """A parameter whose shape is not known yet, as those of lazy modules.

    It has a dtype and a device; `materialize` gives it a shape. Whatever else is done with it,
    raises ValueError.

    Parameters
    ----------
    requires_grad : bool
        Whether it is to be learned.
    device, dtype : optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.LazyLinear(3).weight
    <UninitializedParameter>
    """

    __slots__ = ()
    __module__ = "plugrad.nn.parameter"
    cls_to_become = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Any = None, dtype: Any = None
    ) -> UninitializedParameter:
        """Make one."""
        _check_flag(requires_grad)
        self: Any = Parameter(plugrad.empty(0, device=device, dtype=dtype), requires_grad)
        self.__class__ = cls
        return self  # type: ignore[no-any-return]


class UninitializedBuffer(_Uninitialized):
    """A buffer whose shape is not known yet, as those of lazy modules.

    Parameters
    ----------
    requires_grad : bool
    device, dtype : optional
    persistent : bool
        Whether it is part of the module's state.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.LazyBatchNorm1d().running_mean
    <UninitializedBuffer>
    """

    __slots__ = ()
    __module__ = "plugrad.nn.parameter"
    persistent: bool

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> UninitializedBuffer:
        """Make one."""
        _check_flag(requires_grad)
        self: Any = plugrad.empty(0, device=device, dtype=dtype, requires_grad=requires_grad)
        self.__class__ = cls
        self.persistent = persistent
        return self  # type: ignore[no-any-return]


def _check_flag(requires_grad: Any) -> None:
    if not isinstance(requires_grad, bool):
        raise TypeError(f"requires_grad must be a bool, not {type(requires_grad).__name__}")


def is_lazy(tensor: Any) -> bool:
    """Tell whether a parameter or buffer has no shape yet.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.parameter import is_lazy
    >>> is_lazy(plugrad.nn.UninitializedParameter()), is_lazy(plugrad.ones(1))
    (True, False)
    """
    return isinstance(tensor, _Uninitialized)
