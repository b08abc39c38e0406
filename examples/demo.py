"""Tune a deep network on a table, then report its bias and variance, and what to do next.

Without arguments it takes the breast-cancer data that scikit-learn carries; with your own table:

    python examples/demo.py --data my.csv --target column

The CSV file needs a header; its target column holds classes. Numbers are standardised, other columns one-hot encoded.
The report is printed, and written with its figures to a page that needs no network: demo_report.html, or --page FILE.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BatchedGridSearchCV, bias_variance_report

N_FOLDS = 5
TEST_SIZE = 0.2
MIN_ROWS_PER_CLASS = 2 * N_FOLDS  # of which 80 % are for the folds: one for each at least
GRID = {"network__alpha": [1.0, 10.0, 100.0], "network__keep_prob": [1.0, 0.8, 0.5]}


class InputError(Exception):
    """The arguments or the table cannot be used; the message says why, in a sentence for the user."""


# The table --------------------------------------------------------------------------------------------------


def load_breast_cancer_table():
    """The built-in table: features, and the target by name."""
    bunch = load_breast_cancer(as_frame=True)
    return bunch.data, np.asarray(bunch.target_names)[bunch.target]


def read_table(path, target):
    """Features and target of the user's CSV file, or an InputError."""
    frame = read_csv(path)
    if target not in frame:
        hint = " Are the columns separated by commas?" if frame.shape[1] == 1 else ""
        raise InputError(f"{path} has no column {target!r}; its columns are: {list_columns(frame)}.{hint}")
    if frame.shape[1] == 1:
        raise InputError(f"{path} has no column beside the target {target!r}, so there is nothing to learn from.")
    missing = frame[target].isna()
    if missing.any():
        print(f"Note: {missing.sum()} of {len(frame)} rows have no {target!r} and are left out.")
    frame = frame[~missing]
    y = frame[target].to_numpy()
    y = y.astype(str) if y.dtype == object else y
    check_classes(y, target)
    return clean_features(drop_identifiers(frame.drop(columns=target))), y


def read_csv(path):
    """The file as a data frame with at least one row, or an InputError."""
    try:
        frame = pd.read_csv(path, low_memory=False)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except (OSError, UnicodeError, ValueError) as error:  # pandas' own errors are ValueErrors
        raise InputError(f"{path} cannot be read as a CSV file with a header: {str(error).strip()}") from None
    if frame.empty:
        raise InputError(f"{path} has a header but no rows.")
    return frame


def list_columns(frame, at_most=40):
    """The names of the columns, the first of them where there are many."""
    names = ", ".join(map(str, frame.columns[:at_most]))
    more = frame.shape[1] - at_most
    return f"{names} and {more} more" if more > 0 else names


def check_classes(y, target):
    """Raise an InputError unless the target holds classes with rows enough for the split and the folds."""
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and np.array_equal(y, np.floor(y))):
        raise InputError(
            f"Column {target!r} holds continuous numbers, but this demo learns classes; "
            "for a quantity see skdeep.DeepMLPRegressor."
        )
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise InputError(f"Column {target!r} holds fewer than 2 classes: {classes.tolist()}.")
    if counts.min() < MIN_ROWS_PER_CLASS:
        rare = classes[counts.argmin()].item()
        raise InputError(
            f"Column {target!r} has {len(classes)} classes, and {rare!r} has only {counts.min()} rows; each class "
            f"needs at least {MIN_ROWS_PER_CLASS} for the split and {N_FOLDS} folds."
        )


def drop_identifiers(frame):
    """Without the columns that only number or name the rows, with a note; all columns where nothing else is left."""
    names = [name for name in frame.columns if is_identifier(frame[name])]
    if not names or len(names) == frame.shape[1]:
        return frame
    print(f"Note: left out for having another value in every row: {', '.join(map(str, names))}.")
    return frame.drop(columns=names)


def is_identifier(column):
    """Whether no two rows share a value, and the values are text, or whole numbers without a gap."""
    if not column.is_unique or column.isna().any():
        return False
    if pd.api.types.is_integer_dtype(column):
        return column.max() - column.min() == len(column) - 1
    return not pd.api.types.is_numeric_dtype(column)


