"""How a tangent goes through an operator: from the rules that declarations state for the backward.

All of it on tensors of the level below, with their operators, so that it can be differentiated.
"""

from __future__ import annotations

from typing import Any

from plugrad.autograd.engine import project
from plugrad.autograd.gradients import grad
from plugrad.autograd.modes import enable_grad, mode
from plugrad.dtypes import dtype
from plugrad.vocabulary.nodes import pulled_back
from plugrad.vocabulary.registry import Operator
from plugrad.vocabulary.registry import tensor_table as below

__all__ = ["embed", "pushed"]


def embed(tangent: Any, shape: tuple[int, ...], kind: dtype) -> Any:
    """Return `tangent` in the vector space of its output: broadcast to its shape, of its dtype.

    The twin of `plugrad.autograd.engine.project`, for derivatives that flow forwards.
    """
    if tangent._array.shape != shape:
        tangent = below.expand(tangent, shape)
    return below.cast(tangent, kind)


def pushed(
    operator: Operator, values: dict[str, Any], outs: list[Any], tangents: list[Any]
) -> list[Any]:
    """Return the tangents of an operator's outputs.

    A pullback is linear in the gradient, and the transpose of a transpose is the map itself: the
    pullback of an arbitrary gradient is recorded, and differentiated by that gradient. (Not of 0:
    some rules look at the sign.)

    Source: J. Townsend, "A new trick for calculating Jacobian vector products", 2017.
    """
    flows = [out._dtype.is_floating_point or out._dtype.is_complex for out in outs]
    with enable_grad():
        cotangents = [
            below.ones_like(out.detach()).requires_grad_() if flow else None
            for out, flow in zip(outs, flows, strict=True)
        ]
        given = dict(values)
        given["given"] = tuple(flows)
        if operator.outputs == "*":
            given["g"] = cotangents
        else:
            given["g"] = cotangents[0]
            given.update((f"g_{n}", g) for n, g in zip(operator.output_names, cotangents))  # noqa: B905
        conjugate = operator.form in ("elementwise", "linear") and any(
            out._dtype.is_complex for out in outs
        )
        arbitrary, mode.arbitrary = mode.arbitrary, True
        try:
            pulled = pulled_back(operator, below, given, conjugate=conjugate)
        finally:
            mode.arbitrary = arbitrary
        pairs = [
            (project(below, g, tangent._array.shape, tangent._dtype), tangent)
            for g, tangent in zip(pulled, tangents, strict=True)
            if g is not None and tangent is not None and g._edge is not None
        ]
        wanted = [cotangent for cotangent in cotangents if cotangent is not None]
        if not pairs or not wanted:
            return [None] * len(outs)
        found = iter(
            grad(
                [g for g, _ in pairs],
                wanted,
                [tangent for _, tangent in pairs],
                create_graph=True,
                allow_unused=True,
            )
        )
    return [next(found) if flow else None for flow in flows]
