"""Six files with real faults, made of clean ones: whether the demo says each column, and the dev errors of both.

python benchmarks/demo_files.py --data DIR --show

It needs the extra demo; --show prints what is said on each file.
"""

import argparse
import json
import sys
import tempfile
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
from _tabular import DEFAULT_DATA
from sklearn.model_selection import StratifiedKFold, cross_val_score

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from demo import MIN_ROWS_PER_CLASS, N_FOLDS, make_model
from demo_table import make_preprocessor, read_table

MAX_ROWS = 2500
TARGET = "target"


def load(folder, name):
    """The set as a frame, its categories by name, at most `MAX_ROWS`, and a date that tells of the first number."""
    with np.load(folder / f"{name}.npz") as data:
        frame = pd.DataFrame(np.round(data["X"].astype(float), 4), columns=[*map(str, data["feature_names"])])
        texts = json.loads(str(data["categories"])) if "categories" in data else {}
        for column, values in texts.items():
            frame[column] = frame[column].map(dict(enumerate(values)))
        frame[TARGET] = data["class_names"].astype(str)[data["y"]]
    frame = frame.sample(min(MAX_ROWS, len(frame)), random_state=0, ignore_index=True)
    first = frame.select_dtypes("number").iloc[:, 0].rank(method="dense", na_option="bottom")
    return frame.assign(day=(pd.Timestamp("2015-01-01") + pd.to_timedelta(first // 2, "D")).dt.strftime("%Y-%m-%d"))


def write(column, form):
    """The numbers as text, missing ones left as they are."""
    return column.map(form, na_action="ignore").astype(object)


def group(thousands, decimal, before="", behind=""):
    """A way to write numbers: groups of three digits and up to four decimals, between other text."""

    def form(value):
        sign = "-" if value < 0 else ""
        text = f"{abs(value):,.4f}".rstrip("0").rstrip(".").translate(str.maketrans({",": thousands, ".": decimal}))
        return f"{sign}{before}{text}{behind}"

    return form


def numbers(frame):
    """The names of the columns of numbers."""
    return frame.select_dtypes("number").columns


def rising(frame, rng):
    """Whole numbers that rise with gaps."""
    return np.cumsum(rng.integers(1, 9, len(frame))) + 10_000


def blanks_behind(column, rng):
    """The text with blanks at the ends of half the cells."""
    return column.where(rng.random(len(column)) < 0.5, column + "  ")


def segment(frame, rng):
    """Commas, thousands by commas, dashes, rising numbers with gaps, a constant column."""
    clean = frame.copy()
    clean.loc[rng.choice(len(frame), 40, replace=False), numbers(frame)[-1]] = np.nan
    dirty = clean.copy()
    for name in numbers(clean):
        dirty[name] = write(clean[name], group(",", "."))
    dirty[numbers(clean)[-1]] = dirty[numbers(clean)[-1]].fillna("-")
    dirty.insert(0, "record", rising(frame, rng))
    return clean, dirty.assign(source="camera 1"), {}


def credit_g(frame, rng):
    """Semicolons, a byte order mark, amounts in euros with decimal commas, blanks behind labels and classes."""
    dirty = frame.copy()
    for name in numbers(frame):
        dirty[name] = write(frame[name], group(".", ",", behind=" €"))
    for name in frame.columns.difference([*numbers(frame), "day"]):
        dirty[name] = blanks_behind(frame[name].astype(object), rng)
    return frame, dirty.assign(client=rising(frame, rng)[::-1]), {"sep": ";", "encoding": "utf-8-sig"}


def eucalyptus(frame, rng):
    """Tabs, Windows-1252, question marks and dashes for missing cells, days before months, an empty column, a copy."""
    dirty = frame.assign(day=pd.to_datetime(frame["day"]).dt.strftime("%d.%m.%Y"))
    for place, name in enumerate(frame.columns.drop([TARGET, "day"])):
        dirty[name] = frame[name].astype(object).where(frame[name].notna(), ("?", "--", "n/a")[place % 3])
    dirty["größe"] = dirty[numbers(frame)[2]]
    return frame, dirty.assign(remark=""), {"sep": "\t", "encoding": "cp1252"}


def adult(frame, rng):
    """Vertical bars, dollars, negative amounts in parentheses, UUIDs, months before days, blanks before labels."""
    clean = frame.assign(balance=frame["capital-gain"] - frame["capital-loss"])
    dirty = clean.copy()
    for name in ("capital-gain", "capital-loss", "fnlwgt"):
        dirty[name] = write(clean[name], group(",", ".", before="$"))
    amount = group(",", ".", before="$")
    dirty["balance"] = clean["balance"].map(lambda value: f"({amount(-value)})" if value < 0 else amount(value))
    for name in frame.columns.difference([*numbers(frame), "day"]):
        dirty[name] = " " + frame[name].astype(object).fillna("?")
    dirty["day"] = pd.to_datetime(frame["day"]).dt.strftime("%m/%d/%Y")
    dirty["uuid"] = [str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(len(frame))]
    return clean, dirty, {"sep": "|"}


def diabetes_pima(frame, rng):
    """Semicolons, per cent, units, decimal commas, a few words among the numbers, thousands by no-break blanks."""
    clean = frame.copy()
    some = rng.choice(len(frame), 12, replace=False)
    clean.loc[some, numbers(frame)[1]] = np.nan
    dirty = clean.copy()
    for name in numbers(clean):
        dirty[name] = write(clean[name], group("\xa0", ","))
    dirty["pedi"] = write(clean["pedi"] * 100, group("\xa0", ",", behind=" %"))
    dirty["mass"] = write(clean["mass"], group("\xa0", ",", behind=" kg/m²"))
    dirty.loc[some, numbers(frame)[1]] = rng.choice(["spoilt", "lost"], len(some))
    return clean, dirty.assign(number=rng.permutation(len(frame)) + 1), {"sep": ";"}


def spambase(frame, rng):
    """57 columns: semicolons, a byte order mark, per cent, thousands by blanks, hash codes, a constant, a copy."""
    dirty = frame.copy()
    for name in numbers(frame):
        dirty[name] = write(frame[name], group(" ", ",", behind="%" if "freq" in name else ""))
    dirty["copy"] = dirty[numbers(frame)[0]]
    dirty["hash"] = [rng.bytes(16).hex() for _ in range(len(frame))]
    return frame, dirty.assign(list="A"), {"sep": ";", "encoding": "utf-8-sig"}


def errors(folder, frame, **how):
    """What is said on the file, and the dev error of each fold in per cent."""
    path = folder / "table.csv"
    frame.to_csv(path, index=False, **how)
    table = read_table(str(path), TARGET, MIN_ROWS_PER_CLASS)
    model = make_model(make_preprocessor(table.columns))
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    return table, 100 * (1 - cross_val_score(model, table.X, table.y, cv=folds, error_score="raise"))


def compare(folder, name, clean, dirty, how):
    """What is said on the file with faults, and a row of the table."""
    _, clean_errors = errors(folder, clean)
    table, dirty_errors = errors(folder, dirty, **how)
    n_said = sum(any(column in line for line in table.lines[1:]) for column in dirty.columns)
    shown = f"{clean_errors.mean():.2f} ± {clean_errors.std():.2f} | {dirty_errors.mean():.2f}"
    difference = abs(clean_errors - dirty_errors).max()
    return table.lines, f"| {name} | {n_said} of {dirty.shape[1]} | {shown} | {difference:.2f} |"


def main():
    """A row for each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, metavar="DIR")
    parser.add_argument("--show", action="store_true", help="print what is said on each file")
    arguments = parser.parse_args()
    print(
        "| file | columns said | clean: dev error, spread over the folds | with faults | largest difference, a fold |"
    )
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for faults in (segment, credit_g, eucalyptus, adult, diabetes_pima, spambase):
            frame = load(arguments.data, faults.__name__)
            lines, row = compare(Path(folder), faults.__name__, *faults(frame, np.random.default_rng(0)))
            print(row, *(lines if arguments.show else []), sep="\n", flush=True)


if __name__ == "__main__":
    main()
