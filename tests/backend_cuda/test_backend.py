"""The CUDA backend where there is no CUDA: it says exactly what is missing."""

import sys
from types import SimpleNamespace

import pytest

import plugrad
from plugrad_cuda import backend as module
from plugrad_cuda.backend import CudaBackend


def test_importing_the_package_does_not_import_cupy(run_python):
    done = run_python("-c", "import sys, plugrad_cuda.backend; print('cupy' in sys.modules)")
    assert done.stdout.strip() == "False"


def test_it_is_not_available_and_counts_no_devices():
    backend = CudaBackend()
    assert not backend.is_available()
    assert backend.device_count() == 0


def test_without_cupy_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert "plugrad-backend-cuda[cuda12]" in CudaBackend().unavailable_reason()


class NoDriver(RuntimeError):
    pass


def fake_cupy(monkeypatch, get_device_count):
    runtime = SimpleNamespace(getDeviceCount=get_device_count)
    fake = SimpleNamespace(cuda=SimpleNamespace(runtime=runtime))
    monkeypatch.setattr(module, "find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "cupy", fake)


def test_without_a_driver_it_says_so(monkeypatch):
    def fail():
        raise NoDriver("cudaErrorInsufficientDriver")

    fake_cupy(monkeypatch, fail)
    reason = CudaBackend().unavailable_reason()
    assert "driver" in reason
    assert "cudaErrorInsufficientDriver" in reason


def test_without_a_device_it_says_so(monkeypatch):
    fake_cupy(monkeypatch, lambda: 0)
    assert "no device" in CudaBackend().unavailable_reason()


def test_with_a_device_it_admits_that_it_has_no_kernels(monkeypatch):
    fake_cupy(monkeypatch, lambda: 2)
    assert "no kernels" in CudaBackend().unavailable_reason()


def test_asking_for_kernels_raises_with_the_reason():
    with pytest.raises(RuntimeError, match="CUDA cannot be used"):
        CudaBackend().kernels(0)


def test_plugrad_answers_sensibly():
    assert plugrad.cuda.is_available() is False
    assert plugrad.cuda.device_count() == 0
    assert plugrad.device("cuda").type == "cuda"
    with pytest.raises((AssertionError, RuntimeError), match="CUDA|cuda"):
        plugrad.ones(2, device="cuda")
