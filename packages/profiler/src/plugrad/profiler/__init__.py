"""What operators cost: times, calls, shapes and memory, in PyTorch's tables and in Chrome traces.

>>> import plugrad
>>> from plugrad.profiler import profile
>>> with profile() as prf:
...     x = plugrad.ones(2, 3)
>>> [event.name for event in prf.function_events]
['aten::ones', 'aten::empty', 'aten::fill_']

``plugrad.autograd.profiler`` is another name of this package.
"""

from __future__ import annotations

from plugrad.profiler.averages import FunctionEventAvg
from plugrad.profiler.events import FunctionEvent
from plugrad.profiler.lists import EventList
from plugrad.profiler.ranges import record_function
from plugrad.profiler.session import profile

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "profile", "record_function"]
