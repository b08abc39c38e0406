"""Input that nobody should pass: each case ends in a correct result, a documented warning, or an error that says why.

One table for both estimators and all solvers. What escapes is never a bare numpy error, a RuntimeWarning or a model
that is silently bad.
"""

import re
import warnings
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning

from skdeep import DeepMLPClassifier, DeepMLPRegressor

SOLVERS = ("sgd", "adam", "adamw", "rmsprop", "lbfgs")
NAN, INF, HUGE, TINY = float("nan"), float("inf"), 1e300, 5e-324
NAMES = ["a", "b", "c", "d"]

#: Said of every short training, or by newer versions of scikit-learn only, and so no news.
COMMONPLACE = re.compile(
    "Training reached max_iter|L-BFGS ended in its line search|The number of unique classes is greater than 50%"
    "|knows no more than that|Training got worse|All rows of the classes .* have weight 0"
)

_rng = np.random.default_rng(0)
X = _rng.normal(size=(60, 4))
NUMBERS = X @ [3.0, -2.0, 1.0, 0.5] + _rng.normal(size=60)
LABELS = np.digitize(NUMBERS, [-1.5, 1.5])
WEIGHTS = np.linspace(0.5, 1.5, 60)
COUNTS = np.round(X)  # whole numbers, for integer types


# What a case expects ------------------------------------------------------------------------------------------------


class Fits:
    """Trains, to finite predictions of the right shape that are no worse than they may be without a warning.

    Parameters
    ----------
    like : dict, default=None
        What else to train on, given as by a case, for the same predictions.
    """

    def __init__(self, like=None):
        self.like = like


class Fails:
    """Raises a ValueError or TypeError whose message holds the words; the estimator is as unfitted as before."""

    def __init__(self, words):
        self.words = words


class Warns:
    """Trains to finite predictions with a warning that holds the words."""

    def __init__(self, words, category=ConvergenceWarning):
        self.words, self.category = words, category


FITS = Fits()
LONE = Warns("y holds a single class", UserWarning)
SAME = Fits(like={})  # as the plain arrays
COUNTED = Fits(like={"X": COUNTS})
NOT_UNIQUE = Fails("X must .*unique column names")
DIVERGES = Fails(r"Training diverged in epoch \d: .* scale the inputs")
FAR_OFF = Warns("the scores are far off. Scale the inputs")
FAR_OFF_OR_DIVERGES = (FAR_OFF, DIVERGES)
TARGET_OF = {DeepMLPClassifier: LABELS, DeepMLPRegressor: NUMBERS}


# What a case gives --------------------------------------------------------------------------------------------------


def spoilt(values, place, value, dtype=float):
    """A copy with one entry changed."""
    values = np.array(values, dtype=dtype)
    values[place] = value
    return values


def strided(values):
    """The same values with other memory between them."""
    wide = np.full([2 * size for size in values.shape], 7, dtype=values.dtype)
    every_second = (slice(None, None, 2),) * values.ndim
    wide[every_second] = values
    return wide[every_second]


def frozen(values):
    values = values.copy()
    values.flags.writeable = False
    return values


def swapped(values):
    """In the byte order of the other kind of machine."""
    return values.astype(values.dtype.newbyteorder())


def matrix(values):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(values)


class Subclass(np.ndarray):
    """As users make them."""


