"""Held-out rows that are copies of training rows, told from rows that are equal because there are few different ones.

Two rows may be equal since somebody wrote one of them twice, or since the columns have so few values that rows
coincide: then those to come will coincide with training rows as often, and nothing is wrong. Two things tell it:

- If each column's values were drawn independently of the others, by the frequencies that they have among the different
  rows, there would be about as many rows with a twin among the training rows: half as many as there are.
- Where rows coincide in all columns, more of them coincide in all but one: the different rows with a *neighbour*, which
  differs from them in a single column, are at least twice as many as those that occur more than once, or nearly all
  there are, and these mostly have neighbours, too. What is copied in a table of measured numbers has none. Where no row
  stands alone, though each is there a few times only, rows are copies all the same.

One-hot columns that stand side by side count as one. A table of a single column is coarse where each value occurs ten
times, or where those that occur more than once mostly have a neighbour one step away, as rounded numbers do. And
where less than one in a hundred of the different rows occurs more than once, these are common rows, such as the empty
one, and not copies, which any row may have.

What this cannot tell: copies in a table that has a row for nearly every combination of its values, or that is one
column of rounded numbers; where most rows have a neighbour anyway, copies of fewer than half as many rows, and where
nearly all have, of fewer than all; and rows that were copied but for one column, unless that names the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing

from .data_checks import row_keys

#: Rows that agree in more columns, or one-hot blocks, than this are copies without a further look.
MOST_COLUMNS = 256
LEAST_EXPECTED, MORE_NEIGHBOURS, NEARLY_ALL, MOSTLY = 0.5, 2.0, 0.9, 0.5
OFTEN, FILLED, FEW_COMMON = 10, 0.5, 0.01
SMALLEST, ROUNDING = 0.05, 1e-6


@dataclass(frozen=True)
class Copies:
    """The rows of one part that are copies of training rows, in every column and in the target.

    Attributes
    ----------
    n_rows, n_of : int
        How many, and of how many; a row that several folds hold out counts as often.
    but_for : tuple of int
        The places of columns that name the rows, which may differ.
    names : tuple of str
        Those of these columns.
    rounding : str
        How a number is rounded for them to be equal; "" where it need not be.
    """

    n_rows: int
    n_of: int
    but_for: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    rounding: str = ""

    @property
    def share(self) -> float:
        """Of the rows of the part."""
        return self.n_rows / self.n_of


@dataclass(frozen=True)
class Part:
    """Rows that may be copies of others.

    Attributes
    ----------
    X, y : array-like
        The rows and their targets.
    rows : ndarray of int
        A number for each row; equal rows have the same.
    """

    X: Any
    y: Any
    rows: Any

    @property
    def keys(self) -> Keys:
        """Of rows and targets."""
        return Keys(self.rows, target_keys(self.y))


@dataclass(frozen=True)
class Keys:
    """Rows and their targets, by numbers that are the same where they are.

    Attributes
    ----------
    rows, targets : ndarray of int
        One for each row.
    """

    rows: Any
    targets: Any

    def at(self, rows: Any) -> Keys:
        """Of some of the rows."""
        return Keys(self.rows[rows], self.targets[rows])


def target_keys(y: Any) -> Any:
    """A number for each target, in any container."""
    y = np.asarray(y)
    return row_keys(y.reshape(len(y), -1))


def copies_in_part(train: Part, part: Part, tolerance: float) -> Copies:
    """Of a part of the user's own; none where they are no more than the tolerance allows, or come about by chance."""
    n_of, equal = len(part.rows), np.isin(part.rows, train.rows).mean()
    if equal <= tolerance:
        return Copies(0, n_of)
    n = int(is_copied(part.keys, train.keys).sum())
    if n > tolerance * n_of:
        both = np.concatenate([train.rows, part.rows])
        n = 0 if coincide_naturally([train.X, part.X], both, len(train.rows), float(equal)) else n
    return Copies(n, n_of)


