"""Threads that share a list of tasks: numpy's products and large ufuncs release the interpreter's lock.

What the tasks are depends on the sizes alone, and each writes where no other does. So the result has the same bits
however many threads there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

import numpy as np

#: What a thread is given to do: called with the number of the thread, 0 being the one that asks.
Task = Callable[[int], object]
#: Tasks that nobody has begun; to take one is a single operation, also where threads have no lock in common.
Tasks = deque[Task]
Helper = tuple[Thread, "SimpleQueue[Tasks | None]"]


class Crew:
    """The calling thread and its helpers, which start with the first tasks and sleep when there are none.

    Parameters
    ----------
    n_threads : int, default=1
        The caller included: with 1 no thread is ever started. Where the system has no more threads, fewer do it all.
    begin : callable () -> None, default=None
        What every helper does first.

    Examples
    --------
    >>> from skdeep.core.crew import Crew
    >>> squares = [0, 0, 0]
    >>> def square(number):
    ...     return lambda thread: squares.__setitem__(number, number**2)
    >>> with Crew(2) as crew:
    ...     crew.run([square(number) for number in range(3)])
    >>> squares
    [0, 1, 4]
    """

    def __init__(self, n_threads: int = 1, begin: Callable[[], None] | None = None) -> None:
        self.n_threads = n_threads
        self._begin = begin
        self._helpers: list[Helper] = []
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def __reduce__(self) -> tuple[type[Crew], tuple[object, ...]]:
        return type(self), (self.n_threads, self._begin)  # threads do not travel: a copy starts its own

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def run(self, tasks: Iterable[Task]) -> None:
        """Do all tasks, in any order; the next one goes to whichever thread is free.

        Parameters
        ----------
        tasks : iterable of callable (thread) -> None
            Independent of one another.

        Raises
        ------
        BaseException
            What a task raises, Ctrl-C included: no other task is begun then, and all threads have ended.
        """
        left = deque(tasks)
        try:
            helpers = self._started(min(self.n_threads, len(left)) - 1)
            for _, asked in helpers:
                asked.put(left)
            _do(left, 0)
            errors = [self._ended.get() for _ in helpers]
            for error in errors:
                if error is not None:
                    raise error
        except BaseException:
            left.clear()
            self.close()
            raise

    def close(self) -> None:
        """Let the helpers end, and wait for that, whatever interrupts it: what they write on may be used afterwards."""
        interrupt = None
        while self._helpers:
            try:
                thread, asked = self._helpers[-1]
                asked.put(None)
                if thread.ident is not None:  # it may have failed to start
                    thread.join()
                self._helpers.pop()
            except KeyboardInterrupt as error:
                interrupt = error
        self._ended = SimpleQueue()
        if interrupt is not None:
            raise interrupt

    def _started(self, n_helpers: int) -> list[Helper]:
        """So many helpers, started where there are none yet; those of a process that has forked are no more."""
        self._helpers = [helper for helper in self._helpers if helper[0].is_alive()]
        for number in range(len(self._helpers), n_helpers):
            asked: SimpleQueue[Tasks | None] = SimpleQueue()
            thread = Thread(target=self._help, args=(number + 1, asked, self._ended), name="skdeep", daemon=True)
            self._helpers.append((thread, asked))
            try:
                thread.start()
            except RuntimeError:  # no more threads: those that there are do the same
                self._helpers.pop()
                break
        return self._helpers[: max(n_helpers, 0)]

    def _help(self, number: int, asked: SimpleQueue[Tasks | None], ended: SimpleQueue[BaseException | None]) -> None:
        error = None
        try:
            if self._begin is not None:
                self._begin()
        except BaseException as raised:
            error = raised
        with np.errstate(all="ignore"):  # a setting of each thread, and what overflows is found after the epoch
            while (tasks := asked.get()) is not None:
                ended.put(error or _error_of(tasks, number))


def _do(tasks: Tasks, number: int) -> None:
    """Tasks, one after another, until none is left."""
    while True:
        try:
            task = tasks.popleft()
        except IndexError:
            return
        task(number)


def _error_of(tasks: Tasks, number: int) -> BaseException | None:
    try:
        _do(tasks, number)
    except BaseException as error:
        return error
    return None


#: The calling thread alone.
ALONE = Crew()
