"""Samples of the linalg operators."""

from __future__ import annotations

import math
from typing import Any

import numpy

from plugrad.operators import contraction, matmul, matrices
from plugrad.testing.samples import Input, Sample, integers, real

__all__ = ["SAMPLES"]

_COMPLEX = ("float32", "float64", "complex128")


def _linear(t: Any, *tensors: Any) -> Any:
    return (t.nn.functional.linear if t.__name__ == "torch" else matmul.linear)(*tensors)


def _multi_dot(t: Any, *tensors: Any) -> Any:
    return (t.linalg.multi_dot if t.__name__ == "torch" else contraction.multi_dot)(tensors)


def _cross(t: Any, x: Any, y: Any) -> Any:
    return (t.linalg.cross if t.__name__ == "torch" else matrices.linalg_cross)(x, y)


def _shapes(text: str) -> tuple[Input, ...]:
    """Return inputs for ``"2x3 3x4"``; ``-`` stands for no dimension."""
    return tuple(
        real(*(int(size) for size in word.split("x"))) if word != "-" else real()
        for word in text.split()
    )


def _matmul() -> list[Sample]:
    shapes = """
        3 3; 3 3x4; 2x3 3; 2x3 3x4; 3 5x3x4; 5x2x3 3; 5x2x3 3x4; 2x3 5x3x4; 5x2x3 5x3x4;
        1x2x3 5x3x4; 5x2x3 1x3x4; 1x2x3 1x3x4; 3x1x2x3 5x3x4; 3x5x2x3 3x4; 2x3 3x5x3x4;
        3 2x5x3x4; 2x5x2x3 3; 2x1x2x3 2x5x3x4; 2x0 0x3; 0x2x3 3x4; 5x2x0 0x4; 0x2x3 0x3x4;
        5x2x3 3x0; 0 0; 1x1 1x1
    """
    # With a gradient these are one tall product, as in PyTorch.
    folded = {"2x3 5x3x4", "1x2x3 5x3x4", "2x3 3x5x3x4"}
    skip = {"recording_changes_no_value": "rounds differently where a gradient is wanted"}
    return [
        Sample("matmul", lambda t, x, y: t.matmul(x, y), _shapes(each), dtypes=_COMPLEX,
               skip=skip if each.strip() in folded else {})
        for each in shapes.split(";")
    ]  # fmt: skip


def _turned() -> list[Sample]:
    """Return products of tensors that do not lie in memory in the order of their indices."""
    calls: dict[str, tuple[Any, str]] = {
        "t": (lambda t, x, y: x @ y.t(), "2x3 4x3"),
        "T": (lambda t, x, y: x @ y.T, "2x3 4x3"),
        "mT": (lambda t, x, y: x @ y.mT, "5x2x3 5x4x3"),
        "first": (lambda t, x, y: x.t() @ y, "3x2 3x4"),
        "folded": (lambda t, x, y: x.transpose(1, 2) @ y, "5x3x2 3x4"),
        "slice": (lambda t, x, y: x[:, ::2] @ y[1:], "2x5 4x2"),
        "vector": (lambda t, x, y: x.transpose(0, 1) @ y, "2x5x3 3"),
        "expanded": (lambda t, x, y: x.expand(4, 2, 3) @ y, "2x3 3x2"),
        "itself": (lambda t, x: x @ x, "3x3"),
        "gram": (lambda t, x: x @ x.t(), "3x2"),
    }
    found = [
        Sample("matmul", call, _shapes(shapes), dtypes=_COMPLEX, label=label)
        for label, (call, shapes) in calls.items()
    ]
    # Where the matrix takes no gradient, whether a batch is folded depends on its strides.
    one, other = real(5, 2, 3), real(3, 4, grad=False)
    found += [
        Sample("matmul", lambda t, x, y: x @ y, (one, other), label="fixed"),
        Sample("matmul", lambda t, x, y: x @ y, (real(5, 2, 3), real(1, 3, 4, grad=False)),
               label="fixed"),
        Sample("matmul", lambda t, x, y: x.mT @ y, (real(5, 3, 2), other), label="fixed-turned"),
        Sample("matmul", lambda t, x, y: x.transpose(0, 1) @ y, (real(2, 5, 3),
               real(3, grad=False)), label="fixed-vector"),
        Sample("matmul", lambda t, x, y: x @ y, (real(2, 3, grad=False), real(5, 3, 4)),
               label="fixed-first"),
        Sample("matmul", lambda t, x, y: x @ y, (real(3, grad=False), real(5, 3, 4)),
               label="fixed-first"),
        Sample("matmul", lambda t, x, y: x @ y, (real(5, 2, 3, grad=False), real(3, 4)),
               label="fixed-batch"),
        Sample("matmul", lambda t, x, y: x @ y, (integers(2, 3), integers(3, 4)), exact=True),
        Sample("matmul", lambda t, x, y: x @ y, (integers(5, 2, 3), integers(3)), exact=True),
    ]  # fmt: skip
    return found


