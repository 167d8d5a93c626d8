"""`ctc_loss`: sequences compared with shorter ones, whatever the alignment between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.nn.operators.losses import reduced, reduction_named
from plugrad.operators.dimensions import require_tensor
from plugrad.size import listed
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["ctc_loss"]

Lengths = tuple[int, ...]

# `states` are the labels with blanks between them, `skips` tells where the blank before a label may
# be left out. As in PyTorch, `alpha` holds the logarithms of the probabilities of all beginnings,
# and the gradient takes for granted that the input comes from a log_softmax.
_ctc_loss = primitive(
    "ctc_loss", "x, states, skips; times, lengths", outputs="loss, alpha",
    aten="aten::_ctc_loss", differentiable="x",
    x=lambda k, g, x, states, skips, loss, alpha, times, lengths: k.ctc_loss_grad(
        g, x, states, skips, loss, alpha, times, lengths
    ),
)  # fmt: skip


def _refuse_second(k: Any, g: Any) -> Any:
    raise NotImplementedError("ctc_loss() cannot be differentiated twice")


primitive(
    "ctc_loss_grad", "grad, x, states, skips, loss, alpha; times, lengths",
    aten="aten::_ctc_loss_backward", grad=_refuse_second, x=_refuse_second,
)  # fmt: skip


@function("function", aten="aten::ctc_loss")
def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: int | str = "none", zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """Return how improbable labels are, whatever times they stand at.

    Parameters
    ----------
    log_probs : Tensor of shape (T, C) or (T, N, C)
        Logarithms of the probabilities of C labels at T times, as `log_softmax` gives them.
    targets : Tensor of shape (N, S), or the labels of all examples joined
    input_lengths, target_lengths : Tensor, or sequence of int
        How many times, and how many labels, each example has.
    blank : int
        The label that stands for none.
    reduction : {"none", "mean", "sum"}, or the number of one
        The mean is of the losses divided by the numbers of labels.
    zero_infinity : bool
        Whether examples with too many labels count as 0.

    Returns
    -------
    Tensor of shape (), or (N,) without reduction

    Raises
    ------
    RuntimeError
        If shapes, lengths or dtypes do not fit.

    References
    ----------
    Graves et al., Connectionist Temporal Classification, ICML 2006.

    Examples
    --------
    >>> import plugrad
    >>> log_probs = plugrad.full((2, 1, 2), 0.5).log()
    >>> plugrad.ctc_loss(log_probs, plugrad.tensor([[1]]), [2], [1])
    tensor([0.2877])
    """
    reduction = reduction_named("ctc_loss", reduction)
    require_tensor("ctc_loss", log_probs, "log_probs")
    require_tensor("ctc_loss", targets, "targets")
    single = len(log_probs._array.shape) == 2
    if single:
        log_probs = k.unsqueeze(log_probs, 1)
        targets = targets.unsqueeze(0) if len(targets._array.shape) == 1 else targets
    shape = log_probs._array.shape
    times, lengths = _lengths("input", input_lengths), _lengths("target", target_lengths)
    _refuse(log_probs, targets, times, lengths, blank)
    states, skips = _states(log_probs, targets, lengths, blank)
    loss = _ctc_loss(log_probs, states, skips, times, lengths)[0]
    if zero_infinity:
        loss = k.where(loss == math.inf, k.zeros_like(loss), loss)
    if reduction == "mean":
        counts = functions["tensor"](
            [max(each, 1) for each in lengths], dtype=loss._dtype, device=loss.device
        )
        return k.mean(k.div(loss, counts))
    if single and reduction == "none":
        return k.squeeze_dim(loss, 0)
    assert loss._array.shape == (shape[1],)
    return reduced(k, loss, reduction)


def _lengths(what: str, given: Any) -> Lengths:
    """Return lengths as ints.

    Raises
    ------
    RuntimeError
        If they are no integers.
    """
    if isinstance(given, TensorBase):
        if given._dtype.is_floating_point or given._dtype.is_complex:
            raise RuntimeError(f"ctc_loss(): {what}_lengths are integers, not {given._dtype}")
        given = given._table.to_host(given._array).reshape(-1).tolist()
    return tuple(int(each) for each in given)


def _refuse(x: Any, targets: Any, times: Lengths, lengths: Lengths, blank: int) -> None:
    shape = x._array.shape
    if len(shape) != 3:
        raise RuntimeError(f"ctc_loss(): log_probs has the shape (T, N, C), not {listed(shape)}")
    if x._dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(f"ctc_loss() works on float32 and float64, not {x._dtype}")
    if not 0 <= blank < shape[2]:
        raise RuntimeError(f"ctc_loss(): blank is one of {shape[2]} labels, not {blank}")
    for what, found in (("input", times), ("target", lengths)):
        if len(found) != shape[1]:
            raise RuntimeError(
                f"ctc_loss(): {what}_lengths needs one number for each of the {shape[1]} examples, "
                f"but has {len(found)}"
            )
    if max(times, default=0) > shape[0] or min(times, default=0) < 0:
        raise RuntimeError(f"ctc_loss(): input_lengths must lie between 0 and {shape[0]}")
    wanted = targets._array.shape
    if len(wanted) not in (1, 2) or min(lengths, default=0) < 0:
        raise RuntimeError("ctc_loss(): targets are rows of labels, of lengths from 0")
    if len(wanted) == 2 and (wanted[0] != shape[1] or max(lengths, default=0) > wanted[1]):
        raise RuntimeError(
            f"ctc_loss(): targets of shape {listed(wanted)} do not fit {shape[1]} examples of up "
            f"to {max(lengths, default=0)} labels"
        )
    if len(wanted) == 1 and wanted[0] != sum(lengths):
        raise RuntimeError(
            f"ctc_loss(): {wanted[0]} labels were given, but target_lengths adds up to "
            f"{sum(lengths)}"
        )


def _states(x: Any, targets: Any, lengths: Sequence[int], blank: int) -> tuple[Any, Any]:
    """Return each example's labels with blanks between them, and which may follow one another."""
    table = x._table
    given = targets._table.to_host(targets._array).astype(numpy.int64)
    count, longest = len(lengths), max(lengths, default=0)
    # What lies beyond an example's labels is computed too, but counts for nothing.
    known = numpy.arange(longest) < numpy.asarray(lengths, int).reshape(count, 1)
    rows = numpy.full((count, longest), blank)
    rows[known] = given if given.ndim == 1 else given[:, :longest][known]
    if rows.size and not 0 <= rows.min() <= rows.max() < x._array.shape[2]:
        raise RuntimeError(f"ctc_loss(): a target is none of the {x._array.shape[2]} labels")
    states = numpy.full((count, 2 * longest + 1), blank)
    states[:, 1::2] = rows
    skips = numpy.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    return (
        new_tensor(table.from_host(states), table, dtypes.int64),
        new_tensor(table.from_host(skips), table, dtypes.bool_),
    )
