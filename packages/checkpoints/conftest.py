"""Where safetensors is not installed, the examples that need it are left out."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("safetensors") else ["*/safetensors.py"]
