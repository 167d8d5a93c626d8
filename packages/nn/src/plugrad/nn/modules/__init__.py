"""The modules, one file for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.nn.modules import (
    activation,
    adaptive,
    adaptive_softmax,
    attention,
    channels,
    containers,
    conv,
    distance,
    dropping,
    embedding,
    folding,
    lazy,
    linear,
    loss,
    margin,
    normalization,
    padding,
    parameters,
    pooling,
    rnn,
    transformer,
    vision,
)
from plugrad.nn.modules.activation import *  # noqa: F403
from plugrad.nn.modules.adaptive import *  # noqa: F403
from plugrad.nn.modules.adaptive_softmax import *  # noqa: F403
from plugrad.nn.modules.attention import *  # noqa: F403
from plugrad.nn.modules.channels import *  # noqa: F403
from plugrad.nn.modules.containers import *  # noqa: F403
from plugrad.nn.modules.conv import *  # noqa: F403
from plugrad.nn.modules.distance import *  # noqa: F403
from plugrad.nn.modules.dropping import *  # noqa: F403
from plugrad.nn.modules.embedding import *  # noqa: F403
from plugrad.nn.modules.folding import *  # noqa: F403
from plugrad.nn.modules.lazy import *  # noqa: F403
from plugrad.nn.modules.linear import *  # noqa: F403
from plugrad.nn.modules.loss import *  # noqa: F403
from plugrad.nn.modules.margin import *  # noqa: F403
from plugrad.nn.modules.module import Module as Module
from plugrad.nn.modules.normalization import *  # noqa: F403
from plugrad.nn.modules.padding import *  # noqa: F403
from plugrad.nn.modules.parameters import *  # noqa: F403
from plugrad.nn.modules.pooling import *  # noqa: F403
from plugrad.nn.modules.rnn import *  # noqa: F403
from plugrad.nn.modules.transformer import *  # noqa: F403
from plugrad.nn.modules.vision import *  # noqa: F403

LAYERS = [
    *activation.__all__,
    *adaptive.__all__,
    *adaptive_softmax.__all__,
    *attention.__all__,
    *channels.__all__,
    *containers.__all__,
    *conv.__all__,
    *distance.__all__,
    *dropping.__all__,
    *embedding.__all__,
    *folding.__all__,
    *lazy.__all__,
    *linear.__all__,
    *loss.__all__,
    *margin.__all__,
    *normalization.__all__,
    *padding.__all__,
    *parameters.__all__,
    *pooling.__all__,
    *rnn.__all__,
    *transformer.__all__,
    *vision.__all__,
]
"""The names of all modules, which the plugin offers."""

if not TYPE_CHECKING:  # type checkers follow the imports above, but no list that is computed
    __all__ = [*LAYERS, "Module"]
