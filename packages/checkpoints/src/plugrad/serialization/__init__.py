"""Saving and loading, under the names of ``torch.serialization``.

`save` and `load` are those of `plugrad` itself. There is nothing to declare safe here, so that
``add_safe_globals`` and its like do not exist: a file cannot name code.
"""

from __future__ import annotations

from plugrad.checkpoints.endianness import (
    LoadEndianness,
    get_default_load_endianness,
    set_default_load_endianness,
)
from plugrad.checkpoints.loading import load
from plugrad.checkpoints.saving import save

__all__ = [
    "LoadEndianness",
    "get_default_load_endianness",
    "load",
    "save",
    "set_default_load_endianness",
]
