"""Averages of weights over a training: ``torch.optim.swa_utils`` for plugrad.

It needs `plugrad.nn`, whose modules are averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from itertools import chain
from typing import Any, Final

import plugrad
from plugrad.nn import BatchNorm1d, BatchNorm2d, BatchNorm3d, Module
from plugrad.optim.annealing import SWALR

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

_NORMS: Final = (BatchNorm1d, BatchNorm2d, BatchNorm3d)

Average = Callable[[Any, Any, Any], Any]
"""Takes an average, a value, and how many it is the average of; returns the new one."""


def get_swa_avg_fn() -> Average:
    """Return a function that averages all values alike, parameter by parameter.

    Examples
    --------
    >>> from plugrad import optim, tensor
    >>> optim.swa_utils.get_swa_avg_fn()(tensor(1.0), tensor(4.0), 2)
    tensor(2.)
    """

    @plugrad.no_grad()
    def average(averaged: Any, value: Any, count: Any) -> Any:
        return averaged + (value - averaged) / (count + 1)

    return average


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return a function that keeps a running mean, parameter by parameter.

    Parameters
    ----------
    decay : float
        How much of it is kept.

    Raises
    ------
    ValueError
        If that does not lie between 0 and 1.

    Examples
    --------
    >>> from plugrad import optim, tensor
    >>> optim.swa_utils.get_ema_avg_fn(0.5)(tensor(1.0), tensor(4.0), 2)
    tensor(2.5000)
    """
    _required_decay(decay)

    @plugrad.no_grad()
    def average(averaged: Any, value: Any, count: Any) -> Any:
        return decay * averaged + (1 - decay) * value

    return average


def get_swa_multi_avg_fn() -> Callable[[Any, Any, Any], None]:
    """Return a function that averages all values alike, for lists of parameters, in place.

    Examples
    --------
    >>> from plugrad import optim, tensor
    >>> averaged = [tensor([1.0])]
    >>> optim.swa_utils.get_swa_multi_avg_fn()(averaged, [tensor([4.0])], 2)
    >>> averaged
    [tensor([2.])]
    """

    @plugrad.no_grad()
    def average(averaged: Iterable[Any], values: Iterable[Any], count: Any) -> None:
        for mean, value in zip(averaged, values, strict=True):
            if mean.is_floating_point() or mean.is_complex():
                mean.lerp_(value, float(1 / (count + 1)))
            else:
                mean.add_((value - mean) // (count + 1))

    return average


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[Any, Any, Any], None]:
    """Return a function that keeps running means, for lists of parameters, in place.

    Parameters
    ----------
    decay : float
        How much of them is kept.

    Raises
    ------
    ValueError
        If that does not lie between 0 and 1.

    Examples
    --------
    >>> from plugrad import optim, tensor
    >>> averaged = [tensor([1.0])]
    >>> optim.swa_utils.get_ema_multi_avg_fn(0.5)(averaged, [tensor([4.0])], 2)
    >>> averaged
    [tensor([2.5000])]
    """
    _required_decay(decay)

    @plugrad.no_grad()
    def average(averaged: Iterable[Any], values: Iterable[Any], count: Any) -> None:
        for mean, value in zip(averaged, values, strict=True):
            if mean.is_floating_point() or mean.is_complex():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(mean * decay + value * (1 - decay))

    return average


def _required_decay(decay: float) -> None:
    """Check what is kept of a running mean.

    Raises
    ------
    ValueError
        If it does not lie between 0 and 1.
    """
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"decay must be between 0 and 1, not {decay}")


class AveragedModel(Module):
    """A copy of a model whose parameters are the averages of what that model's have been.

    Parameters
    ----------
    model : Module
    device : device, optional
        Where the averages are kept.
    avg_fn : callable, optional
        Takes an average, a parameter and how many were averaged, and returns the new average.
    multi_avg_fn : callable, optional
        Takes lists of them, and changes the averages in place. By default, all count alike.
    use_buffers : bool
        Whether buffers are averaged, too, and not just copied.

    Attributes
    ----------
    module : Module
        The copy.
    n_averaged : Tensor
        How many were averaged.

    Raises
    ------
    AssertionError
        If both functions are given.

    Notes
    -----
    Source: P. Izmailov et al., "Averaging weights leads to wider optima and better generalization",
    2018.

    Examples
    --------
    >>> from plugrad import nn, no_grad, optim
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     with no_grad():
    ...         _ = model.weight.fill_(value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item()
    3.0
    """

    n_averaged: Any

    def __init__(
        self,
        model: Any,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Callable[[Any, Any, Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("give avg_fn or multi_avg_fn, not both")
        self.module: Any = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        count = plugrad.tensor(0, dtype=plugrad.long, device=device)
        self.register_buffer("n_averaged", count)
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the averaged module makes of its arguments."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Any) -> None:
        """Take the parameters of `model`, as they are now, into the averages."""
        averaged = list(self._averaged(self.module))
        values = [
            value.detach().to(mean.device)
            for mean, value in zip(averaged, self._averaged(model), strict=True)
        ]
        means = [mean.detach() for mean in averaged]
        with plugrad.no_grad():
            if self.n_averaged == 0:
                for mean, value in zip(means, values, strict=True):
                    mean.copy_(value)
            elif self.multi_avg_fn is not None:
                self.multi_avg_fn(means, values, self.n_averaged)
            elif self.avg_fn is None:
                get_swa_multi_avg_fn()(means, values, self.n_averaged.item())
            else:
                for mean, value in zip(means, values, strict=True):
                    mean.copy_(self.avg_fn(mean, value, self.n_averaged.to(mean.device)))
            if not self.use_buffers:
                pairs = zip(self.module.buffers(), model.buffers(), strict=True)
                for mine, other in pairs:
                    mine.detach().copy_(other.detach().to(mine.device))
        self.n_averaged += 1

    def _averaged(self, model: Any) -> Iterator[Any]:
        return chain(model.parameters(), model.buffers() if self.use_buffers else ())


@plugrad.no_grad()
def update_bn(loader: Iterable[Any], model: Any, device: Any = None) -> None:
    """Compute the statistics of a model's batch normalization anew, over all of `loader`.

    Those of an averaged model are not the averages of the statistics before.

    Parameters
    ----------
    loader : iterable
        Of batches, or of tuples and lists whose first member is one.
    model : Module
    device : device, optional
        Where batches go first.

    Examples
    --------
    >>> from plugrad import nn, optim, tensor
    >>> model = nn.BatchNorm1d(1)
    >>> optim.swa_utils.update_bn([tensor([[1.0], [3.0]]), tensor([[5.0], [7.0]])], model)
    >>> model.running_mean
    tensor([4.])
    """
    momenta = {m: m.momentum for m in model.modules() if isinstance(m, _NORMS)}
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.reset_running_stats()
        module.momentum = None  # all batches count alike
    for batch in loader:
        first = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(first if device is None else first.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)
