"""What is said of a tensor's gradient, and how a graph is drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

import plugrad
from plugrad.autograd import explain
from plugrad.autograd.graph import draw


def leaf(*shape: int) -> Any:
    return plugrad.ones(*shape, requires_grad=True)


# ------------------------------------------------------------------------------------------- words


def inference() -> Any:
    with plugrad.inference_mode():
        return leaf(2) * 2


def unrecorded_view() -> Any:
    x = leaf(2, 3)
    y = x * 1
    with plugrad.no_grad():
        view = y[0]
    unrecorded_view.base = y  # type: ignore[attr-defined]
    return view


def freed() -> Any:
    y = leaf(2).exp().sum().exp()
    y.backward()
    return y


def changed() -> Any:
    class First(plugrad.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x[:1]

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return plugrad.cat([grad, 0 * grad])

    base = leaf(2) * 1
    view = First.apply(base)
    base.mul_(2)
    return view


SAID = {
    "integers": (lambda: plugrad.arange(3), "only tensors of floating-point"),
    "plain": (lambda: plugrad.ones(2), "call requires_grad_() before it is used"),
    "inference": (inference, "inference mode"),
    "unrecorded view": (unrecorded_view, "made under no_grad()"),
    "leaf": (lambda: leaf(2), "a leaf that requires grad. Its gradient is None: no backward"),
    "computed": (lambda: leaf(2) * 2, "of MulBackward0: it requires grad, but keeps no gradient"),
    "freed": (freed, "freed by a backward"),
    "refused": (changed, "A backward from it fails"),
}


@pytest.mark.parametrize("name", SAID)
def test_why_there_is_no_gradient(name: str) -> None:
    make, expected = SAID[name]
    assert expected in explain(make())


def test_why_there_is_one() -> None:
    x = leaf(2)
    y = x * 2
    y.retain_grad()
    y.sum().backward()
    assert "Its gradient is there" in explain(x)
    assert "and keeps its gradient" in explain(y)
    assert repr(explain(x)) == str(explain(x))


def test_the_way_from_an_output() -> None:
    x, other = leaf(2), leaf(2)
    first, second = plugrad.split(x * 3, 1)
    output = (first.exp() * second).sum()
    said = explain(x, output).splitlines()
    names = [line.split()[0] for line in said if line.startswith("  ")]
    assert names == ["SumBackward0", "MulBackward0", "SplitBackward0", "MulBackward0", "leaf"]
    assert "does not depend on it" in explain(other, output)
    assert "does not depend on it" in explain(second, first.sum())
    assert "reaches it" in explain(second, output)
    assert "does not know this tensor" in explain(plugrad.ones(2), output)
    assert "nothing can be differentiated" in explain(x, plugrad.ones(2))
    output.backward()
    assert "cannot be taken again" in explain(x, output)


def test_long_ways_are_cut() -> None:
    x = y = leaf(1)
    for _ in range(5000):
        y = y * 1
    said = explain(x, y).splitlines()
    assert len(said) == 14
    assert "more" in said[8]


# ---------------------------------------------------------------------------------------- drawings


def branching() -> Any:
    x = leaf(2, 3)
    h = x.sin()
    first, second = h.split([1, 2], 1)
    return (first * second).sum() + h.exp().sum()


def test_a_graph_as_text() -> None:
    assert str(draw(branching())).splitlines() == [
        "AddBackward0 float32[]",
        "├─ SumBackward0 float32[]",
        "│  MulBackward0 float32[2, 2], keeps 24 B",
        "│  ├─ 1: SplitWithSizesBackward0 float32[2, 1] float32[2, 2]",
        "│  │  2: SinBackward0 float32[2, 3], keeps 24 B",
        "│  │  leaf float32[2, 3]",
        "│  └─ to 1",
        "└─ SumBackward0 float32[]",
        "   ExpBackward0 float32[2, 3], keeps 24 B",
        "   to 2",
    ]


def test_what_was_freed_and_what_is_packed() -> None:
    y = branching()
    y.backward()
    assert "SinBackward0 float32[2, 3], freed" in str(draw(y))
    with plugrad.autograd.graph.save_on_cpu():
        assert "ExpBackward0 float32[2]" in str(draw(leaf(2).exp()))


def test_long_graphs_are_cut() -> None:
    y = leaf(1)
    for _ in range(3000):
        y = y * y
    lines = str(draw(y)).splitlines()
    assert len(lines) == 401
    assert lines[-1] == "... of 3001 nodes"
    assert draw(y)._repr_html_().startswith("<pre>")


def test_several_outputs_and_none() -> None:
    x = leaf(2)
    text = str(draw(x.sin(), x.cos())).splitlines()
    assert text[0].startswith("SinBackward0")
    assert text[2].startswith("CosBackward0")
    assert text[3] == "to 1"
    with pytest.raises(RuntimeError, match="output 1 has no history"):
        draw(x.sin(), plugrad.ones(1))


def test_a_graph_as_a_picture(tmp_path: Any) -> None:
    drawing = draw(branching())
    drawing.save(tmp_path / "graph.svg")
    root = ElementTree.parse(tmp_path / "graph.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    boxes = root.findall(f"{space}g")
    assert len(boxes) == len(drawing) == 8
    edges = [path for path in root.findall(f"{space}path") if path.get("marker-end")]
    assert len(edges) == 8
    places = [(float(g[1].get("x", 0)), float(g[1].get("y", 0))) for g in boxes]
    assert len(set(places)) == len(places)
    for x, y in places:  # boxes of one row lie beside each other
        assert all(abs(x - other) >= 170 for other, row in places if row == y and other != x)
    assert drawing._repr_html_() == drawing.svg()


def test_times_after_a_profile() -> None:
    with plugrad.profiler.profile() as profile:
        y = leaf(2).sin().sum()
        y.backward(retain_graph=True)
    text = str(draw(y, profile=profile))
    assert text.count("forward") == 2
    assert text.count("backward ") == 2
