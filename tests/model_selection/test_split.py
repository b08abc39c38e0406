"""Train, dev and test rows: how many, which, of what type, and the same parts for a search."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.utils import check_random_state

from skdeep.model_selection import TrainDevTestSplit, train_dev_test_split

shares = st.floats(0.01, 0.3)
seeds = st.integers(0, 2**32 - 1)


def parts_of(n_rows, y=None, groups=None, **parameters):
    """The rows of every part."""
    return TrainDevTestSplit(**{"random_state": 0} | parameters).parts(range(n_rows), y, groups)


def sizes_of(n_rows, **parameters):
    """The numbers of rows: train, train-dev if asked for, dev and test."""
    return [len(rows) for rows in parts_of(n_rows, **parameters).values()]


def off(parts, y, n_rows=None):
    """By how many rows each class, at most, misses its share of each part."""
    n_rows = n_rows or len(y)
    whole = np.bincount(y)
    counts = [np.bincount(y[rows], minlength=len(whole)) - len(rows) / n_rows * whole for rows in parts.values()]
    return np.abs(counts).max()


# How many rows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_rows", "held_out"),
    [(100, 20), (10_000, 2000), (50_000, 10_000), (100_000, 10_000), (1_000_000, 10_000), (2_000_000, 20_000)],
)
def test_dev_and_test_are_a_fifth_then_ten_thousand_then_a_hundredth(n_rows, held_out):
    assert sizes_of(n_rows, shuffle=False) == [n_rows - 2 * held_out, held_out, held_out]


@pytest.mark.parametrize(("n_rows", "sizes"), [(3, [1, 1, 1]), (4, [2, 1, 1]), (7, [5, 1, 1]), (13, [7, 3, 3])])
def test_few_rows_give_every_part_at_least_one(n_rows, sizes):
    assert sizes_of(n_rows) == sizes


@pytest.mark.parametrize(
    ("asked", "sizes"),
    [
        ({"dev_size": 0.1}, [70, 10, 20]),
        ({"dev_size": 10, "test_size": 0.3}, [60, 10, 30]),
        ({"dev_size": np.int64(10), "test_size": np.float32(0.25)}, [65, 10, 25]),
        ({"train_dev_size": 0.15}, [45, 15, 20, 20]),
        ({"train_size": 0.7}, [70, 15, 15]),
        ({"train_size": 71}, [71, 15, 14]),
        ({"train_size": 0.7, "dev_size": 20}, [70, 20, 10]),
        ({"train_size": 0.7, "test_size": 20}, [70, 10, 20]),
        ({"train_size": 0.5, "train_dev_size": 10}, [50, 10, 20, 20]),
        ({"train_size": 0.25, "dev_size": 0.25, "test_size": 0.25, "train_dev_size": 0.25}, [25, 25, 25, 25]),
        ({"train_size": 10, "dev_size": 5, "test_size": 0.01}, [10, 5, 1]),
    ],
)
def test_sizes_are_shares_or_numbers_of_all_rows(asked, sizes):
    assert sizes_of(100, **asked) == sizes


def leave_train_a_row(n_rows, *sizes):
    """Whether these shares do, each rounded; else they are an error, as the test of 12 rows holds."""
    return sum(max(round(share * n_rows), 1) for share in sizes if share) < n_rows


@given(st.integers(10, 1000), shares, shares, st.one_of(st.none(), shares), seeds)
def test_parts_are_disjoint_exhaustive_and_of_the_sizes_asked(n_rows, dev, test, train_dev, seed):
    assume(leave_train_a_row(n_rows, dev, test, train_dev))
    parts = parts_of(n_rows, dev_size=dev, test_size=test, train_dev_size=train_dev, random_state=seed)
    assert_array_equal(np.sort(np.concatenate([*parts.values()])), np.arange(n_rows))
    asked = {"dev": dev, "test": test, **({"train_dev": train_dev} if train_dev else {})}
    assert all(abs(len(parts[part]) - share * n_rows) <= max(0.5, 1 - share * n_rows) for part, share in asked.items())


@given(st.integers(10, 1000), shares, shares)
def test_shares_that_sum_to_one_leave_no_row_out(n_rows, dev, test):
    """As train takes up what the rounding of the other two leaves, it is within a row of its own share as well."""
    train = 1 - dev - test
    sizes = sizes_of(n_rows, train_size=train, dev_size=dev, test_size=test)
    assert sum(sizes) == n_rows
    assert abs(sizes[0] - train * n_rows) <= 1 + 1e-9 or min(sizes) == 1


def test_rows_that_no_size_asks_for_are_left_out():
    rows = np.concatenate([*parts_of(100, train_size=50, dev_size=0.1, test_size=0.1).values()])
    assert len(set(rows)) == len(rows) == 70


def test_rounding_up_every_share_takes_no_row_twice():
    """Of 13 rows these are 7.67, 2.6 and 2.6, which round to 14."""
    assert sizes_of(13, train_size=0.59, dev_size=0.2, test_size=0.2) == [7, 3, 3]


def test_rounding_up_every_share_may_leave_train_no_row_which_is_an_error():
    """Of 12 rows three times 3.56 are three times 4."""
    with pytest.raises(ValueError, match=r"leave every part at least one row .* the 12 rows\. Got .*dev_size=0\.297"):
        sizes_of(12, train_dev_size=0.297, dev_size=0.297, test_size=0.297)


# Which rows: at random, or in order ---------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [None, np.arange(100) // 4], ids=["rows", "groups"])
def test_equal_seeds_give_equal_parts_and_others_do_not(groups):
    first, second, other = (parts_of(100, None, groups, random_state=seed)["test"] for seed in (1, 1, 2))
    assert_array_equal(first, second)
    assert set(first) != set(other)


@pytest.mark.parametrize("groups", [None, np.arange(1000) // 4], ids=["rows", "groups"])
def test_rows_of_a_part_come_in_random_order(groups):
    assert np.mean(np.diff(parts_of(1000, None, groups)["train"]) > 0) < 0.6


def test_rows_in_order_stay_in_order_train_first_and_test_last():
    parts = parts_of(10, train_size=3, train_dev_size=1, dev_size=2, test_size=3, shuffle=False)
    assert {part: rows.tolist() for part, rows in parts.items()} == {
        "train": [0, 1, 2],
        "train_dev": [3],
        "dev": [4, 5],
        "test": [6, 7, 8],
    }


@given(st.integers(10, 1000), shares, shares, st.one_of(st.none(), shares))
def test_parts_in_order_follow_one_another_without_a_gap(n_rows, dev, test, train_dev):
    assume(leave_train_a_row(n_rows, dev, test, train_dev))
    parts = parts_of(n_rows, dev_size=dev, test_size=test, train_dev_size=train_dev, shuffle=False)
    in_order = [parts[name] for name in ("train", "train_dev", "dev", "test") if name in parts]
    assert len(in_order) == len(parts)
    assert_array_equal(np.concatenate(in_order), np.arange(n_rows))


# Stratified ---------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.* rows are of classes that no train row has")  # of few train rows that miss one
@given(st.lists(st.integers(4, 60), min_size=1, max_size=4), shares, shares, st.one_of(st.none(), shares), seeds)
def test_every_part_has_the_shares_of_the_classes(counts, dev, test, train_dev, seed):
    """To within two rows: parts are drawn one after another, and each draw rounds to whole rows."""
    y = np.repeat(np.arange(len(counts)), counts)
    smallest = len(counts) / len(y)  # of a part that can have a row of each class
    sizes = {"dev_size": max(dev, smallest), "test_size": max(test, smallest), "train_dev_size": train_dev}
    if len(y) < 40:
        sizes = {"dev_size": len(counts), "test_size": len(counts)}
    elif train_dev:
        sizes["train_dev_size"] = max(train_dev, smallest)
    parts = parts_of(len(y), y, stratify=True, random_state=seed, **sizes)
    assert off(parts, y) < 2 + 1e-9
    assert_array_equal(np.sort(np.concatenate([*parts.values()])), np.arange(len(y)))


@pytest.mark.parametrize("labels", [np.array([7, 1, 3]), np.array(["c", "a", "b"]), np.array([0.5, 2.0, 1.0])])
def test_shares_that_are_whole_rows_are_met_exactly(labels):
    y = np.repeat([0, 1, 2], [60, 30, 10])
    parts = parts_of(100, labels[y], stratify=True, train_dev_size=0.1)
    assert off(parts, y) == 0


@pytest.mark.filterwarnings("ignore:.* rows are of classes that no train row has")  # where rows are left out
@given(seeds, st.permutations([0.2, 0.3, 0.4]))
def test_as_many_rows_of_a_class_as_there_are_parts_are_enough(seed, sizes):
    """Whatever the draw and whichever part is the largest."""
    y = np.repeat([0, 1, 2], [40, 3, 4])
    train, dev, test = sizes
    parts = parts_of(47, y, stratify=True, train_size=train, dev_size=dev, test_size=test, random_state=seed)
    assert off(parts, y) < 2


def test_rows_left_out_leave_the_shares_as_they_are():
    y = np.repeat([0, 1], [900, 100])
    parts = parts_of(1000, y, stratify=True, train_size=100, dev_size=50, test_size=50)
    assert off(parts, y) == 0


@st.composite
def tables(draw):
    """A few different rows of labels, each often enough, in any order."""
    rows = draw(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=5, unique=True))
    counts = [draw(st.integers(4, 30)) for _ in rows]
    table = np.repeat(np.array(rows), counts, axis=0)
    return table[draw(st.permutations(range(len(table))))]


@given(tables(), seeds)
def test_rows_of_labels_are_stratified_as_labels_that_name_them(Y, seed):
    """That is how `train_test_split` has it: the rows are joined to text."""
    assume(len(Y) >= 25)
    names = np.array([" ".join(map(str, row)) for row in Y])
    ours, expected = (parts_of(len(Y), labels, stratify=True, random_state=seed) for labels in (Y, names))
    assert all(map(np.array_equal, ours.values(), expected.values()))


def test_each_combination_of_labels_has_its_share_of_every_part():
    """As in the parts of `train_test_split`, counted."""
    rng = np.random.default_rng(0)
    Y = rng.permutation(np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], [500, 300, 150, 50], axis=0))
    parts = train_dev_test_split(Y, train_size=0.8, dev_size=0.1, test_size=0.1, stratify=Y, random_state=0)
    expected = train_test_split(Y, test_size=0.1, stratify=Y, random_state=0)[1]
    for part in parts[1:]:
        assert_array_equal(*(np.unique(rows, axis=0, return_counts=True)[1] for rows in (part, expected)))


TABLES = {
    "list": np.ndarray.tolist,
    "tuples": lambda Y: list(map(tuple, Y.tolist())),
    "frame": lambda Y: pd.DataFrame(Y, columns=["a", "b"], index=np.arange(len(Y))[::-1]),
    "frame of two kinds": lambda Y: pd.DataFrame({"a": Y[:, 0], "b": np.array(["no", "yes"])[Y[:, 1]]}),
    "frame of categories": lambda Y: pd.DataFrame({"a": Y[:, 0], "b": Y[:, 1]}).astype("category"),
    "polars frame": lambda Y: pytest.importorskip("polars").DataFrame({"a": Y[:, 0], "b": Y[:, 1]}),
    "csr": sparse.csr_matrix,
    "csc array": sparse.csc_array,
    "bool": lambda Y: Y.astype(bool),
    "text": lambda Y: Y.astype(str),
    "objects": lambda Y: Y.astype(str).astype(object),
}


@pytest.mark.parametrize("contain", TABLES.values(), ids=TABLES)
def test_rows_of_labels_may_come_in_any_container(contain):
    rows, Y = np.arange(120), np.stack([np.arange(120) % 2, np.arange(120) // 2 % 2], axis=1)
    splits = train_dev_test_split(rows, stratify=contain(Y), random_state=0)
    expected = train_dev_test_split(rows, stratify=Y, random_state=0)
    assert all(map(np.array_equal, splits, expected))


@pytest.mark.parametrize("contain", [np.asarray, sparse.csr_matrix, pd.DataFrame])
def test_the_splitter_stratifies_rows_of_labels(contain):
    Y = np.stack([np.arange(120) % 2, np.arange(120) // 2 % 2], axis=1)
    cv = TrainDevTestSplit(stratify=True, random_state=0)
    ((train, dev),) = cv.split(np.zeros((120, 1)), contain(Y))
    assert_array_equal(np.unique(Y[dev], axis=0, return_counts=True)[1], [6] * 4)
    assert_array_equal(np.unique(Y[train], axis=0, return_counts=True)[1], [18] * 4)


def test_rows_of_labels_and_groups_go_together():
    """No group in two parts, and each combination near its share."""
    groups = np.arange(400) // 4
    Y = np.stack([groups % 2, groups // 2 % 2], axis=1)
    parts = parts_of(400, Y, groups, stratify=True)
    assert sum(len(set(groups[rows])) for rows in parts.values()) == 100
    assert_array_equal(np.unique(Y[parts["dev"]], axis=0, return_counts=True)[1], [20] * 4)


# Groups -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 40), min_size=4, max_size=30), shares, shares, st.one_of(st.none(), shares), seeds)
def test_no_group_comes_into_two_parts_and_no_part_is_empty(counts, dev, test, train_dev, seed):
    """In every single draw, of which the best is taken: one at a time is also quick."""
    groups = np.repeat(np.arange(len(counts)), counts)
    y = np.zeros(len(groups))
    sizes = {"dev_size": dev, "test_size": test} if len(groups) > 15 else {}
    sizes |= {"train_dev_size": train_dev if sizes else None, "random_state": seed, "stratify": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skdeep.model_selection._split.N_PLACED", 1)
        parts = parts_of(len(groups), y, groups, **sizes)
    found = [set(groups[rows]) for rows in parts.values()]
    assert sum(map(len, found)) == len(set.union(*found)) == len(counts)
    assert all(found)
    assert_array_equal(np.sort(np.concatenate([*parts.values()])), np.arange(len(groups)))


STRUCTURES = {
    "1000 equal": [7] * 1000,
    "1000 unequal": np.random.default_rng(0).lognormal(2, 1, 1000).astype(int) + 1,
    "a giant of half the rows": [1000] + [10] * 100,
    "20 of 1 to 20 rows": range(1, 21),
}


@pytest.mark.parametrize("counts", STRUCTURES.values(), ids=STRUCTURES)
@pytest.mark.parametrize("seed", range(3))
def test_small_groups_fill_the_gaps_that_large_ones_leave(counts, seed):
    groups = np.repeat(np.arange(len(counts)), counts)
    sizes = sizes_of(len(groups))
    parts = parts_of(len(groups), None, groups, random_state=seed)
    assert max(abs(len(rows) - size) for rows, size in zip(parts.values(), sizes, strict=True)) <= 1


@pytest.mark.parametrize(
    ("counts", "least"),
    [
        ([400, 250, 120, 80, 50, 40, 25, 20, 10, 5], 50**2 + 2 * 25**2),  # train has room for 400 or 250 rows, not both
        ([900] + [5] * 20, 300**2 + 2 * 150**2),
        ([98, 1, 1], 38**2 + 2 * 19**2),
    ],
)
def test_groups_too_large_for_their_part_cost_as_little_as_they_can(counts, least):
    """The sum of the squared differences from the sizes asked is the least that there is."""
    groups = np.repeat(np.arange(len(counts)), counts)
    got = [len(rows) for rows in parts_of(len(groups), None, groups).values()]
    assert np.square(np.subtract(got, sizes_of(len(groups)))).sum() == least


def test_large_groups_come_into_every_part():
    """The mean size of a group in test, over many draws, is that of all groups to within a tenth."""
    counts = STRUCTURES["1000 unequal"]
    groups = np.repeat(np.arange(1000), counts)
    tests = [np.unique(groups[parts_of(len(groups), None, groups, random_state=seed)["test"]]) for seed in range(20)]
    assert np.mean([counts[test].mean() for test in tests]) == pytest.approx(counts.mean(), rel=0.1)


def test_groups_and_classes_together_are_met_nearly():
    """A rare class, 5 % of the rows, unequally spread over 300 unequal groups: to within two rows in a hundred."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(300), rng.lognormal(3, 0.8, 300).astype(int) + 1)
    y = (rng.random(len(groups)) < rng.beta(0.5, 9.5, 300)[groups]).astype(int)
    parts = parts_of(len(groups), y, groups, stratify=True)
    assert not set(groups[parts["train"]]) & set(groups[parts["dev"]])
    assert off(parts, y) <= 0.02 * np.bincount(y).min()


