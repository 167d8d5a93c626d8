"""`Tensor`: an array with a dtype, a device and a history.

Here stand only the parts that are about the tensor itself: its properties, its place in the graph,
its conversions. Operators attach themselves as methods from their declarations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

import numpy

from plugrad import printing
from plugrad.autograd import hooks as hooking
from plugrad.autograd.gradients import backward
from plugrad.autograd.modes import mode
from plugrad.autograd.saved import version_of
from plugrad.autograd.tape import (
    AccumulateGrad,
    InferenceCell,
    Node,
    Output,
    TensorBase,
    hooks_of,
    is_leaf,
    meta_of,
    new_tensor,
    use_tensor_class,
)
from plugrad.autograd.views import share_memory
from plugrad.devices import device
from plugrad.layouts import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    order_of,
    strided,
)
from plugrad.methods import TensorMethods
from plugrad.shapes import Size, normalize_dim
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import methods

__all__ = ["Tensor"]


def _never(what: str) -> property:
    """Return a property that is False, for a kind of tensor that PyTorch has besides."""
    return property(lambda self: False, doc=f"Whether it is {what}; no tensor is, here.")


class Tensor(TensorBase, TensorMethods):
    """A multidimensional array whose operations can be differentiated.

    Tensors are made by `plugrad.tensor`, `plugrad.zeros` and their kind, and by every operation.

    Attributes
    ----------
    dtype : dtype
    device : device
    shape : Size
    requires_grad : bool
        Whether gradients are wanted.
    grad : Tensor or None
        Of a leaf: what `backward` has accumulated.
    grad_fn : Node or None
        The operation that made it, if that was recorded.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ()
    __module__ = "plugrad"
    # NumPy leaves binary operations with a tensor to the tensor.
    __array_priority__ = 1000

    dtype = property(attrgetter("_dtype"), doc="The type of the elements.")
    _version = property(version_of, doc="How often the memory was changed in place.")

    def __new__(cls, *args: Any, **kwargs: Any) -> Tensor:
        """Make a tensor as ``Tensor(2, 3)`` or ``Tensor([1.0, 2.0])`` does in PyTorch."""
        from plugrad.operators.legacy import legacy_tensor

        made: Any = legacy_tensor(*args, **kwargs)
        return made if cls is Tensor else made.as_subclass(cls)  # type: ignore[no-any-return]

    # ------------------------------------------------------------------------------- what it is

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return Size(self._array.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._array.shape)

    @property
    def device(self) -> device:
        """Where the elements are."""
        return self._table.device

    @property
    def layout(self) -> layout:
        """How the elements are stored: ``strided``, as all tensors here."""
        return strided

    @property
    def is_cuda(self) -> bool:
        """Whether the elements are on a CUDA device."""
        return self._table.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        """Whether the elements are in the host's memory."""
        return self._table.device.type == "cpu"

    is_sparse = _never("sparse")
    is_sparse_csr = _never("sparse, row by row")
    is_quantized = _never("quantized")
    is_nested = _never("a list of tensors of several shapes")
    is_meta = _never("a shape and a dtype without elements")
    is_mkldnn = _never("in the layout of oneDNN")

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.numel() * self._dtype.itemsize

    def element_size(self) -> int:
        """Return the bytes of one element."""
        return self._dtype.itemsize

    def dim(self) -> int:
        """Return the number of dimensions."""
        return len(self._array.shape)

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of dimension `dim`.

        Raises
        ------
        IndexError
            If there is no such dimension.
        """
        shape = self._array.shape
        return Size(shape) if dim is None else shape[normalize_dim(dim, len(shape))]

    def numel(self) -> int:
        """Return the number of elements."""
        count = 1
        for size in self._array.shape:
            count *= size
        return count

    nelement = numel

    def stride(self, dim: int | None = None) -> Any:
        """Return the distance in elements between neighbours of each dimension, or of `dim`."""
        strides = self._table.strides(self._array)
        return strides if dim is None else strides[normalize_dim(dim, len(strides))]

    def storage_offset(self) -> int:
        """Return the position of the first element in the underlying memory."""
        return self._table.storage_offset(self._array)

    def data_ptr(self) -> int:
        """Return the address of the first element."""
        return self._table.data_ptr(self._array)

    def is_contiguous(self, memory_format: memory_format = contiguous_format) -> bool:
        """Return whether the elements lie in memory in the order of their indices, without gaps.

        Parameters
        ----------
        memory_format : memory_format
            ``channels_last`` asks for another order of dimensions; only tensors that have these
            dimensions can be in it.
        """
        shape, steps = self._array.shape, self.stride()
        if 0 in shape:
            return True
        if memory_format is not contiguous_format:
            dims = {channels_last: 4, channels_last_3d: 5}.get(memory_format, len(shape))
            if len(shape) != dims:
                return False
            order = order_of(memory_format, shape) or ()
            shape = tuple(shape[dim] for dim in order)
            steps = tuple(steps[dim] for dim in order)
        expected = 1
        for size, step in zip(reversed(shape), reversed(steps), strict=True):
            if size != 1 and step != expected:
                return False
            expected *= size
        return True

    def is_floating_point(self) -> bool:
        """Return whether the elements are floating-point numbers."""
        return self._dtype.is_floating_point

    def is_complex(self) -> bool:
        """Return whether the elements are complex numbers."""
        return self._dtype.is_complex

    def is_signed(self) -> bool:
        """Return whether the elements can be negative."""
        return self._dtype.is_signed

    def is_inference(self) -> bool:
        """Return whether the tensor was made in inference mode."""
        return isinstance(self._cell, InferenceCell)

    def __len__(self) -> int:
        if not self._array.shape:
            raise TypeError("a 0-d tensor has no length")
        size: int = self._array.shape[0]
        return size

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        name = "tensor" if type(self) is Tensor else type(self).__name__
        return printing.tensor_repr(self, name=name, contents=tensor_contents)

    def __format__(self, spec: str) -> str:
        if not self._array.shape and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    # --------------------------------------------------------------------- its place in a graph

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are wanted."""
        return self._edge is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not is_leaf(self):
            raise RuntimeError(
                "requires_grad can only be set on a leaf, and this tensor was made by "
                f"{self.grad_fn}; use .detach() for a tensor without history"
            )
        if wanted and not (self._dtype.is_floating_point or self._dtype.is_complex):
            raise RuntimeError(
                f"only tensors of floating-point or complex dtype can require grad, not "
                f"{self._dtype}"
            )
        if wanted and self.is_inference() and not mode.inference:
            raise RuntimeError(
                "a tensor made in inference mode cannot require grad outside of it; clone it first"
            )
        if wanted and self._edge is None:
            self._edge = AccumulateGrad(self)
            self._edge.hooks = meta_of(self).hooks
        elif not wanted and self._edge is not None:
            # Its hooks come back with its gradients.
            meta_of(self).hooks = self._edge.hooks
            self._edge = None

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad`, and return the tensor."""
        if not (requires_grad and self._edge is not None):
            self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The operation that made it, or None for a leaf."""
        edge = self._edge
        if isinstance(edge, Output):
            return edge.node
        return None if is_leaf(self) else edge

    @property
    def output_nr(self) -> int:
        """Which output of `grad_fn` it is."""
        return self._edge.number if isinstance(self._edge, Output) else 0

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user, or needs no gradient."""
        return is_leaf(self)

    @property
    def grad(self) -> Tensor | None:
        """What backward has accumulated, for a leaf or a tensor that retains its gradient."""
        return None if self._meta is None else self._meta.grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is None:
            if self._meta is not None:
                self._meta.grad = None
            return
        if not isinstance(value, Tensor):
            raise TypeError(f"grad must be a Tensor or None, not {type(value).__name__}")
        if value is self:
            raise RuntimeError("a tensor cannot be its own grad")
        if value._array.shape != self._array.shape:
            raise RuntimeError(
                f"grad must have the tensor's shape {list(self._array.shape)}, not "
                f"{list(value._array.shape)}"
            )
        if value._dtype is not self._dtype:
            raise RuntimeError(f"grad must be of {self._dtype}, not {value._dtype}")
        if value._table is not self._table:
            raise RuntimeError(f"grad must be on {self.device}, not {value.device}")
        meta_of(self).grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    @property
    def retains_grad(self) -> bool:
        """Whether it is no leaf and keeps its gradient."""
        return self._meta is not None and self._meta.retain

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that is not a leaf in `grad`.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.
        """
        if self._edge is None:
            raise RuntimeError("retain_grad() needs a tensor that requires grad")
        if is_leaf(self) or self.retains_grad:
            return
        meta = meta_of(self)
        meta.retain = True

        # The node must not own its tensor; the tensor's rarer half owns nothing of it.
        def keep(gradient: Tensor) -> None:
            if meta.grad is not None:
                meta.grad = meta.grad + gradient
            else:
                meta.grad = gradient if gradient._edge is not None else gradient.clone()

        hooks_of(self._edge).retain = keep

    @property
    def _base(self) -> Tensor | None:
        view = None if self._meta is None else self._meta.view
        return None if view is None else view.base

    def _is_view(self) -> bool:
        return self._base is not None

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Tensor] | Tensor | None = None,
    ) -> None:
        """Add the gradient of this tensor with respect to the leaves into their ``grad``.

        Parameters
        ----------
        gradient : Tensor, optional
            In the shape of this tensor: what its own gradient is. Not needed for one element.
        retain_graph : bool, optional
            Whether the graph can be differentiated once more; by default if `create_graph`.
        create_graph : bool
            Whether the gradients can be differentiated themselves.
        inputs : Tensor or sequence of Tensor, optional
            Accumulate into these only.

        Raises
        ------
        RuntimeError
            Without a history, without a gradient for several elements, or the second time.

        Examples
        --------
        >>> import plugrad
        >>> x = plugrad.tensor(3.0, requires_grad=True)
        >>> (x**2).backward()
        >>> x.grad
        tensor(6.)
        """
        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def register_hook(self, hook: Any) -> hooking.RemovableHandle:
        """Call ``hook(grad)`` with the gradient of this tensor whenever it is computed.

        What the hook returns, unless None, takes the gradient's place.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad.
        """
        if self._edge is None:
            raise RuntimeError("a hook can only be registered on a tensor that requires grad")
        return hooks_of(self._edge).tensor.add(hook)

    def register_post_accumulate_grad_hook(self, hook: Any) -> hooking.RemovableHandle:
        """Call ``hook(tensor)`` after a gradient was accumulated into this leaf.

        Raises
        ------
        RuntimeError
            If the tensor does not require grad, or is no leaf.
        """
        if self._edge is None or not is_leaf(self):
            raise RuntimeError(
                "a post-accumulate hook can only be registered on a leaf that requires grad"
            )
        meta = meta_of(self)
        if meta.post_hooks is None:
            meta.post_hooks = hooking.HookDict()
        return meta.post_hooks.add(hook)

    @shown_as("aten::detach")
    def detach(self) -> Tensor:
        """Return a tensor with the same memory and no history.

        Examples
        --------
        >>> import plugrad
        >>> x = plugrad.ones(2, requires_grad=True)
        >>> x.detach().requires_grad
        False
        """
        if self._table.level:  # what a transform follows is a history, too
            return self._table.detached(self)  # type: ignore[no-any-return]
        tensor = new_tensor(self._array, self._table, self._dtype)
        share_memory(tensor, self)
        return tensor

    def detach_(self) -> Tensor:
        """Cut this tensor off from its history.

        Raises
        ------
        RuntimeError
            For a view: its base would keep the history.
        """
        if self._is_view():
            raise RuntimeError("a view cannot be detached in place; use detach()")
        self._edge = None
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without history, and without a part in this tensor's version."""
        return new_tensor(self._array, self._table, self._dtype)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data must be a Tensor, not {type(value).__name__}")
        kind = value._dtype
        if self._edge is not None and not (kind.is_floating_point or kind.is_complex):
            raise RuntimeError(f"data of {kind} cannot be put into a tensor that requires grad")
        self._array, self._table, self._dtype = value._array, value._table, value._dtype
        if isinstance(self._edge, AccumulateGrad):
            self._edge.describe(self)

    # ------------------------------------------------------------------------------- conversions

    def _host(self) -> numpy.ndarray[Any, Any]:
        return self._table.to_host(self._array)

    def numpy(self, *, force: bool = False) -> numpy.ndarray[Any, Any]:
        """Return the elements as a NumPy array that shares this tensor's memory.

        Parameters
        ----------
        force : bool
            Whether to detach, and to copy from another device, where that is needed.

        Raises
        ------
        RuntimeError
            If the tensor requires grad, for gradients would be lost.
        TypeError
            If it is not in the host's memory.
        """
        if not force:
            if self._edge is not None and mode.grad:
                raise RuntimeError(
                    "a tensor that requires grad cannot become a NumPy array, which has no "
                    "gradients; call .detach().numpy()"
                )
            if not self.is_cpu:
                raise TypeError(
                    f"a tensor on {self.device} cannot become a NumPy array; call .cpu() first"
                )
        return self._host()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a conversion from {array.dtype} to {dtype} needs a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    @shown_as("aten::item")
    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises
        ------
        RuntimeError
            If there is not exactly one.
        """
        if self.numel() != 1:
            raise RuntimeError(
                f"only a tensor of one element is a Python number, not one of {self.numel()}"
            )
        return self._host().item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers; of a 0-d tensor, the number."""
        return self._host().tolist()

    def __bool__(self) -> bool:
        if self.numel() != 1:
            count = self.numel()
            raise RuntimeError(
                f"the truth of a tensor of {count} elements is ambiguous; use any() or all()"
            )
        return bool(self.item())

    def _only_element(self) -> Any:
        """Return the only element, for Python's own conversions; ValueError if there are others."""
        if self.numel() != 1:
            raise ValueError(
                f"only a tensor of one element is a Python number, not one of {self.numel()}"
            )
        return self.item()

    def __float__(self) -> float:
        return float(self._only_element())

    def __int__(self) -> int:
        return int(self._only_element())

    def __complex__(self) -> complex:
        return complex(self._only_element())

    def __index__(self) -> int:
        if self.numel() != 1 or not isinstance(number := self.item(), int):
            raise TypeError("only an integer tensor of one element can be an index")
        return int(number)

    def __reversed__(self) -> Tensor:
        return methods["flip"](self, 0) if self._array.shape else self

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.shape:
            raise TypeError("cannot iterate over a 0-d tensor")
        return iter(methods["unbind"](self, 0))

    def __contains__(self, element: object) -> bool:
        if isinstance(element, (Tensor, int, float, complex)):
            return bool(methods["eq"](self, element).any().item())
        raise RuntimeError(
            f"only a Tensor or a number can be looked for in a Tensor, not {type(element).__name__}"
        )

    def __getattr__(self, name: str) -> Any:
        # What plugins add is found here; everything of core's own is on the class.
        from plugrad.operators import plugin_method

        return plugin_method(self, name)


use_tensor_class(Tensor)
