"""How many threads share the work: of ours as many as the user allows the BLAS, of the BLAS one in each of them.

Two threads of the BLAS that share a product wait for one another in a spin: where another process uses a core, many
times as long as one thread would take. Ours sleep while they wait, share whole steps, and give the same bits however
many they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from threading import RLock, current_thread, main_thread
from typing import Protocol
from weakref import WeakSet

from joblib import cpu_count
from threadpoolctl import ThreadpoolController

from ..core import Network
from ..core.crew import ALONE, Crew
from ..core.network import SHARED_WORK

#: More find nothing to do: a step has no more parts than that.
MOST_THREADS = 8


class Library(Protocol):
    """What threadpoolctl knows of a BLAS."""

    num_threads: int

    def set_num_threads(self, num_threads: int) -> None:
        """Of the process, or of the thread."""
        ...


class _Holder:
    """A fit or prediction that keeps the BLAS at one thread."""


class _Shared:
    """The libraries whose number of threads belongs to the process, and who keeps it at one.

    The first of several at the same time notes the numbers, and the last sets them back.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.holders: WeakSet[_Holder] = WeakSet()
        self.numbers: list[int] = []

    def hold(self, holder: _Holder) -> None:
        """Keep them at one; the numbers are known before the first is changed, so that they can be set back."""
        libraries = _process_wide()
        with self.lock:
            if not self.holders:
                self.numbers = _numbers(libraries)
            self.holders.add(holder)
            _take_control(libraries)
            _set_threads(libraries, [1] * len(libraries))

    def release(self, holder: _Holder) -> None:
        """Set them back where nobody else keeps them."""
        libraries = _process_wide()
        with self.lock:
            self.holders.discard(holder)
            if not self.holders:
                _take_control(libraries)
                _set_threads(libraries, self.numbers)
                _take_control(libraries)  # and leave it to whoever sets them next, as threadpool_limits does
                self.numbers = []


_shared = _Shared()


@contextmanager
def one_blas_thread() -> Iterator[list[int]]:
    """A context with one BLAS thread, whichever of several at the same time ends first.

    Yields
    ------
    list of int
        The numbers that it sets back.
    """
    own, holder = _of_this_thread(), _Holder()
    before = _numbers(own)
    try:
        _shared.hold(holder)
        _set_threads(own, [1] * len(own))
        yield [*before, *_shared.numbers]
    finally:
        _insist(lambda: _shared.release(holder))
        _insist(lambda: _set_threads(own, before))


def _insist(action: Callable[[], None]) -> None:
    """Do something to its end, whatever interrupts it; it may be begun again."""
    interrupt = None
    while True:
        try:
            action()
            break
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt


@contextmanager
def sharing_threads(network: Network, n_rows: int) -> Iterator[Crew]:
    """A context with one BLAS thread, and with the threads that share the steps on so many rows.

    Parameters
    ----------
    network : Network
        Gives the sizes.
    n_rows : int
        Of a mini-batch, or of all rows where there are no steps.

    Yields
    ------
    Crew
        The calling thread alone where the steps are small, as in threads of a search: only the main one has helpers.
    """
    with one_blas_thread() as numbers:
        n_threads = _allowed_threads(numbers) if _is_shared(network, n_rows) else 1
        with Crew(n_threads, begin=_begin_helper) if n_threads > 1 else nullcontext(ALONE) as crew:
            yield crew


def predicting_threads(network: Network, n_rows: int) -> AbstractContextManager[Crew]:
    """As `sharing_threads`, but few rows do not pay for the setting of the BLAS."""
    return sharing_threads(network, n_rows) if _is_shared(network, n_rows) else nullcontext(ALONE)


def _is_shared(network: Network, n_rows: int) -> bool:
    return n_rows * network.n_weights >= SHARED_WORK


def _allowed_threads(numbers: Sequence[int]) -> int:
    """As many as every BLAS may use, and no more than there are cores for it; 1 where no BLAS is known."""
    if current_thread() is not main_thread() or not numbers:
        return 1
    return max(1, min(*numbers, cpu_count(), MOST_THREADS))


def _begin_helper() -> None:
    """Where each thread has a number of its own, set that of a helper."""
    own = _of_this_thread()
    _set_threads(own, [1] * len(own))


def _numbers(libraries: Sequence[Library]) -> list[int]:
    return [library.num_threads for library in libraries]


def _set_threads(libraries: Sequence[Library], numbers: Sequence[int]) -> None:
    for library, number in zip(libraries, numbers, strict=False):
        library.set_num_threads(number)


def _take_control(libraries: Sequence[Library]) -> None:
    """Let this thread be the next to set the numbers.

    From threadpoolctl 3.8 on, a thread that has set the number of a process keeps all others from it, without a word.
    Here a lock keeps ours in order, and the others from it as long as ours hold it.
    """
    for library in libraries:
        clear = getattr(library, "clear_controlling_thread", None)
        if clear is not None:
            clear(force=True)


@cache
def _process_wide() -> list[Library]:
    return [library for library in _blas() if getattr(library, "threading_layer", None) != "openmp"]


@cache
def _of_this_thread() -> list[Library]:
    """The libraries that have a number for each thread."""
    return [library for library in _blas() if getattr(library, "threading_layer", None) == "openmp"]


@cache
def _blas() -> list[Library]:
    """Made once: it looks through all libraries of the process, which takes as long as a few steps."""
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _after_fork() -> None:
    """What the parent's threads held in the moment of the fork, no thread of the child will ever give back."""
    global _shared
    before, _shared = _shared, _Shared()
    if before.holders:
        _take_control(_process_wide())
        _set_threads(_process_wide(), before.numbers)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
