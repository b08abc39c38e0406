"""skdeep._input_scales: what is named, what is not, and what it is called."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_matrix, csr_array
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine, make_friedman1
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import MinMaxScaler, StandardScaler, scale

from skdeep._input_scales import _columns, input_warnings, varies

CONTAINERS = [np.asarray, pd.DataFrame, csr_array, csc_matrix, coo_array]


def normal(n_rows=60, n_columns=4):
    return np.random.default_rng(0).normal(size=(n_rows, n_columns))


def counts(n_rows=300, n_columns=2000):
    """Words of texts of 5 to 2000 words, the most frequent of which is in all of them, and many in one alone."""
    rng = np.random.default_rng(0)
    often = 1.0 / np.arange(1, n_columns + 1)
    return csr_array([rng.multinomial(n, often / often.sum()) for n in rng.integers(5, 2000, n_rows)]).astype(float)


def indicators(n_columns, n_rows=400):
    return csr_array(
        (np.ones(n_rows), (np.arange(n_rows), np.random.default_rng(0).integers(n_columns, size=n_rows))),
        shape=(n_rows, n_columns),
    )


def friedman(factor):
    return factor * make_friedman1(600, n_features=6, random_state=0)[0]


FINE = {
    "normal": normal(),
    "a column of ones": np.c_[np.ones(60), normal()],
    "columns of the sizes 0.01 to 8": normal() * [0.01, 0.1, 1.0, 8.0],
    "one column": normal(60, 1),
    "20,000 columns": normal(10, 20_000),
    "one in 500 rows is not like the others": np.eye(500)[:, :3],
    "all but one in 500 are 1": 1.0 - np.eye(500)[:, :3],
    "digits in 0..16": load_digits().data,
    "digits in 0..1": load_digits().data / 16,
    "iris": load_iris().data,
    "diabetes": load_diabetes().data,
    "counts": counts(),
    "tf-idf": TfidfTransformer().fit_transform(counts()),
    "tf-idf, dense": TfidfTransformer().fit_transform(counts()).toarray(),
    "booleans": normal() > 0,
    **{f"{n} categories": indicators(n) for n in (2, 10, 1000, 50_000)},
    **{f"{n} categories, dense": indicators(n).toarray() for n in (2, 10, 1000)},
    "-1 and 1": np.sign(normal()),
    "rounding beside numbers": np.c_[normal(), 1.0 + 1e-15 * normal()],
    "rounding in float32": np.c_[normal(), 1.0 + 1e-7 * normal()].astype(np.float32),
    "principal components of which one is none": PCA().fit_transform(normal() @ normal(4, 3) @ normal(3, 4)),
    "all rows equal": np.full((60, 3), 0.1),
    **{f"{load.__name__[5:]}, scaled": scale(load().data) for load in (load_wine, load_breast_cancer, load_digits)},
}


@pytest.mark.parametrize("X", FINE.values(), ids=FINE)
def test_what_trains_well_is_not_named(X):
    assert input_warnings(X) == ()


SCALES, MEANS, LARGE, SMALL = "standard deviations differ", "from 0 lies the mean", "are large", "are small"
WRONG = {
    "a column in other units": (normal() * [1, 1, 5000, 1], [SCALES]),
    "a column far away": (normal() + np.array([0, 0, 11, 0]), [MEANS]),
    "two faults": (normal() * [1, 1, 5000, 1] + [0, 11, 0, 0], [SCALES, MEANS]),
    "a constant of 10,000": (np.c_[normal(), np.full(60, 1e4)], [MEANS]),
    "a constant of 10,000, but for rounding": (np.c_[normal(), 1e4 + 1e-11 * np.arange(60)], [MEANS]),
    "amounts of which most are 0": (np.c_[normal(), np.where(np.arange(60) % 20 == 0, 1e6, 0.0)], [SCALES]),
    "wine": (load_wine().data, [SCALES, MEANS, LARGE]),
    "breast cancer": (load_breast_cancer().data, [SCALES]),
    "pixels in 0..255": (load_digits().data * 255 / 16, [LARGE]),
    "pixels in 0..255, of 8 bits": ((load_digits().data * 255 / 16).astype(np.uint8), [LARGE]),
    "friedman x 30": (friedman(30), [LARGE]),
    "friedman x 0.01": (friedman(0.01), [SMALL]),
    "normal x 20": (20 * normal(), [LARGE]),
    "1000 columns x 0.001": (1e-3 * normal(60, 1000), [SMALL]),
    "tf-idf x 0.01": (0.01 * TfidfTransformer().fit_transform(counts()), [SMALL]),
    "categories x 0.01": (0.01 * indicators(10), [SMALL]),
    "rare categories x 0.01": (0.01 * np.eye(500)[:, :3], [SMALL]),
    "a column far away and close together": (1e-3 * normal() + 1, [MEANS, SMALL]),
}


@pytest.mark.parametrize(("X", "expected"), WRONG.values(), ids=WRONG)
def test_a_sentence_for_each_thing_that_is_wrong(X, expected):
    """With the remedy; scaled, nothing is left to say."""
    found = input_warnings(X)
    assert [words in sentence for words, sentence in zip(expected, found, strict=True)] == [True] * len(expected)
    assert all("(StandardScaler" in sentence for sentence in found)
    scaler = StandardScaler(with_mean=isinstance(X, np.ndarray))
    assert input_warnings(scaler.fit_transform(X)) == ()


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", [name for name, (X, _) in WRONG.items() if isinstance(X, np.ndarray)])
def test_the_container_does_not_matter(name, container):
    """But for the remedy: what is sparse is scaled and not centred."""
    plain, held = input_warnings(WRONG[name][0]), input_warnings(container(WRONG[name][0]))
    assert [one.split(":")[0] for one in plain] == [one.split(":")[0] for one in held]
    sparse = container not in (np.asarray, pd.DataFrame)
    scales = [one for one in held if MEANS not in one]
    assert all(("with_mean=False" in one) is sparse for one in scales)


def test_numbers_at_the_end_of_what_can_be_held_are_judged():
    """Where a square would not be finite, or 0."""
    assert LARGE in input_warnings(1e300 * normal())[0]
    assert SMALL in input_warnings(1e-300 * normal())[0]
    assert SCALES in input_warnings(normal() * [1.0, 1.0, 1.0, 1e-13])[0]


def test_columns_are_named_by_name_and_at_most_five():
    """Furthest from the others first; by their numbers where there are no names for all."""
    X = scale(normal(60, 20)) + np.r_[np.zeros(10), 20:120:10]
    (sentence,) = input_warnings(X, [f"c{number}" for number in range(20)])
    assert "the mean of c19, c18, c17, c16, c15 and 5 more:" in sentence
    assert "the mean of 19, 18, 17, 16, 15 and 5 more:" in input_warnings(X, ["one", "two"])[0]
    assert "the mean of k19," in input_warnings(pd.DataFrame(X, columns=[f"k{number}" for number in range(20)]))[0]


def test_the_size_is_that_of_the_columns_not_named_yet():
    """A column in other units is one fault, not two; that all others are large is another."""
    assert len(input_warnings(normal() * [1, 1, 1e5, 1])) == 1
    sizes = input_warnings(normal() * [50, 50, 1e-3, 50])[1]
    assert "The other columns are large, with a root mean square of 4" in sizes


def test_size_can_be_left_out():
    """For what does not learn by steps of a given rate columns count against each other alone."""
    assert input_warnings(friedman(30), size=False) == ()
    assert input_warnings(friedman(0.01), size=False) == ()
    assert len(input_warnings(normal() * [1, 1, 5000, 1], size=False)) == 1


NO_NUMBERS = {
    "words": np.array([["a", "b"]] * 9),
    "words and numbers": pd.DataFrame({"a": np.arange(9.0), "b": ["x"] * 9}),
    "missing values": np.where(np.eye(9) > 0, np.nan, 1e9),
    "infinite values": np.where(np.eye(9) > 0, np.inf, 1e9),
    "dates": np.full((9, 2), np.datetime64("2020-01-01")),
    "None": np.full((9, 2), None),
    "no rows": np.empty((0, 3)),
    "no columns": np.empty((3, 0)),
    "one dimension": np.arange(9.0) * 1e9,
    "images": np.ones((9, 2, 2)) * 1e9,
    "rows of different lengths": [[1.0], [1.0, 2.0]],
    "texts": ["one text", "another text"],
}


@pytest.mark.parametrize("X", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_cannot_be_judged_is_passed(X):
    """Nothing is said and nothing raised; rows that cannot be compared count as different."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert input_warnings(X) == ()
        assert varies(X)


