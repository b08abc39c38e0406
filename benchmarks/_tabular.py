"""The tabular sets: how a file is read, what its columns go through, and which rows make a fold."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MAX_ROWS = 10_000
N_FOLDS = 3
SEED = 0


@dataclass
class Table:
    """One data set, at most `MAX_ROWS` of its rows."""

    name: str
    X: Any
    y: Any
    categorical: Any


def read_tables(folder, only=()):
    """Every table of the folder, or those named; a file is one if it says which columns are categorical."""
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as data:
            if "categorical" in data and (not only or path.stem in only):
                yield _capped(Table(path.stem, data["X"].astype(np.float64), data["y"], data["categorical"]))


def folds(table):
    """Train and test rows of each fold, preprocessed by what the training rows say."""
    for train, test in StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED).split(table.X, table.y):
        columns = _preprocessing(table.categorical)
        X_train = columns.fit_transform(table.X[train])
        yield X_train, columns.transform(table.X[test]), table.y[train], table.y[test]


def _capped(table):
    if len(table.y) <= MAX_ROWS:
        return table
    X, _, y, _ = train_test_split(table.X, table.y, train_size=MAX_ROWS, stratify=table.y, random_state=SEED)
    return Table(table.name, X, y, table.categorical)


def _preprocessing(categorical):
    """One column per category, a missing one included; the median for a missing number, then mean 0 and variance 1."""
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_column_transformer((one_hot, categorical), (scaled, ~categorical))