def _products() -> list[Sample]:
    found = []
    for name, shapes in {
        "mm": "2x3 3x4; 0x3 3x4; 2x0 0x4; 1x1 1x1",
        "mv": "2x3 3; 0x3 3; 2x0 0",
        "dot": "3 3; 0 0; 1 1",
        "vdot": "3 3",
        "bmm": "5x2x3 5x3x4; 0x2x3 0x3x4; 1x2x0 1x0x4",
        "inner": "3 3; 2x3 4x3; 2x3 3; 3 2x3; 2x3 4x5x3; - 3; 3 -",
        "outer": "3 4; 0 4; 1 1",
        "ger": "3 4",
        "kron": "3 4; 2x3 3x2; 3 2x2; - 2x2; 2x1x2 3",
    }.items():
        for each in shapes.split(";"):
            found.append(
                Sample(name, lambda t, x, y, name=name: getattr(t, name)(x, y), _shapes(each),
                       dtypes=_COMPLEX)
            )  # fmt: skip
    found += [
        Sample(name, lambda t, x, y, name=name: getattr(x, name)(y), _shapes(shapes))
        for name, shapes in {
            "mm": "2x3 3x4", "mv": "2x3 3", "dot": "3 3", "bmm": "5x2x3 5x3x4", "matmul": "3x3 3x3",
            "inner": "2x3 3", "outer": "2 3", "kron": "2 3", "vdot": "3 3", "ger": "2 3",
            "cross": "2x3 2x3",
        }.items()
    ]  # fmt: skip
    return found


def _linears() -> list[Sample]:
    inputs = ("2x3", "3", "5x2x3", "2x5x2x3", "0x3", "1x3")
    shapes = [f"{x} 4x3 {bias}" for x in inputs for bias in ("4", "1", "-", "")]
    shapes += ["2x3 4x3 2x4", "2x3 4x3 2x1", "2x3 3", "3 3", "3 3 -", "5x2x3 3", "5x2x3 3 -"]
    found = [Sample("linear", _linear, _shapes(each), dtypes=_COMPLEX) for each in shapes]
    # More inner products than rows: a kernel may take another way.
    found += [Sample("linear", _linear, _shapes("3x300 8x300 8"), second=False)]
    found += [
        Sample("linear", lambda t, x, w, b: _linear(t, x.transpose(0, 1), w, b),
               _shapes("2x5x3 4x3 4"), label="turned"),
        Sample("linear", _linear, (real(2, 3, grad=False), real(4, 3), real(4)), label="fixed"),
        Sample("linear", _linear, (real(2, 3), real(4, 3, grad=False), real(4)), label="frozen"),
        Sample("linear", _linear, (real(2, 3), real(4, 3), real(4, grad=False)), label="unbiased"),
    ]  # fmt: skip
    return found


