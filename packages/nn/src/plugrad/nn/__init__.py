"""Neural-network modules, functions and losses: `torch.nn` for plugrad.

>>> import plugrad
>>> from plugrad import nn
>>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
>>> model(plugrad.ones(3, 4)).shape
plugrad.Size([3, 2])
"""

from __future__ import annotations

from plugrad.nn import functional as functional
from plugrad.nn import init as init
from plugrad.nn import utils as utils
from plugrad.nn.creation import create as create
from plugrad.nn.modules import *  # noqa: F403
from plugrad.nn.modules import LAYERS as LAYERS
from plugrad.nn.modules.module import Module as Module
from plugrad.nn.parameter import Buffer as Buffer
from plugrad.nn.parameter import Parameter as Parameter
from plugrad.nn.parameter import UninitializedBuffer as UninitializedBuffer
from plugrad.nn.parameter import UninitializedParameter as UninitializedParameter

__version__ = "0.1.0"

__all__ = [
    *LAYERS,
    "Buffer",
    "Module",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "create",
    "functional",
    "init",
    "utils",
]
