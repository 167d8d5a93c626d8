"""The tutorial's cells: reading them, running them, and what may differ between two right runs."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any

TUTORIAL = Path(__file__).parents[2] / "examples" / "plot_autograd_tutorial.py"
EXPECTED = Path(__file__).with_name("expected.json")


def cells() -> list[str]:
    """Return the code of each cell, in order."""
    _, *blocks = TUTORIAL.read_text(encoding="utf-8").split("\n# %%\n")
    return blocks


def run(module: str) -> list[str]:
    """Run all cells in one namespace, like a notebook; return what each prints.

    Cell number i starts from ``manual_seed(i)``, and the value of its last expression is printed.
    """
    import matplotlib

    matplotlib.use("Agg")
    torch = __import__(module)
    namespace: dict[str, Any] = {"__name__": "tutorial"}
    printed = []
    for number, code in enumerate(cells()):
        torch.manual_seed(number)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = code.replace("import plugrad as torch", f"import {module} as torch")
            _run_cell(code, namespace)
        printed.append(normalized(out.getvalue(), module))
    return printed


def _run_cell(code: str, namespace: dict[str, Any]) -> None:
    tree = ast.parse(code)
    last = tree.body[-1]
    is_print = (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Call)
        and getattr(last.value.func, "id", "") == "print"
    )
    if isinstance(last, ast.Expr) and not is_print:
        tree.body.pop()
        exec(compile(tree, "<cell>", "exec"), namespace)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
        if value is not None:
            print(repr(value))
    else:
        exec(compile(tree, "<cell>", "exec"), namespace)


def normalized(text: str, module: str) -> str:
    """Take out what differs from run to run: addresses, times, and the order that times give."""
    text = text.replace(f"{module}.", "torch.")
    text = re.sub(r"0x[0-9a-f]+", "0xADDRESS", text)
    text = re.sub(r"\d+\.\d+%", "P%", text)
    text = re.sub(r"\d+\.\d+(us|ms|s)\b", "TIME", text)
    lines = [re.sub(r"\s+", " ", line).strip() if "TIME" in line else line.rstrip()
             for line in text.split("\n")]  # fmt: skip
    return "\n".join(_rows_sorted(lines)).strip("\n")


def _rows_sorted(lines: list[str]) -> list[str]:
    """Sort the rows of a profiler's table, whose rules are as long as its numbers."""
    result, rows, inside = [], [], 0
    for line in lines:
        if re.fullmatch(r"(-{4,}\s*){3,}", line):
            inside += 1
            result += sorted(rows)
            rows = []
            result.append("RULE")
        elif inside == 1:
            result.append(re.sub(r"\s+", " ", line).strip())
        elif inside == 2:
            rows.append(line)
        else:
            result.append(line)
    return result + rows