def _added() -> list[Sample]:
    found = []
    for name, shapes in {
        "addmm": "4 2x3 3x4; 2x4 2x3 3x4; 2x1 2x3 3x4; - 2x3 3x4; 4 0x3 3x4; 4 2x0 0x4",
        "addmv": "2 2x3 3; 1 2x3 3; - 2x3 3",
        "addr": "2x3 2 3; 3 2 3; 2x1 2 3; - 2 3",
        "baddbmm": "5x2x4 5x2x3 5x3x4; 4 5x2x3 5x3x4; 5x1x1 5x2x3 5x3x4",
        "addbmm": "2x4 5x2x3 5x3x4; 4 5x2x3 5x3x4; 2x1 5x2x3 5x3x4",
    }.items():
        for i, each in enumerate(shapes.split(";")):
            found += [
                Sample(name, lambda t, b, x, y, name=name, options=options: getattr(t, name)(
                           b, x, y, **options),
                       _shapes(each), dtypes=_COMPLEX, label=label,
                       inplace=(lambda t, b, x, y, name=name, options=options: getattr(
                           b, f"{name}_")(x, y, **options)) if i == 0 and name != "addmm" else None)
                for label, options in (
                    ("", {}), ("scaled", {"beta": 2, "alpha": -0.5}), ("dropped", {"beta": 0}),
                )
            ]  # fmt: skip
    found.append(
        Sample("addmm", lambda t, b, x, y: b.addmm(x, y, beta=3), _shapes("2x4 2x3 3x4"),
               inplace=lambda t, b, x, y: b.addmm_(x, y, beta=3), label="method")
    )  # fmt: skip
    found.append(
        Sample("addmm", lambda t, b, x, y: t.addmm(b, x, y, beta=2),
               (integers(4), integers(2, 3), integers(3, 4)), exact=True)
    )  # fmt: skip
    found += [
        Sample(f"{name}_", lambda t, b, x, y, name=name: getattr(b * 1, f"{name}_")(x, y, alpha=2),
               _shapes(shapes))
        for name, shapes in {
            "addmm": "2x4 2x3 3x4", "addmv": "2 2x3 3", "addr": "2x3 2 3",
            "baddbmm": "5x2x4 5x2x3 5x3x4", "addbmm": "2x4 5x2x3 5x3x4",
        }.items()
    ]  # fmt: skip
    return found


def _contractions() -> list[Sample]:
    dims: list[tuple[str, Any]] = [
        ("2x3 3x4", 1), ("2x3 2x3", 2), ("2x3 4x2", 0), ("2x3x4 4x3x5", ([1, 2], [1, 0])),
        ("2x3 1x3", ([0], [0])), ("3 3", 1), ("2x3 3", 1), ("2x3 2x3", ([0, -1], [0, 1])),
    ]  # fmt: skip
    found = [
        Sample("tensordot", lambda t, x, y, d=d: t.tensordot(x, y, dims=d), _shapes(shapes),
               dtypes=_COMPLEX, label=str(i))
        for i, (shapes, d) in enumerate(dims)
    ]  # fmt: skip
    found += [
        Sample("multi_dot", _multi_dot, _shapes(each))
        for each in ("2x3 3x4", "2x3 3x4 4x5", "3 3x4 4", "3 3x4", "2x9 9x4 4x9 9x2", "9x2 2x9 9x1")
    ]
    found += [
        Sample("chain_matmul", lambda t, *xs: t.chain_matmul(*xs), _shapes(each))
        for each in ("2x3", "2x3 3x4", "2x9 9x4 4x9 9x2")
    ]
    found += [
        Sample("matrix_power", lambda t, x, n=n: t.matrix_power(x, n), _shapes(shape),
               dtypes=_COMPLEX, label=f"power{n}", graph=n > 0)
        for n in (0, 1, 2, 3, 4, 5, 6, 7, -1, -2) for shape in ("3x3", "2x3x3")
    ]  # fmt: skip
    return found


_EQUATIONS = """
    ij,jk->ik: 2x3 3x4; ij,jk: 2x3 3x4; ii: 3x3; ii->i: 3x3; iij->ji: 2x2x3; ij->ji: 2x3;
    ij->i: 2x3; ijk->: 2x3x2; i,i: 3 3; i,j->ij: 3 4; bij,bjk->bik: 5x2x3 5x3x4;
    bhqd,bhkd->bhqk: 2x2x3x4 2x2x5x4; ij,jk,kl->il: 2x3 3x4 4x5; ...ij,...jk->...ik: 5x2x3 5x3x4;
    ...ij,...jk: 5x2x3 3x4; bn,anm,bm->ba: 2x5 3x5x4 2x4; ij,ij->ij: 2x3 2x3; ij,i->ij: 2x3 2;
    ij,j->i: 2x3 3; i,->i: 3 -; ij,kj->ik: 2x3 1x3; ij,ik->jk: 2x3 2x3; ij,ik->j: 2x3 2x3;
    ...->: 2x3x2; i...->...: 2x3x2; ...i,...i->...: 2x3 5x1x3; ,: - -; i,i->i: 3 1; i,i->: 3 1;
    ij,jk,ki->: 2x3 3x4 4x2; i,j,k->ijk: 2 3 4; bij,bj->bi: 5x2x3 5x3; bi,bi->b: 5x2 5x2;
    nchw,oc->nohw: 2x3x4x5 6x3; Ab,bC: 2x3 3x4; ij,jk->ik: 0x3 3x4; ij,jk->ik: 2x0 0x4;
    ij,jk->ki: 2x3 3x4; ij,kj->kij: 2x3 4x3; abc,cd->adb: 2x3x4 4x5; ij,ijk->k: 2x3 2x3x4
"""


