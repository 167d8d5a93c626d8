"""``.. operators:: family``: the vocabulary, documented from its registry.

An operator that is declared in one line has no docstring: what can be said of it stands in its
declaration. From there come its signature, the dtypes it takes, its node, its in-place form, and
its gradient, as the text of the rule itself. Public functions with a docstring show that.
"""

from __future__ import annotations

import ast
import inspect
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from types import CodeType
from typing import Any, Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FAMILIES: Final = {
    "creation": (
        "creation construction likeness ranges filling legacy interchange grids complex_making "
        "sharing"
    ),
    "random": "randomness random_fills sampling",
    "pointwise": (
        "arithmetic powers rounding transcendental special_functions complex_parts blending bounds "
        "divisors"
    ),
    "comparison": "comparison",
    "reduction": (
        "reduction products extremes statistics norms scans differences counting "
        "covariance histograms sampled"
    ),
    "ordering": "ordering ranks",
    "shape": (
        "shape axes joining splitting arranging parts conversion spaces flattening diagonals"
    ),
    "indexing": "indexing gathering selection masking picking combining inserting",
    "linalg": (
        "matmul addmm contraction einsum linalg matrices cholesky lu decompositions determinants "
        "solving pseudoinverses matrix_functions matrix_norms reflectors lowrank"
    ),
    "spectral": "short_time tapers",
    "checkpoints": "loading saving",
    "network": (
        "activation attention conv convolution pools pooling normalization channels renorming "
        "network dropout rrelu embedding bags bilinear similarity distances entropy divergence "
        "binary losses margins pairs alignment resampling sampling_grids shuffling "
        "padding"
    ),
}
"""The modules that declare operators that each page shows; ``other`` shows the rest."""

DTYPES: Final = {
    "numbers": "numbers, but not bool",
    "integers": "integers and bool",
    "integer numbers": "integers",
    "real": "real numbers and bool",
    "real numbers": "real numbers",
    "floating": "floating-point and complex numbers",
    "real floating": "floating-point numbers",
}
RESULTS: Final = {
    "floating": "integers give the default dtype",
    "bool": "the result is bool",
    "index": "the result is int64",
}
ORDINARY: Final = {"x": "input", "y": "other"}


class Operators(SphinxDirective):
    """Document the public functions of one family."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write the reStructuredText for them and parse it."""
        self.env.note_reread()  # what it shows does not stand on the page
        entries = _families()[self.arguments[0]]
        lines = []
        for name, (function, aliases) in sorted(entries.items()):
            lines += [*entry(name, function, aliases), ""]
        return self.parse_text_to_nodes("\n".join(lines))


@cache
def _families() -> dict[str, dict[str, tuple[Any, list[str]]]]:
    """Return, for each family, its public functions with their other names."""
    import plugrad.array_api
    import plugrad.checkpoints
    import plugrad.fft
    import plugrad.linalg
    import plugrad.nn  # noqa: F401  # these declare functions too
    from plugrad.vocabulary.registry import functions

    pages = {module: page for page, modules in FAMILIES.items() for module in modules.split()}
    found: dict[str, dict[str, tuple[Any, list[str]]]] = {page: {} for page in FAMILIES}
    found["other"] = {}
    first: dict[int, tuple[str, str]] = {}
    for name, function in sorted(functions.items(), key=_own_name_first):
        if name.endswith("_") and name[:-1] in functions:
            continue  # told beside the form that is not in place
        if id(function) in first:
            page, canonical = first[id(function)]
            found[page][canonical][1].append(name)
            continue
        page = pages.get(_module_of(name, function), "other")
        first[id(function)] = (page, name)
        found[page][name] = (function, [])
    return found


def _own_name_first(item: tuple[str, Any]) -> tuple[bool, str]:
    name, function = item
    return (getattr(function, "__name__", name) != name, name)


