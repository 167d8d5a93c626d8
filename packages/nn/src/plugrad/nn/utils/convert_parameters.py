"""Parameters as one vector, and back: what optimizers of other libraries work on."""

from __future__ import annotations

from collections.abc import Iterable

import plugrad
from plugrad import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def _refuse_devices(parameters: list[Tensor]) -> None:
    devices = {str(parameter.device) for parameter in parameters}
    if len(devices) > 1:
        raise TypeError(f"the parameters lie on {sorted(devices)}; one vector lies on one device")


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return the elements of all parameters in one vector, through which gradients flow.

    Parameters
    ----------
    parameters : iterable of Tensor

    Returns
    -------
    Tensor, shape (number of elements,)

    Raises
    ------
    TypeError
        If they lie on different devices.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import parameters_to_vector
    >>> parameters_to_vector([plugrad.ones(2), plugrad.zeros(1, 2)])
    tensor([1., 1., 0., 0.])
    """
    listed = list(parameters)
    _refuse_devices(listed)
    vector: Tensor = plugrad.cat([parameter.view(-1) for parameter in listed])
    return vector


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let parameters hold the parts of a vector, in their order.

    Parameters
    ----------
    vec : Tensor, shape (number of elements,)
    parameters : iterable of Tensor
        What they hold from now on are views of `vec`.

    Raises
    ------
    TypeError
        If `vec` is no tensor, or the parameters lie on different devices.
    RuntimeError
        If `vec` has too few elements; no parameter is changed then.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import vector_to_parameters
    >>> layer = plugrad.nn.Linear(2, 1)
    >>> vector_to_parameters(plugrad.tensor([1.0, 2.0, 3.0]), layer.parameters())
    >>> layer.weight, layer.bias
    (Parameter containing:
    tensor([[1., 2.]], requires_grad=True), Parameter containing:
    tensor([3.], requires_grad=True))
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vec is a tensor, not {type(vec).__name__}")
    listed = list(parameters)
    _refuse_devices(listed)
    needed = sum(parameter.numel() for parameter in listed)
    if vec.numel() < needed:
        raise RuntimeError(f"vec has {vec.numel()} elements; the parameters have {needed}")
    start = 0
    for parameter in listed:
        stop = start + parameter.numel()
        parameter.data = vec[start:stop].view_as(parameter).data
        start = stop
