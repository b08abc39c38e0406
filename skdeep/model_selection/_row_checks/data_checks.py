"""What in the rows makes errors mean less than they seem to: rare classes, duplicates, folds of one class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import joblib
import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import type_of_target

#: A majority rule that is right more often than this leaves accuracy little to say; a class with a smaller part than
#: this of what it would have if all were alike has next to none in it.
MOST_MAJORITY, FEWEST_OF_EQUAL = 0.9, 0.1
N_NAMED = 5

#: How often each test part was looked at in this process, by a fingerprint of its content.
_TEST_LOOKS: Counter[str] = Counter()


def count_test_look(X_test: Any, y_test: Any) -> int:
    """Count one more look at a test part; how many that makes in this process, copies of it included."""
    fingerprint = joblib.hash((X_test, y_test))
    _TEST_LOOKS[fingerprint] += 1
    return _TEST_LOOKS[fingerprint]


def is_class_target(estimator: Any, y: Any) -> bool:
    """Whether y holds one class for each row and the estimator tells classes apart."""
    return bool(is_classifier(estimator)) and type_of_target(y) in ("binary", "multiclass")


def imbalance_warning(y: Any) -> str:
    """A sentence where accuracy says little, for one class has nearly all rows or hardly any; empty elsewhere."""
    classes, counts = np.unique(np.asarray(y), return_counts=True)
    largest, smallest = counts.max() / counts.sum(), counts.min() / counts.sum()
    if len(classes) > 1 and largest > MOST_MAJORITY:
        why = f"says little here: always answering {classes[counts.argmax()]!s} is right in {largest:.1%} of the rows"
    elif smallest < FEWEST_OF_EQUAL / len(classes):
        why = f"hardly shows here whether {classes[counts.argmin()]!s}, {smallest:.1%} of the rows, is ever found"
    else:
        return ""
    others = "average_precision, roc_auc" if len(classes) == 2 else "f1_macro, roc_auc_ovr"
    return f"Accuracy {why}. Use scoring='balanced_accuracy' or one of {others}."


def one_class_warnings(y: Any, folds: Sequence[tuple[Any, Any]]) -> Iterator[str]:
    """A sentence for each fold whose training or held-out rows hold one class only, where y holds several."""
    y = np.asarray(y)
    if len(np.unique(y)) < 2:
        return
    for number, fold in enumerate(folds, 1):
        for part, rows in zip(("training", "held-out"), fold, strict=True):
            if len(rows) > 1 and np.all(y[rows] == y[rows[0]]):
                yield f"The {part} rows of fold {number} hold one class only ({y[rows[0]]!s})."


def row_keys(X: Any) -> Any:
    """A number for each row: equal rows have the same one, in whichever part they stand."""
    if issparse(X):
        X = X.tocsr(copy=True)
        X.sum_duplicates()
        X.eliminate_zeros()
        data, ends = X.data.astype(float), zip(X.indptr[:-1], X.indptr[1:], strict=True)
        rows = [X.indices[a:b].astype(np.int64).tobytes() + data[a:b].tobytes() for a, b in ends]
    elif hasattr(X, "columns"):  # a frame: columns of several types
        columns = [_column_bits(_safe_indexing(X, number, axis=1)) for number in range(len(X.columns))]
        rows = _row_bytes(np.column_stack(columns))
    else:
        rows = _array_rows(np.asarray(X))
    return np.array(list(map(hash, rows)), dtype=np.int64)


def _array_rows(X: Any) -> list[Any]:
    if X.dtype.kind not in "biuf":
        return [str(row) for row in X.tolist()]
    return _row_bytes(X.reshape(len(X), -1).astype(float) + 0.0)  # + 0.0: one zero


def _row_bytes(X: Any) -> list[Any]:
    """The memory of each row, by a view: half the time of `tobytes` row by row."""
    X = np.ascontiguousarray(X)
    rows: list[Any] = X.view(f"V{X.itemsize * X.shape[1]}").ravel().tolist()
    return rows


def _column_bits(column: Any) -> Any:
    """A whole number for each value: of numbers their bits, so that missing ones are equal; of all else a hash."""
    values = np.asarray(column)
    if values.dtype.kind in "biuf":
        return (values.astype(float) + 0.0).view(np.int64)
    return np.array([hash(str(value)) for value in values.tolist()], dtype=np.int64)


def count_duplicates(held_out: Any, train: Any) -> int:
    """How many keys of held-out rows are keys of training rows."""
    return int(np.isin(held_out, train).sum())
