"""Data sets that make trouble, in a module of their own: processes that are spawned import it."""

import os
import signal
import threading
import time
from typing import Any

from plugrad.utils.data import IterableDataset, get_worker_info


class Numbers:
    """Ten numbers; asked for 7, it does what it is told."""

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> Any:
        if index == 7:
            if self.trouble == "key":
                raise KeyError("seven")
            if self.trouble == "stubborn":
                raise Stubborn(1, 2)
            if self.trouble == "stop":
                raise StopIteration
            if self.trouble == "slow":
                time.sleep(30)
            if self.trouble == "unsendable":
                return threading.Lock()
            if self.trouble == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.trouble == "left":
                os._exit(0)
        return index


class Stubborn(Exception):
    """An error that cannot be made from a text."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


class Shares(IterableDataset):
    def __iter__(self) -> Any:
        worker = get_worker_info()
        return iter(range(0 if worker is None else worker.id, 9, 2))


def fail(number: int) -> None:
    raise OSError(f"worker {number} cannot begin")