def _module_of(name: str, function: Any) -> str:
    """Return the last part of the name of the module that declares a public function."""
    module: str = function.__module__
    if module == "plugrad":
        operator = _operator_of(function)
        rules = [] if operator is None else [rule.function for rule in operator.all_rules]
        bodies = [] if operator is None or operator.body is None else [operator.body]
        modules = [each.__module__ for each in (*bodies, *rules)]
        modules = [each for each in modules if _declares(each)]
        declared = _declared_names()
        canonical = name if operator is None else operator.name
        module = declared.get(canonical) or declared.get(name) or (modules or [module])[0]
    return module.rpartition(".")[2]


@cache
def _declared_names() -> dict[str, str]:
    """Return the module of each operator whose declaration spells its name."""
    found: dict[str, str] = {}
    looped: dict[str, str] = {}
    for module in _modules():
        for node in ast.walk(_tree(module.__file__ or "")):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = node.func.id if isinstance(node.func, ast.Name) else ""
                if called in ("elementwise", "linear", "primitive", "composite", "overloaded"):
                    found.setdefault(str(node.args[0].value), module.__name__)
                elif called.startswith("_"):  # a module's own short form: _predicate("isinf")
                    looped.setdefault(str(node.args[0].value), module.__name__)
            elif isinstance(node, ast.For):  # for name in ("eq", "ne"): elementwise(name, ...)
                for word in ast.walk(node.iter):
                    if isinstance(word, ast.Constant) and isinstance(word.value, str):
                        for prefix in ("", *_prefixes(node)):
                            looped.setdefault(prefix + word.value, module.__name__)
    return {**looped, **found}


def _prefixes(loop: ast.For) -> Iterator[str]:
    """Yield what a loop puts before its words: ``elementwise(f"bitwise_{name}", ...)``."""
    for node in ast.walk(loop):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield str(node.values[0].value)


def _declares(module: str) -> bool:
    """Return whether a module is one of those that declare operators, of any distribution."""
    return module.startswith("plugrad.") and ".operators." in module


def _modules() -> list[Any]:
    return [m for n, m in sorted(sys.modules.items()) if _declares(n)]


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def _operator_of(function: Any) -> Any:
    """Return the operator whose own function this is, or None."""
    from plugrad.vocabulary.registry import operators

    return next((op for op in operators.values() if op.call is function), None)


# ----------------------------------------------------------------------------------------- entries


def entry(name: str, function: Any, aliases: list[str]) -> list[str]:
    """Write what is known of a public function; a dotted name is one of a module's."""
    operator = _operator_of(function)
    if operator is None or inspect.getdoc(function):
        if not inspect.getdoc(function):
            return _plain(name, function, aliases)
        lines = [f".. autofunction:: plugrad.{name}", ""]
        lines += [f"   {_also(aliases)}", ""] if aliases else []
        return [*lines, *example(name)]
    lines = [f".. py:function:: plugrad.{name}({_signature(operator)})", ""]
    summary = _summary(name, operator.name)
    if summary:
        lines += [f"   {summary}", ""]
    lines += [f"   :{label}: {text}" for label, text in _facts(name, operator, aliases)]
    lines += ["", *example(name, name.rpartition(".")[2], operator.name)]
    title, source = _rules(operator)
    if source:
        lines += ["", f"   {title}", "", "   .. code-block:: python", ""]
        lines += [f"      {line}" for line in source.splitlines()]
    return [*lines, ""]


def _plain(name: str, function: Any, aliases: list[str]) -> list[str]:
    """Write the entry of a public function that has neither a docstring nor an operator."""
    from plugrad.vocabulary.registry import methods

    lines = [f".. py:function:: plugrad.{name}{inspect.signature(function)}", ""]
    summary = _summary(name)
    if summary:
        lines += [f"   {summary}", ""]
    facts = [("Method", _methods(name, methods))] if _methods(name, methods) else []
    facts += [("Also", ", ".join(f"``{alias}``" for alias in aliases))] if aliases else []
    lines += [f"   :{label}: {text}" for label, text in facts]
    return [*lines, "", *example(name, name.rpartition(".")[2])]