def copies_in_folds(whole: Part, folds: Sequence[tuple[Any, Any]], tolerance: float) -> Copies:
    """Of the held-out rows of all folds together, each against the training rows of its own."""
    n_of = sum(len(held_out) for _, held_out in folds)
    if len(np.unique(whole.rows)) == len(whole.rows):  # as nearly always: saves the time of looking
        return Copies(0, n_of)
    keys = whole.keys
    n = sum(int(is_copied(keys.at(held_out), keys.at(train)).sum()) for train, held_out in folds)
    if n > tolerance * n_of:
        equal = sum(int(np.isin(keys.rows[held_out], keys.rows[train]).sum()) for train, held_out in folds) / n_of
        n_train = round(float(np.mean([len(train) for train, _ in folds])))
        n = 0 if coincide_naturally([whole.X], keys.rows, n_train, equal) else n
    return Copies(n, n_of)


def is_copied(held_out: Keys, train: Keys) -> Any:
    """Which held-out rows are equal to training rows that all have their target.

    Parameters
    ----------
    held_out, train : Keys
        Rows and targets.

    Returns
    -------
    ndarray of bool
        By held-out row. Where equal training rows differ in the target, equality tells nothing of the target.
    """
    names, first, of_row = np.unique(train.rows, return_index=True, return_inverse=True)
    agree = np.ones(len(names), dtype=bool)
    np.logical_and.at(agree, of_row, train.targets == train.targets[first][of_row])
    place = np.minimum(np.searchsorted(names, held_out.rows), len(names) - 1)
    return (names[place] == held_out.rows) & agree[place] & (train.targets[first][place] == held_out.targets)


def coincide_naturally(parts: Sequence[Any], keys: Any, n_train: int, share: float) -> bool:
    """Whether rows are equal because there are few different ones.

    Parameters
    ----------
    parts : sequence of array-like
        Rows, those of the training part first.
    keys : ndarray of int
        A number for each row of all parts together; equal rows have the same.
    n_train : int
        Training rows of a fit.
    share : float
        Of the held-out rows that are equal to a training row.

    Returns
    -------
    bool
        False where they look like copies.
    """
    columns = _telling(column_codes(parts))
    if not columns or len(columns) > MOST_COLUMNS:
        return not columns  # rows without a varying column are all equal
    _, first, of_row, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    different = [codes[first] for codes in columns]
    if np.mean(counts > 1) <= FEW_COMMON:
        return True
    if len(columns) == 1:
        return counts.mean() >= OFTEN or _is_coarse(_values(parts, columns[0])[first], counts)
    expected = _expected_share(different, n_train)[of_row].mean()
    return bool(expected >= LEAST_EXPECTED * share) or _have_neighbours(different, counts)


def chance_of_twins(parts: Sequence[Any], keys: Any) -> tuple[float, int]:
    """The mean chance of a row to have a twin if the columns were independent, and how many columns vary.

    Parameters
    ----------
    parts : sequence of array-like
        Rows.
    keys : ndarray of int
        A number for each row of all parts together; equal rows have the same.

    Returns
    -------
    chance : float
        Of more columns than `MOST_COLUMNS` 0.
    n_columns : int
        Of those that tell the same rows apart only one counts.
    """
    columns = _telling(column_codes(parts))
    if not columns or len(columns) > MOST_COLUMNS:
        return float(not columns), len(columns)
    first = np.unique(keys, return_index=True)[1]
    return float(_expected_share([codes[first] for codes in columns], len(keys)).mean()), len(columns)


def _telling(columns: Sequence[Any]) -> list[Any]:
    """The columns that vary; of those that tell the same rows apart, such as a code and its name, the first."""
    told: dict[bytes, Any] = {}
    for codes in columns:
        _, first, of_row = np.unique(codes, return_index=True, return_inverse=True)
        by_appearance = first[of_row]
        if by_appearance.any():  # else all are as the first row
            told.setdefault(by_appearance.tobytes(), codes)
    return list(told.values())


def _expected_share(different: Sequence[Any], n_train: int) -> Any:
    """For each of the different rows the chance of a twin among as many training rows, the columns independent."""
    n = len(different[0])
    chance = np.ones(n)
    for codes in different:
        chance *= (np.bincount(codes)[codes] - 1) / max(n - 1, 1)
    return 1 - np.exp(-n_train * chance)


