"""Every operator beside PyTorch's: seconds of forward and backward, worst ratio first.

Run as ``python benchmarks/operators.py [SIZE ...] [--rounds N] [--only WORD]`` where PyTorch is
installed, on an idle machine; by default with 1,000 and with 1,000,000 elements, float32 and
float64. Each library runs in a process of its own, and they take turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

# What is timed, in Python: `x` and `y` are matrices of as many elements as asked for, with a
# hundred columns, positive and below 1; `i` indices of x's rows, `m` a mask, `v` a row. What is
# differentiated is the sum of the result, or of its first tensor.
ELEMENTWISE = """abs neg sign add:y sub:y mul:y div:y floor_divide:y remainder:y fmod:y pow:y pow:2
    pow:0.5 float_power:2 square sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p
    logaddexp:y logaddexp2:y sin cos tan asin acos atan atan2:y sinh cosh tanh asinh atanh sinc
    hypot:y sigmoid logit erf erfc erfinv floor ceil round trunc frac clamp:0.2,0.8
    clamp_min:0.5 maximum:y minimum:y fmax:y fmin:y lerp:y,0.3 addcmul:y,y addcdiv:y,y copysign:y
    ldexp:y heaviside:y nan_to_num deg2rad xlogy:y lgamma digamma i0 masked_fill:m,0.0
    eq:y lt:y isnan isfinite isclose:y logical_and:y add:1.5 mul:1.5 rsub:1.5"""
REDUCTIONS = """sum sum:0 sum:1 nansum mean mean:1 prod:1 amax:1 amin:0 max max:1 argmax:1 all any
    std std:1 var:0 median:1 mode:1 kthvalue:3,1 quantile:0.5 norm norm:2,1 logsumexp:1
    count_nonzero cumsum:1 cumprod:1 cummax:1 logcumsumexp:1 diff aminmax histc bincount"""
SHAPES = """reshape:-1 flatten t transpose:0,1 permute:1,0 expand:3,-1,-1 repeat:2,1
    repeat_interleave:2 tile:2 flip:0 roll:1,0 rot90 contiguous clone cat:y stack:y split:10 chunk:4
    unbind narrow:0,1,5 select:0,3 unfold:1,4,2 diagonal tril triu movedim:0,1 squeeze unsqueeze:0
    diag_embed getitem:3 getitem:i getitem:m getitem:slice gather scatter_add index_select
    index_add masked_select take nonzero sort argsort topk:5 unique searchsorted where"""
PRODUCTS = """matmul mm mv dot outer inner addmm bmm einsum tensordot linear cdist"""
NETWORK = """relu leaky_relu elu selu celu gelu silu mish softplus softsign hardtanh hardsigmoid
    hardswish logsigmoid softmax log_softmax layer_norm rms_norm dropout embedding mse_loss l1_loss
    smooth_l1_loss cross_entropy nll_loss binary_cross_entropy binary_cross_entropy_with_logits
    kl_div glu pad batch_norm group_norm conv2d max_pool2d avg_pool2d interpolate attention"""
CREATION = "zeros ones full arange linspace eye rand randn randint randperm bernoulli multinomial"

Call = Callable[[], Any]


def _written_out(t: Any, x: Any, y: Any, n: int) -> dict[str, Call]:
    """Return the calls that a name and its arguments do not say."""
    f = t.nn.functional
    rows, columns = x.shape
    side = max(int(n**0.5) // 2, 4)
    i = t.arange(rows).flip(0)
    m = x.detach() > 0.5
    v = x[0]
    a = t.rand(side, side, dtype=x.dtype).requires_grad_()
    along = t.arange(columns).flip(0).expand(rows, columns)
    picture = x.reshape(-1, 4, 5, 5) if n < 10_000 else x.reshape(-1, 16, 25, 25)
    kernel = t.rand(8, picture.shape[1], 3, 3, dtype=x.dtype).requires_grad_()
    batch = x.reshape(-1, 10, 10)
    classes = t.arange(rows) % columns
    return {
        "cat:y": lambda: t.cat([x, y]),
        "stack:y": lambda: t.stack([x, y]),
        "getitem:3": lambda: x[3],
        "getitem:i": lambda: x[i],
        "getitem:m": lambda: x[m],
        "getitem:slice": lambda: x[1::2, 3:],
        "gather": lambda: x.gather(1, along),
        "scatter_add": lambda: x.scatter_add(1, along, y),
        "index_select": lambda: x.index_select(0, i),
        "index_add": lambda: x.index_add(0, i, y),
        "masked_select": lambda: x.masked_select(m),
        "take": lambda: x.take(i),
        "nonzero": lambda: m.nonzero(),
        "unique": lambda: x.detach().unique(),
        "searchsorted": lambda: t.searchsorted(v.detach().sort()[0], y.detach()),
        "where": lambda: t.where(m, x, y),
        "bincount": lambda: t.bincount(along.reshape(-1)),
        "histc": lambda: x.detach().histc(50, 0, 1),
        "matmul": lambda: a @ a,
        "mm": lambda: x.mm(y.t()) if rows <= 100 else x.mm(y[:100].t()),
        "mv": lambda: x.mv(v),
        "dot": lambda: x.reshape(-1).dot(y.reshape(-1)),
        "outer": lambda: t.outer(a[0], a[1]),
        "inner": lambda: t.inner(x, v),
        "addmm": lambda: t.addmm(v[:8], x, y[:8].t()),
        "bmm": lambda: batch.bmm(batch),
        "einsum": lambda: t.einsum("bij,bjk->bik", batch, batch),
        "tensordot": lambda: t.tensordot(a, a, 1),
        "linear": lambda: f.linear(x, y[:8], v[:8]),
        "cdist": lambda: t.cdist(x[:100], y[:100]),
        "layer_norm": lambda: f.layer_norm(x, (columns,)),
        "rms_norm": lambda: f.rms_norm(x, (columns,)),
        "dropout": lambda: f.dropout(x, 0.5),
        "embedding": lambda: f.embedding(classes, y),
        "cross_entropy": lambda: f.cross_entropy(x, classes),
        "nll_loss": lambda: f.nll_loss(x, classes),
        "pad": lambda: f.pad(x, (1, 2), value=1.0),
        "batch_norm": lambda: f.batch_norm(x, None, None, training=True),
        "group_norm": lambda: f.group_norm(x, 10),
        "conv2d": lambda: f.conv2d(picture, kernel, padding=1),
        "max_pool2d": lambda: f.max_pool2d(picture, 2),
        "avg_pool2d": lambda: f.avg_pool2d(picture, 2),
        "interpolate": lambda: f.interpolate(picture, scale_factor=2.0, mode="bilinear"),
        "attention": lambda: f.scaled_dot_product_attention(batch, batch, batch),
        "zeros": lambda: t.zeros(n),
        "ones": lambda: t.ones(n),
        "full": lambda: t.full((n,), 2.5),
        "arange": lambda: t.arange(n),
        "linspace": lambda: t.linspace(0, 1, n),
        "eye": lambda: t.eye(side),
        "rand": lambda: t.rand(n),
        "randn": lambda: t.randn(n),
        "randint": lambda: t.randint(10, (n,)),
        "randperm": lambda: t.randperm(n),
        "bernoulli": lambda: t.bernoulli(x.detach()),
        "multinomial": lambda: t.multinomial(v.detach(), 20, True),
    }


def calls(t: Any, n: int, kind: str) -> dict[str, Call]:
    """Return what is timed, by name, for a library with PyTorch's interface."""
    t.manual_seed(0)
    dtype = getattr(t, kind)
    x, y = ((0.01 + 0.98 * t.rand(n // 100, 100, dtype=dtype)).requires_grad_() for _ in range(2))
    written = _written_out(t, x, y, n)
    values = {"y": y, "m": x.detach() > 0.5, "i": t.arange(n // 100)}
    found = {}
    for name in " ".join((ELEMENTWISE, REDUCTIONS, SHAPES, PRODUCTS, NETWORK, CREATION)).split():
        word, _, given = name.partition(":")
        if name in written:
            found[name] = written[name]
            continue
        args = [values[a] if a in values else json.loads(a) for a in given.split(",") if a]
        if word.endswith(("_loss", "kl_div", "entropy", "logits")):
            args = [y.detach()]
        if word in ("softmax", "log_softmax", "glu"):
            args = [1]
        function = getattr(t, word, None) or getattr(t.nn.functional, word, None)
        method = getattr(x, word, None)
        if method is not None:
            found[name] = _bound(method, args)
        elif function is not None:
            found[name] = _bound(function, [x, *args])
    return found


def _bound(function: Callable[..., Any], args: list[Any]) -> Call:
    return lambda: function(*args)


def both_passes(t: Any, call: Call) -> Call:
    """Return a function that runs a call, and its backward where it has one."""

    def run() -> None:
        result = call()
        if not isinstance(result, t.Tensor):
            result = result[0]
        if result.requires_grad:
            result.backward(t.ones_like(result))

    return run


def seconds(run: Call, budget: float) -> float:
    """Return the median seconds of one run, from as many as fit into a time."""
    run()
    run()
    taken: list[float] = []
    while len(taken) < 3 or (sum(taken) < budget and len(taken) < 300):
        begun = perf_counter()
        run()
        taken.append(perf_counter() - begun)
    return median(taken)


def measure(library: str, n: int, kind: str, only: str) -> dict[str, float]:
    """Time one library: what the child processes do."""
    t = __import__(library)
    __import__(f"{library}.nn.functional")
    found = {}
    for name, call in calls(t, n, kind).items():
        if only in name:
            try:
                found[name] = seconds(both_passes(t, call), 0.05)
            except Exception as error:
                print(f"{library} cannot run {name}: {error}", file=sys.stderr)
    return found


def compare(n: int, kind: str, rounds: int, only: str) -> list[tuple[float, str, float, float]]:
    """Return the ratio, name, and both times of every operator, worst first."""
    runs: dict[str, list[dict[str, float]]] = {"plugrad": [], "torch": []}
    for _ in range(rounds):
        for library, results in runs.items():
            done = subprocess.run(
                [sys.executable, "-W", "ignore", __file__, "--child", library, str(n), kind, only],
                stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parent,
            )  # fmt: skip
            results.append(json.loads(done.stdout))
    rows = []
    for name in runs["plugrad"][0]:
        if all(name in result for results in runs.values() for result in results):
            ours, theirs = (
                median(result[name] for result in runs[lib]) for lib in ("plugrad", "torch")
            )
            rows.append((ours / theirs, name, ours, theirs))
    return sorted(rows, reverse=True)


def main() -> None:
    """Print a table for each size and dtype."""
    if sys.argv[1:2] == ["--child"]:
        library, n, kind, only = sys.argv[2:6]
        print(json.dumps(measure(library, int(n), kind, only)))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--kinds", nargs="*", default=["float32", "float64"])
    parser.add_argument("--worst", type=int, default=40)
    options = parser.parse_args()
    listed = tomllib.loads(Path(__file__).with_name("causes.toml").read_text(encoding="utf-8"))
    causes = {name: entry["why"] for entry in listed["cause"] for name in entry["names"]}
    for n in options.sizes:
        for kind in options.kinds:
            rows = compare(n, kind, options.rounds, options.only)
            ratios = sorted(row[0] for row in rows)
            print(
                f"\n{n:,} elements of {kind}: {len(rows)} operators, median "
                f"{median(ratios):.2f}, 90 % below {ratios[int(0.9 * len(ratios))]:.2f}"
            )
            print(f"{'':26}{'plugrad us':>12}{'PyTorch us':>12}{'ratio':>8}")
            for ratio, name, ours, theirs in rows[: options.worst]:
                why = f"  {causes.get(name, 'not looked into yet')}" if ratio > 2 else ""
                print(f"{name:26}{ours * 1e6:12.1f}{theirs * 1e6:12.1f}{ratio:8.2f}{why}")


if __name__ == "__main__":
    main()
