"""The operator `snake`: ``x + sin(a * x)**2 / a``.

Source: L. Ziyin, T. Hartwig, M. Ueda, "Neural networks fail to learn periodic functions and how to
fix it", 2020.
"""

from __future__ import annotations

from plugrad.vocabulary.forms import elementwise

__all__ = ["snake"]

snake = elementwise(
    "snake",
    "x; a=1.0",
    result="floating",
    accepts="real",
    aten="snake::snake",
    body=lambda k, x, a: x + k.square(k.sin(x * a)) / a,
    x=lambda k, g, x, a: g * (k.sin(x * (2 * a)) + 1),
)