def _have_neighbours(different: Sequence[Any], counts: Any) -> bool:
    """Whether rows that differ in a single column are twice as many as those that occur more than once, or nearly all.

    A table in which every row occurs more than once, but not often, is one of copies.
    """
    repeated = counts > 1
    if repeated.all() and counts.mean() < OFTEN:
        return False
    hashes = [_mix(codes + place * len(counts)) for place, codes in enumerate(different)]
    whole = np.sum(hashes, axis=0, dtype=np.uint64)
    near = np.zeros(len(counts), dtype=bool)
    for part in hashes:
        _, of_row, n_equal = np.unique(whole - part, return_inverse=True, return_counts=True)
        near |= n_equal[of_row] > 1
    many = min(MORE_NEIGHBOURS * repeated.mean(), NEARLY_ALL)
    return bool(near.mean() >= many and near[repeated].mean() >= MOSTLY)


def _mix(numbers: Any) -> Any:
    """For each number one whose sums with others tell which they are: the last steps of SplitMix64."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _is_coarse(values: Any, counts: Any) -> bool:
    """Whether the different numbers of the only column that varies fill a grid, or mostly lie one step of it apart."""
    if values.dtype.kind not in "biuf":
        return False
    there = np.isfinite(values.astype(float))
    order = np.argsort(values[there], kind="stable")
    values, repeated = values[there][order].astype(float), counts[there][order] > 1
    gaps = np.diff(values)
    wide = gaps > ROUNDING * np.ptp(values)
    if not wide.any():  # a single number, beside missing ones
        return False
    step = np.quantile(gaps[wide], SMALLEST)  # of numbers that are not rounded, next to no other gap is as small
    short = gaps <= step * (1 + SMALLEST)
    near = np.append(short, False) | np.append(False, short)
    filled = len(values) >= FILLED * (np.ptp(values) / step + 1)
    return bool(filled or near[repeated].mean() >= MOSTLY)


def _values(parts: Sequence[Any], codes: Any) -> Any:
    """Those of the column with these codes."""
    for values in _columns(parts):
        if np.array_equal(_codes(values), codes):
            return values
    return codes  # a one-hot block


def column_codes(parts: Sequence[Any]) -> list[Any]:
    """For each column, or block of one-hot columns, the number of its value for each row; all 0 if it never varies.

    Parameters
    ----------
    parts : sequence of array-like
        Rows: of arrays, frames, sparse matrices, or texts, which are one column.

    Returns
    -------
    list of ndarray of int
        Each for the rows of all parts together; no more than one above `MOST_COLUMNS`.
    """
    blocks: list[Any] = []
    open_block: Any = None  # the last one, while one-hot columns may still join it
    for values in _columns(parts):
        on = values == 1 if values.dtype.kind in "biuf" and np.all((values == 0) | (values == 1)) else None
        if on is not None and open_block is not None and not np.any(on & (open_block > 0)):
            open_block[on] = open_block.max() + 1
            continue
        open_block = None if on is None else on.astype(np.int64)
        blocks.append(_codes(values) if on is None else open_block)
        if len(blocks) > MOST_COLUMNS:
            break
    return blocks


def _codes(values: Any) -> Any:
    return np.unique(values, return_inverse=True)[1].ravel()


def _columns(parts: Sequence[Any]) -> Iterator[Any]:
    """The values of each column, of all parts together: numbers, or else text."""
    for columns in zip(*map(columns_of, parts), strict=False):
        if all(column.dtype.kind in "biuf" for column in columns):
            yield np.concatenate(columns)
        else:
            yield np.concatenate([np.array([str(value) for value in column.tolist()]) for column in columns])


def columns_of(X: Any) -> Iterator[Any]:
    """The values of each column of an array, a frame, a sparse matrix or a list."""
    if issparse(X):
        X = X.tocsc()
        for number in range(X.shape[1]):
            yield np.asarray(X[:, [number]].toarray()).ravel()
    elif hasattr(X, "columns"):
        for number in range(len(X.columns)):
            yield np.asarray(_safe_indexing(X, number, axis=1))
    else:
        X = np.asarray(X)
        yield from X.reshape(len(X), -1).T
