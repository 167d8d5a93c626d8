"""Optimizers: `torch.optim` for plugrad.

>>> import plugrad
>>> w = plugrad.tensor([1.0], requires_grad=True)
>>> optimizer = plugrad.optim.SGD([w], lr=0.5)
>>> (w**2).sum().backward()
>>> optimizer.step()
>>> w
tensor([0.], requires_grad=True)
"""

from __future__ import annotations

from plugrad.optim.adam import Adam, AdamW
from plugrad.optim.optimizer import Optimizer
from plugrad.optim.sgd import SGD

__version__ = "0.1.0"

OPTIMIZERS = ["SGD", "Adam", "AdamW"]
"""The names of all optimizers, which the plugin offers."""

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]
