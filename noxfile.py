"""Every check of the project, each in an environment of its own; ``nox -l`` lists them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["tests", "lint", "types"]

ROOT = Path(__file__).parent
PACKAGES = (
    "core", "autograd", "linalg", "fft", "nn", "optim", "data", "profiler", "checkpoints",
    "array-api", "testing", "backend-cuda",
)  # fmt: skip
_PARTS = (
    "autograd",
    "linalg",
    "fft",
    "nn",
    "optim",
    "data",
    "profiler",
    "checkpoints",
    "array-api",
)
COMBINATIONS = (
    ("core",),
    *(("core", package) for package in _PARTS),
    ("core", "linalg", "fft", "array-api"),
    ("core", "autograd", "linalg", "fft", "nn", "testing"),
    PACKAGES,
)
GROUPS = nox.project.load_toml(ROOT / "pyproject.toml")

os.environ.pop("PYTHONPATH", None)  # what is checked is what the session has installed


def needs(*groups: str) -> tuple[str, ...]:
    """Return the requirements of dependency groups, which pyproject.toml holds."""
    return nox.project.dependency_groups(GROUPS, *groups)


def install(session: nox.Session, *groups: str) -> None:
    """Install all packages from the checkout, not editable, and what `groups` need."""
    session.install(*(f"./packages/{package}" for package in PACKAGES), *needs(*groups))


@nox.session
def demo(session: nox.Session) -> None:
    """Run the tutorial, then train a classifier on handwritten digits."""
    install(session, "demo")
    session.run("python", "examples/demo.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests and the examples in docstrings, without PyTorch."""
    install(session, "test")
    session.run("pytest", "--ignore=tests/compat", *session.posargs)
    session.run("pytest", "--doctest-modules", "--pyargs", "plugrad", "plugrad_cuda")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format; ``ruff check --fix`` and ``ruff format`` mend most of it."""
    session.install(*needs("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of all packages, read as one, and those that users see."""
    install(session, "types")
    session.run("python", "tools/stubs.py", "--check")
    with tempfile.TemporaryDirectory() as elsewhere:
        # Away from the checkout a program finds the installed packages, as a user's does.
        program = shutil.copy(ROOT / "examples" / "typed.py", elsewhere)
        with session.chdir(elsewhere):
            session.run("mypy", "--strict", program)
            session.run("pyright", "--warnings", program)
    # mypy looks for submodules beside a package's __init__ alone: in core, not in its siblings
    tests = ("properties", "running", "samples", "strict")
    autograd = (
        "anomaly_mode",
        "explaining",
        "forward_ad",
        "function",
        "functional",
        "grad_mode",
        "gradcheck",
        "graph",
        "variable",
    )
    parts = (
        "linalg",
        "fft",
        "signal",
        "nn",
        "optim",
        "utils.data",
        "profiler",
        "checkpoints",
        "serialization",
        "array_api",
        "func",
        "transforms",
        "utils.checkpoint",
        *(f"autograd.{name}" for name in autograd),
        *(f"testing.{name}" for name in tests),
    )
    packages = ("plugrad", *(f"plugrad.{part}" for part in parts), "plugrad_cuda")
    session.run("mypy", *(argument for name in packages for argument in ("--package", name)))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation and run its examples; a warning is an error."""
    install(session, "docs", "demo")
    for builder in ("html", "doctest"):
        session.run(
            "sphinx-build", "-W", "--keep-going", "-b", builder, "docs", f"docs/_build/{builder}"
        )


@nox.session(venv_backend="virtualenv")
def compat(session: nox.Session) -> None:
    """Compare with PyTorch itself."""
    install(session, "test", "demo", "torch")
    session.run("pytest", "tests/compat", *session.posargs)


@nox.session(venv_backend="virtualenv")
def bench(session: nox.Session) -> None:
    """Compare speed and size with PyTorch and others."""
    install(session, "torch", "rivals")
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build wheels and source distributions into dist/, then try the wheels."""
    session.install(*needs("build"))
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    for package in PACKAGES:
        session.run("python", "-m", "build", "--no-isolation", "-o", "dist", f"packages/{package}")
    for packages in COMBINATIONS:
        session.notify(f"smoke({'+'.join(packages)})")


@nox.session
@nox.parametrize("packages", COMBINATIONS, ids=["+".join(packages) for packages in COMBINATIONS])
def smoke(session: nox.Session, packages: tuple[str, ...]) -> None:
    """Install the wheels of some packages, which ``build`` made, and use them elsewhere."""
    names = (package.replace("-", "_") for package in packages)
    session.install(*(str(next(ROOT.glob(f"dist/plugrad_{name}-*.whl"))) for name in names))
    with tempfile.TemporaryDirectory() as elsewhere, session.chdir(elsewhere):
        session.run("python", "-I", str(ROOT / "tests" / "smoke.py"), *packages)
    session.run("python", "-m", "pip", "check")


@nox.session(python=False)
def others(session: nox.Session) -> None:
    """Try the wheels, which ``build`` made, on every other interpreter."""
    for version, python in interpreters().items():
        if version != "{}.{}".format(*sys.version_info):
            session.run(sys.executable, "-m", "nox", "-s", "smoke", "-P", python, external=True)


@nox.session(python=False)
def full(session: nox.Session) -> None:
    """Run everything on every interpreter, however long it takes."""
    everything = ("tests", "lint", "types", "docs", "compat", "build", "demo", "bench")
    for python in interpreters().values():
        session.run(sys.executable, "-m", "nox", "-s", *everything, "-P", python, external=True)


def interpreters() -> dict[str, str]:
    """Find an interpreter of each version from 3.11 on, on PATH or in pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = (shutil.which(f"python3.{minor}") for minor in range(11, 30))
    found: dict[str, str] = {}
    for python in (*sorted(pyenv.glob("versions/*/bin/python")), *filter(None, on_path)):
        ask = "import sys; print('{}.{}'.format(*sys.version_info), sys.version_info >= (3, 11))"
        answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
        version, _, recent = answer.stdout.strip().partition(" ")  # pyenv's shims may have none
        if recent == "True":
            found.setdefault(version, str(python))
    return found