def _also(aliases: list[str]) -> str:
    return "Also called " + ", ".join(f"``plugrad.{alias}``" for alias in aliases) + "."


def _methods(name: str, methods: dict[str, Any]) -> str:
    """Tell the method and the in-place method of a public name."""
    forms = [form for form in (name, f"{name}_") if form in methods]
    return ", ".join(f"``x.{form}()``" for form in forms)


def _signature(operator: Any) -> str:
    elementwise = operator.form == "elementwise"
    words = []
    for argument in operator.arguments:
        word = ORDINARY.get(argument.name, argument.name) if elementwise else argument.name
        words.append(f"{word}=None" if argument.optional else word)
    words += [
        f"{param}={operator.defaults[param]!r}" if param in operator.defaults else param
        for param in operator.params
    ]
    return ", ".join([*words, "*, out=None"] if elementwise else words)


def _facts(name: str, operator: Any, aliases: list[str]) -> Iterator[tuple[str, str]]:
    from plugrad.vocabulary.registry import methods

    yield "Form", operator.form
    takes = [DTYPES.get(operator.accepts, ""), RESULTS.get(operator.result, "")]
    if any(takes):
        yield "Dtypes", "; ".join(filter(None, takes))
    if operator.view:
        yield "Memory", "a view of its first argument"
    if _methods(name, methods):
        yield "Methods", _methods(name, methods)
    if aliases:
        yield "Also", ", ".join(f"``{alias}``" for alias in aliases)
    if operator.form != "composite":
        differentiable = operator.rules or operator.joint
        yield "Node", f"``{operator.node}``" if differentiable else "none: not differentiable"
    saved = [*operator.saved_inputs, *operator.saved_outputs]
    if saved:
        yield "Saves", ", ".join(f"``{each}``" for each in saved)


def _rules(operator: Any) -> tuple[str, str]:
    """Return a heading and the text of the gradient rules, or of a composite's body."""
    if operator.form == "composite":
        return "Composed as", "" if operator.body is None else _source(operator.body, "")
    if operator.joint is not None:
        return "Gradients", _source(operator.joint.function, "joint")
    sources = {array: _source(rule.function, array) for array, rule in operator.rules.items()}
    defined = dict.fromkeys(text for text in sources.values() if text.startswith("def "))
    helpers = {name: f for rule in operator.all_rules for name, f in _helpers(rule.function)}
    defined |= dict.fromkeys(_source(function, "") for function in helpers.values())
    lines = [
        f"{array} = " + (text.split("(")[0].removeprefix("def ") if text in defined else text)
        for array, text in sources.items()
    ]
    return "Gradients", "\n\n\n".join([*defined, "\n".join(lines)]) if lines else ""


