"""Python source made at run time: compiling it, and the rules of a backward.

`plugrad.vocabulary.specialise` says why operators are compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from plugrad.autograd import saved, tape
from plugrad.vocabulary import nodes
from plugrad.vocabulary.registry import Operator, Rule

__all__ = [
    "compile_function",
    "indent",
    "plain_node_class",
    "saved_slots",
    "tuple_source",
    "untouched",
]


def compile_function(source: str, name: str, namespace: dict[str, Any]) -> FunctionType:
    """Return the one function that `source` defines; `namespace` are its globals."""
    filename = f"<plugrad {name}>"
    local: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), namespace, local)
    function: FunctionType = local[name]
    return function


def indent(lines: list[str], depth: int) -> list[str]:
    """Return lines of source, indented."""
    return ["    " * depth + line for line in lines]


def tuple_source(items: Any) -> str:
    """Return the inside of a tuple display."""
    return "".join(f"{item}, " for item in items)


def untouched(tensor: str) -> str:
    """Return the condition under which no in-place operation has gone through a tensor."""
    return f"({tensor}._cell is None or not {tensor}._cell.version)"


def plain_node_class(operator: Operator, *, scalar: bool) -> type[tape.Node] | None:
    """Make the class of an operator's nodes, with a compiled ``apply``.

    With `scalar`, of nodes whose second operand was a Python number.
    """
    if not (operator.rules or operator.joint):
        return None
    kind = "scalar" if scalar else "plain"
    return nodes.node_class(operator, kind, _apply_of, saved_slots(operator))


def saved_slots(operator: Operator) -> list[str]:
    """Return the slots of a compiled node for what it saves: of an output, also its alias cell."""
    outputs = [(f"saved_{name}", f"saved_{name}_cell") for name in operator.saved_outputs]
    return [f"saved_{name}" for name in operator.saved_inputs] + [
        s for pair in outputs for s in pair
    ]


def _apply_of(operator: Operator, kind: str) -> Callable[..., Any]:
    """Compile ``apply(node, g, edges, retain)``: the rules on raw arrays, for the wanted edges."""
    scalar = kind == "scalar"
    rules = {f"rule_{name}": rule.function for name, rule in operator.rules.items()}
    namespace: dict[str, Any] = {**rules, "verify": saved.verify, "FREED": saved.FREED}
    cells = [f"{name}_cell" for name in operator.saved_outputs]
    slots = saved_slots(operator)
    changes = ["node.versions is not None", *(f"{cell}_.version" for cell in cells)]
    kept = [f"{name}_shape" for name in operator.saved_shapes] + list(operator.saved_params)
    lines = ["def apply(node, g, edges, retain):", "    k = node.table"]
    free = []
    if slots:
        lines += [
            *(f"    {slot.removeprefix('saved_')}_ = node.{slot}" for slot in slots),
            f"    if {' or '.join(changes)}:",
            "        verify(node)",
        ]
        free = [
            "    if not retain:",
            "        node.versions = FREED",
            *(f"        node.{slot} = None" for slot in slots),
        ]
    if kept:
        lines.append(f"    {tuple_source(kept)} = node.params")
    if operator.outputs is not None:
        namespace["filled"] = nodes.filled
        if any("given" in rule.names for rule in operator.all_rules):
            lines.append("    given = tuple([gi is not None for gi in g])")
        lines.append("    g = filled(node, g)")
        if operator.outputs != "*":
            lines.append(f"    {tuple_source(f'g_{name}' for name in operator.outputs)} = g")
            lines.append(f"    g = g_{operator.outputs[0]}")
    results = []
    if operator.joint is not None:
        namespace["joint"] = operator.joint.function
        lines += [*_joint_lines(operator), *free, "    return results"]
        return compile_function("\n".join(lines), "apply", namespace)
    if operator.differentiates_list:
        (name,) = operator.differentiable
        call, check = _rule_call(operator, name, operator.rules[name], scalar)
        lines += [*check, f"    results = {call}", *free, "    return results"]
        return compile_function("\n".join(lines), "apply", namespace)
    edges = [f"edge_{name}" for name in operator.differentiable]
    lines.append(f"    {tuple_source(edges)} = edges")
    for name in operator.differentiable:
        call, check = _rule_call(operator, name, operator.rules[name], scalar)
        if scalar and name != operator.array_names[0]:
            results.append("None")
            continue
        lines += [
            f"    if edge_{name} is None:",
            f"        g_{name} = None",
            "    else:",
            *indent([line.strip() for line in check], 2),
            f"        g_{name} = {call}",
        ]
        results.append(f"g_{name}")
    lines += [*free, f"    return ({tuple_source(results)})"]
    return compile_function("\n".join(lines), "apply", namespace)


def _joint_lines(operator: Operator) -> list[str]:
    assert operator.joint is not None
    lines = ["    needs = tuple([edge is not None for edge in edges])"]
    call, check = _rule_call(operator, "joint", operator.joint, scalar=False, function="joint")
    return [*lines, *check, f"    results = {call}"]


def _rule_call(
    operator: Operator, name: str, rule: Rule, scalar: bool, function: str | None = None
) -> tuple[str, list[str]]:
    """Return the call of one rule, and the version checks of the tensors that it uses."""
    values, changes = [], []
    by_name = {a.name: a for a in operator.arguments}
    for wanted in rule.names:
        argument = by_name.get(wanted)
        if wanted in operator.output_names:
            values.append(f"{wanted}_")
        elif wanted == "out_shape":
            values.append("node.shape")
        elif argument is None:
            values.append(wanted)
        elif argument.listed:
            values.append(f"[t._array for t in {wanted}_]")
            changes.append(f"not all([{untouched('t')} for t in {wanted}_])")
        elif argument.optional:
            values.append(f"(None if {wanted}_ is None else {wanted}_._array)")
            changes.append(f"{wanted}_ is not None and not {untouched(f'{wanted}_')}")
        elif scalar and wanted != operator.array_names[0]:
            values.append(f"{wanted}_")
        else:
            values.append(f"{wanted}_._array")
            changes.append(f"not {untouched(f'{wanted}_')}")
    # Where all had been at version 0; other versions have been compared already.
    checks = [f"    if {change} and node.versions is None: verify(node)" for change in changes]
    return f"{function or f'rule_{name}'}({', '.join(values)})", checks