def test_whole_groups_are_left_out_where_sizes_ask_for_less():
    groups = np.arange(1000) // 5
    parts = parts_of(1000, None, groups, train_size=100, dev_size=50, test_size=50)
    assert [len(rows) for rows in parts.values()] == [100, 50, 50]
    assert len(np.unique(groups[np.concatenate([*parts.values()])])) == 40


# What comes back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "names"), [({}, ["train", "dev", "test"]), ({"train_dev_size": 9}, ["train", "train_dev", "dev", "test"])]
)
def test_the_parts_of_each_array_come_in_order(sizes, names):
    X, y, weight = np.arange(200).reshape(100, 2), np.arange(100), np.arange(100) / 2
    splits = train_dev_test_split(X, y, weight, random_state=0, **sizes)
    rows = parts_of(100, **sizes)
    assert list(rows) == names
    expected = [array[rows[name]] for array in (X, y, weight) for name in names]
    assert len(splits) == len(expected)
    assert all(map(np.array_equal, splits, expected))


def frame(values):
    return pd.DataFrame(values, index=[f"row {i}" for i in range(len(values))][::-1], columns=["a", "b"])


def polars_frame(values):
    return pytest.importorskip("polars").DataFrame(values, schema=["a", "b"])


CONTAINERS = {
    "list": (np.ndarray.tolist, np.array),
    "pandas": (frame, pd.DataFrame.to_numpy),
    "polars": (polars_frame, lambda frame: frame.to_numpy()),
    "csr": (sparse.csr_matrix, lambda matrix: matrix.toarray()),
    "coo": (sparse.coo_array, lambda matrix: matrix.toarray()),
}