@pytest.mark.parametrize("n_rows", [1, 2, 4])
def test_a_few_rows_say_nothing_on_the_spread_of_columns(n_rows):
    """They may lie close together by chance; how large they are can be seen."""
    assert input_warnings(np.full((n_rows, 3), 5.0) + 1e-3 * normal(n_rows, 3)) == ()
    assert LARGE in input_warnings(np.full((n_rows, 3), 200.0))[0]


@given(st.integers(0, 2**32 - 1), st.integers(5, 40), st.integers(1, 6))
def test_scaled_inputs_are_always_fine(seed, n_rows, n_columns):
    """Whatever the columns were: of any size, mean and number of values."""
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(n_rows, n_columns)), rng.integers(0, 4)) * (rng.random((n_rows, n_columns)) < 0.7)
    X = (X + 10.0 ** rng.integers(-3, 6, n_columns)) * 10.0 ** rng.integers(-8, 8, n_columns)
    assert input_warnings(StandardScaler().fit_transform(X)) == ()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_rounding_leaves_of_a_component_that_is_none_is_no_scale(dtype):
    """Of rows of rank 3 in six columns; in float32 as of a text encoder, too."""
    rank_3 = normal(60, 3).astype(dtype) @ normal(3, 6).astype(dtype)
    U, sizes, _ = np.linalg.svd(rank_3 - rank_3.mean(axis=0), full_matrices=False)
    assert 0.0 < sizes[-1] < 1e-5 * sizes[0]
    assert input_warnings(U * (sizes / sizes[0])) == ()


