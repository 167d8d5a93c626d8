"""What the comparisons share, and the table of what they cover, printed at the end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # for `comparison` and `errors`, beside the tests

import comparison

from plugrad.operators import conversion

# Both libraries warn of lost imaginary parts once in a process; PyTorch's warnings are not seen.
conversion._warned_of_imaginary.append(True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how much of the vocabulary agrees with PyTorch, by what is compared."""
    rows = comparison.coverage.rows()
    if rows:
        terminalreporter.section("agreement with PyTorch")
        for row in rows:
            terminalreporter.write_line(row)
    # Only where it was collected: reading PyTorch's database takes seconds.
    database = sys.modules.get("database")
    rows = database.tally.rows() if database else []
    if rows:
        terminalreporter.section("agreement with PyTorch's operator database")
        for row in rows:
            terminalreporter.write_line(row)
