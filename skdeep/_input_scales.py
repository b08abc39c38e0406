"""Are the inputs of a network normalised? The one check, of columns against each other and of all in absolute size.

**Columns against each other.** One learning rate serves all weights, and the loss curves along each as the square of
its input's size. So standard deviations must not differ by more than a factor of 1000, nor a mean lie more than ten
standard deviations from 0: what a column says would then be a small change of a large number.

A column that rests at one value on most rows, as counts, indicators and whatever is sparse do, says something where it
leaves it. Its deviation here is how far it then goes, whatever the share of these rows: a word is not on another scale
than others for being rare. A constant column says nothing, but shifts every unit of the first layer: it counts by its
value, in units of 1, as does one whose spread is rounding. A column of ones is a bias, and no harm.

**Too large.** Initial weights have a variance of about 1 / n_features, whichever scheme draws them. So the first sums
are about as large as the entries: as their root mean square, to which it makes no difference whether columns are many
or few, dense or sparse. Weights that keep the signal's size hand that on to the scores. Losses expect scores of about
1: the deviation of a standardised target, or where a sigmoid bends. Scores of 10 cost a hundred times what a constant
answer costs in squared error, and make a classifier sure, e^10 to 1, of what it has not learnt; units that flatten out
do so from sums of 3 on. Training has to undo that first. The limit is ten, as that of the means.

**Too small.** A step of gradient descent at rate r changes a score by r times the squared length of a row, that of its
distance from the mean, as biases take the rest. With an adaptive solver it is r times the sum of its entries. The
shortest rows that are known to train well have length 1: a single indicator, tf-idf. Below a tenth of that a step of
gradient descent does a hundredth, and the thousands of steps of about a thousandth that Adam takes in a fit are at
their end before weights have grown as much as the rows are too short.

Both limits were held against fits with the default rate on made-up tasks, from inputs as they should be to ones
10,000 times as large or small. R2 of regressors of 3, 10 and 100 columns is 0.98, 0.88 and 0.48 at a size of 1; 0.94,
0.49 and -0.3 at 3; 0.81, -4 and -16 at 10; 0.2, -43 and -160 at 30. Classifiers lose little by size, so that ten is
where it is wrong for all. On indicators, tf-idf, dense and binary rows, of 10 to 3000 columns, all learn at a length
of 1, all but one at 0.1, and none at 0.03.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

MOST_SCALES = 1e3  # largest by smallest standard deviation
MOST_MEAN = 10.0  # a mean, in units of its column's standard deviation
MOST_SIZE = 10.0  # root mean square of the entries
LEAST_LENGTH = 0.1  # root mean square of a row's distance from the mean
CONSTANT, ROUNDING = 1e-10, 8  # a spread of less, in units of the mean, or of fewer steps of its precision, is none
# In units of the largest deviation: what rounding in float64, and in float32, leaves of a component that is none.
LEFT_OVER, LEFT_OVER_32 = 1e-14, float(np.finfo(np.float32).eps)
FEWEST_ROWS = 5  # of fewer, values may lie close together by chance
N_NAMED = 5
#: How the sentences go that `input_warnings` gives.
SENTENCES = (
    "standard deviations differ by a factor",
    "standard deviations from 0 lies",
    "are large, with",
    "are small:",
)

Moments = tuple[Any, Any, Any, Any]


def input_warnings(X: Any, names: Any = None, *, size: bool = True, constants: bool = True) -> tuple[str, ...]:
    """What is wrong with the scales of the inputs.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_rows, n_features)
        Rows as they reach the network; a few hundred are plenty.
    names : sequence of str, default=None
        Names of the columns. If None those of `X`, and their numbers where it has none.
    size : bool, default=True
        Whether absolute size matters, as to all that learns by steps of a given rate; if not, columns are compared
        with each other alone.
    constants : bool, default=True
        Whether columns that do not vary matter; not to a network of ours, whose `fit` gives them no weight.

    Returns
    -------
    tuple of str
        A sentence for each thing that is wrong, with the columns or the size and the remedy. Empty where the inputs are
        normalised, or cannot be judged: what is no table of finite numbers.
    """
    columns = _columns(X)
    if columns is None:
        return ()
    names = getattr(X, "columns", None) if names is None else names
    names = np.asarray(names if names is not None and len(names) == len(columns.mean) else range(len(columns.mean)))
    if not constants and columns.vary.any():
        names, columns = names[columns.vary], columns.only(columns.vary)
    scaler = "StandardScaler(with_mean=False)" if issparse(X) else "StandardScaler"
    centre = "centre them, which takes a dense X (StandardScaler)" if issparse(X) else f"centre them ({scaler})"
    odd, factor, from_others = _odd_scales(columns)
    far, from_zero = _far_means(columns)
    found = []
    if odd.any():
        found.append(
            f"The columns' standard deviations differ by a factor of {factor:.4g}, furthest from the others in "
            f"{_named(names, odd, from_others)}: scale them ({scaler})."
        )
    if far.any():
        found.append(
            f"More than {MOST_MEAN:.0f} standard deviations from 0 lies the mean of "
            f"{_named(names, far, from_zero)}: {centre}."
        )
    return (*found, *_wrong_size(columns, ~(odd | far), scaler)) if size else tuple(found)


def tells_of_inputs(text: str) -> bool:
    """Whether a text holds a sentence of `input_warnings`."""
    return any(sentence in text for sentence in SENTENCES)


def may_be_mis_scaled(X: Any) -> bool:
    """Whether `input_warnings` may have something to say: a look in passing, which sees no more than this.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_rows, n_features)
        Finite rows.

    Returns
    -------
    bool
        False where it surely has not; of sparse rows only their size is checked.
    """
    with np.errstate(all="ignore"):
        if issparse(X) or X.shape[0] == 1:
            return bool(InputTotals().and_rows(X).size_warnings)
        spread, mean = np.std(X, axis=0, dtype=np.float64), np.abs(np.mean(X, axis=0, dtype=np.float64))
        varied = spread[spread > 0]
        is_even = len(varied) > 0 and varied.max() <= MOST_SCALES * varied.min()
        size, length = np.mean(spread**2 + mean**2), np.sum(spread**2)
        far = np.any(mean > MOST_MEAN * np.where(spread > 0, spread, 1.0))
    return not (is_even and not far and size <= MOST_SIZE**2 and length >= LEAST_LENGTH**2)


@dataclass(frozen=True)
class InputTotals:
    """The size of rows that come a few at a time.

    Parameters
    ----------
    n_rows : int, default=0
        How many so far.
    mean : ndarray of shape (n_features,), default=0.0
        Of each column.
    square : float, default=0.0
        The mean over the rows of the sum of their squared entries.
    """

    n_rows: int = 0
    mean: Any = 0.0
    square: float = 0.0

    def and_rows(self, X: Any) -> InputTotals:
        """With some rows more, dense or sparse."""
        n = self.n_rows + X.shape[0]
        share = X.shape[0] / n
        mean = np.asarray(X.mean(axis=0), dtype=np.float64).ravel()
        squared = X.multiply(X) if issparse(X) else np.square(X, dtype=np.float64)
        square = float(squared.sum()) / X.shape[0]
        return InputTotals(n, self.mean + (mean - self.mean) * share, self.square + (square - self.square) * share)

    @property
    def size_warnings(self) -> tuple[str, ...]:
        """A sentence where the rows so far are too large or too small; see `input_warnings`."""
        size, length = np.sqrt(self.square / len(self.mean)), np.sqrt(max(self.square - np.sum(self.mean**2), 0.0))
        return tuple(_size_sentences(float(size), float(length), "inputs", "StandardScaler"))


def varies(X: Any) -> bool:
    """Whether any two rows differ; what is no table of finite numbers is left to others to refuse."""
    columns = _columns(X)
    return columns is None or not bool(np.all(columns.share == 0))


@dataclass(frozen=True)
class Columns:
    """The moments of all columns.

    Attributes
    ----------
    n_rows : int
        How many rows there are.
    rounding : float
        Below this in units of its mean a spread is rounding.
    left_over : float
        And below this in units of the largest deviation.
    mean, spread : ndarray of shape (n_features,)
        Mean and standard deviation.
    deviation : ndarray of shape (n_features,)
        The standard deviation; of a column that rests at one value on most rows, the root mean square distance from it
        on the others.
    share : ndarray of shape (n_features,)
        Of how many rows that is the deviation: 1 without such a value, 0 of a constant column.
    """

    n_rows: int
    rounding: float
    left_over: float
    mean: Any
    spread: Any
    deviation: Any
    share: Any

    def only(self, chosen: npt.NDArray[np.bool_]) -> Columns:
        """Some of the columns."""
        moments = (part[chosen] for part in (self.mean, self.spread, self.deviation, self.share))
        return Columns(self.n_rows, self.rounding, self.left_over, *moments)

    @property
    def vary(self) -> Any:
        """Which columns are not constant, up to rounding."""
        return self.spread > np.maximum(self.rounding * np.abs(self.mean), self.left_over * self.deviation.max())


def _odd_scales(columns: Columns) -> tuple[Any, float, Any]:
    """Whose deviations are of another scale than most, by what factor they differ, how far each is from the middle."""
    vary = columns.vary
    if columns.n_rows < FEWEST_ROWS or not vary.any():
        return np.zeros_like(vary), 1.0, columns.mean
    logs = np.log(np.where(vary, columns.deviation, 1.0))
    range_of_logs = float(np.ptp(logs[vary]))
    distance = np.abs(logs - np.median(logs[vary])) * vary
    odd = (distance > np.log(MOST_SCALES) / 2) & (range_of_logs > np.log(MOST_SCALES))
    return odd, float(np.exp(min(range_of_logs, 709.0))), distance


def _far_means(columns: Columns) -> tuple[Any, Any]:
    """Whose means are many deviations from 0, and how many."""
    distance = np.abs(columns.mean) / np.where(columns.vary, columns.deviation, 1.0)
    return (distance > MOST_MEAN) & (columns.n_rows >= FEWEST_ROWS), distance


def _wrong_size(columns: Columns, rest: Any, scaler: str) -> list[str]:
    """About the size of the columns that have not been named yet, and of the rows."""
    size = _root_mean_square(np.hypot(columns.mean, columns.spread)[rest]) if rest.any() else 0.0
    which = "inputs" if rest.all() else "other columns"
    # On rows of which most rest where they are, the length of the others.
    length = _root_mean_square(columns.spread) * np.sqrt(len(rest) / min(1.0, columns.share.sum() or 1.0))
    if columns.n_rows < FEWEST_ROWS or not columns.vary.any():
        length = np.inf
    return list(_size_sentences(size, float(length), which, scaler))


def _size_sentences(size: float, length: float, which: str, scaler: str) -> Iterator[str]:
    """About a root mean square of the entries, and a root mean square distance of the rows from their mean."""
    if size > MOST_SIZE:
        yield (
            f"The {which} are large, with a root mean square of {size:.3g}, so that first scores are far from what a "
            f"loss expects: scale them ({scaler})."
        )
    elif length < LEAST_LENGTH:
        yield (
            f"The inputs are small: rows lie {length:.2g} from their mean, where 1 is little, so that steps of the "
            f"usual rates hardly move a score: scale them ({scaler})."
        )


def _root_mean_square(values: Any) -> float:
    largest = np.max(values)  # whose square may not be finite
    return float(largest * np.sqrt(np.mean(np.square(values / largest)))) if largest > 0 else 0.0


def _named(names: Any, chosen: Any, distance: Any) -> str:
    """The names of the chosen columns, those that stand out most first, and how many more there are."""
    numbers = np.argsort(np.where(chosen, -distance, np.inf), kind="stable")[: int(chosen.sum())]
    text = ", ".join(str(names[number]) for number in numbers[:N_NAMED])
    return text if len(numbers) <= N_NAMED else f"{text} and {len(numbers) - N_NAMED} more"


def _columns(X: Any) -> Columns | None:
    """The moments of the columns; None of what is no table of finite numbers."""
    try:
        raw = X.tocsc() if issparse(X) else np.asarray(X)
        table = raw.astype(np.float64) if raw.dtype.kind in "biufO" else np.empty(0)
    except (TypeError, ValueError, OverflowError):
        return None
    values = table.data if issparse(X) else table
    if table.ndim != 2 or 0 in table.shape or not np.isfinite(values).all():
        return None
    precision = np.finfo(raw.dtype).eps if raw.dtype.kind == "f" else 0.0
    moments = _sparse_moments(table) if issparse(X) else _dense_moments(table)
    left_over = max(LEFT_OVER, min(float(precision), LEFT_OVER_32))
    return Columns(table.shape[0], max(CONSTANT, ROUNDING * float(precision)), left_over, *moments)


def _dense_moments(X: Any) -> Moments:
    low, high = X.min(axis=0), X.max(axis=0)
    unit = _units(low, high)
    scaled = X / unit  # no square overflows
    mean, spread = scaled.mean(axis=0), scaled.std(axis=0)
    n_at = [np.count_nonzero(value == X, axis=0) for value in (np.zeros_like(low), low, high)]
    return _moments(len(X), unit, mean, spread, low, high, n_at)


def _sparse_moments(X: Any) -> Moments:
    X.sum_duplicates()
    X.eliminate_zeros()
    n_rows, n_columns = X.shape
    low, high = (np.asarray(end(axis=0).todense(), dtype=np.float64).ravel() for end in (X.min, X.max))
    unit, n_stored = _units(low, high), np.diff(X.indptr)
    column = np.repeat(np.arange(n_columns), n_stored)
    scaled = X.data / unit[column]
    mean = np.bincount(column, scaled, n_columns) / n_rows
    squares = np.bincount(column, np.square(scaled - mean[column]), n_columns)
    spread = np.sqrt((squares + (n_rows - n_stored) * np.square(mean)) / n_rows)
    n_at = [n_rows - n_stored, *(np.bincount(column, X.data == end[column], n_columns) for end in (low, high))]
    return _moments(n_rows, unit, mean, spread, low, high, n_at)


def _units(low: Any, high: Any) -> Any:
    largest = np.maximum(np.abs(low), np.abs(high))
    return np.where(largest > 0, largest, 1.0)


def _moments(n_rows: int, unit: Any, mean: Any, spread: Any, low: Any, high: Any, n_at: Any) -> Moments:
    """Mean, spread, deviation and share, of moments in a unit and of how often 0, the least and the largest come."""
    often = np.argmax(n_at, axis=0)
    n_resting = np.max(n_at, axis=0)
    rests_at = np.choose(often, [np.zeros_like(low), low, high]) / unit
    n_moving = np.where(n_resting > n_rows / 2, n_rows - n_resting, n_rows)
    moved = np.sqrt((np.square(spread) + np.square(mean - rests_at)) * n_rows / np.maximum(n_moving, 1))
    deviation = np.where(n_moving < n_rows, moved, spread)
    return mean * unit, spread * unit, deviation * unit, n_moving / n_rows