def test_a_range_of_0_to_1_is_as_good():
    assert input_warnings(MinMaxScaler().fit_transform(load_wine().data)) == ()


@pytest.mark.parametrize("container", CONTAINERS)
def test_rows_vary_where_any_two_differ(container):
    """By any amount; the rounding of a mean is none."""
    assert not varies(container(np.full((60, 3), 0.1)))
    assert varies(container(np.full((60, 3), 0.1) + 1e-17 * np.eye(60)[:, :3] + 1e-12 * np.eye(60)[:, :3]))


@given(st.floats(1e-30, 1e30), st.booleans())
def test_sparse_and_dense_moments_are_the_same(factor, centred):
    """Mean, spread, deviation and share of each column, by formulas written out."""
    X = (np.random.default_rng(0).poisson(0.3, (90, 5)) + centred) * factor
    leaves = factor * centred != X  # on less than half of the rows
    for one in (_columns(X), _columns(csr_array(X))):
        np.testing.assert_allclose(one.mean, X.mean(axis=0))
        np.testing.assert_allclose(one.spread, X.std(axis=0))
        np.testing.assert_allclose(one.share, leaves.mean(axis=0))
        squares = ((X - factor * centred) ** 2).sum(axis=0)
        np.testing.assert_allclose(one.deviation, np.sqrt(squares / leaves.sum(axis=0)))
