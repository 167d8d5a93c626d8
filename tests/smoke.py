"""Use what was installed, and see that the rest says what to install.

``python -I smoke.py core nn``, run by ``nox -s build`` for each combination of wheels, outside
the checkout: what it imports can only come from them.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from importlib import metadata
from pathlib import Path

SIBLINGS = ("linalg", "fft", "nn", "optim", "profiler", "checkpoints")
EXTENSIONS = ("linalg", "fft")  # of the array API standard
# A function that each brings to core's own namespace.
BROUGHT = {"linalg": "det", "fft": "stft", "nn": "conv2d", "checkpoints": "load"}


def check_present(module: str, distribution: str) -> None:
    """`module` can be imported, is typed, and its plugin is in order."""
    from plugrad import plugins

    package = importlib.import_module(module)
    place = Path(str(package.__file__)).parent
    assert place.is_relative_to(sys.prefix), place
    assert (place / "py.typed").exists(), f"{module} lacks its py.typed"
    states = {p.provider.distribution: (p.state, p.cause) for p in plugins.installed()}
    assert states[distribution] == ("ok", ""), states
    assert metadata.version(distribution)


def check_array_api(packages: list[str]) -> None:
    """Tensors name their namespace, which has those extensions that are installed."""
    import plugrad

    if "array-api" not in packages:
        check_absent("plugrad.array_api", "plugrad-array-api")
        assert not hasattr(plugrad.ones(1), "__array_namespace__")
        return
    assert metadata.version("plugrad-array-api")
    xp = plugrad.ones(1).__array_namespace__()
    assert (Path(xp.__file__).parent / "py.typed").exists(), "py.typed is missing"
    assert xp.sum(xp.asarray([1, 2])).item() == 3
    for name in EXTENSIONS:
        assert hasattr(xp, name) is (name in packages), name


def check_tests() -> None:
    """The samples and properties are there, in core's package, and agree with core."""
    from plugrad.testing import properties, samples

    assert metadata.version("plugrad-testing")
    assert (Path(str(samples.__file__)).parents[1] / "py.typed").exists(), "py.typed is missing"
    sample = next(sample for sample in samples.samples("pointwise") if sample.name == "sin")
    for name in properties.PROPERTIES.keys() - sample.skip.keys():
        properties.PROPERTIES[name](sample, "cpu")


def check_absent(module: str, distribution: str) -> None:
    """`module` is missing, and an import says that `distribution` brings it."""
    assert importlib.util.find_spec(module) is None
    message = ""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        message = str(error)
    assert f"pip install {distribution}" in message, message or f"{module} can be imported"


def check_brought(name: str, package: str, present: bool) -> None:
    """`plugrad` has a function that `package` brings, or says that it does."""
    import plugrad

    message = ""
    try:
        function = getattr(plugrad, name)
    except AttributeError as error:
        message = str(error)
    else:
        assert function.__name__ == name
        assert getattr(plugrad, name) is function
    assert present or f"pip install plugrad-{package}" in message, message or f"there is {name}"
    assert not (present and message), message


def main(packages: list[str]) -> None:
    """Check what should be there and what should not."""
    warnings.simplefilter("error")
    import plugrad

    assert plugrad.__version__ == metadata.version("plugrad-core")
    check_present("plugrad", "plugrad-core")
    for name in SIBLINGS:
        check = check_present if name in packages else check_absent
        check(f"plugrad.{name}", f"plugrad-{name}")
    for package, name in BROUGHT.items():
        check_brought(name, package, package in packages)
    assert hasattr(plugrad.Tensor, "det") is ("linalg" in packages)
    if "autograd" in packages:
        importlib.import_module("plugrad.utils.checkpoint")
        assert metadata.version("plugrad-autograd")
        x = plugrad.ones(2, dtype=plugrad.float64, requires_grad=True)
        assert plugrad.autograd.gradcheck(plugrad.sin, x)
        assert plugrad.vmap(plugrad.func.grad(lambda x: x * x))(x).tolist() == [2.0, 2.0]
    else:
        check_absent("plugrad.autograd.function", "plugrad-autograd")
        assert not hasattr(plugrad.autograd, "Function")
        assert not hasattr(plugrad, "vmap")
    if "data" in packages:
        importlib.import_module("plugrad.utils.data")
        assert metadata.version("plugrad-data")
        assert len(plugrad.utils.data.DataLoader(range(5), 2)) == 3
    else:
        check_absent("plugrad.utils.data", "plugrad-data")
    check_array_api(packages)
    if "testing" in packages:
        check_tests()
    else:
        check_absent("plugrad.testing.samples", "plugrad-testing")
    if "backend-cuda" in packages:
        check_present("plugrad_cuda", "plugrad-backend-cuda")
    print(f"{' + '.join(packages)}: in order on Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
