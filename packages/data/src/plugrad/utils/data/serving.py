"""Batches from workers: who is asked for which, and in what order they are given on."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import threading
import weakref
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from time import monotonic
from typing import Any, Protocol

import plugrad
from plugrad.utils.data.working import Failure, Fetcher, serve

__all__ = ["Served"]

# How often a worker looks whether the program that it works for is still there, in seconds.
_LOOK = 5.0


class _Crew(Protocol):
    """Workers of one kind."""

    def ask(self, worker: int, request: Any) -> None: ...

    def answer(self, timeout: float | None) -> tuple[int, Any] | None:
        """Return who answered, and what; None if nobody did in time."""

    def dismiss(self) -> None: ...


class Served(Iterator[Any]):
    """An iteration over the batches that workers load.

    Each worker is asked for the next batches in turn, for as many at once as `prefetched` says.

    Parameters
    ----------
    fetcher : Fetcher
    workings : dict
        See `DataLoader`.
    context : context, "thread" or None
    """

    def __init__(self, fetcher: Fetcher, workings: dict[str, Any], context: Any) -> None:
        self._workers: int = workings["workers"]
        self._prefetched: int = workings["prefetched"]
        self._timeout: float = workings["timeout"]
        self._in_order: bool = workings["in_order"]
        self._persistent: bool = workings["persistent"]
        kind = _Threads if context == "thread" else _Processes
        self._crew: _Crew = kind(fetcher, self._workers, workings["prepare"], context)
        # Also when the interpreter ends, and when nobody iterates to the end.
        self._end = weakref.finalize(self, self._crew.dismiss)
        self._under_way: dict[int, int] = {}
        self._ready: dict[int, Any] = {}

    def begin(self, seed: int, indices: Iterator[Any]) -> None:
        """Begin an iteration; what is left of the one before is thrown away."""
        while self._under_way:
            task, _ = self._received()
            del self._under_way[task]
        self._ready.clear()
        self._indices = indices
        self._asked = self._given = self._turn = 0
        self._busy = list(range(self._workers))
        for worker in range(self._workers):
            self._crew.ask(worker, seed)
        for _ in range(self._prefetched * self._workers):
            self._ask()

    def __iter__(self) -> Served:
        return self

    def _ask(self) -> None:
        """Ask the worker whose turn it is for the next batch, if there are both."""
        if not self._busy:
            return
        try:
            index = next(self._indices)
        except StopIteration:
            return
        worker = self._busy[self._turn % len(self._busy)]
        self._turn = (self._turn + 1) % len(self._busy)
        self._crew.ask(worker, (self._asked, index))
        self._under_way[self._asked] = worker
        self._asked += 1

    def _received(self) -> tuple[int, Any]:
        """Wait for the next answer.

        Raises
        ------
        RuntimeError
            If none comes in time, or a worker died.
        """
        try:
            answer = self._crew.answer(self._timeout or None)
        except RuntimeError:
            self._finish()
            raise
        if answer is None:
            raise RuntimeError(f"no DataLoader worker had a batch ready after {self._timeout} s")
        return answer

    def __next__(self) -> Any:
        while True:
            if self._in_order:
                # Numbers that nobody answers, for there were no more items, are passed over.
                while self._given < self._asked and self._given not in self._under_way:
                    if self._given in self._ready:
                        break
                    self._given += 1
            number = self._given if self._in_order else next(iter(self._ready), -1)
            if number in self._ready:
                return self._give(number)
            if not self._under_way:
                if not self._persistent:
                    self._finish()
                raise StopIteration
            task, batch = self._received()
            worker = self._under_way.pop(task)
            if batch is StopIteration:
                self._retire(worker)
            else:
                self._ready[task] = batch

    def _retire(self, worker: int) -> None:
        """Ask a worker that has no more items for nothing more."""
        if worker in self._busy:
            place = self._busy.index(worker)
            self._busy.remove(worker)
            self._turn -= place < self._turn
        self._ask()

    def _give(self, number: int) -> Any:
        batch = self._ready.pop(number)
        self._given += self._in_order
        self._ask()
        if isinstance(batch, Failure):
            batch.raise_again()
        return batch

    def _finish(self) -> None:
        self._under_way.clear()
        self._end()


def _work_in_process(
    requests: Any, answers: Connection, parent: int, fetcher: Fetcher, number: int, workers: int,
    prepare: Any,
) -> None:  # fmt: skip
    """Serve, in a process of its own, until None comes or the program is gone."""
    plugrad.set_num_threads(1)

    def receive() -> Any:
        while True:
            try:
                return requests.get(timeout=_LOOK)
            except queue.Empty:
                if os.getppid() != parent:
                    return None

    def send(answer: Any) -> None:
        try:
            packed = ForkingPickler.dumps(answer)
        except Exception as error:  # what cannot be sent is said here, not lost in a thread
            where = f"in DataLoader worker process {number}, sending a batch"
            packed = ForkingPickler.dumps((answer[0], Failure.of(error, where)))
        answers.send_bytes(packed)

    try:
        serve(fetcher, number, workers, prepare, True, receive, send)
    except (KeyboardInterrupt, BrokenPipeError, EOFError):
        pass  # the program was interrupted, or ended: it tells, or there is nobody to tell
    finally:
        requests.cancel_join_thread()


class _Processes:
    """Workers that are processes."""

    def __init__(self, fetcher: Fetcher, workers: int, prepare: Any, context: Any) -> None:
        context = context or multiprocessing.get_context()
        self._requests = [context.Queue() for _ in range(workers)]
        pipes = [context.Pipe(duplex=False) for _ in range(workers)]
        self._answers = [reader for reader, _ in pipes]
        self._processes = [
            context.Process(
                target=_work_in_process,
                args=(self._requests[number], writer, os.getpid(), fetcher, number, workers,
                      prepare),
                daemon=True,
            )
            for number, (_, writer) in enumerate(pipes)
        ]  # fmt: skip
        for process in self._processes:
            process.start()
        for _, writer in pipes:
            writer.close()

    def ask(self, worker: int, request: Any) -> None:
        self._requests[worker].put(request)

    def answer(self, timeout: float | None) -> tuple[int, Any] | None:
        end = None if timeout is None else monotonic() + timeout
        watched = [*self._answers, *(process.sentinel for process in self._processes)]
        while True:
            left = None if end is None else max(end - monotonic(), 0)
            ready = wait(watched, left)
            for reader in self._answers:
                if reader in ready:
                    try:
                        packed = reader.recv_bytes()
                    except EOFError:
                        break  # its worker is gone
                    answer: tuple[int, Any] = pickle.loads(packed)
                    return answer
            if not ready:
                return None
            self._tell_of_the_dead()

    def _tell_of_the_dead(self) -> None:
        for process in self._processes:
            process.join(timeout=0.1)
            code = process.exitcode
            if code is not None:
                how = f"signal {-code}" if code < 0 else f"exit code {code}"
                raise RuntimeError(
                    f"DataLoader worker (pid {process.pid}) ended unexpectedly, by {how}: it may "
                    "have run out of memory; with num_workers=0 errors show where they are made"
                )

    def dismiss(self) -> None:
        for requests in self._requests:
            requests.put(None)
            requests.close()
        for reader in self._answers:
            reader.close()  # who is still sending finds that nobody reads
        for process in self._processes:
            process.join(timeout=_LOOK)
            if process.is_alive():
                process.terminate()
                process.join()
        for requests in self._requests:
            requests.cancel_join_thread()


class _Threads:
    """Workers that are threads of this process."""

    def __init__(self, fetcher: Fetcher, workers: int, prepare: Any, context: Any) -> None:
        self._requests: list[queue.SimpleQueue[Any]] = [queue.SimpleQueue() for _ in range(workers)]
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for number, requests in enumerate(self._requests):
            threading.Thread(
                target=serve,
                args=(fetcher, number, workers, prepare, False, requests.get, self._answers.put),
                name=f"DataLoader worker {number}",
                daemon=True,
            ).start()

    def ask(self, worker: int, request: Any) -> None:
        self._requests[worker].put(request)

    def answer(self, timeout: float | None) -> tuple[int, Any] | None:
        try:
            answer: tuple[int, Any] = self._answers.get(timeout=timeout)
        except queue.Empty:
            return None
        return answer

    def dismiss(self) -> None:
        for requests in self._requests:
            requests.put(None)