def _helpers(function: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the private functions of its own module that a rule calls."""
    for name in function.__code__.co_names:
        called = function.__globals__.get(name) if name.startswith("_") else None
        if inspect.isfunction(called) and called.__module__ == function.__module__:
            yield name, called


def _source(function: Callable[..., Any], keyword: str) -> str:
    """Return the text of a function: of a lambda, the lambda that stands for `keyword`."""
    code: CodeType = function.__code__
    path = code.co_filename
    if not Path(path).is_file():
        return repr(function)
    text = Path(path).read_text(encoding="utf-8")
    lambdas: list[tuple[str, ast.Lambda]] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            if code.co_firstlineno in (node.lineno, *(d.lineno for d in node.decorator_list)):
                return dedent(ast.get_source_segment(text, node, padded=True) or "").rstrip()
        elif isinstance(node, ast.keyword) and isinstance(node.value, ast.Lambda):
            if node.value.lineno == code.co_firstlineno:
                lambdas.append((node.arg or "", node.value))
        elif isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            lambdas.append(("", node))
    named = code.co_varnames[: code.co_argcount]
    fitting = [
        (name, node) for name, node in lambdas if tuple(a.arg for a in node.args.args) == named
    ]
    for _, node in sorted(fitting, key=lambda pair: pair[0] != keyword):
        return _unwrapped(ast.get_source_segment(text, node) or "", node.col_offset)
    return dedent(inspect.getsource(function)).strip()


def _unwrapped(source: str, column: int) -> str:
    """Return the text of a lambda whose further lines stand as deep as they did in the file."""
    first, *rest = source.splitlines()
    depth = min((len(line) - len(line.lstrip()) for line in rest), default=0)
    return "\n".join([first, *(f"    {line[depth:]}" for line in rest)])


def _summary(*names: str) -> str:
    """Return what is said under the first of some names that has a summary."""
    said = _summaries()
    return next((said[last] for name in names if (last := name.rpartition(".")[2]) in said), "")


@cache
def _summaries() -> dict[str, str]:
    """Return what is said of operators without a docstring."""
    path = Path(__file__).with_name("summaries.toml")
    return dict(tomllib.loads(path.read_text(encoding="utf-8"))["summaries"])


def example(*names: str) -> list[str]:
    """Write the example that is kept outside of docstrings, under the first of some names."""
    shown = next((text for name in names if (text := _examples().get(name))), "")
    lines = [">>> import plugrad", *shown.splitlines()] if shown else []
    heading = [".. rubric:: Examples", ""] if shown else []
    return [*(f"   {line}".rstrip() for line in (*heading, *lines)), ""]


@cache
def _examples() -> dict[str, str]:
    """Return the examples of what has no docstring to hold one."""
    path = Path(__file__).with_name("examples.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


# ----------------------------------------------------------------------------------------- methods


class Methods(SphinxDirective):
    """``.. tensor-methods:: own|shared|only``: what `Tensor` has, by where it comes from."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write the reStructuredText for them and parse it."""
        self.env.note_reread()  # what it shows does not stand on the page
        lines = {"own": _own, "shared": _shared, "only": _only}[self.arguments[0]]()
        return self.parse_text_to_nodes("\n".join(lines))


def _own() -> Iterator[str]:
    """Write what the class itself defines."""
    from plugrad import Tensor
    from plugrad.vocabulary.registry import methods

    for name, member in sorted(vars(Tensor).items()):
        if name.startswith("_") or name in methods or not inspect.getdoc(member):
            continue
        kind = "method" if callable(member) else "property"
        yield f".. auto{kind}:: plugrad.Tensor.{name}"
        yield ""
        yield from example(f"Tensor.{name}")


def _shared() -> Iterator[str]:
    """List the methods that are functions of `plugrad` too."""
    from plugrad.vocabulary.registry import functions, methods

    names = [name for name in sorted(methods) if name in functions]
    names = [name for name in names if not name.startswith("__") and not name.endswith("_")]
    shown = []
    for name in names:
        changed = f" (``{name}_``)" if f"{name}_" in methods else ""
        shown.append(f":py:func:`{name} <plugrad.{name}>`{changed}")
    yield ", ".join(shown) + "."


def _only() -> Iterator[str]:
    """Document the methods that are no functions."""
    from plugrad import Tensor
    from plugrad.vocabulary.registry import functions, methods

    bare = []
    for name in sorted(methods):
        if name.startswith("__") or name in functions or name.removesuffix("_") in functions:
            continue
        member = getattr(Tensor, name)
        if inspect.getdoc(member):
            kind = "property" if isinstance(member, property) else "method"
            yield f".. auto{kind}:: plugrad.Tensor.{name}"
            yield ""
            yield from example(f"Tensor.{name}")
        else:
            bare.append(name)
    if bare:
        yield "Further: " + ", ".join(f"``{name}``" for name in bare) + "."


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives."""
    app.add_directive("operators", Operators)
    app.add_directive("tensor-methods", Methods)
    return {"parallel_read_safe": True}
