"""The graph that a backward runs: its nodes, and hooks on them."""

from plugrad.autograd.hooks import RemovableHandle
from plugrad.autograd.tape import AccumulateGrad, Node

__all__ = ["AccumulateGrad", "Node", "RemovableHandle"]