def _einsums() -> list[Sample]:
    found = []
    for each in _EQUATIONS.split(";"):
        equation, _, shapes = (part.strip() for part in each.rpartition(":"))
        found.append(
            Sample("einsum", lambda t, *xs, e=equation: t.einsum(e, *xs), _shapes(shapes),
                   dtypes=_COMPLEX, label=equation)
        )  # fmt: skip
    found += [
        Sample("einsum", lambda t, x, y: t.einsum(x, [0, 1], y, [1, 2], [0, 2]),
               _shapes("2x3 3x4"), label="lists"),
        Sample("einsum", lambda t, x, y: t.einsum(x, [..., 0], y, [0]), _shapes("2x3 3"),
               label="ellipsis"),
        Sample("einsum", lambda t, *xs: t.einsum("ij,jk->ik", xs), _shapes("2x3 3x4"),
               label="tuple"),
        Sample("einsum", lambda t, x, y: t.einsum("ij,jk->ik", x, y),
               (integers(2, 3), integers(3, 4)), exact=True),
    ]  # fmt: skip
    return found


def _well_conditioned(array: numpy.ndarray[Any, Any]) -> Any:
    return array + 5 * numpy.eye(array.shape[-1], dtype=array.dtype)


def _matrices() -> list[Sample]:
    found = [
        Sample("trace", lambda t, x: t.trace(x), _shapes(each), dtypes=_COMPLEX)
        for each in ("3x3", "2x3", "3x2", "0x3", "1x1")
    ]
    found += [
        Sample("trace", lambda t, x: x.trace(), (integers(3, 3),), exact=True),
        Sample("inverse", lambda t, x: t.inverse(x), (real(3, 3, transform=_well_conditioned),),
               dtypes=_COMPLEX),
        Sample("inverse", lambda t, x: x.inverse(), (real(2, 2, 2, transform=_well_conditioned),)),
    ]  # fmt: skip
    found += [
        Sample("cross", lambda t, x, y: t.cross(x, y, dim=-1), _shapes(each), dtypes=_COMPLEX)
        for each in ("3 3", "2x3 2x3", "2x3 1x3", "0x3 0x3")
    ]
    found += [
        Sample("cross", lambda t, x, y: t.cross(x, y, 0), _shapes("3x2 3x2")),
        Sample("cross", _cross, _shapes("4x1x3 1x2x3"), label="linalg"),
        Sample("cross", lambda t, x, y: t.cross(x, y, dim=-1), (integers(2, 3), integers(2, 3)),
               exact=True),
    ]  # fmt: skip
    found += [
        Sample("cdist", lambda t, x, y, p=p: t.cdist(x, y, p=p), _shapes(shapes), second=False,
               label=f"p{p}", graph="x1x" not in shapes)
        for p in (0.0, 1.0, 1.5, 2.0, 3.0, math.inf)
        for shapes in ("2x3 4x3", "2x1x2x3 5x4x3")
    ]  # fmt: skip
    found.append(
        Sample("cdist", lambda t, x: t.cdist(x, x), _shapes("3x2"), second=False, label="itself",
               skip={"gradient_is_the_derivative": "there are bends"})
    )  # fmt: skip
    return found


SAMPLES: tuple[Sample, ...] = (
    *_matmul(),
    *_turned(),
    *_products(),
    *_linears(),
    *_added(),
    *_contractions(),
    *_einsums(),
    *_matrices(),
)
