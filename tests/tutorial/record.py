"""Write what PyTorch prints for each cell: run once, where PyTorch is installed."""

import json

import torch
from cells import EXPECTED, run

EXPECTED.write_text(
    json.dumps({"pytorch": torch.__version__.partition("+")[0], "cells": run("torch")}, indent=1)
    + "\n",
    encoding="utf-8",
)
