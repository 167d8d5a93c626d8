"""Samples of the indexing operators."""

from __future__ import annotations

from plugrad.testing.samples import Sample

__all__ = ["SAMPLES"]

SAMPLES: tuple[Sample, ...] = ()