@pytest.mark.parametrize(("contain", "values"), CONTAINERS.values(), ids=CONTAINERS)
def test_a_container_is_split_by_position_and_keeps_its_type(contain, values):
    X, y = np.arange(200).reshape(100, 2), np.arange(100) % 2
    given = contain(X)
    splits = train_dev_test_split(given, stratify=y, random_state=0)
    for part, rows in zip(splits, parts_of(100, y, stratify=True).values(), strict=True):
        assert isinstance(part, type(given.tocsr() if sparse.issparse(given) else given))
        assert_array_equal(values(part), X[rows])


def test_a_frame_keeps_its_index():
    X = frame(np.arange(20).reshape(10, 2))
    X_train, _, _ = train_dev_test_split(X, random_state=0)
    assert X_train.index.tolist() == [f"row {i}" for i in 9 - parts_of(10)["train"]]


LABELS = {
    "list": np.ndarray.tolist,
    "column": lambda labels: labels[:, np.newaxis],
    "series": lambda labels: pd.Series(labels, index=np.arange(len(labels))[::-1]),
    "frame": lambda labels: pd.DataFrame({"y": labels}),
    "category": lambda labels: pd.Series(labels).astype("category"),
    "polars series": lambda labels: pytest.importorskip("polars").Series(labels),
    "polars frame": lambda labels: pytest.importorskip("polars").DataFrame({"y": labels}),
    "text": lambda labels: labels.astype(str),
    "objects": lambda labels: labels.astype(str).astype(object),
}


