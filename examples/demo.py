"""Tune a deep network on a table, then report its bias and variance, and what to do next.

Without arguments it takes the breast-cancer data that scikit-learn carries; with your own table:

    python examples/demo.py --data my.csv --target column

The CSV file needs a header; its target column holds classes. A line on each column says what it is taken for and how it
is encoded, or why it is dropped (see demo_table). The report is printed, and written with its figures to a page that
needs no network: demo_report.html, or --page FILE.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BatchedGridSearchCV, bias_variance_report

N_FOLDS = 5
TEST_SIZE = 0.2
MIN_ROWS_PER_CLASS = 2 * N_FOLDS  # of which 80 % are for the folds: one for each at least
GRID = {"network__alpha": [1.0, 10.0, 100.0], "network__keep_prob": [1.0, 0.8, 0.5]}


class DemoError(Exception):
    """The arguments or the table cannot be used; the message says why, in a sentence for the user."""


# The table --------------------------------------------------------------------------------------------------


def load_breast_cancer_table():
    """The built-in table: features, and the target by name."""
    bunch = load_breast_cancer()
    return bunch.data, np.asarray(bunch.target_names)[bunch.target]


def load_user_table(path, target, keep):
    """Features, target and preprocessor of the user's table; each column is said."""
    try:
        import demo_table  # here, as the built-in data need neither pandas nor skrub
    except ImportError as error:
        raise DemoError(f"--data needs {error.name}: pip install 'skdeep[demo]'.") from error
    try:
        table = demo_table.read_table(path, target, MIN_ROWS_PER_CLASS, keep)
    except demo_table.InputError as error:
        raise DemoError(str(error)) from None
    print("\n".join(table.lines), end="\n\n")
    return table.X, table.y, demo_table.make_preprocessor(table.columns)


# The model --------------------------------------------------------------------------------------------------


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
    try:
        report.to_html(page)
    except ImportError as error:
        print(f"\nNo page of the report: {error}")
    else:
        print(f"\nThe report with its figures, as a page: {page}")


def parse_arguments(arguments):
    """--data and --target, both or none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="FILE", help="a CSV file with a header")
    parser.add_argument("--target", metavar="COLUMN", help="the column that holds the classes")
    parser.add_argument(
        "--keep", metavar="COLUMN", action="append", default=[], help="a column to use though it seems to name rows"
    )
    parser.add_argument("--page", metavar="FILE", default="demo_report.html", help="where to write the page")
    parsed = parser.parse_args(arguments)
    if (parsed.data is None) != (parsed.target is None):
        given, wanted = ("--data", "--target COLUMN") if parsed.target is None else ("--target", "--data FILE")
        raise DemoError(f"{given} needs {wanted} beside it.")
    if parsed.keep and parsed.data is None:
        raise DemoError("--keep needs --data FILE and --target COLUMN beside it.")
    return parsed


def check_page(page):
    """Raise a DemoError unless the page can be written there: better now than after the search."""
    folder = Path(page).resolve().parent
    if not folder.is_dir():
        raise DemoError(f"There is no folder {folder} for the page {page}.")


def main(arguments=None):
    """Run the demo; the exit code."""
    started = time.perf_counter()
    warnings.filterwarnings("ignore", "The matrix shape")  # of text: few rows of a learning curve have few components
    try:
        parsed = parse_arguments(arguments)
        check_page(parsed.page)
        if parsed.data is None:
            print("The breast-cancer data of scikit-learn: benign or malignant, from 30 measurements of cell nuclei.")
            run(*load_breast_cancer_table(), StandardScaler(), parsed.page)
        else:
            run(*load_user_table(parsed.data, parsed.target, parsed.keep), parsed.page)
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    print(f"\n{time.perf_counter() - started:.1f} s in all.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
