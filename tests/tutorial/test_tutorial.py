"""The tutorial prints, cell by cell, what it prints under PyTorch from the same seeds."""

import json
import re
import runpy
from pathlib import Path

import pytest

CELLS = runpy.run_path(str(Path(__file__).with_name("cells.py")))
EXPECTED = json.loads(CELLS["EXPECTED"].read_text(encoding="utf-8"))["cells"]

# The gradients that these cells print are what is left of long sums in float32 that nearly cancel.
# Their last printed digit depends on the order in which BLAS adds: PyTorch itself prints 3.8475e-03
# or 3.8480e-03 for one of them, as MKL_CBWR is set.
ROUNDED = (12, 13, 14)
NUMBER = re.compile(r"[-+]?\d+\.\d*(?:e[-+]\d+)?")


@pytest.fixture(scope="module")
def printed() -> list[str]:
    pytest.importorskip("matplotlib")
    return CELLS["run"]("plugrad")


def test_no_cell_is_missing(printed):
    assert len(printed) == len(EXPECTED) == 26


@pytest.mark.parametrize("number", range(26))
def test_the_cell_prints_what_pytorch_prints(number, printed):
    ours, theirs = printed[number], EXPECTED[number]
    if number in ROUNDED:
        values = [[float(n) for n in NUMBER.findall(text)] for text in (ours, theirs)]
        assert values[0] == pytest.approx(values[1], rel=1e-3, abs=1e-5)
        ours, theirs = (NUMBER.sub("#", text) for text in (ours, theirs))
    assert ours == theirs
