"""The examples run under PyTorch, too: with another import, and the same losses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
STEPS = "20"

# PyTorch's modules under plugrad's names: the script cannot tell, and stays as it is.
RUN = """
import runpy, sys
if sys.argv[2] == "torch":
    import torch, torch.nn.functional, torch.utils.data
    for name, module in list(sys.modules.items()):
        if name == "torch" or name.startswith("torch."):
            sys.modules["plugrad" + name[5:]] = module
import json
print(json.dumps(runpy.run_path(sys.argv[1])["losses"]))
"""


def losses(script: Path, library: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, str(script), library],
        env={**os.environ, "STEPS": STEPS, "MPLBACKEND": "Agg"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == int(STEPS)
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["cnn_digits", "gpt_characters", "lstm_series", "vae_digits"])
def test_losses_are_the_same_for_twenty_steps(name):
    pytest.importorskip("sklearn")
    script = EXAMPLES / f"plot_{name}.py"
    ours, theirs = losses(script, "plugrad"), losses(script, "torch")
    assert theirs[-1] != theirs[0]
    assert ours == pytest.approx(theirs, rel=1e-4)
