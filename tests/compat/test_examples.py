"""The examples run under PyTorch, too: with another import, and the same losses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
STEPS = "20"

# PyTorch's modules under plugrad's names: the script cannot tell, and stays as it is, but for its
# precision.
RUN = """
import sys
if sys.argv[2] == "torch":
    import torch, torch.func, torch.nn.functional, torch.utils.data
    for name, module in list(sys.modules.items()):
        if name == "torch" or name.startswith("torch."):
            sys.modules["plugrad" + name[5:]] = module
import json, plugrad
plugrad.set_default_dtype(getattr(plugrad, sys.argv[3]))
text = open(sys.argv[1], encoding="utf-8").read().replace("float32", sys.argv[3])
names = {"__name__": "__main__", "__file__": sys.argv[1]}
exec(compile(text, sys.argv[1], "exec"), names)
print(json.dumps(names["losses"]))
"""


def losses(script: Path, library: str, kind: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, str(script), library, kind],
        env={**os.environ, "STEPS": STEPS, "MPLBACKEND": "Agg"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == int(STEPS)
    return found  # type: ignore[no-any-return]


# Pooling meets ties in the digits, which rounding breaks: on some processors PyTorch's own losses
# differ by 2e-4 between its two ways to convolve. In float64 nothing is left of that.
CLOSE = {
    ("cnn_digits", "float32"): 5e-3,
    ("cnn_digits", "float64"): 1e-7,
    ("custom_function", "float32"): 1e-4,
    ("ensemble", "float32"): 1e-4,
    ("gpt_characters", "float32"): 1e-4,
    ("lstm_series", "float32"): 1e-4,
    ("vae_digits", "float32"): 1e-4,
}


@pytest.mark.parametrize(("name", "kind"), CLOSE)
def test_losses_are_the_same_for_twenty_steps(name, kind):
    pytest.importorskip("sklearn")
    script = EXAMPLES / f"plot_{name}.py"
    ours, theirs = (losses(script, library, kind) for library in ("plugrad", "torch"))
    assert theirs[-1] != theirs[0]
    assert ours == pytest.approx(theirs, rel=CLOSE[name, kind])
