"""Checkpoints: PyTorch's file format, and that of safetensors, without PyTorch.

`plugrad.save` and `plugrad.load` are brought by this package. A file of the format is a zip archive
of plain entries: ``data.pkl``, a pickle in which tensors stand as calls of PyTorch's functions,
``data/0``, ``data/1``..., the bytes of the memory that they lie in, and the version and byte order.
The pickle is written, and read, by machines of its own, which know the names of tensors and
containers and no others: no code of a file is run, and PyTorch need not be there. The format was
learned from files that PyTorch wrote.
"""

from __future__ import annotations

from plugrad.checkpoints.loading import load
from plugrad.checkpoints.saving import save

__all__ = ["load", "save"]
