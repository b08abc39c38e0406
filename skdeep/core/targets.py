"""Targets that become numbers a mini-batch at a time, so that no matrix of rows times classes is ever made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from .parameters import Array

Numbers = npt.NDArray[np.intp]

NO_NUMBERS = np.empty(0, dtype=np.intp)
#: Values of a matrix that are looked through, or converted, at a time.
VALUES_AT_ONCE = 2**20


def row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Rows a block at a time.

    Parameters
    ----------
    n_rows, n_columns : int
        Of the matrix.

    Yields
    ------
    slice
        Rows with at most about `VALUES_AT_ONCE` values together.
    """
    at_once = max(1, VALUES_AT_ONCE // max(1, n_columns))
    for start in range(0, n_rows, at_once):
        yield slice(start, start + at_once)


class GatheredTargets(ABC):
    """The rows of a matrix that is made a few rows at a time.

    Parameters
    ----------
    shape : tuple of int
        Rows and outputs.
    dtype : dtype
        Precision of what is copied.
    """

    def __init__(self, shape: tuple[int, int], dtype: npt.DTypeLike) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)

    @abstractmethod
    def take(self, numbers: Numbers, axis: int, out: Array, mode: str) -> None:
        """Copy the numbered rows into `out`."""

    @abstractmethod
    def key(self) -> Hashable:
        """Equal for equal targets alone."""

    def __getitem__(self, numbers: Any) -> Array:
        numbers = np.asarray(numbers)
        rows = np.empty((numbers.size, self.shape[1]), dtype=self.dtype)
        self.take(numbers.ravel(), 0, rows, "clip")
        return rows if numbers.ndim else rows[0]

    def gathered(self) -> Targets:
        """All rows at once where they are few, which saves a small step a hundredth of its time."""
        n_rows, n_outputs = self.shape
        return self.whole() if n_rows * n_outputs <= VALUES_AT_ONCE else self

    def whole(self) -> Array:
        """All rows."""
        return self[np.arange(self.shape[0])]


#: What the rows have to learn: a matrix, or what makes some of its rows when they are needed.
Targets = Array | GatheredTargets


class OneHot(GatheredTargets):
    """One-hot rows, by the numbers of their classes.

    Parameters
    ----------
    codes : ndarray of shape (n,) of int
        The number of each row's class.
    n_classes : int
        How many classes there are.
    dtype : dtype
        Precision of the rows.
    on, off : float, default=1.0, 0.0
        What a row has for its own class and for every other: other values with label smoothing.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.core.targets import OneHot
    >>> OneHot(np.array([2, 0]), 3, np.float64)[np.array([0, 1])].tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """

    def __init__(self, codes: Numbers, n_classes: int, dtype: npt.DTypeLike, on: float = 1.0, off: float = 0.0) -> None:
        super().__init__((len(codes), n_classes), dtype)
        self.codes, self.on, self.off = codes, on, off
        # Kept, so that no step allocates them: the codes of the mini-batch, and the numbers of its rows.
        self._codes = self._places = NO_NUMBERS

    def take(self, numbers: Numbers, axis: int, out: Array, mode: str) -> None:
        """Copy the numbered rows into `out`."""
        n = len(numbers)
        if n > len(self._codes):
            self._codes, self._places = np.empty(n, dtype=np.intp), np.arange(n)
        codes = self._codes[:n]
        self.codes.take(numbers, 0, codes, "clip")
        out.fill(self.off)
        out[self._places[:n], codes] = self.on

    def whole(self) -> Array:
        """All rows, without the buffers: in half of the time of a single row."""
        rows = np.full(self.shape, self.off, dtype=self.dtype)
        rows[np.arange(len(self.codes)), self.codes] = self.on
        return rows

    def smoothed(self, smoothing: float) -> OneHot:
        """With ``(1 - smoothing) y + smoothing / n_classes`` in place of y."""
        rest, off = np.array([1.0 - smoothing, smoothing / self.shape[1]], dtype=self.dtype)
        return OneHot(self.codes, self.shape[1], self.dtype, rest + off, off)

    def key(self) -> Hashable:
        """Equal for equal targets alone."""
        return blake2b(self.codes.tobytes()).digest(), float(self.on), float(self.off)


class Indicators(GatheredTargets):
    """The rows of an indicator matrix of any precision, dense or sparse, which is never converted as a whole.

    Parameters
    ----------
    values : ndarray or CSR matrix of shape (n, n_labels)
        Zeros and ones.
    dtype : dtype
        Precision of the rows.
    smoothing : float, default=0.0
        The rows are ``(1 - smoothing) y + smoothing / 2``.
    """

    def __init__(self, values: Any, dtype: npt.DTypeLike, smoothing: float = 0.0) -> None:
        super().__init__(values.shape, dtype)
        self.values, self.smoothing = values, smoothing
        self._rows = np.empty((0, self.shape[1]), dtype=values.dtype)  # kept, so that no step allocates it

    def take(self, numbers: Numbers, axis: int, out: Array, mode: str) -> None:
        """Copy the numbered rows into `out`."""
        if issparse(self.values):
            self._take_sparse(numbers, out)
        elif self.values.dtype == out.dtype:
            self.values.take(numbers, 0, out, "clip")
        else:
            if len(numbers) > len(self._rows):
                self._rows = np.empty((len(numbers), self.shape[1]), dtype=self.values.dtype)
            rows = self._rows[: len(numbers)]
            self.values.take(numbers, 0, rows, "clip")
            out[...] = rows
        if self.smoothing:
            out *= out.dtype.type(1.0 - self.smoothing)
            out += out.dtype.type(self.smoothing / 2)

    def _take_sparse(self, numbers: Numbers, out: Array) -> None:
        if len(numbers) > 1:
            self.values[numbers].astype(out.dtype).toarray(out=out)
            return
        # A single row by itself, as in the search for equal rows: a tenth of the time.
        entries = slice(*self.values.indptr[numbers[0] : numbers[0] + 2])
        out.fill(0.0)
        out[0, self.values.indices[entries]] = self.values.data[entries]

    def smoothed(self, smoothing: float) -> Indicators:
        """With ``(1 - smoothing) y + smoothing / 2`` in place of y."""
        return Indicators(self.values, self.dtype, smoothing)

    def key(self) -> Hashable:
        """Equal for the same targets alone, as long as there are these."""
        return id(self.values), self.smoothing


def targets_key(targets: Targets) -> Hashable:
    """Equal only where two targets are.

    Parameters
    ----------
    targets : Targets
        An ndarray, or one of the kinds above.

    Returns
    -------
    hashable
        To look up others by.
    """
    return targets.key() if isinstance(targets, GatheredTargets) else blake2b(targets[:].tobytes()).digest()
