"""Signal processing, under the names of ``torch.signal``."""

from plugrad.signal import windows

__all__ = ["windows"]
