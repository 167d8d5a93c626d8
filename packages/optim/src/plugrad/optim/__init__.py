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

from importlib import import_module
from typing import Any

from plugrad.namespace import MissingPackageError
from plugrad.optim import lr_scheduler
from plugrad.optim.adadelta import Adadelta
from plugrad.optim.adafactor import Adafactor
from plugrad.optim.adagrad import Adagrad
from plugrad.optim.adam import Adam, AdamW
from plugrad.optim.adamax import Adamax
from plugrad.optim.asgd import ASGD
from plugrad.optim.creation import create, create_scheduler
from plugrad.optim.lbfgs import LBFGS
from plugrad.optim.nadam import NAdam
from plugrad.optim.optimizer import Optimizer
from plugrad.optim.radam import RAdam
from plugrad.optim.rmsprop import RMSprop
from plugrad.optim.rprop import Rprop
from plugrad.optim.sgd import SGD

__version__ = "0.1.0"

OPTIMIZERS = [
    "SGD",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "RAdam",
    "Adagrad",
    "Adadelta",
    "Adafactor",
    "RMSprop",
    "Rprop",
    "ASGD",
    "LBFGS",
]
"""The names of all optimizers, which the plugin offers."""

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "create",
    "create_scheduler",
    "lr_scheduler",
]


def __getattr__(name: str) -> Any:
    # Averaging needs plugrad.nn, which may not be installed: then this says what to install.
    if name != "swa_utils":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module("plugrad.optim.swa_utils")
    except MissingPackageError as missing:
        raise AttributeError(str(missing), name=name) from None
