"""One import name, several distributions.

Core alone owns ``plugrad/__init__.py``. `plugrad.nn`, `plugrad.optim` and `plugrad.profiler` come
from distributions of their own, each of which ships its subpackage and nothing above it; what
``plugrad-testing`` ships lies beneath core's `plugrad.testing`. Two things make that feel like one
package:

- `extend` lets a package be spread over several directories of ``sys.path``. Without it, siblings
  would be found only where all were installed into the same directory, not from editable installs.
- `install_hints` makes a sibling that is not installed say what to install, instead of
  "No module named 'plugrad.optim'".
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import MappingProxyType, ModuleType
from typing import Final
from zipimport import zipimporter

__all__ = [
    "BROUGHT",
    "METHODS",
    "SIBLINGS",
    "MissingPackageError",
    "brought",
    "extend",
    "install_hints",
    "resolve_sibling",
]

SIBLINGS: Final = MappingProxyType(
    {
        "plugrad.array_api": "plugrad-array-api",
        "plugrad.autograd.anomaly_mode": "plugrad-autograd",
        "plugrad.autograd.explaining": "plugrad-autograd",
        "plugrad.autograd.forward_ad": "plugrad-autograd",
        "plugrad.autograd.function": "plugrad-autograd",
        "plugrad.autograd.functional": "plugrad-autograd",
        "plugrad.autograd.grad_mode": "plugrad-autograd",
        "plugrad.autograd.gradcheck": "plugrad-autograd",
        "plugrad.autograd.graph": "plugrad-autograd",
        "plugrad.autograd.variable": "plugrad-autograd",
        "plugrad.checkpoints": "plugrad-checkpoints",
        "plugrad.fft": "plugrad-fft",
        "plugrad.func": "plugrad-autograd",
        "plugrad.linalg": "plugrad-linalg",
        "plugrad.nn": "plugrad-nn",
        "plugrad.optim": "plugrad-optim",
        "plugrad.profiler": "plugrad-profiler",
        "plugrad.serialization": "plugrad-checkpoints",
        "plugrad.signal": "plugrad-fft",
        "plugrad.testing.properties": "plugrad-testing",
        "plugrad.testing.running": "plugrad-testing",
        "plugrad.testing.samples": "plugrad-testing",
        "plugrad.testing.strict": "plugrad-testing",
        "plugrad.transforms": "plugrad-autograd",
        "plugrad.utils.checkpoint": "plugrad-autograd",
        "plugrad.utils.data": "plugrad-data",
    }
)
"""Modules that ship outside core, and the distribution that brings each."""

_BROUGHT: Final = {
    "plugrad.array_api": "__array_namespace__ to_device",
    "plugrad.checkpoints": "load save",
    "plugrad.fft": """
        bartlett_window blackman_window hamming_window hann_window istft kaiser_window stft
    """,
    "plugrad.linalg": """
        cholesky cholesky_inverse cholesky_solve det geqrf inverse logdet lu lu_solve lu_unpack
        matrix_exp orgqr ormqr pca_lowrank pinverse qr slogdet svd svd_lowrank triangular_solve
    """,
    "plugrad.nn": """
        adaptive_avg_pool1d adaptive_max_pool1d affine_grid_generator alpha_dropout alpha_dropout_
        avg_pool1d batch_norm bilinear binary_cross_entropy_with_logits channel_shuffle conv1d
        conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d convolution
        cosine_embedding_loss cosine_similarity ctc_loss dropout dropout_ embedding_bag
        feature_alpha_dropout feature_alpha_dropout_ feature_dropout feature_dropout_ grid_sampler
        grid_sampler_2d grid_sampler_3d group_norm gru gru_cell hinge_embedding_loss instance_norm
        kl_div lstm lstm_cell margin_ranking_loss max_pool1d max_pool1d_with_indices max_pool2d
        max_pool3d pairwise_distance pixel_shuffle pixel_unshuffle poisson_nll_loss rnn_relu
        rnn_relu_cell rnn_tanh rnn_tanh_cell rrelu rrelu_ triplet_margin_loss
    """,
}
BROUGHT: Final = MappingProxyType(
    {name: module for module, names in _BROUGHT.items() for name in names.split()}
)
"""Functions of `plugrad` that ship outside core, and what brings each."""


METHODS: Final = [
    "__array_namespace__",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "geqrf",
    "inverse",
    "istft",
    "logdet",
    "lu",
    "lu_solve",
    "matrix_exp",
    "orgqr",
    "ormqr",
    "pinverse",
    "qr",
    "slogdet",
    "stft",
    "svd",
    "to_device",
    "triangular_solve",
]
"""Those of them that are methods."""


def brought(module: str) -> list[str]:
    """Return the functions of `plugrad` that a module brings."""
    return _BROUGHT[module].split()


_path_lock: Final = threading.Lock()


class MissingPackageError(ModuleNotFoundError):
    """A part of plugrad that ships in a distribution of its own is not installed.

    Attributes
    ----------
    module : str
        What was to be imported: ``"plugrad.optim"``.
    distribution : str
        What brings it: ``"plugrad-optim"``.
    name : str
        The distribution once more. Were it the module, as in other import errors,
        ``from plugrad import optim`` would take the error to mean "an ordinary attribute is
        missing", and swallow it together with its advice.
    """

    module: str
    distribution: str


def _missing(module: str) -> MissingPackageError:
    distribution = SIBLINGS[module]
    error = MissingPackageError(
        f"No module named {module!r}: it ships in a distribution of its own; "
        f"python -m pip install {distribution}",
        name=distribution,
    )
    error.module, error.distribution = module, distribution
    return error


def extend(path: Sequence[str], name: str) -> list[str]:
    """Return `path` with every other place on ``sys.path`` that may hold a part of package `name`.

    Parameters
    ----------
    path : sequence of str
        The package's ``__path__``.
    name : str
        The package's ``__name__``.

    Returns
    -------
    list of str
        What to assign to the package's ``__path__``.
    """
    parts = list(path)
    parent, _, last = name.rpartition(".")
    for place in sys.modules[parent].__path__ if parent else sys.path:
        # This is `pkgutil.extend_path`, but for what importing pkgutil costs, and but for wheels:
        # they list files alone, so that before Python 3.14 no directory is found in them.
        spec = PathFinder.find_spec(last, [place])
        found = spec.submodule_search_locations if spec is not None else None
        if found is None and isinstance(sys.path_importer_cache.get(place), zipimporter):
            found = [os.path.join(place, last)]
        parts.extend(part for part in found or () if part not in parts)
    return parts


def _grown_path(package: str) -> Sequence[str]:
    """Return the path of `package` after adding what ``sys.path`` gained since its import."""
    if "." in package:
        _grown_path(package.rpartition(".")[0])
    known: list[str] = sys.modules[package].__path__  # type: ignore[assignment]
    with _path_lock:  # grown in place and never replaced: another thread may be walking it
        known.extend(place for place in extend(known, package) if place not in known)
    return known


def _asked_by_an_import() -> bool:
    """Tell whether the finder that calls this serves an import, rather than a probe.

    The import system puts the same question to a finder for ``import plugrad.optim`` as for
    ``importlib.util.find_spec("plugrad.optim")``; the first must fail with advice, the second must
    answer None. A spec whose loader raises would spoil the second, None loses the advice of the
    first, and nothing public that a finder can see differs. So the frame that asked is looked at:
    the import machinery itself, or anyone else (`importlib.util`, a completer, a packager). Where
    an interpreter had other frames, the advice would be lost and nothing more.
    """
    try:
        asking = sys._getframe(3)  # beneath: this function, find_spec, importlib's _find_spec
    except ValueError:
        return False
    return asking.f_globals.get("__name__") == "importlib._bootstrap"


class _SiblingFinder:
    """The last finder on ``sys.meta_path``: asked for a sibling only after the others failed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in SIBLINGS:
            return None
        spec = PathFinder.find_spec(fullname, _grown_path(fullname.rpartition(".")[0]))
        if spec is None and _asked_by_an_import():
            raise _missing(fullname)
        return spec


def install_hints() -> None:
    """Make the import of an absent sibling say what to install. Calling it again changes nothing.

    ``importlib.util.find_spec`` keeps answering None, so that probes stay silent.
    """
    if not any(isinstance(finder, _SiblingFinder) for finder in sys.meta_path):
        sys.meta_path.append(_SiblingFinder())


def resolve_sibling(name: str) -> ModuleType:
    """Import a sibling that was asked for as an attribute, as `plugrad.optim` often is.

    Parameters
    ----------
    name : str
        The module's full name, one of `SIBLINGS`.

    Returns
    -------
    module

    Raises
    ------
    AttributeError
        If its distribution is not installed (so that ``hasattr`` is False); says what to install.
    """
    try:
        return import_module(name)
    except MissingPackageError as missing:
        if missing.module != name:  # installed, but in need of another sibling: that is its error
            raise
        package, _, attribute = name.rpartition(".")
        raise AttributeError(str(missing), name=attribute, obj=sys.modules[package]) from None
