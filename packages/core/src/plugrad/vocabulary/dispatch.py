"""The slow path: an operator on whatever arguments it was given.

The compiled functions of `plugrad.vocabulary.specialise` handle tensors of one dtype and backend.
What they hand on arrives here: Python numbers and mixed dtypes to promote, low precision, complex
numbers, several outputs, ``out=``, observers that watch, transform levels, and every error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.autograd import tape, views
from plugrad.autograd.modes import mode
from plugrad.vocabulary.arguments import checked, is_number, on_one_device, tensors_of
from plugrad.vocabulary.evaluation import evaluate
from plugrad.vocabulary.inplace import write_out
from plugrad.vocabulary.nodes import make_node
from plugrad.vocabulary.observers import observed
from plugrad.vocabulary.registry import Operator

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["dispatch", "dispatch_dunder"]


def dispatch(
    op: Operator, arrays: tuple[Any, ...], params: tuple[Any, ...], out: Any = None
) -> Any:
    """Apply an operator to any arguments it accepts.

    Parameters
    ----------
    op : Operator
    arrays : tuple
        Tensors; None where an array is optional; lists of tensors; for an elementwise operator also
        Python and NumPy numbers.
    params : tuple
        The operator's parameters.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor, or a tuple or list of them

    Raises
    ------
    TypeError
        For an argument of the wrong type.
    RuntimeError
        For dtypes, shapes or devices that do not fit, with PyTorch's other types where it has them.
    """
    if mode.autocast and out is None:
        arrays = mode.cast(op.aten, arrays)
    if mode.observers:
        return observed(op, (*arrays, *params), _dispatch_watched, op, arrays, params, out)
    return _dispatch(op, arrays, params, out)


def dispatch_dunder(
    op: Operator, arrays: tuple[Any, ...], params: tuple[Any, ...], out: Any = None
) -> Any:
    """Apply a binary operator as ``__add__`` and kin do: the other operand may know better."""
    if not isinstance(arrays[1], tape.TensorBase) and not is_number(arrays[1]):
        return NotImplemented
    if not isinstance(arrays[0], tape.TensorBase):
        raise TypeError(f"{op.name}(): self must be a Tensor, not {type(arrays[0]).__name__}")
    return dispatch(op, arrays, params, out)


def _dispatch_watched(
    op: Operator, arrays: tuple[Any, ...], params: tuple[Any, ...], out: Any
) -> Any:
    """Apply an operator that observers have been told of: as fast as if they did not watch.

    What it does inside are kernels, which they are not shown, unless something else is unusual too.
    """
    if out is None and mode.is_slow_only("observed"):
        return mode.call_unwatched(op.call, *arrays, *params)
    return _dispatch(op, arrays, params, out)


def _dispatch(op: Operator, arrays: tuple[Any, ...], params: tuple[Any, ...], out: Any) -> Any:
    arrays = checked(op, arrays)
    if op.check is not None:
        op.check(*arrays, *params)
    arrays = on_one_device(op, arrays)
    results, compute = evaluate(op, arrays, params)
    if out is not None:
        return write_out(op, out, results, tensors_of(arrays))
    table = tensors_of(arrays)[0]._table
    outputs = [tape.new_tensor(array, table, kind) for array, kind in results]
    if mode.anomaly is not None:
        mode.anomaly.calling(op.name, arrays)(outputs)
    node = make_node(op, arrays, params, outputs, compute)
    if node is not None and op.outputs is None:
        outputs[0]._edge = node
    if op.view:
        _attach_views(op, outputs, arrays[0], params)
    if mode.inference:
        for tensor in outputs:
            tape.mark_inference(tensor)
    if op.outputs is None:
        return outputs[0]
    return outputs if op.outputs == "*" else tuple(outputs)


def _attach_views(
    op: Operator, outputs: list[Tensor], parent: Tensor, params: tuple[Any, ...]
) -> None:
    if op.outputs is None:
        views.add_step(outputs[0], parent, (op.name, params, parent._array.shape))
        return
    for number, tensor in enumerate(outputs):
        assert callable(op.view)  # an operator with several views says what each is
        step = op.view(parent._array.shape, number, *params)
        views.add_step(tensor, parent, step, "several outputs")
