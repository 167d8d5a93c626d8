"""That large results do not ask the system for memory again and again."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import plugrad

x = plugrad.ones(20_000_000)

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

for _ in range(3):
    x + x
before = faults()
for _ in range(5):
    x + x
print((faults() - before) / 5)
"""


def faults(**environment: str) -> float:
    """Return how many page faults a result of 80 MB costs."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="the setting is one of GNU's C library")
def test_freed_memory_is_kept_for_the_next_result() -> None:
    default = faults(PLUGRAD_MALLOC="0")
    if default < 10:
        pytest.skip("this C library keeps freed memory of itself")
    assert faults() < default / 10