@pytest.mark.parametrize("contain", LABELS.values(), ids=LABELS)
def test_labels_and_groups_may_come_in_any_container(contain):
    rows, y, groups = np.arange(120), np.arange(120) % 3, np.arange(120) // 4
    splits = train_dev_test_split(rows, stratify=contain(y), groups=contain(groups % 10), random_state=0)
    expected = train_dev_test_split(rows, stratify=y, groups=groups % 10, random_state=0)
    assert all(map(np.array_equal, splits, expected))


# The splitter -------------------------------------------------------------------------------------------------------

Y, GROUPS = np.arange(120) % 3, np.arange(120) // 4
WAYS = {
    "plain": ({}, {}),
    "four parts": ({"train_dev_size": 0.1, "test_size": 12}, {}),
    "in order": ({"shuffle": False, "train_size": 0.5}, {}),
    "stratified": ({}, {"stratify": Y}),
    "groups": ({}, {"groups": GROUPS}),
    "both": ({"dev_size": 0.3}, {"stratify": Y, "groups": GROUPS}),
}


@pytest.mark.parametrize(("parameters", "labels"), WAYS.values(), ids=WAYS)
def test_the_splitter_has_the_parts_of_the_function(parameters, labels):
    splits = train_dev_test_split(np.arange(120), **parameters, **labels, random_state=3)
    splitter = TrainDevTestSplit(**parameters, stratify="stratify" in labels, random_state=3)
    parts = splitter.parts(np.zeros((120, 2)), labels.get("stratify"), labels.get("groups"))
    assert all(map(np.array_equal, splits, parts.values()))


