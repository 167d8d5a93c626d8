"""`Function`: operations of one's own, with a backward that is stated, not recorded.

What ``forward`` computes is not recorded; the outputs hang on one node, which runs ``backward``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from plugrad.autograd.custom_nodes import FunctionNode
from plugrad.autograd.modes import mode, no_grad
from plugrad.autograd.tape import (
    Node,
    Output,
    Refused,
    TensorBase,
    is_leaf,
    new_tensor,
)
from plugrad.autograd.views import add_step, rebase
from plugrad.vocabulary.inplace import changed
from plugrad.vocabulary.observers import named, observed

__all__ = ["Function", "FunctionCtx", "InplaceFunction", "once_differentiable"]


class FunctionCtx:
    """What a `Function` notes in its forward, for its backward: the ``ctx`` of both.

    It takes any attribute. Tensors that the backward needs go through `save_for_backward`, which
    checks that they are still what they were.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        For each argument, whether it wants a gradient.
    saved_tensors : tuple of (Tensor or None)
        What was saved for the backward, or, in ``jvp``, for the forward.

    Examples
    --------
    >>> import plugrad
    >>> class Cube(plugrad.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * grad
    >>> x = plugrad.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    needs_input_grad: tuple[bool, ...] = ()
    to_save: tuple[Any, ...] = ()
    saved_for_forward: tuple[Any, ...] = ()
    dirty_tensors: tuple[Any, ...] = ()
    non_differentiable: tuple[Any, ...] = ()
    materialize_grads = True
    _forwards: tuple[Any, ...] | None = None
    _node: Callable[[], FunctionNode | None] | None = None

    def save_for_backward(self, *tensors: Any) -> None:
        """Save arguments and results, or None, for the backward; call it once.

        Parameters
        ----------
        *tensors : Tensor or None
            Anything else goes into an attribute.

        Raises
        ------
        TypeError
            For what is neither.
        """
        self.to_save = _checked(tensors, "save_for_backward")

    def save_for_forward(self, *tensors: Any) -> None:
        """Save tensors for ``jvp``.

        Parameters
        ----------
        *tensors : Tensor or None

        Raises
        ------
        TypeError
            For anything else.
        """
        self.saved_for_forward = _checked(tensors, "save_for_forward")

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which arguments the forward has changed in place; it has to return them.

        Parameters
        ----------
        *tensors : Tensor
        """
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which results have no gradient; those that are not of floating point never have.

        Parameters
        ----------
        *tensors : Tensor
        """
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether the backward is given zeros (by default), or None, for unused results.

        Parameters
        ----------
        value : bool
        """
        self.materialize_grads = value

    def name(self) -> str:
        """Return the name of the node."""
        return type(self).__name__

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved; raises RuntimeError where it was changed in place, or freed."""
        if self._forwards is not None:
            return self._forwards
        node = None if self._node is None else self._node()
        return self.to_save if node is None else node.unpacked()

    def __getattr__(self, name: str) -> Any:
        node = None if self._node is None or name.startswith("__") else self._node()
        if node is not None and hasattr(Node, name):
            return getattr(node, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def _checked(tensors: tuple[Any, ...], caller: str) -> tuple[Any, ...]:
    for position, tensor in enumerate(tensors):
        if tensor is not None and not isinstance(tensor, TensorBase):
            raise TypeError(
                f"{caller}() saves tensors and None, but argument {position} is of type "
                f"{type(tensor).__name__}; keep it as an attribute of ctx"
            )
    return tensors


class Function:
    """An operation with a backward of its own; subclass it, and call ``apply``.

    ``forward(ctx, *args)`` computes the results, a tensor or a tuple in which anything may stand.
    It is not recorded. Or it is ``forward(*args)``, and ``setup_context(ctx, inputs, output)``
    notes afterwards what the backward needs. ``backward(ctx, *grads)`` is given the gradient of
    each result, and returns that of each argument, None where there is none. If it is made of
    operations on tensors, it can be differentiated in turn.

    Examples
    --------
    >>> import plugrad
    >>> class Sign(plugrad.autograd.Function):
    ...     '''The sign, with the gradient of the identity: a straight-through estimator.'''
    ...
    ...     @staticmethod
    ...     def forward(x):
    ...         return x.sign()
    ...
    ...     @staticmethod
    ...     def setup_context(ctx, inputs, output):
    ...         pass
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         return grad
    >>> x = plugrad.tensor([0.5, -2.0], requires_grad=True)
    >>> y = Sign.apply(x)
    >>> y
    tensor([ 1., -1.], grad_fn=<SignBackward>)
    >>> y.sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """

    generate_vmap_rule: ClassVar[bool] = False
    """Whether a rule for ``vmap`` is to be made from ``forward`` and ``backward``."""

    _context: ClassVar[type[FunctionCtx]]
    _node: ClassVar[type[FunctionNode]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        name = f"{cls.__name__}Backward"
        cls._context = type(name, (FunctionCtx,), {"__module__": __name__})
        namespace = {"__module__": __name__, "__slots__": (), "function": cls}
        cls._node = type(name, (FunctionNode,), namespace)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: raises RuntimeError."""
        raise RuntimeError(
            f"an instance of {type(self).__name__} cannot be called; call "
            f"{type(self).__name__}.apply, and let its methods be static"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the results; to be written by the subclass.

        Raises
        ------
        NotImplementedError
            If it was not.
        """
        raise NotImplementedError("a custom Function needs a static method `forward`")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Note what the backward needs, where ``forward`` takes no ``ctx``.

        Raises
        ------
        NotImplementedError
            If the subclass has none.
        """
        raise NotImplementedError("this custom Function has no `setup_context`")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradients of the arguments; to be written by the subclass.

        Raises
        ------
        NotImplementedError
            If it was not.
        """
        raise NotImplementedError(
            "a custom Function needs a static method `backward` to be differentiated"
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Return the derivatives of the results along those of the arguments: forward mode.

        Raises
        ------
        NotImplementedError
            If the subclass has none.
        """
        raise NotImplementedError(
            "a custom Function needs a static method `jvp` to be differentiated forwards"
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> Any:
        """Return the results for a batch, and where their batch dimensions are.

        Raises
        ------
        NotImplementedError
            If the subclass has none.
        """
        raise NotImplementedError("this custom Function has no static method `vmap`")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run the forward, and record it as one operation.

        Parameters
        ----------
        *args
            Tensors among them are differentiated, if they want it; not those inside of lists.
        **kwargs
            Put among them, by the names that ``forward`` gives them.

        Returns
        -------
        Tensor or tuple
            What ``forward`` returned.

        Raises
        ------
        RuntimeError
            If the forward changed a leaf that requires grad, or did not return what it marked as
            changed.
        TypeError
            If arguments do not fit ``forward``; each must be one that can be given by position.
        """
        apart = cls.setup_context is not Function.setup_context
        if kwargs or (apart and getattr(cls.forward, "__defaults__", None)):
            args = _positional(cls, args, kwargs, apart)
        if mode.observers:
            return observed(named(cls.__name__), args, lambda: cls._applied(args, apart))
        return cls._applied(args, apart)

    @classmethod
    def _pull(cls, ctx: Any, *gradients: Any) -> Any:
        """Return what the backward returns, under whichever of its names it was written."""
        if cls.backward is Function.backward:
            return cls.vjp(ctx, *gradients)
        if cls.vjp is not Function.vjp:
            raise RuntimeError(
                f"{cls.__name__} has both backward and vjp, two names of the same; leave one"
            )
        return cls.backward(ctx, *gradients)

    @classmethod
    def _applied(cls, args: tuple[Any, ...], apart: bool) -> Any:
        tables = [x._table for x in args if isinstance(x, TensorBase) and x._table.level]
        if tables:
            from plugrad.transforms.custom import applied_on

            highest = max(tables, key=lambda table: table.level)
            listed, several = applied_on(highest, cls, args, apart)
        else:
            listed, several, _ = cls._here(args, apart)
        return listed if several else listed[0]

    @classmethod
    def _here(cls, args: tuple[Any, ...], apart: bool) -> tuple[tuple[Any, ...], bool, FunctionCtx]:
        """Run the forward on the tensors as they are, whatever their level, and record it.

        Returns
        -------
        results : tuple
        several : bool
            Whether the forward returned a tuple.
        ctx : FunctionCtx
        """
        ctx = cls._context()
        wants = tuple(isinstance(x, TensorBase) and x._edge is not None for x in args)
        ctx.needs_input_grad = wants
        with no_grad():
            if apart:
                results = cls.forward(*args)
                cls.setup_context(ctx, args, results)
            else:
                results = cls.forward(ctx, *args)
        several = isinstance(results, tuple)
        listed = results if several else (results,)
        missing = [x for x in ctx.dirty_tensors if not any(x is result for result in listed)]
        if missing:
            raise RuntimeError(
                f"{cls.__name__} marked {len(missing)} tensor(s) as changed in place that it did "
                "not return; a forward has to return what it has changed"
            )
        for tensor in ctx.dirty_tensors:
            changed(tensor, cls.__name__)
        if mode.grad and not mode.inference and any(wants):
            listed = _hang(cls._node(ctx, args), args, listed)
        return tuple(listed), several, ctx


def _positional(
    cls: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any], apart: bool
) -> tuple[Any, ...]:
    """Return all arguments of a forward by position; with their defaults, if it has no ``ctx``."""
    before = () if apart else (None,)
    bound = inspect.signature(cls.forward).bind(*before, *args, **kwargs)
    if apart:
        bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(
            f"{cls.__name__}.forward takes {sorted(bound.kwargs)} by keyword alone, but each "
            "argument of a custom Function needs a position, for its gradient"
        )
    return bound.args[len(before) :]


def _hang(node: FunctionNode, args: tuple[Any, ...], results: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the results of a forward, recorded as the outputs of its node."""
    ctx = node.ctx
    _refuse_dirty(node, args, results)
    node.several = len(results) != 1
    shapes = [x._array.shape if isinstance(x, TensorBase) else None for x in results]
    kinds = [x._dtype if isinstance(x, TensorBase) else None for x in results]
    node.shape = shapes if node.several else shapes[0]
    node.dtype = tuple(kinds) if node.several else kinds[0]
    hung = list(results)
    for number, tensor in enumerate(results):
        if not isinstance(tensor, TensorBase):
            continue
        result: Any = tensor
        given = any(result is x for x in args)
        if _among(result, ctx.non_differentiable) or not (
            result._dtype.is_floating_point or result._dtype.is_complex
        ):
            hung[number] = result.detach() if given and result._edge is not None else result
            continue
        edge = Output(node, number) if node.several else node
        if _among(result, ctx.dirty_tensors):
            rebase(result, edge)
            continue
        if given:
            hung[number] = seen = new_tensor(result._array, result._table, result._dtype)
            add_step(seen, result, ("alias", (), result._array.shape), "function")
            result = seen
        elif result._meta is not None and result._meta.view is not None:
            result._meta.view.origin = "several outputs" if node.several else "function"
        result._edge = edge
    if mode.anomaly is not None:
        mode.anomaly.recorded(node, args)
    node.save(tuple(results))
    return tuple(hung)


def _refuse_dirty(node: FunctionNode, args: tuple[Any, ...], results: tuple[Any, ...]) -> None:
    """Check that what a forward has changed may have been changed."""
    for tensor in node.ctx.dirty_tensors:
        if tensor._edge is not None and is_leaf(tensor):
            raise RuntimeError(
                f"{node.function.__name__} changed a leaf that requires grad in place; give it a "
                "copy, or call it under no_grad()"
            )
        view = tensor._meta.view if tensor._meta is not None else None
        if view is None:
            continue
        if view.base._edge is not None and is_leaf(view.base):
            raise RuntimeError(
                f"{node.function.__name__} changed a leaf that requires grad in place, through a "
                "view of it; give it a copy"
            )
        if len(results) != 1 or tensor is not next(x for x in args if isinstance(x, TensorBase)):
            raise RuntimeError(
                f"{node.function.__name__} changed a view in place: that has to be its first "
                "tensor, and its only result"
            )


def _among(tensor: Any, tensors: tuple[Any, ...]) -> bool:
    return any(tensor is other for other in tensors)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Say that a backward is not made of operations that can be differentiated.

    A second derivative through it then raises RuntimeError, instead of being wrong.

    Parameters
    ----------
    backward : callable
        The static method, beneath ``@staticmethod``.

    Returns
    -------
    callable

    Examples
    --------
    >>> import numpy, plugrad
    >>> from plugrad.autograd.function import once_differentiable
    >>> class Square(plugrad.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...
    ...     @staticmethod
    ...     @once_differentiable
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return plugrad.from_numpy(2 * x.detach().numpy() * grad.numpy())
    >>> x = plugrad.tensor([3.0], requires_grad=True)
    >>> Square.apply(x).backward()
    >>> x.grad
    tensor([6.])
    """

    @wraps(backward)
    def wrapped(ctx: Any, *gradients: Any) -> Any:
        with no_grad():
            found = backward(ctx, *gradients)
        edges = tuple(g._edge for g in gradients if isinstance(g, TensorBase))
        if not mode.grad or not any(edges):
            return found
        listed = found if isinstance(found, tuple) else (found,)
        refusing = []
        for tensor in listed:
            if isinstance(tensor, TensorBase):
                seen: Any = new_tensor(tensor._array, tensor._table, tensor._dtype)
                seen._cell = tensor._cell
                message = (
                    f"{type(ctx).__name__} was marked with @once_differentiable, and is to be "
                    "differentiated a second time"
                )
                seen._edge = Refused(seen, edges, message)
                refusing.append(seen)
            else:
                refusing.append(tensor)
        return tuple(refusing) if isinstance(found, tuple) else refusing[0]

    return wrapped


class InplaceFunction(Function):
    """A `Function` that knows whether it is to work in place.

    Parameters
    ----------
    inplace : bool

    Examples
    --------
    >>> from plugrad.autograd.function import InplaceFunction
    >>> InplaceFunction(inplace=True).inplace
    True
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace
