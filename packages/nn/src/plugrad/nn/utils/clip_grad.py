"""Gradients kept small: the usual cure where a step would go too far."""

from __future__ import annotations

from collections.abc import Iterable

import plugrad
from plugrad import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]

# Added to the norm that is divided by, as PyTorch does: a norm of 0 makes no infinity.
_TINY = 1e-6


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    given = [parameters] if isinstance(parameters, Tensor) else parameters
    return [parameter.grad for parameter in given if parameter.grad is not None]


@plugrad.no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all elements of some tensors, as if they were one vector.

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
    norm_type : float
        The order of the norm; `inf` gives the largest size.
    error_if_nonfinite : bool
        Whether an infinite norm, or nan, is an error.
    foreach : bool, optional
        Accepted: there is one way to compute it.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    RuntimeError
        If the norm is not finite, and may not be.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import get_total_norm
    >>> get_total_norm([plugrad.tensor([3.0]), plugrad.tensor([[4.0]])])
    tensor(5.)
    """
    listed = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    order = float(norm_type)
    if not listed:
        return plugrad.tensor(0.0)
    norms = [plugrad.norm(tensor, order) for tensor in listed]
    device = norms[0].device
    total: Tensor = plugrad.norm(plugrad.stack([norm.to(device) for norm in norms]), order)
    if error_if_nonfinite and not plugrad.isfinite(total):
        raise RuntimeError(
            f"the gradients' norm of order {order} is {total.item()}, which nothing can be scaled "
            "by; look for where they overflow, or pass error_if_nonfinite=False"
        )
    return total


@plugrad.no_grad()
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """Scale gradients by what brings a norm down to `max_norm`, if it is above.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Whose gradients are changed, in place; those without one are passed over.
    max_norm : float
    total_norm : Tensor, shape ()
        The norm, as `get_total_norm` computes it.
    foreach : bool, optional
        Accepted: there is one way to do it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import clip_grads_with_norm_
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> x.grad = plugrad.tensor([6.0, 8.0])
    >>> clip_grads_with_norm_(x, 5.0, plugrad.tensor(10.0))
    >>> x.grad
    tensor([3.0000, 4.0000])
    """
    gradients = _gradients(parameters)
    if not gradients:
        return
    # Multiplied by 1 where the norm is small: no branch has to wait for it.
    factor = (float(max_norm) / (total_norm + _TINY)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor.to(gradient.device))


@plugrad.no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale gradients, if their norm as one vector is above `max_norm`, down to that.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Whose gradients are changed, in place; those without one are passed over.
    max_norm : float
    norm_type : float
        The order of the norm; `inf` takes the largest size.
    error_if_nonfinite : bool
        Whether an infinite norm, or nan, is an error, instead of what gradients are scaled by.
    foreach : bool, optional
        Accepted: there is one way to do it.

    Returns
    -------
    Tensor, shape ()
        The norm before.

    Raises
    ------
    RuntimeError
        If the norm is not finite, and may not be; the gradients stay as they are.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import clip_grad_norm_
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> (x * plugrad.tensor([3.0, 4.0])).sum().backward()
    >>> clip_grad_norm_([x], max_norm=1.0)
    tensor(5.)
    >>> x.grad
    tensor([0.6000, 0.8000])
    """
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    norm = get_total_norm(_gradients(listed), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(listed, max_norm, norm, foreach)
    return norm


@plugrad.no_grad()
def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Bring each element of gradients into the range from ``-clip_value`` to ``clip_value``.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Whose gradients are changed, in place; those without one are passed over.
    clip_value : float
    foreach : bool, optional
        Accepted: there is one way to do it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import clip_grad_value_
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> x.grad = plugrad.tensor([-3.0, 0.5])
    >>> clip_grad_value_(x, 1.0)
    >>> x.grad
    tensor([-1.0000,  0.5000])
    """
    bound = float(clip_value)
    for gradient in _gradients(parameters):
        gradient.clamp_(-bound, bound)
