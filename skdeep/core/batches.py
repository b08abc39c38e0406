"""Rows on their way into the network: which rows train, in which order, gathered into the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import fsum
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from .network import Slot, Workspace
from .parameters import Array
from .targets import VALUES_AT_ONCE, Targets

Augment = Callable[[Array, Array, np.random.Generator], None]


#: Rows whose targets `Rows.totals` copies at a time, of few outputs.
ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class RowTotals:
    """How many rows there are, their mean weight, and weighted mean and variance of their targets.

    Kept as means, those of equal parts stay what they are, to the last bit, however many are put together.

    Parameters
    ----------
    n_rows : int, default=0
        How many.
    mean_weight : float, default=0.0
        Their total weight is so many times `n_rows`.
    mean, variance : ndarray of shape (n_outputs,), default=0.0
        Of the targets.
    """

    n_rows: int = 0
    mean_weight: float = 0.0
    mean: Any = 0.0
    variance: Any = 0.0

    @classmethod
    def of(cls, targets: Array, weight: Array) -> RowTotals:
        """Those of some rows, the sums over their columns in the precision of the targets."""
        total = float(weight.sum())
        shares = (weight / total if total > 0.0 else weight).astype(targets.dtype, copy=False)
        mean = shares @ targets
        deviations = targets - mean
        variance = shares @ np.square(deviations, out=deviations)
        return cls(len(weight), total / len(weight), mean.astype(np.float64), variance.astype(np.float64))

    @property
    def weight(self) -> float:
        """Of all rows together."""
        return self.n_rows * self.mean_weight

    @property
    def mean_square(self) -> Any:
        """Of the targets."""
        return self.variance + np.square(self.mean)

    def in_unit(self, shift: Array, factor: Array) -> RowTotals:
        """Those of the targets less `shift`, divided by `factor`."""
        return replace(self, mean=(self.mean - shift) / factor, variance=self.variance / np.square(factor))

    def and_those_of(self, others: RowTotals) -> RowTotals:
        """The totals of these rows and others (Chan, Golub & LeVeque, 1983)."""
        n_rows, weight = self.n_rows + others.n_rows, self.weight + others.weight
        if self.weight <= 0.0:
            return replace(others, n_rows=n_rows, mean_weight=weight / max(n_rows, 1))
        share, apart = others.weight / weight, others.mean - self.mean
        return RowTotals(
            n_rows,
            self.mean_weight + (others.mean_weight - self.mean_weight) * (others.n_rows / n_rows),
            self.mean + apart * share,
            self.variance + (others.variance - self.variance) * share + np.square(apart) * (share * (1.0 - share)),
        )


@dataclass(frozen=True)
class Rows:
    """Some rows of the caller's arrays, by their numbers, so that no split or filter ever copies X.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, n_features)
        All rows; never changed.
    Y : Targets of shape (n, n_outputs)
        Targets as the loss wants them: an ndarray, or one of `skdeep.core.targets`.
    weight : ndarray of shape (n,) or None
        What each row counts; None for 1 each. In float64, so that it can be summed.
    numbers : ndarray of shape (n_rows,) of int
        The rows that belong.
    factor : ndarray of shape (n,) or None, default=None
        What the weight is to be multiplied by, the same for equal targets: class weights. Apart from the weights, so
        that whole numbers of rows are summed without rounding.
    """

    X: Any
    Y: Targets
    weight: Array | None
    numbers: npt.NDArray[np.intp]
    factor: Array | None = None

    def __len__(self) -> int:
        return int(self.numbers.shape[0])

    @property
    def total_weight(self) -> float:
        """The `m` of the objective: the weights' sum, or the number of rows."""
        weight = None if self.weight is None else self.weight[self.numbers]
        if self.factor is None:
            return float(len(self)) if weight is None else float(weight.sum(dtype=np.float64))
        factors, groups = np.unique(self.factor[self.numbers], return_inverse=True)
        return fsum(factors * np.bincount(groups.ravel(), weight))

    def weights_of(self, numbers: npt.NDArray[np.intp]) -> Array | None:
        """What the numbered rows count, factor included; None for 1 each."""
        if self.weight is None:
            return None if self.factor is None else self.factor[numbers]
        weight: Array = self.weight[numbers]
        return weight if self.factor is None else weight * self.factor[numbers]

    def totals(self) -> RowTotals:
        """What the rows sum up to, read a block at a time."""
        totals, at_once = RowTotals(), max(1, min(ROWS_AT_ONCE, VALUES_AT_ONCE // self.Y.shape[1]))
        for start in range(0, len(self), at_once):
            numbers = self.numbers[start : start + at_once]
            weight = self.weights_of(numbers)
            weight = np.ones(len(numbers)) if weight is None else weight.astype(np.float64)
            totals = totals.and_those_of(RowTotals.of(self.Y[numbers], weight))
        return totals

    def load(self, numbers: npt.NDArray[np.intp], workspace: Workspace | Slot, *, divisor: float) -> None:
        """Gather rows, targets and ``weight / divisor`` into a workspace, or a slot of one, of as many rows."""
        take_rows(self.X, numbers, workspace.inputs)
        self.Y.take(numbers, 0, workspace.targets, "clip")
        weight = self.weight
        if weight is None and self.factor is None:
            workspace.row_weights.fill(1.0 / divisor)
        elif weight is not None and self.factor is None and weight.dtype == workspace.row_weights.dtype:
            weight.take(numbers, 0, workspace.row_weights, "clip")
            workspace.row_weights /= divisor
        else:
            product = self.weights_of(numbers)
            assert product is not None
            np.divide(product, divisor, out=workspace.row_weights, casting="same_kind")

    def merge_equal(self) -> Rows:
        """Equal rows with equal targets as one row of their total weight, in an order that is theirs alone."""
        # A full batch sees its rows only through sums. After this, those are bitwise the same whatever the rows' order,
        # and whether a row comes k times or once with weight k, which float32 sums alone would not give.
        if len(self) == 1:
            return self
        keys = np.array([self._key(number) for number in self.numbers], dtype=object)
        _, first, groups = np.unique(keys, return_index=True, return_inverse=True)
        numbers = self.numbers[first]
        if self.weight is None and len(numbers) == len(self):
            return replace(self, numbers=numbers)
        counts = None if self.weight is None else self.weight[self.numbers]
        weight = np.zeros(self.Y.shape[0])
        weight[numbers] = np.bincount(groups.ravel(), counts)
        return replace(self, weight=weight, numbers=numbers)

    def weighted_in(self, dtype: npt.DTypeLike) -> Rows:
        """With weight and factor multiplied, in another precision: no step has to convert them."""
        if self.weight is None and self.factor is None:
            return self
        weight = self.weights_of(np.arange(self.Y.shape[0]))
        assert weight is not None
        return replace(self, weight=weight.astype(dtype, copy=False), factor=None)

    def _key(self, number: int) -> bytes:
        """A fingerprint of the row and its target; two different rows share one with a chance of 2^-128."""
        key = blake2b(self.Y[number].tobytes(), digest_size=16)
        if issparse(self.X):
            entries = slice(self.X.indptr[number], self.X.indptr[number + 1])
            key.update(self.X.indices[entries].tobytes())
            key.update(self.X.data[entries].tobytes())
        else:
            key.update(self.X[number].tobytes())
        return key.digest()


def take_rows(X: Any, numbers: npt.NDArray[np.intp], out: Array) -> None:
    """Copy the numbered rows of X, dense or CSR, into a dense buffer of the same precision."""
    if issparse(X):
        X[numbers].toarray(out=out)
    else:
        X.take(numbers, 0, out, "clip")  # "clip" lets take write straight into the buffer


Place = TypeVar("Place", Workspace, Slot)


class MiniBatches(Generic[Place]):
    """Passes over some rows in mini-batches, gathered into one workspace, or into one network's slot of a stack's.

    A mini-batch B of b out of n rows carries the row weights ``n / (b m) s_i``, so that its weighted loss is an
    unbiased estimate of the mean over the training set, ``1/m sum_i s_i loss_i``.

    Parameters
    ----------
    rows : Rows
        What to train on.
    workspace : Workspace or Slot
        As many rows as a full mini-batch.
    shuffle : Generator, default=None
        Draws a fresh order for every pass; None keeps the given order.
    augment : callable (X_batch, Y_batch, rng) -> None, default=None
        Changes the gathered mini-batch in place; the caller's X is never touched.
    augment_rng : Generator, default=None
        Handed to `augment`.
    total_weight : float, default=None
        The `m` that the row weights are divided by; if None, that of the rows themselves.
    """

    def __init__(
        self,
        rows: Rows,
        workspace: Place,
        *,
        shuffle: np.random.Generator | None = None,
        augment: Augment | None = None,
        augment_rng: np.random.Generator | None = None,
        total_weight: float | None = None,
    ) -> None:
        self.rows = rows.weighted_in(workspace.row_weights.dtype)
        self._workspace: Place = workspace
        self._shuffle = shuffle
        self._augment, self._augment_rng = augment, augment_rng
        self._total_weight = rows.total_weight if total_weight is None else total_weight
        self._order = rows.numbers.copy()
        self._loaded = False

    @property
    def size(self) -> int:
        """Rows of a full mini-batch."""
        return self._workspace.n_rows

    @property
    def n_rows(self) -> int:
        """Rows of a pass."""
        return len(self.rows)

    def __len__(self) -> int:
        return -(-len(self.rows) // self.size)

    def epoch(self) -> Iterator[Place]:
        """One pass: yields the workspace, or its leading rows, with the next mini-batch in it."""
        n, size = len(self.rows), self._workspace.n_rows
        if n <= size:
            yield self._full_batch()
            return
        if self._shuffle is not None:
            np.copyto(self._order, self.rows.numbers)
            self._shuffle.shuffle(self._order)
        for start in range(0, n, size):
            yield self._gather(self._order[start : start + size])

    def _full_batch(self) -> Place:
        """The same rows every time, so they are gathered once, unless augmentation writes on them."""
        if not self._loaded or self._augment is not None:
            self._gather(self.rows.numbers)
            self._loaded = True
        return self._workspace.leading(len(self.rows))

    def _gather(self, numbers: npt.NDArray[np.intp]) -> Place:
        batch = self._workspace.leading(len(numbers))
        self.rows.load(numbers, batch, divisor=len(numbers) * self._total_weight / len(self.rows))
        if self._augment is not None:
            self._augment(batch.inputs, batch.targets, self._augment_rng)  # type: ignore[arg-type]
        return batch


class StackedBatches:
    """The mini-batches of a stack of networks, which all have as many rows.

    Parameters
    ----------
    workspace : Workspace
        Of the stack.
    feeds : sequence of MiniBatches
        Where the rows come from, each gathering into the slot of its first network.
    networks : sequence of slice
        For each of them the networks that see the same rows in the same order, all of the stack in turn.
    """

    def __init__(self, workspace: Workspace, feeds: Sequence[MiniBatches[Slot]], networks: Sequence[slice]) -> None:
        self._workspace, self._feeds, self._networks = workspace, feeds, networks

    @property
    def n_rows(self) -> int:
        """Rows of a pass, of each network."""
        return self._feeds[0].n_rows

    def epoch(self) -> Iterator[Workspace]:
        """One pass: yields the workspace, or its leading rows, with every network's next mini-batch in it."""
        for slots in zip(*(feed.epoch() for feed in self._feeds), strict=True):
            batch = self._workspace.leading(slots[0].n_rows)
            for networks in self._networks:
                share(batch.targets, networks)
                share(batch.row_weights, networks)
            self._share_inputs(slots, batch)
            yield batch

    def _share_inputs(self, slots: Sequence[Slot], batch: Workspace) -> None:
        if len(slots) == 1:  # all networks read the very same rows, which then stay in the processor's cache
            batch.point_at(np.broadcast_to(slots[0].inputs, batch.own_inputs.shape))
            return
        for networks in self._networks:
            share(batch.own_inputs, networks)
        batch.point_at(batch.own_inputs)


def share(buffer: Array, networks: slice) -> None:
    """Copy what the first of some networks of a stack has in a buffer to the others."""
    first, others = buffer[networks.start], buffer[networks.start + 1 : networks.stop]
    if len(others):
        others[...] = first