def clean_features(frame):
    """Infinite numbers as missing ones; whatever is no number as text."""
    frame = frame.copy()
    numbers = frame.select_dtypes("number").columns
    frame[numbers] = frame[numbers].replace([np.inf, -np.inf], np.nan)
    for name in frame.columns.difference(numbers):
        frame[name] = frame[name].map(str, na_action="ignore").astype(object)
    return frame


# The model --------------------------------------------------------------------------------------------------


def make_preprocessor():
    """Numbers: median for what is missing, then standardised. Others: the most frequent value, then one-hot."""
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    others = make_pipeline(
        SimpleImputer(strategy="most_frequent", keep_empty_features=True),
        OneHotEncoder(handle_unknown="ignore", max_categories=50),
    )
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (others, make_column_selector(dtype_exclude="number")),
    )


def make_model(preprocessor):
    """Preprocessing and a network of two hidden layers, trained for a planned number of epochs."""
    network = DeepMLPClassifier((64, 64), batch_size=64, learning_rate="cosine", max_iter=60, random_state=0)
    return Pipeline([("preprocess", preprocessor), ("network", network)])


# The report -------------------------------------------------------------------------------------------------


def print_candidates(results):
    """The candidates, best first."""
    print("\nrank    alpha   keep_prob   CV accuracy (mean ± spread over the folds)")
    for i in np.argsort(results["rank_test_score"], kind="stable"):
        candidate = results["params"][i]
        print(
            f"{results['rank_test_score'][i]:4d} {candidate['network__alpha']:8g} {candidate['network__keep_prob']:11g}"
            f"   {results['mean_test_score'][i]:.4f} ± {results['std_test_score'][i]:.4f}"
        )


def run(X, y, preprocessor, page):
    """Split, search, and report."""
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=TEST_SIZE, stratify=y, random_state=0)
    print(
        f"{len(y)} rows, {X.shape[1]} features, {len(np.unique(y))} classes: "
        f"{len(y_train)} for training and dev ({N_FOLDS} folds), {len(y_test)} for the test"
    )
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    search = BatchedGridSearchCV(make_model(preprocessor), GRID, cv=folds, verbose=1).fit(X_train, y_train)
    print_candidates(search.cv_results_)
    winner = "alpha {network__alpha:g} keep_prob {network__keep_prob:g}".format(**search.best_params_)
    print(f"\nThe winner is {winner}. Its report:\n", flush=True)
    report = bias_variance_report(
        search.best_estimator_, X_train, y_train, cv=folds, X_test=X_test, y_test=y_test, random_state=0
    )
    print(report)
    report.to_html(page)
    print(f"\nThe report with its figures, as a page: {page}")


def parse_arguments(arguments):
    """--data and --target, both or none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="FILE", help="a CSV file with a header")
    parser.add_argument("--target", metavar="COLUMN", help="the column that holds the classes")
    parser.add_argument("--page", metavar="FILE", default="demo_report.html", help="where to write the page")
    parsed = parser.parse_args(arguments)
    if (parsed.data is None) != (parsed.target is None):
        given, wanted = ("--data", "--target COLUMN") if parsed.target is None else ("--target", "--data FILE")
        raise InputError(f"{given} needs {wanted} beside it.")
    return parsed


def check_page(page):
    """Raise an InputError unless the page can be written there: better now than after the search."""
    folder = Path(page).resolve().parent
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder} for the page {page}.")


def main(arguments=None):
    """Run the demo; the exit code."""
    started = time.perf_counter()
    try:
        parsed = parse_arguments(arguments)
        check_page(parsed.page)
        if parsed.data is None:
            print("The breast-cancer data of scikit-learn: benign or malignant, from 30 measurements of cell nuclei.")
            run(*load_breast_cancer_table(), StandardScaler(), parsed.page)
        else:
            run(*read_table(parsed.data, parsed.target), make_preprocessor(), parsed.page)
    except InputError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    print(f"\n{time.perf_counter() - started:.1f} s in all.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