@pytest.mark.parametrize(("parameters", "labels"), WAYS.values(), ids=WAYS)
def test_its_one_split_is_train_and_dev(parameters, labels):
    splitter = TrainDevTestSplit(**parameters, stratify="stratify" in labels, random_state=3)
    parts = splitter.parts(Y, Y, labels.get("groups"))
    [(train, dev)] = splitter.split(Y, Y, labels.get("groups"))
    assert_array_equal(train, parts["train"])
    assert_array_equal(dev, parts["dev"])
    assert splitter.get_n_splits(Y, Y) == 1


class RowRecorder(ClassifierMixin, BaseEstimator):
    """Remembers in `seen` every row number, the one feature, that any of its copies is fitted or scored on."""

    seen = set()  # noqa: RUF012

    def __init__(self, depth=0):
        self.depth = depth

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.seen.update(X[:, 0])
        return np.zeros(len(X), dtype=int)


def test_a_search_without_refit_sees_train_and_dev_rows_only():
    cv, X = TrainDevTestSplit(random_state=0), np.arange(120)[:, np.newaxis]
    RowRecorder.seen.clear()
    search = GridSearchCV(RowRecorder(), {"depth": [1, 2]}, cv=cv, refit=False, return_train_score=True).fit(X, Y)
    parts = cv.parts(X, Y)
    assert RowRecorder.seen == {*parts["train"], *parts["dev"]}
    assert search.n_splits_ == 1


