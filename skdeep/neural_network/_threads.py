"""How many threads the matrix products of training use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from itertools import pairwise
from threading import current_thread, main_thread

from threadpoolctl import ThreadpoolController

from ..core import Network

#: Multiplications in the largest product of a step from which on a second thread pays for waking it.
WORTH_A_THREAD = 2_000_000


def suited_threads(network: Network, n_rows: int) -> AbstractContextManager[object]:
    """A context with one BLAS thread where the products are small; else with as many as the user allows.

    Two threads that share a small product mostly wait for one another, in a spin: where another process uses a core,
    a hundred times as long as one thread would take. The number belongs to the process or to the thread, as the BLAS
    has it, so only the main thread changes it.

    Parameters
    ----------
    network : Network
        Gives the shapes.
    n_rows : int
        Of a mini-batch.

    Returns
    -------
    context manager
        Which restores the old number.
    """
    largest = n_rows * max(fan_in * fan_out for fan_in, fan_out in pairwise(network.layer_sizes))
    if largest >= WORTH_A_THREAD or current_thread() is not main_thread():
        return nullcontext()
    return _one_thread()


@contextmanager
def _one_thread() -> Iterator[None]:
    # The numbers are known before the first is changed, so that Ctrl-C at any moment of it has them set back.
    libraries = _blas().lib_controllers
    before = [library.num_threads for library in libraries]
    try:
        for library in libraries:
            library.set_num_threads(1)
        yield
    finally:
        for library, number in zip(libraries, before, strict=True):
            library.set_num_threads(number)


@cache
def _blas() -> ThreadpoolController:
    """Made once: it looks through all libraries of the process, which takes as long as a few steps."""
    return ThreadpoolController().select(user_api="blas")