class Convertible:
    """Is no array and can become one."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype=dtype)

    def __len__(self):
        return len(self.values)


def mapped(values, directory):
    """On the disk, read-only."""
    path = directory / f"{abs(hash(values.tobytes()))}.npy"
    np.save(path, values)
    return np.load(path, mmap_mode="r")


def frame(values=X, columns=NAMES, **options):
    return pd.DataFrame(values, columns=columns, **options)


def polars_frame(values=X, columns=NAMES):
    polars = pytest.importorskip("polars")
    return polars.DataFrame(values, schema=columns)


def polars_series(values):
    return pytest.importorskip("polars").Series(values)


def with_polars(make):
    """What a function makes of the module, where it is installed."""
    return make(pytest.importorskip("polars"))


def wide_indices(values=X):
    rows = sparse.csr_matrix(values)
    rows.indices, rows.indptr = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
    return rows


def with_explicit_zeros():
    """Every entry is stored, those of the first column as zeros."""
    rows = sparse.csr_matrix(X)
    rows.data[::4] = 0.0
    return rows


def halves():
    """Every entry stored twice, in no order."""
    rows, columns = np.indices(X.shape).reshape(2, -1)
    order = np.random.default_rng(0).permutation(2 * X.size)
    entries = [np.tile(part, 2)[order] for part in (X.ravel() / 2, rows, columns)]
    return sparse.coo_matrix((entries[0], (entries[1], entries[2])), shape=X.shape)


DATES = np.datetime64("2020-01-01") + np.arange(60).astype("timedelta64[D]")


def date_in(value):
    """Rows of numbers, in one of which there is something else."""
    return [*X[:59].tolist(), [*X[59, :3].tolist(), value]]


# The table ----------------------------------------------------------------------------------------------------------
# name: (given, expected), or (given, expected of the classifier, expected of the regressor). What is given takes the
# place of the plain X, y and no fit parameters; "parameters" are the estimator's, "new" are rows to predict. A callable
# is called with the target and a directory. What is expected may depend on the solver, as a dict, or be a pair of which
# the first holds where the network trains and the second where it fails.

TOO_LARGE = {"lbfgs": DIVERGES, "else": Fails("X contains infinity or a value too large for dtype")}
NOT_FINITE = Fails(r"X.* contains (NaN|infinity)")

ROWS = {
    "X with NaN": ({"X": spoilt(X, (3, 1), NAN)}, NOT_FINITE),
    "X with inf": ({"X": spoilt(X, (3, 1), INF)}, NOT_FINITE),
    "X with -inf": ({"X": spoilt(X, (3, 1), -INF)}, NOT_FINITE),
    "X with inf and -inf": ({"X": spoilt(spoilt(X, (3, 1), INF), (4, 1), -INF)}, NOT_FINITE),
    "X all NaN": ({"X": np.full_like(X, NAN)}, NOT_FINITE),
    "X with a column of NaN": ({"X": spoilt(X, (slice(None), 1), NAN)}, NOT_FINITE),
    "X with NaN in a list": ({"X": spoilt(X, (3, 1), NAN).tolist()}, NOT_FINITE),
    "X with None": ({"X": spoilt(X, (3, 1), None, object)}, NOT_FINITE),
    "X with 1e300": ({"X": spoilt(X, (3, 1), HUGE)}, TOO_LARGE),
    "X with 1e300 in float64": ({"X": spoilt(X, (3, 1), HUGE), "parameters": {"dtype": "float64"}}, DIVERGES),
    "X with 1e300 in a list": ({"X": spoilt(X, (3, 1), HUGE).tolist()}, TOO_LARGE),
    "X with 1e300 as object": ({"X": spoilt(X, (3, 1), HUGE, object)}, TOO_LARGE),
    "X with 1e300 as long double": ({"X": spoilt(X, (3, 1), HUGE, np.longdouble)}, TOO_LARGE),
    "X with 1e300 in a frame": ({"X": frame(spoilt(X, (3, 1), HUGE))}, TOO_LARGE),
    "X with 1e300 in a frame of objects": ({"X": frame(spoilt(X, (3, 1), HUGE, object))}, TOO_LARGE),
    "X with 1e300 in sparse rows": ({"X": sparse.csr_matrix(spoilt(X, (3, 1), HUGE))}, TOO_LARGE),
    "X with a whole number beyond every float": (
        {"X": spoilt(X, (3, 1), 10**400, object)},
        Fails(r"X must .* too large"),
    ),
    "X with 1e30, of no weight": ({"X": spoilt(X, (3, 1), 1e30), "sample_weight": spoilt(WEIGHTS, 3, 0.0)}, FITS),
    "X times 1e300": ({"X": X * HUGE}, TOO_LARGE),
    "X times 1e40 in float64": ({"X": X * 1e40, "parameters": {"dtype": "float64"}}, DIVERGES),
    "X times 1e-300": ({"X": X / HUGE}, FITS),
    "X with constant columns": ({"X": spoilt(X, (slice(None), [0, 2]), 1.0)}, FITS),
    "X all constant": ({"X": np.ones_like(X)}, FITS),
    "X all zero": ({"X": np.zeros_like(X)}, FITS),
    "X with equal rows": ({"X": np.repeat(X[:1], 60, axis=0)}, FITS),
    "no rows": ({"X": X[:0], "y": []}, Fails(r"X must .* 0 sample")),
    "no columns": ({"X": X[:, :0]}, Fails(r"X must .* 0 feature")),
    "one row": ({"X": X[:1], "y": [2]}, LONE, FITS),
    "one column": ({"X": X[:, :1]}, FITS),
    "two rows": ({"X": X[:2], "y": [0, 1]}, FITS),
    "two rows and early stopping": (
        {"X": X[:2], "y": [0, 1], "parameters": {"early_stopping": True}},
        Fails("validation_fraction=0.1 of n_samples=2 leaves no row to train on"),
    ),
    "three rows and early stopping": (
        {"X": X[:3], "y": [0, 1, 0], "parameters": {"early_stopping": True}},
        Warns("1 of 2 dev rows are of classes that no training row has", UserWarning),
        FITS,
    ),
    "1-d X": ({"X": X[:, 0]}, Fails(r"X must .* 1D array")),
    "3-d X": ({"X": X[:, :, None]}, Fails(r"X must .* dim 3")),
    "a number as X": ({"X": 3.0}, Fails(r"X must .* scalar")),
    "None as X": ({"X": None}, Fails(r"X must ")),
    "text as X": ({"X": "rows"}, Fails(r"X must ")),
    "a dict as X": ({"X": {"a": 1}}, Fails(r"X must ")),
    "a generator as X": (lambda y, _: {"X": (row for row in X)}, Fails(r"X must ")),
    "ragged X": ({"X": [[1.0], *X[1:].tolist()]}, Fails(r"X must ")),
    "complex X": ({"X": X + 1j}, Fails(r"X must .* Complex data not supported")),
    "complex X without imaginary part": ({"X": X.astype(complex)}, Fails(r"X must .* Complex data not supported")),
    "text in X": ({"X": spoilt(X, (3, 1), "red", object)}, Fails(r"X must .*'red'")),
    "X of text": ({"X": np.full(X.shape, "red")}, Fails(r"X must .*'red'")),
    "X of bytes": ({"X": np.full(X.shape, b"red")}, Fails(r"X must .*red")),
    "X of numbers in text": ({"X": X.astype(str)}, SAME),
    "X of dicts": ({"X": spoilt(X, (3, 1), {}, object)}, Fails(r"X must .*dict")),
    "X of structured rows": ({"X": np.zeros(60, dtype=[("a", float), ("b", float)])}, Fails(r"X must ")),
    **{
        f"X with {kind} of {name}": ({"X": make(date_in(value))}, Fails(r"X must .*(datetime|timedelta|Timestamp)"))
        for name, value in {"dates": DATES[0], "times": DATES[1] - DATES[0], "a Timestamp": pd.Timestamp(0)}.items()
        for kind, make in {"a list": list, "an object array": lambda rows: np.array(rows, dtype=object)}.items()
    },
    "X of dates": ({"X": np.column_stack([DATES] * 2)}, Fails(r"X must .*datetime64")),
    "X of times": ({"X": np.column_stack([DATES - DATES[0]] * 2)}, Fails(r"X must .*timedelta64")),
    "X of Python dates": ({"X": [[date(2020, 1, 1) + timedelta(day)] for day in range(60)]}, Fails(r"X must .*date")),
    "a frame of dates": ({"X": pd.DataFrame({"a": DATES, "b": DATES})}, Fails(r"X must .*datetime64")),
    "a frame of dates with zones": (
        {"X": pd.DataFrame({"a": pd.Series(DATES).dt.tz_localize("UTC")})},
        Fails(r"X must .*(datetime64|Timestamp)"),
    ),
    "a frame of dates and numbers": ({"X": frame().assign(a=DATES)}, Fails(r"X must .*(DateTime64|Timestamp)")),
    "a polars frame of dates": (
        lambda y, _: with_polars(lambda polars: {"X": polars.DataFrame({"a": polars.Series(DATES)})}),
        Fails(r"X must .*date"),
    ),
    "X of matrices": ({"X": matrix(X)}, Fails(r"X must .*np.matrix is not supported")),
    "X partly masked": ({"X": np.ma.masked_greater(X, 1.0)}, Fails(r"X must .*masked")),
    "X of pandas NA": ({"X": frame(spoilt(X, (3, 1), pd.NA, object))}, Fails(r"X.*(NaN|NAType)")),
    "a nullable frame with NA": ({"X": frame(COUNTS).astype("Int64").mask(X > 1)}, NOT_FINITE),
    "a polars frame with null": (
        lambda y, _: {"X": polars_frame([[None, *X[1:, 0]], X[:, 1], X[:, 2], X[:, 3]])},
        NOT_FINITE,
    ),
    "a frame of text": ({"X": frame().assign(a="red")}, Fails(r"X must .*'red'")),
    "a polars frame of text": (lambda y, _: {"X": polars_frame(np.full(X.shape, "red"))}, Fails(r"X must .*'?red")),
    "X longer than y": ({"X": np.vstack([X, X[:1]])}, Fails(r"y must .*\[61, 60\]")),
    "X shorter than y": ({"X": X[:-1]}, Fails(r"y must .*\[59, 60\]")),
    "sparse rows with NaN": ({"X": sparse.csr_matrix(spoilt(X, (3, 1), NAN))}, NOT_FINITE),
    "sparse rows with inf": ({"X": sparse.csc_matrix(spoilt(X, (3, 1), INF))}, NOT_FINITE),
    "sparse complex rows": ({"X": sparse.csr_matrix(X + 1j)}, Fails(r"X must .*Complex data not supported")),
    "sparse rows, all empty": ({"X": sparse.csr_matrix(X.shape)}, Fits(like={"X": np.zeros_like(X)})),
    "no sparse rows": ({"X": sparse.csr_matrix((0, 4)), "y": []}, Fails(r"X must .* 0 sample")),
}

CONTAINERS = {
    "lists": (lambda y, _: {"X": X.tolist(), "y": y.tolist()}, SAME),
    "tuples": (lambda y, _: {"X": tuple(map(tuple, X)), "y": tuple(y)}, SAME),
    "a list of arrays": ({"X": list(X)}, SAME),
    "an object that can become an array": ({"X": Convertible(X)}, SAME),
    "X as object": ({"X": X.astype(object)}, SAME),
    "read-only arrays": (lambda y, _: {"X": frozen(X), "y": frozen(y), "sample_weight": frozen(np.ones(60))}, SAME),
    "Fortran order": ({"X": np.asfortranarray(X)}, SAME),
    "big-endian arrays": (lambda y, _: {"X": swapped(X), "y": swapped(y)}, SAME),
    "non-contiguous arrays": (lambda y, _: {"X": strided(X), "y": strided(y)}, SAME),
    "reversed strides": (lambda y, _: {"X": X[::-1].copy()[::-1], "y": y[::-1].copy()[::-1]}, SAME),
    "subclasses": (lambda y, _: {"X": X.view(Subclass), "y": y.view(Subclass)}, SAME),
    "masked arrays without a mask": ({"X": np.ma.array(X)}, SAME),
    "memory maps": (lambda y, directory: {"X": mapped(X, directory), "y": mapped(y, directory)}, SAME),
    "X in float32": ({"X": X.astype(np.float32)}, Fits(like={"X": X.astype(np.float32).astype(float)})),
    "X in float16": ({"X": X.astype(np.float16)}, Fits(like={"X": X.astype(np.float16).astype(float)})),
    "X in long double": ({"X": X.astype(np.longdouble)}, SAME),
    "X in int8": ({"X": COUNTS.astype(np.int8)}, COUNTED),
    "X in int64": ({"X": COUNTS.astype(np.int64)}, COUNTED),
    "X in uint64": ({"X": np.abs(COUNTS).astype(np.uint64)}, Fits(like={"X": np.abs(COUNTS)})),
    "X in bool": ({"X": X > 0}, Fits(like={"X": (X > 0).astype(float)})),
    "a frame": (lambda y, _: {"X": frame(), "y": pd.Series(y, index=range(100, 160)), "new": frame()}, SAME),
    "a frame with duplicate columns": ({"X": frame(columns=["a", "a", "b", "b"])}, (SAME, NOT_UNIQUE)),
    "a frame with numbered columns": ({"X": frame(columns=[3, 2, 1, 0]), "new": X}, SAME),
    "a frame with names of two kinds": (
        {"X": frame(columns=["a", 1, "b", 2])},
        Fails(r"Feature names are only supported if all input features have string names"),
    ),
    "a frame of objects": ({"X": frame(X.astype(object)), "new": frame()}, SAME),
    "a nullable frame": ({"X": frame(COUNTS).astype("Int64"), "new": frame(COUNTS)}, COUNTED),
    "a frame of two precisions": ({"X": frame(COUNTS).astype({"a": "float32"}), "new": frame(COUNTS)}, COUNTED),
    "a polars frame": (lambda y, _: {"X": polars_frame(), "y": polars_series(y), "new": polars_frame()}, SAME),
    "sparse rows": ({"X": sparse.csr_matrix(X)}, SAME),
    "sparse columns": ({"X": sparse.csc_matrix(X)}, SAME),
    "a sparse array": ({"X": sparse.csr_array(X)}, SAME),
    "sparse coordinates": ({"X": sparse.coo_matrix(X)}, SAME),
    "sparse lists": ({"X": sparse.lil_matrix(X)}, SAME),
    "sparse blocks": ({"X": sparse.bsr_matrix(X)}, SAME),
    "sparse keys": ({"X": sparse.dok_matrix(X)}, SAME),
    "sparse rows with int64 indices": ({"X": wide_indices()}, SAME),
    "sparse rows with explicit zeros": (
        {"X": with_explicit_zeros()},
        Fits(like={"X": spoilt(X, (slice(None), 0), 0.0)}),
    ),
    "sparse rows in halves without order": ({"X": halves()}, SAME),
    "sparse whole numbers": ({"X": sparse.csr_matrix(COUNTS.astype(int))}, COUNTED),
    "sparse rows, read-only": (lambda y, _: {"X": read_only_sparse()}, SAME),
}


def read_only_sparse():
    rows = sparse.csr_matrix(X)
    for part in (rows.data, rows.indices, rows.indptr):
        part.flags.writeable = False
    return rows


NOT_TWO_KINDS = Fails(r"y must be .*(unknown|not supported between)")
COLUMN_WARNS = Warns("column-vector y was passed", DataConversionWarning)
TARGET_NOT_FINITE = Fails(r"y contains (NaN|infinity)")
UNKNOWN = Fails(r"y must be .*Unknown label type")
NO_NUMBERS = Fails(r"y must be .*(convert|number|numeric)")


def text(values):
    """Labels as words, in the order of the numbers."""
    return np.array(["large", "medium", "small"])[values]


TARGETS = {
    "y with NaN": (lambda y, _: {"y": spoilt(y, 3, NAN)}, TARGET_NOT_FINITE),
    "y with inf": (lambda y, _: {"y": spoilt(y, 3, INF)}, TARGET_NOT_FINITE),
    "y with -inf": (lambda y, _: {"y": spoilt(y, 3, -INF)}, TARGET_NOT_FINITE),
    "y with None": (
        lambda y, _: {"y": spoilt(y, 3, None, object)},
        UNKNOWN,
        Fails(r"y (must be finite|contains NaN)|y must be .*NaN"),
    ),
    "y with pandas NA": (lambda y, _: {"y": pd.Series(y).astype("Float64").mask(y > 1)}, TARGET_NOT_FINITE),
    "y of text with pandas NA": (
        {"y": pd.Series(text(LABELS), dtype="string").mask(LABELS > 1)},
        Fails(r"y (contains NaN|must be )"),
    ),
    "a polars y with null": (lambda y, _: {"y": polars_series([None, *y[1:].tolist()])}, TARGET_NOT_FINITE),
    "y times 1e200": (lambda y, _: {"y": y * 1e200}, UNKNOWN, Fails("y must have a finite variance. Got values from")),
    "y times 1e100": (lambda y, _: {"y": y * 1e100}, UNKNOWN, FITS),
    "y times 1e-200": (lambda y, _: {"y": y * 1e-200}, UNKNOWN, Fails("y must have a variance above zero")),
    "y with a whole number beyond every float": (
        lambda y, _: {"y": spoilt(y, 3, 10**400, object)},
        UNKNOWN,
        Fails(r"y must be .*too large"),
    ),
    "whole y beyond int64": ({"y": LABELS.astype(np.uint64) + np.uint64(2**63)}, FITS),
    "one class": ({"y": np.full(60, 4)}, LONE, FITS),
    "one class of text": ({"y": ["a"] * 60}, LONE, NO_NUMBERS),
    "y without y": ({"y": None}, Fails(r"requires y to be passed, but the target y is None")),
    "a number as y": ({"y": 1}, Fails(r"y must be ")),
    "text as y": ({"y": "labels"}, Fails(r"y must be ")),
    "no y": ({"y": []}, Fails(r"y must be .*0 sample")),
    "y too long": (lambda y, _: {"y": np.append(y, y[0])}, Fails(r"y must be .*\[60, 61\]")),
    "y as a column": (lambda y, _: {"y": y[:, None]}, COLUMN_WARNS),
    "3-d y": (lambda y, _: {"y": y[:, None, None]}, Fails(r"y must be .*dim 3")),
    "ragged y": (lambda y, _: {"y": [[1, 2], *y[1:].tolist()]}, Fails(r"y must be ")),
    "y of matrices": (lambda y, _: {"y": matrix(y).T}, Fails(r"y must be .*np.matrix is not supported")),
    "complex y": (lambda y, _: {"y": y + 1j}, Fails(r"y must be .*Complex data not supported")),
    "y of y and n": (
        {"y": np.array(["n", "y"])[LABELS % 2]},
        Fits(like={"y": LABELS % 2}),
        Fails("y must be finite real numbers"),
    ),
    "y of text": ({"y": text(LABELS)}, Fits(like={"y": LABELS}), NO_NUMBERS),
    "y of text as object": ({"y": text(LABELS).astype(object)}, Fits(like={"y": LABELS}), NO_NUMBERS),
    "y of bytes": ({"y": text(LABELS).astype("S")}, Fails(r"y must be .*bytes"), NO_NUMBERS),
    "y of numbers in text": ({"y": LABELS.astype(str)}, Fits(like={"y": LABELS}), Fits(like={"y": LABELS})),
    "mixed labels, a number first": ({"y": spoilt(LABELS, 3, "red", object)}, NOT_TWO_KINDS, NO_NUMBERS),
    "mixed labels, text first": ({"y": spoilt(text(LABELS), 3, 1, object)}, NOT_TWO_KINDS, NO_NUMBERS),
    "whole numbers as object": ({"y": LABELS.astype(object)}, UNKNOWN, Fits(like={"y": LABELS})),
    "y of bools": ({"y": LABELS > 0}, Fits(like={"y": (LABELS > 0).astype(int)})),
    "whole y as floats": ({"y": LABELS.astype(float)}, Fits(like={"y": LABELS})),
    "continuous y": ({"y": NUMBERS}, UNKNOWN, FITS),
    "y of dates": ({"y": DATES[LABELS]}, Fits(like={"y": LABELS}), Fails(r"y must be .*datetime64")),
    "y of categories": (
        {"y": pd.Series(text(LABELS)).astype("category")},
        Fits(like={"y": LABELS}),
        NO_NUMBERS,
    ),
    "y partly masked": (lambda y, _: {"y": np.ma.masked_equal(y, y[0])}, Fails(r"y must be .*masked")),
    "two columns of classes": (
        {"y": np.column_stack([LABELS, LABELS])},
        Fails("y must be 1-d labels or an indicator matrix"),
        FITS,
    ),
    "indicators": ({"y": np.eye(3, dtype=int)[LABELS]}, FITS),
    "sparse indicators": (
        {"y": sparse.csr_matrix(np.eye(3)[LABELS])},
        Fits(like={"y": np.eye(3)[LABELS]}),
        Fails("y must be "),
    ),
    "indicators without any label": ({"y": np.zeros((60, 3), dtype=int)}, FITS),
    "as many classes as rows": ({"y": np.arange(60)}, FITS),
    "one row of a class": ({"y": spoilt(LABELS, 3, 9, int), "parameters": {"early_stopping": True}}, FITS),
}

NO_WEIGHTS_OF = r"sample_weight must hold one weight per row, 60 in all. Got shape "
WEIGHTINGS = {
    "weights of 1": ({"sample_weight": np.ones(60)}, SAME),
    "whole weights": ({"sample_weight": np.ones(60, dtype=int)}, SAME),
    "weights as a list": ({"sample_weight": [1.0] * 60}, SAME),
    "weights as a series": ({"sample_weight": pd.Series(np.ones(60), index=range(5, 65))}, SAME),
    "weights of bools": ({"sample_weight": LABELS > 0}, Fits(like={"sample_weight": (LABELS > 0).astype(float)})),
    "a negative weight": ({"sample_weight": spoilt(WEIGHTS, 3, -1.0)}, Fails(r"sample_weight .* negative .* -1\.0")),
    "a tiny negative weight": ({"sample_weight": spoilt(WEIGHTS, 3, -TINY)}, Fails(r"sample_weight .* negative")),
    "a NaN weight": ({"sample_weight": spoilt(WEIGHTS, 3, NAN)}, Fails("sample_weight contains NaN")),
    "an infinite weight": ({"sample_weight": spoilt(WEIGHTS, 3, INF)}, Fails("sample_weight contains infinity")),
    "weights of zero": ({"sample_weight": np.zeros(60)}, Fails("sample_weight must hold at least one weight above")),
    "three weights above zero": ({"sample_weight": spoilt(np.zeros(60), slice(3, 6), 1.0)}, FITS),
    "a weight of 1e300": (
        {"sample_weight": spoilt(WEIGHTS, 3, HUGE)},
        {"lbfgs": FITS, "else": Fails("sample_weight must hold weights that float32 can hold. Got 1e[+]300")},
    ),
    "weights of 1e308": (
        {"sample_weight": np.full(60, 1e308)},
        Fails("sample_weight must have a sum that float64 can hold"),
    ),
    "weights of 1e38": (
        {"sample_weight": np.full(60, 1e38)},
        {"lbfgs": FITS, "else": Fails("sample_weight .* must have a sum .* that float32 can hold")},
    ),
    "weights of 1e-300": (
        {"sample_weight": np.full(60, 1e-300)},
        {"lbfgs": DIVERGES, "else": Fails("sample_weight .* float32 can hold. Got 5")},
    ),
    "weights of 1e30 and 1e-30": ({"sample_weight": spoilt(np.full(60, 1e-30), slice(30), 1e30)}, FITS),
    "weights that sum to one": (
        {"sample_weight": WEIGHTS / WEIGHTS.sum()},
        Warns(r"weights of the rows .* sum to 1, so that alpha=.* weighs 60 times as much"),
    ),
    "weights that sum to one in each class": (
        {"sample_weight": 1.0 / np.bincount(LABELS)[LABELS]},
        Warns(r"weights of the rows .* sum to 3, so that alpha=.* weighs 20 times as much"),
    ),
    "weights that sum to one, and an alpha for them": (
        {"sample_weight": WEIGHTS / WEIGHTS.sum(), "parameters": {"alpha": 3.0 / 60}},
        FITS,
    ),
    "too few weights": ({"sample_weight": np.ones(59)}, Fails(NO_WEIGHTS_OF + r"\(59,\)")),
    "too many weights": ({"sample_weight": np.ones(61)}, Fails(NO_WEIGHTS_OF + r"\(61,\)")),
    "no weights": ({"sample_weight": []}, Fails(NO_WEIGHTS_OF + r"\(0,\)")),
    "weights in a column": ({"sample_weight": np.ones((60, 1))}, Fails(NO_WEIGHTS_OF + r"\(60, 1\)")),
    "one weight for all": ({"sample_weight": 2.0}, Fails(NO_WEIGHTS_OF + r"\(\)")),
    "sparse weights": ({"sample_weight": sparse.csr_matrix(np.ones(60))}, Fails("sample_weight must hold")),
    "ragged weights": ({"sample_weight": [[1.0, 2.0], *[1.0] * 59]}, Fails("sample_weight must hold")),
    "weights of text": ({"sample_weight": ["red"] * 60}, Fails("sample_weight must hold .*'red'")),
    "complex weights": ({"sample_weight": np.ones(60) + 1j}, Fails("sample_weight must hold .*Complex data")),
    "weights of dates": ({"sample_weight": DATES}, Fails("sample_weight must hold .*datetime64")),
    "weights of times in a list": (
        {"sample_weight": list(DATES - DATES[0])},
        Fails("sample_weight must hold .*timedelta64"),
    ),
    "weights of None": ({"sample_weight": [None] * 60}, Fails("sample_weight contains NaN")),
    "weights of NA": ({"sample_weight": [pd.NA] * 60}, Fails("sample_weight must hold .*NAType")),
    "weights partly masked": ({"sample_weight": np.ma.masked_less(WEIGHTS, 1.0)}, Fails("sample_weight must .*masked")),
    "a weight beyond every float": ({"sample_weight": [10**400] * 60}, Fails("sample_weight must hold .*too large")),
}

OTHER_NAMES = r"must .*The feature names should match those that were passed during fit"


def dev(**changed):
    """A dev set with something wrong, watched by early stopping."""
    return lambda y, _: {
        "X_val": X,
        "y_val": y,
        "parameters": {"early_stopping": True},
        **{name: value(y) if callable(value) else value for name, value in changed.items()},
    }


def of_frames(X_val, X=None):
    """A dev frame beside a training frame."""
    return dev(X=frame() if X is None else X, X_val=X_val)


DEV_SETS = {
    "a dev set": (dev(), FITS),
    "a dev set with early stopping by score": (dev(parameters={"early_stopping": True, "scoring": None}), FITS),
    "X_val without y_val": (dev(y_val=None), Fails("X_val and y_val must be given together. Got no y_val")),
    "y_val without X_val": (dev(X_val=None), Fails("X_val and y_val must be given together. Got no X_val")),
    "X_val with NaN": (dev(X_val=spoilt(X, (3, 1), NAN)), Fails("X_val must .*contains NaN")),
    "X_val with 1e300": (
        dev(X_val=spoilt(X, (3, 1), HUGE)),
        {"lbfgs": (FITS, DIVERGES), "else": Fails("X_val contains infinity or a value too large")},
    ),
    "no row of X_val": (dev(X_val=X[:0], y_val=[]), Fails("X_val must .*0 sample")),
    "1-d X_val": (dev(X_val=X[:, 0]), Fails("X_val must .*1D array")),
    "X_val with a column less": (dev(X_val=X[:, :3]), Fails("X_val must .*3 features.* expecting 4 features")),
    "X_val with a column more": (
        dev(X_val=np.hstack([X, X[:, :1]])),
        Fails("X_val must .*5 features.* expecting 4 features"),
    ),
    "X_val with columns renamed": (of_frames(frame(columns=["a", "b", "c", "x"])), Fails("X_val " + OTHER_NAMES)),
    "X_val with columns reordered": (of_frames(frame()[NAMES[::-1]]), Fails("X_val " + OTHER_NAMES)),
    "X_val with a column missing": (of_frames(frame()[NAMES[:3]]), Fails("X_val " + OTHER_NAMES)),
    "a polars X_val with columns reordered": (
        dev(X=lambda y: polars_frame(), X_val=lambda y: polars_frame()[NAMES[::-1]]),
        Fails("X_val " + OTHER_NAMES),
    ),
    "X_val of text": (dev(X_val=np.full(X.shape, "red")), Fails("X_val must .*'red'")),
    "X_val of dates": (dev(X_val=np.column_stack([DATES] * 4)), Fails("X_val must .*datetime64")),
    "X_val longer than y_val": (dev(X_val=np.vstack([X, X])), Fails(r"y_val must .*\[120, 60\]")),
    "y_val with NaN": (dev(y_val=lambda y: spoilt(y, 3, NAN)), Fails("y_val contains NaN")),
    "y_val with unseen labels": (
        dev(y_val=spoilt(LABELS, 3, 9, int)),
        Fails(r"y_val must hold only the classes \[0, 1, 2\]. Got unknown labels \[9\]"),
        FITS,
    ),
    "y_val of text": (
        dev(y_val=text(LABELS)),
        Fails("y_val must hold only the classes"),
        Fails("y_val must be .*(convert|number|numeric)"),
    ),
    "y_val of one class": (dev(y_val=np.ones(60, dtype=int)), FITS),
    "y_val continuous": (dev(y_val=NUMBERS), Fails("y_val must be .*Unknown label type"), FITS),
    "y_val times 1e200": (
        dev(y_val=lambda y: y * 1e200),
        Fails("y_val must be .*Unknown label type"),
        Fails(r"y_val, standardised as the training target, contains infinity|Training diverged in epoch \d: the loss"),
    ),
    "y_val of mixed labels": (
        dev(y_val=spoilt(text(LABELS), 3, 1, object)),
        Fails("y_val must "),
        Fails("y_val must be .*(convert|number)"),
    ),
    "y_val with two columns": (
        dev(y_val=np.eye(2, dtype=int)[LABELS % 2]),
        Fails("y_val must be 1-d labels"),
        Fails("y_val must be 1-d"),
    ),
    "3-d y_val": (dev(y_val=LABELS[:, None, None]), Fails("y_val must be .*dim 3")),
    "a negative dev weight": (
        dev(sample_weight_val=spoilt(WEIGHTS, 3, -1.0)),
        Fails("sample_weight_val must hold no negative weight"),
    ),
    "dev weights of zero": (dev(sample_weight_val=np.zeros(60)), Fails("sample_weight_val must hold at least one")),
    "too few dev weights": (dev(sample_weight_val=np.ones(59)), Fails("sample_weight_val must hold one weight per")),
    "dev weights of 1e300": (
        dev(sample_weight_val=np.full(60, HUGE)),
        {"lbfgs": FITS, "else": Fails("sample_weight_val must hold weights that float32 can hold. Got 1e[+]300")},
    ),
    "dev weights without a dev set": ({"sample_weight_val": WEIGHTS}, Fails("X_val and y_val must be given together")),
}

PREDICTIONS = {
    "new rows with NaN": ({"new": spoilt(X, (3, 1), NAN)}, Fails("X contains NaN")),
    "new rows with inf": ({"new": spoilt(X, (3, 1), INF)}, Fails("X contains infinity")),
    "new rows with 1e300": ({"new": spoilt(X, (3, 1), HUGE)}, FITS),
    "new rows times 1.7e308": ({"new": np.sign(X) * 1.7e308}, Fails("X must .*scores")),
    "new rows times 3e38 in float32": (
        {"new": np.sign(X).astype(np.float32) * np.float32(3e38)},
        Fails("X must .*scores"),
    ),
    "no new rows": ({"new": X[:0]}, Fails("X must .*0 sample")),
    "one new row": ({"new": X[:1]}, FITS),
    "a 1-d new row": ({"new": X[0]}, Fails("X must .*1D array")),
    "new rows in 3-d": ({"new": X[None]}, Fails("X must .*dim 3")),
    "new rows without columns": ({"new": X[:, :0]}, Fails("X must .*0 feature")),
    "new rows with a column less": ({"new": X[:, :3]}, Fails("X has 3 features, but .* is expecting 4")),
    "new rows with a column more": ({"new": np.hstack([X, X])}, Fails("X has 8 features, but .* is expecting 4")),
    "new rows of text": ({"new": np.full(X.shape, "red")}, Fails("X must .*'red'")),
    "complex new rows": ({"new": X + 1j}, Fails("X must .*Complex data")),
    "new rows of dates": ({"new": np.column_stack([DATES] * 4)}, Fails("X must .*datetime64")),
    "new rows partly masked": ({"new": np.ma.masked_greater(X, 1.0)}, Fails("X must .*masked")),
    "new rows beyond every float": ({"new": spoilt(X, (3, 1), 10**400, object)}, Fails("X must .*too large")),
    "new sparse rows": ({"new": sparse.csr_matrix(X)}, SAME),
    "new sparse rows with int64 indices": ({"new": wide_indices()}, SAME),
    "new sparse rows with NaN": ({"new": sparse.csr_matrix(spoilt(X, (3, 1), NAN))}, Fails("X contains NaN")),
    "new big-endian rows": ({"new": swapped(X)}, SAME),
    "new rows in Fortran order": ({"new": np.asfortranarray(X)}, SAME),
    "new rows not contiguous": ({"new": strided(X)}, SAME),
    "new rows as object": ({"new": X.astype(object)}, SAME),
    "new rows of a subclass": ({"new": X.view(Subclass)}, SAME),
    "new named rows": ({"new": frame()}, Warns("X has feature names, but .* was fitted without", UserWarning)),
    "new rows without names": ({"X": frame(), "new": X}, Warns("X does not have valid feature names", UserWarning)),
    **{
        f"new {library} {what}": (lambda y, _, make=make: make(), expected)
        for library, make_frame in (("pandas", frame), ("polars", polars_frame))
        for what, make, expected in (
            (
                "columns renamed",
                lambda f=make_frame: {"X": f(), "new": f(columns=["a", "b", "c", "x"])},
                Fails("X " + OTHER_NAMES),
            ),
            ("columns reordered", lambda f=make_frame: {"X": f(), "new": f()[NAMES[::-1]]}, Fails("X " + OTHER_NAMES)),
            ("columns missing", lambda f=make_frame: {"X": f(), "new": f()[NAMES[:3]]}, Fails("X " + OTHER_NAMES)),
            (
                "columns extra",
                lambda f=make_frame: {"X": f(), "new": f(np.hstack([X, X[:, :1]]), [*NAMES, "e"])},
                Fails("X " + OTHER_NAMES),
            ),
        )
    },
    "new duplicate columns": (
        {"X": frame(), "new": frame(columns=["a", "a", "b", "c"])},
        Fails(f"X {OTHER_NAMES}|{NOT_UNIQUE.words}"),
    ),
}

# Parameters: (values that train, values that break the rule) --------------------------------------------------------

OFF_THE_LINE = (NAN, INF, -INF, 10**400, None, "1", True, 1j, [0.5])  # for a number that must be finite
WITHOUT_NONE = tuple(value for value in OFF_THE_LINE if value is not None)
BOUNDS = {
    "hidden_layer_sizes": (((), 1, [1], np.array([2, 1])), (0, -1, 2.0, NAN, None, "8", (4, 0), True)),
    "activation": (("relu", ("tanh",)), ("sigmoid", None, NAN, 1, ["relu", "relu"], [])),
    "solver": ((), ("newton", "Adam", None, NAN, 1)),
    "augment": ((None,), ("noise", NAN, True)),
    "init": (("zeros",), ("he", None, NAN, 0.01)),
    "alpha": ((0, 0.0, TINY, 1.0, Fraction(1, 2)), (-TINY, -1.0, *OFF_THE_LINE)),
    "keep_prob": ((1, 1.0, Fraction(1, 1)), (0.0, -TINY, np.nextafter(1.0, 2.0), *OFF_THE_LINE[:-1], [0.0])),
    "input_keep_prob": ((1, 1.0), (0.0, -TINY, np.nextafter(1.0, 2.0), *OFF_THE_LINE)),
    "max_norm": ((None,), (0.0, -TINY, *WITHOUT_NONE)),
    "clip_norm": ((None,), (0.0, -TINY, *WITHOUT_NONE)),
    "learning_rate": (("constant", "adaptive"), ("step", None, NAN, 0.1)),
    "learning_rate_init": ((TINY, 1e-3, Fraction(1, 1000)), (0.0, -TINY, *OFF_THE_LINE)),
    "momentum": ((0.0, np.nextafter(1.0, 0.0), Fraction(1, 2)), (-TINY, 1.0, HUGE, *OFF_THE_LINE)),
    "nesterovs_momentum": ((False, np.True_), (0, None, NAN, "yes")),
    "beta_1": ((0.0, np.nextafter(1.0, 0.0), Fraction(1, 2)), (-TINY, 1.0, HUGE, *OFF_THE_LINE)),
    "beta_2": ((0.0, Fraction(1, 2)), (-TINY, 1.0, HUGE, *OFF_THE_LINE)),
    "epsilon": ((TINY, 1e-8, 1.0, HUGE), (0.0, -TINY, *OFF_THE_LINE)),
    "batch_size": ((1, 59, 60, 61, 10**400, np.int8(7)), (0, -1, 1.0, NAN, INF, None, "all", True)),
    "max_iter": ((1,), (0, -1, 1.0, NAN, INF, None, "1", True)),
    "shuffle": ((False,), (0, None, NAN, "no")),
    "tol": ((0.0, TINY, HUGE, Fraction(1, 2)), (-TINY, *OFF_THE_LINE)),
    "n_iter_no_change": ((1, 10**400, INF), (0, -1, 1.0, NAN, -INF, None, "1", True)),
    "early_stopping": ((True, np.True_), (1, None, NAN, "auto")),
    "validation_fraction": ((TINY, Fraction(1, 2)), (0.0, 1.0, -TINY, 30, *OFF_THE_LINE)),
    "scoring": ((None, "loss"), (1, NAN, ["accuracy"], True)),
    "warm_start": ((True,), (1, None, NAN)),
    "total_samples": ((None, TINY, 10**300), (0, -TINY, *WITHOUT_NONE)),
    "record_norms": ((True,), (1, None, NAN)),
    "on_divergence": (("restore",), ("keep", None, NAN, True)),
    "on_interrupt": (("keep",), ("restore", None, NAN, True)),
    "dtype": (("float64", np.float32), ("float16", "longdouble", int, None, NAN, ">f8")),
    "random_state": ((0, 2**32 - 1), (-1, 2**32, 0.5, NAN, "0", True)),
    "verbose": ((0, False), (-1, 0.5, NAN, None, "yes")),
}
OF_CLASSIFIERS = {
    "label_smoothing": ((0.0, np.nextafter(1.0, 0.0), TINY, Fraction(1, 2)), (-TINY, 1.0, HUGE, *OFF_THE_LINE)),
    "class_weight": ((None, "balanced", {}, {0: HUGE / 1e280}, {0: 0.0}, {1: TINY}), ("even", 2.0, NAN, [1, 2, 3])),
}
STEPWISE_ONLY = Fails(r"with solver='lbfgs'")


def given(name, value, **others):
    return {"parameters": {"max_iter": 2, name: value, **others}}


PARAMETERS = {
    f"{name}={value!r:.30}": (given(name, value), expected)
    for name, values in BOUNDS.items()
    for group, expected in zip(values, (FITS, Fails(f"^{name}.* must be ")), strict=True)
    for value in group
}
CLASSIFIER_PARAMETERS = {
    f"{name}={value!r:.30}": (given(name, value), expected, None)
    for name, values in OF_CLASSIFIERS.items()
    for group, expected in zip(values, (FITS, Fails(f"^{name} must be ")), strict=True)
    for value in group
}


def rates(rate, **others):
    return given("learning_rate_init", rate, **others)


def nowhere(*_):
    """A rate, a score or a weight that is no number."""
    return NAN


def spoil_rows(X_batch, y_batch, rng):
    X_batch[0] = NAN


EXTREMES = {
    "a rate of 1e6": (rates(1e6), {"lbfgs": FITS, "else": FAR_OFF_OR_DIVERGES}),
    "a rate of 1e6 for one epoch": (rates(1e6, max_iter=1), {"lbfgs": FITS, "else": FAR_OFF_OR_DIVERGES}),
    "a rate of 1e6 for one step": (
        rates(1e6, max_iter=1, batch_size=60),
        {"lbfgs": FITS, "else": FAR_OFF_OR_DIVERGES},
    ),
    "a constant rate of 1e6": (
        rates(1e6, learning_rate="constant"),
        {"lbfgs": FITS, "else": FAR_OFF_OR_DIVERGES},
    ),
    "a rate of 1e6 and clipped gradients": (
        rates(1e6, clip_norm=1.0),
        {"lbfgs": STEPWISE_ONLY, "else": FAR_OFF_OR_DIVERGES},
    ),
    "a rate of 1e6 and early stopping": (
        rates(1e6, early_stopping=True),
        {"lbfgs": FITS, "else": FAR_OFF_OR_DIVERGES},
    ),
    "a rate of 1e308": (rates(1e308), {"lbfgs": FITS, "else": DIVERGES}),
    "an alpha of 1e6": (given("alpha", 1e6), {"sgd": FAR_OFF_OR_DIVERGES, "adamw": FAR_OFF_OR_DIVERGES, "else": FITS}),
    "an alpha of 1e300": (given("alpha", HUGE), DIVERGES),
    "no random_state": (given("random_state", None, init="zeros"), FITS),  # so that chance has no say in how it fits
    "a keep_prob of 0.5": (given("keep_prob", 0.5), {"lbfgs": STEPWISE_ONLY, "else": FITS}),
    "a keep_prob of 1e-300": (given("keep_prob", 1e-300), {"lbfgs": STEPWISE_ONLY, "else": FITS}),
    "an input_keep_prob of 1e-300": (given("input_keep_prob", 1e-300), {"lbfgs": STEPWISE_ONLY, "else": FITS}),
    **{
        f"a {name} of {value}": (given(name, value), {"lbfgs": STEPWISE_ONLY, "else": FITS})
        for name in ("max_norm", "clip_norm")
        for value in (TINY, 1e-300, 1.0, 1e300, Fraction(1, 2))
    },
    "no epsilon, no gradient": (
        {"X": spoilt(X, (slice(None), 0), 0.0), "parameters": {"epsilon": TINY, "alpha": 0.0}},
        FITS,
    ),
    "a long training that is done at once": (given("max_iter", 10**400, tol=HUGE, n_iter_no_change=1), FITS),
    "a validation_fraction of 0.999": (
        given("validation_fraction", 0.999, early_stopping=True),
        Fails("validation_fraction=0.999 of n_samples=60 leaves no row to train on"),
    ),
    "layers beyond any memory": (given("hidden_layer_sizes", 10**15), Fails("hidden_layer_sizes must .*10{15}")),
    "layers beyond any number": (given("hidden_layer_sizes", [10**30]), Fails("hidden_layer_sizes must .*10{30}")),
    "a schedule of NaN": (given("learning_rate", nowhere), {"lbfgs": FITS, "else": Fails("learning_rate must return")}),
    "a scorer of NaN": (given("scoring", nowhere, early_stopping=True), Fails("scoring must give a finite number")),
    "an unknown scorer": (
        given("scoring", "goodness", early_stopping=True),
        Fails("scoring must be .*'goodness'"),
    ),
    "a scorer of nothing": (given("scoring", lambda *_: None, early_stopping=True), Fails("scoring must .*Got None")),
    "a scorer of text": (given("scoring", lambda *_: "good", early_stopping=True), Fails("scoring must .*Got 'good'")),
    "an init of NaN": (given("init", nowhere), Fails("init must return")),
    "an augment of NaN": (
        given("augment", spoil_rows),
        {"lbfgs": STEPWISE_ONLY, "else": Fails("augment must leave finite values")},
    ),
}
CLASS_WEIGHTS = {
    "a negative class weight": ({0: -1.0}, Fails("class_weight must hold finite weights of at least 0")),
    "a NaN class weight": ({0: NAN}, Fails("class_weight must hold finite weights of at least 0")),
    "an infinite class weight": ({0: INF}, Fails("class_weight must hold finite weights of at least 0")),
    "a class weight of text": ({0: "red"}, Fails("class_weight must hold .*'red'")),
    "a class weight of None": ({0: None}, Fails("class_weight must hold ")),
    "a class weight of pandas NA": ({0: pd.NA}, Fails("class_weight must hold ")),
    "a class weight beyond every float": ({0: 10**400}, Fails("class_weight must hold ")),
    "a class weight of 1e300": (
        {0: HUGE},
        {"lbfgs": FITS, "else": Fails("class_weight must hold weights that float32 can hold")},
    ),
    "class weights of 1e308": (
        dict.fromkeys(range(3), 1e308),
        {
            "lbfgs": Fails("class_weight must have a sum"),
            "else": Fails("class_weight must hold weights that float32 can hold"),
        },
    ),
    "class weights of zero": (dict.fromkeys(range(3), 0.0), Fails("class_weight must not be zero on every")),
    "a weight of no class": (
        {9: 2.0},
        Fails(r"class_weight must name classes of y, .* Got \[9\] and nothing for \[0, 1, 2\]"),
    ),
}

TABLE = {
    **ROWS,
    **CONTAINERS,
    **TARGETS,
    **WEIGHTINGS,
    **DEV_SETS,
    **PREDICTIONS,
    **PARAMETERS,
    **CLASSIFIER_PARAMETERS,
    **EXTREMES,
    **{
        name: ({"parameters": {"class_weight": value}}, expected, None)
        for name, (value, expected) in CLASS_WEIGHTS.items()
    },
}


# Running them -------------------------------------------------------------------------------------------------------


def attempt(estimator, solver, given):
    """Fit as a case says, then predict: the model, its predictions, the error, and the warnings that were news."""
    given = {"X": X, "y": TARGET_OF[estimator]} | given
    parameters, new = given.pop("parameters", {}), given.pop("new", given["X"])
    fixed = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0, "solver": solver}
    model, predicted, error = estimator(**fixed | parameters), None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(given.pop("X"), given.pop("y"), **given)
            predicted = model.predict_proba(new) if estimator is DeepMLPClassifier else model.predict(new)
        except (ValueError, TypeError) as raised:
            error = raised
    return model, predicted, error, [warning for warning in caught if not COMMONPLACE.search(str(warning.message))]


def check(estimator, solver, given, expected):
    """Hold what becomes of a case against what is expected."""
    model, predicted, error, news = attempt(estimator, solver, given)
    if isinstance(expected, tuple):
        expected = expected[error is not None]
    if isinstance(expected, Fails):
        assert error is not None, "no error"
        assert type(error).__module__.split(".")[0] in ("builtins", "skdeep", "sklearn"), type(error)
        assert re.search(expected.words, str(error), re.DOTALL), f"{type(error).__name__}: {error}"
        assert hasattr(model, "coefs_") == ("new" in given)  # what fails in fit is not fitted
        assert not news, said(news)
        return
    if error is not None:
        raise error
    if isinstance(expected, Warns):
        assert [issubclass(warning.category, expected.category) for warning in news] == [True], said(news)
        assert re.search(expected.words, str(news[0].message))
    else:
        assert not news, said(news)
    assert np.isfinite(model.loss_)
    assert np.isfinite(predicted).all()
    assert len(predicted) == np.shape(given.get("new", given.get("X", X)))[0]
    if expected is not FAR_OFF and "new" not in given:
        check_no_worse_than_a_guess(model, predicted, given)
    if isinstance(expected, Fits) and expected.like is not None:
        assert_allclose(predicted, predicted_like(estimator, solver, expected), rtol=1e-3, atol=1e-5)


def said(news):
    return [f"{warning.category.__name__}: {warning.message}" for warning in news]


def check_no_worse_than_a_guess(model, predicted, given):
    """By a factor of 10, as the warning has it; of a single target with rows enough to tell."""
    y = np.asarray(given.get("y", TARGET_OF[type(model)]))
    if y.ndim != 1 or len(y) < 10 or model.get_params().get("class_weight") is not None:
        return
    counts = np.asarray(given.get("sample_weight", np.ones(len(y)))) > 0
    if isinstance(model, DeepMLPClassifier):
        of_its_class = predicted[np.arange(len(y)), np.searchsorted(model.classes_, y)]
        assert -np.log(of_its_class[counts]).mean() <= 10 * np.log(len(model.classes_))
    else:
        y = y.astype(float)
        scale = y[counts].std() or 1.0
        assert np.mean(((predicted - y) / scale)[counts] ** 2) < 10


@cache
def predicted_like(estimator, solver, expected):
    return attempt(estimator, solver, expected.like)[1]


CASES = [
    pytest.param(
        estimator, given, expected[0] if estimator is DeepMLPClassifier else expected[-1], id=f"{name}-{label}"
    )
    for name, (given, *expected) in TABLE.items()
    for label, estimator in (("classifier", DeepMLPClassifier), ("regressor", DeepMLPRegressor))
    if estimator is DeepMLPClassifier or expected[-1] is not None
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("maps")


@pytest.mark.parametrize(("estimator", "given", "expected"), CASES)
def test_hostile_input_ends_as_it_should(estimator, given, expected, directory):
    """In a correct result, a documented warning, or an error that names what is wrong: with every solver."""
    made = given(TARGET_OF[estimator], directory) if callable(given) else given
    for solver in SOLVERS:
        of_solver = expected.get(solver, expected.get("else")) if isinstance(expected, dict) else expected
        try:
            check(estimator, solver, made, of_solver)
        except Exception as error:
            error.add_note(f"solver={solver!r}")
            raise


#: Arguments of `partial_fit`: what is given of X, y and classes, and the words of the error, or None.
CALLS = {
    "classes missing": ({"classes": None}, "classes must be passed on the first call"),
    "classes of two kinds": ({"classes": [0, "red"]}, "classes must be|y must hold only the classes"),
    "classes with None": ({"classes": [0, 1, 2, None]}, "classes must be 1-d labels of one kind"),
    "weights in their place": (
        {"classes": np.arange(60) % 2.0},
        "classes must be the labels, each once; sample_weight",
    ),
    "y in their place": ({"classes": LABELS}, None),
    "no classes": ({"classes": []}, r"classes must hold at least one label. Got \[\]"),
    "one class": ({"classes": [0]}, r"y must hold only the classes \[0\]. Got unknown labels \[1, 2\]"),
    "one class, as y": ({"y": np.zeros(60, dtype=int), "classes": [0]}, None),
    "complex classes": ({"classes": [0j, 1j, 2j]}, "classes must be .*Complex data"),
    "classes with NaN": ({"classes": [0, 1, NAN]}, "classes contains NaN"),
    "classes in two columns": ({"classes": np.eye(3)}, r"classes must be .*Got shape \(3, 3\)"),
    "a set of classes": ({"classes": {0, 1, 2}}, r"classes must be .*Got shape \(\)"),
    "fractions as classes": ({"classes": [0.0, 1.0, 2.5]}, "classes must be .*continuous"),
    "masked classes": ({"classes": np.ma.array([0, 1, 2], mask=[0, 0, 1])}, "classes must be .*masked"),
    "a number as classes": ({"classes": 3}, "classes must be "),
    "too few classes": ({"classes": [0, 1]}, r"y must hold only the classes \[0, 1\]. Got unknown labels \[2\]"),
    "other classes than indicators have": (
        {"y": np.eye(3)[LABELS], "classes": [0, 1]},
        r"classes must be \[0, 1, 2\]",
    ),
    "ragged y": ({"y": [[0, 1], *[0] * 59]}, "y must be "),
    "no y": ({"y": None}, "y"),
    "X with NaN": ({"X": spoilt(X, (3, 1), NAN)}, "X contains NaN"),
    "X without rows": ({"X": X[:0], "y": LABELS[:0]}, "X must .*0 sample"),
    "classes in any order, twice": ({"classes": [2, 0, 1, 1]}, None),
    "classes that never come": ({"classes": range(9)}, None),
    "indicators": ({"y": np.eye(3)[LABELS], "classes": None}, None),
    "indicators and their classes": ({"y": np.eye(3)[LABELS], "classes": [0, 1, 2]}, None),
}


@pytest.mark.parametrize(("given", "words"), CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("solver", SOLVERS[:4])
def test_hostile_input_of_partial_fit_ends_as_it_should(given, words, solver):
    """In an error that names what is wrong, and leaves the estimator unfitted, or in finite predictions."""
    model = DeepMLPClassifier((4,), solver=solver, random_state=0)
    arguments = {"X": X, "y": LABELS, "classes": [0, 1, 2]} | given
    if words is None:
        assert np.isfinite(model.partial_fit(**arguments).predict_proba(X)).all()
        return
    with pytest.raises((ValueError, TypeError), match=words):
        model.partial_fit(**arguments)
    assert not hasattr(model, "coefs_")


def test_a_target_in_larger_units_than_the_first_one_is_said_to_be():
    """And the scores are not called far off: zero scores would cost as much."""
    model = DeepMLPRegressor((4,), warm_start=True, max_iter=9, learning_rate_init=0.01, random_state=0)
    model.fit(X, NUMBERS)
    with pytest.warns(ConvergenceWarning, match=r"The target lies \d+ times as far from the mean") as warned:
        model.fit(X, 100 * NUMBERS)
    assert len(warned) == 1


def test_partial_fit_says_that_the_weights_leave_little_to_learn():
    with pytest.warns(ConvergenceWarning, match="weights of the rows .* sum to 1"):
        DeepMLPClassifier((4,), random_state=0).partial_fit(X, LABELS, [0, 1, 2], WEIGHTS / WEIGHTS.sum())


def test_a_wild_dev_target_is_no_divergence():
    """A dev loss may be large, where the training is sound."""
    y_val = spoilt(NUMBERS, 3, 1e10)
    model = DeepMLPRegressor((4,), max_iter=3, random_state=0).fit(X, NUMBERS, X_val=X, y_val=y_val)
    assert min(model.validation_loss_curve_) > 1e15


def test_the_table_is_large():
    assert len(TABLE) >= 120


@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
def test_no_parameter_is_left_out(estimator):
    assert set(estimator().get_params()) <= {*BOUNDS, *OF_CLASSIFIERS}