def test_a_search_refits_on_every_row_unless_it_is_told_not_to():
    """What the docstring warns of: the prior that the refitted model has learnt is that of all rows."""
    y = np.repeat([0, 1], [60, 60])
    search = GridSearchCV(DummyClassifier(), {}, cv=TrainDevTestSplit(random_state=0)).fit(y[:, np.newaxis], y)
    assert search.best_estimator_.class_prior_.tolist() == [0.5, 0.5]


def test_cross_val_score_gives_the_one_score_on_dev(multiclass):
    X, y = multiclass
    cv = TrainDevTestSplit(stratify=True, random_state=0)
    rows = cv.parts(X, y)
    model = RidgeClassifier().fit(X[rows["train"]], y[rows["train"]])
    assert cross_val_score(RidgeClassifier(), X, y, cv=cv).tolist() == [model.score(X[rows["dev"]], y[rows["dev"]])]


@pytest.mark.parametrize("routing", [False, True])
def test_a_search_hands_its_groups_to_the_splitter(routing):
    """Two groups are too few for three parts, so the splitter's error shows that they arrived."""
    with config_context(enable_metadata_routing=routing):
        search = GridSearchCV(DummyClassifier(), {}, cv=TrainDevTestSplit(random_state=0))
        search.fit(Y[:, np.newaxis], Y, groups=GROUPS)
        with pytest.raises(ValueError, match="groups must be at least 3 groups"):
            search.fit(Y[:, np.newaxis], Y, groups=Y // 2)


def test_it_shows_its_parameters_as_scikit_learns_splitters_do():
    expected = (
        "TrainDevTestSplit(dev_size=0.1, random_state=0, shuffle=True, stratify=False, test_size='auto', "
        "train_dev_size=None, train_size=None)"
    )
    assert " ".join(repr(TrainDevTestSplit(dev_size=0.1, random_state=0)).split()) == expected


def test_a_random_state_object_goes_on_from_call_to_call():
    splitter = TrainDevTestSplit(random_state=check_random_state(0))
    assert set(splitter.parts(range(100))["test"]) != set(splitter.parts(range(100))["test"])


# Errors: the argument, the rule and the value got -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["train_size", "dev_size", "test_size", "train_dev_size"])
@pytest.mark.parametrize("size", [0, -1, 0.0, 1.0, -0.2, 1.5, np.nan, np.inf, True, np.True_, "half", [10]])
def test_a_size_is_a_share_or_a_number_of_rows(name, size):
    with pytest.raises(ValueError, match=rf"^{name} must be a number of rows .*, or .*\. Got .*\.$") as caught:
        train_dev_test_split(range(100), **{name: size})
    assert repr(size) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "size"), [("train_size", "auto"), ("train_dev_size", "auto"), ("dev_size", None), ("test_size", None)]
)
def test_auto_is_for_dev_and_test_and_none_for_train(name, size):
    with pytest.raises(ValueError, match=f"^{name} must be a number of rows .*Got {size!r}"):
        train_dev_test_split(range(100), **{name: size})


