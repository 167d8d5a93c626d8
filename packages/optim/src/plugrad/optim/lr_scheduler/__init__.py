"""Learning-rate schedulers: ``torch.optim.lr_scheduler`` for plugrad."""

from __future__ import annotations

from plugrad.optim.lr_scheduler.composed import ChainedScheduler, SequentialLR
from plugrad.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from plugrad.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from plugrad.optim.lr_scheduler.factors import (
    ExponentialLR,
    LambdaLR,
    MultiplicativeLR,
    MultiStepLR,
    StepLR,
)
from plugrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from plugrad.optim.lr_scheduler.ramps import ConstantLR, LinearLR, PolynomialLR
from plugrad.optim.lr_scheduler.scheduler import LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

_LRScheduler = LRScheduler  # what PyTorch called it before 2.0, and programs still do
