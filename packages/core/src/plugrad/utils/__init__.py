"""What others bring here: ``data`` with plugrad-data, ``checkpoint`` with plugrad-autograd."""

from __future__ import annotations

from plugrad import namespace as _namespace

__path__ = _namespace.extend(__path__, __name__)


def __getattr__(name: str) -> object:
    if f"{__name__}.{name}" in _namespace.SIBLINGS:
        return _namespace.resolve_sibling(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