@pytest.mark.parametrize(
    "sizes",
    [
        {"dev_size": 0.5, "test_size": 0.5},
        {"dev_size": 90},
        {"train_size": 100},
        {"train_size": 0.8, "dev_size": 0.2},
        {"train_size": 0.7, "dev_size": 0.2, "test_size": 0.2},
        {"train_size": 0.7, "dev_size": 0.2, "test_size": 0.1001},
        {"train_size": 70, "dev_size": 20, "test_size": 11},
        {"train_size": 0.99, "dev_size": 1},
        {"train_dev_size": 60},
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes):
    rule = "sizes that leave every part at least one row and sum to at most the 100 rows"
    with pytest.raises(ValueError, match=rf"^train_size, .*dev_size and test_size must be {rule}\. Got train_size="):
        train_dev_test_split(range(100), **sizes)


@pytest.mark.parametrize(("n_rows", "sizes", "needed"), [(0, {}, 3), (2, {}, 3), (3, {"train_dev_size": 1}, 4)])
def test_too_few_rows_are_refused(n_rows, sizes, needed):
    with pytest.raises(ValueError, match=rf"^arrays must be of at least {needed} rows.* Got {n_rows}\.$"):
        train_dev_test_split(list(range(n_rows)), **sizes)


def test_no_arrays_are_refused():
    with pytest.raises(ValueError, match=r"^arrays must be at least one .* Got none\.$"):
        train_dev_test_split()


def test_none_is_no_array():
    with pytest.raises(ValueError, match=r"^arrays must be sequences.* Got None\.$"):
        train_dev_test_split(range(10), None)


def test_arrays_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[10, 9\]"):
        train_dev_test_split(range(10), range(9))


@pytest.mark.parametrize("name", ["stratify", "groups"])
@pytest.mark.parametrize("labels", [np.zeros(9), np.zeros((10, 2, 2)), "y", True], ids=["short", "3-d", "name", "bool"])
def test_labels_and_groups_are_one_for_each_row(name, labels):
    with pytest.raises(ValueError, match=rf"^{name} must be one label for each of the 10 rows\. Got shape"):
        train_dev_test_split(range(10), **{name: labels})


def test_a_group_is_one_name():
    with pytest.raises(ValueError, match=r"^groups must be one label for each of the 10 rows\. Got shape \(10, 2\)\.$"):
        train_dev_test_split(range(10), groups=np.zeros((10, 2)))


@pytest.mark.parametrize("labels", [np.zeros((9, 2)), np.zeros((10, 0))], ids=["short", "no columns"])
def test_rows_of_labels_are_one_for_each_row(labels):
    with pytest.raises(ValueError, match=r"^stratify must be one label for each of the 10 rows\. Got shape"):
        train_dev_test_split(range(10), stratify=labels)


def test_missing_labels_in_a_row_of_labels_are_refused():
    labels = np.zeros((10, 2))
    labels[[3, 7], 1] = np.nan
    with pytest.raises(ValueError, match=r"^stratify must be free of missing labels\. Got some, in rows \[3, 7\]\.$"):
        train_dev_test_split(range(10), stratify=labels)


MISSING = {
    "NaN": [0.0, np.nan],
    "NaN among text": ["a", np.nan],
    "None": ["a", None],
    "NaN array": np.array([0.0, np.nan]),
    "NaT": np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
    "pandas NA": pd.Series([1, None], dtype="Int64"),
    "pandas text": pd.Series(["a", None], dtype="string"),
    "category": pd.Series(["a", None], dtype="category"),
}


@pytest.mark.parametrize("name", ["stratify", "groups"])
@pytest.mark.parametrize("labels", MISSING.values(), ids=MISSING)
def test_missing_labels_are_refused(name, labels):
    labels = labels * 5 if isinstance(labels, list) else labels.repeat(5)
    where = rf"\[{', '.join(map(str, np.flatnonzero(pd.isna(np.asarray(labels, dtype=object)))))}\]"
    with pytest.raises(ValueError, match=rf"^{name} must be free of missing labels\. Got some, in rows {where}\.$"):
        train_dev_test_split(range(10), **{name: labels})


@pytest.mark.parametrize("name", ["stratify", "groups"])
def test_labels_of_mixed_kinds_are_refused(name):
    with pytest.raises(ValueError, match=f"^{name} must be labels of one kind"):
        train_dev_test_split(range(10), **{name: ["a", 1] * 5})


def test_rare_classes_are_named_with_their_counts():
    """The rarest first."""
    y = ["a"] * 20 + ["b"] * 2 + ["c"]
    with pytest.raises(ValueError, match=r"^stratify must be labels with at least 3 rows of each.* Got 'c': 1, 'b': 2"):
        train_dev_test_split(range(23), stratify=y)


def test_rare_rows_of_labels_are_named_with_their_counts():
    """As scikit-learn refuses them: a row that occurs once cannot be in two parts."""
    Y = np.array([[0, 1]] * 20 + [[1, 1]] * 2 + [[1, 0]])
    with pytest.raises(ValueError, match=r"least 3 rows of each.* Got \(1, 0\): 1, \(1, 1\): 2\.$"):
        train_dev_test_split(range(23), stratify=Y)
    with pytest.raises(ValueError, match=r"(?i)least populated class"):
        train_test_split(range(23), stratify=Y)


def test_a_rare_row_of_many_labels_gives_a_short_error():
    Y = np.zeros((30, 500), dtype=int)
    Y[0, 0] = 1
    with pytest.raises(ValueError, match=r"Got \(1, 0, 0, .*\.\.\.\): 1\.$") as raised:
        train_dev_test_split(range(30), stratify=Y)
    assert len(str(raised.value)) < 200


def test_classes_in_few_groups_are_named_with_their_counts():
    y, groups = np.repeat([0, 1], [90, 10]), np.arange(100) // 5
    with pytest.raises(ValueError, match=r"^stratify must be labels with at least 3 groups of each.* Got 1: 2\.$"):
        train_dev_test_split(y, stratify=y, groups=groups)


def test_a_target_that_is_no_class_gives_a_short_error():
    with pytest.raises(ValueError, match=r"Got 0: 1, 1: 1, 2: 1, 3: 1, 4: 1 and 95 more\.$"):
        train_dev_test_split(range(100), stratify=range(100))


def test_a_part_with_fewer_rows_than_classes_is_refused():
    with pytest.raises(ValueError, match=r"^dev_size must be at least 3 rows, one for each class of stratify\. Got 2"):
        train_dev_test_split(Y, stratify=Y, dev_size=2)


@pytest.mark.parametrize(("parameters", "labels"), [WAYS["stratified"], WAYS["groups"], WAYS["both"]])
def test_rows_in_order_can_be_neither_stratified_nor_grouped(parameters, labels):
    names = " and ".join(labels)
    with pytest.raises(ValueError, match=rf"^shuffle must be True where {names} decide .*\. Got False\.$"):
        train_dev_test_split(Y, shuffle=False, **parameters, **labels)


def test_too_few_groups_are_refused():
    with pytest.raises(ValueError, match=r"^groups must be at least 3 groups, one for each part\. Got 2\.$"):
        train_dev_test_split(range(10), groups=np.arange(10) // 5)


@pytest.mark.parametrize("name", ["stratify", "shuffle"])
@pytest.mark.parametrize("value", [1, None, "yes"])
def test_switches_of_the_splitter_are_true_or_false(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must be True or False\. Got {value!r}\.$"):
        TrainDevTestSplit(**{name: value}).parts(Y, Y)


def test_the_splitter_needs_labels_to_stratify():
    with pytest.raises(ValueError, match=r"^stratify must be one label for each of the 120 rows\. Got shape \(\)\.$"):
        TrainDevTestSplit(stratify=True).parts(Y)


# Classes that training has none of ------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [np.array(["a", "b", "c"]), np.array([0, 1, 2]), np.array([0.0, 1.0, 2.0])])
def test_rows_in_the_order_of_their_classes_are_a_warning_where_order_is_kept(labels):
    """By hand: of 100 rows 60 are trained on, and the last 40 are all of the third class, which those have not."""
    y = labels[np.repeat([0, 1, 2], [30, 30, 40])]
    with pytest.warns(UserWarning, match=r"20 of 20 (dev|test) rows are of classes that no train row has") as caught:
        train_dev_test_split(np.zeros((100, 2)), y, shuffle=False)
    assert len(caught) == 2
    assert f"({labels[2]})" in str(caught[0].message)


def test_groups_that_are_the_classes_are_a_warning():
    y = np.repeat([0, 1, 2, 3], 50)
    with pytest.warns(UserWarning, match="rows are of classes that no train row has"):
        train_dev_test_split(np.zeros((200, 2)), y, groups=y + 10, random_state=0)


def test_the_splitter_warns_too():
    """As the cv of a search."""
    y = np.repeat([0, 1, 2], [30, 30, 40])
    with pytest.warns(UserWarning, match=r"20 of 20 (dev|test) rows"):
        list(TrainDevTestSplit(shuffle=False).split(np.zeros((100, 2)), y))


SILENT = {
    "numbers": np.linspace(0, 1, 100),
    "counts": np.arange(100),
    "names": np.array([f"row {number}" for number in range(100)]),
    "columns": np.zeros((100, 3)),
    "one column": np.zeros((100, 1)),
    "list": [0, 1] * 50,
    "nothing but None": np.array([None] * 100, dtype=object),
    "dates": np.arange(100).astype("datetime64[D]"),
}


@pytest.mark.parametrize("second", SILENT.values(), ids=SILENT)
def test_what_does_not_look_like_classes_is_no_concern(second):
    """In order, so that no value of the later parts is among the first."""
    train_dev_test_split(np.zeros((100, 2)), second, shuffle=False)


def test_the_groups_themselves_are_no_classes():
    """Whole groups come into one part each: that is what they are for."""
    groups = np.repeat(np.arange(5), 20)
    train_dev_test_split(np.zeros((100, 2)), groups, groups=groups, random_state=0)
