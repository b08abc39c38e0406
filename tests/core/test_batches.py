"""skdeep.core.batches."""

from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skdeep.core import L2, LOSSES, MiniBatches, Network, Objective, ParameterVector, Rows, RowTotals, Workspace

NETWORK = Network((2, 1), (), LOSSES["regression"], (1.0,))


def numbered_rows(n, weight=None, numbers=None):
    """Rows that carry their own number as their first feature, and minus it as their target."""
    X = np.column_stack([np.arange(n, dtype=float), np.ones(n)])
    return Rows(X, -X[:, :1], weight, np.arange(n) if numbers is None else numbers)


def seen(batches):
    """The numbers of the rows of one pass, batch by batch."""
    return [batch.inputs[:, 0].astype(int).tolist() for batch in batches.epoch()]


def mini_batches(rows, size, **options):
    return MiniBatches(rows, Workspace(NETWORK, size, np.float64), **options)


@given(st.integers(1, 40), st.integers(1, 45), st.booleans())
def test_a_pass_visits_every_row_once(n, size, shuffled):
    """Shuffled or not, the batches of a pass hold every row exactly once, in as many batches as len() says."""
    batches = mini_batches(numbered_rows(n), size, shuffle=np.random.default_rng(0) if shuffled else None)
    found = seen(batches)
    assert sorted(chain(*found)) == list(range(n))
    assert len(found) == len(batches)
    assert {len(batch) for batch in found[:-1]} <= {size}


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20), st.integers(1, 8))
def test_only_the_numbered_rows_are_visited(numbers, size):
    """Rows left out never come, and rows numbered twice come twice."""
    rows = numbered_rows(31, numbers=np.array(numbers))
    assert list(chain(*seen(mini_batches(rows, size)))) == numbers


def test_the_last_batch_may_be_short():
    """Ten rows in batches of four are four, four and two, in the workspace and its leading rows."""
    batches = mini_batches(numbered_rows(10), 4)
    assert [batch.n_rows for batch in batches.epoch()] == [4, 4, 2]


def test_without_shuffling_the_order_is_kept():
    """Every pass follows the given order."""
    batches = mini_batches(numbered_rows(7), 3)
    assert seen(batches) == seen(batches) == [[0, 1, 2], [3, 4, 5], [6]]


def test_every_pass_is_shuffled_afresh(rng):
    """Two passes of one training have different orders."""
    batches = mini_batches(numbered_rows(50), 10, shuffle=rng)
    first, second = seen(batches), seen(batches)
    assert first != second


def test_a_pass_depends_on_the_generator_and_not_on_earlier_passes():
    """From an equal generator state comes an equal order, so that training can be resumed."""
    going_on = mini_batches(numbered_rows(20), 6, shuffle=np.random.default_rng(1))
    seen(going_on)
    resumed = np.random.default_rng(1)
    resumed.shuffle(np.arange(20))
    assert seen(mini_batches(numbered_rows(20), 6, shuffle=resumed)) == seen(going_on)


def test_shuffling_leaves_the_rows_in_order(rng):
    """The caller's numbers are not shuffled, nor is anything else of the caller's."""
    rows = numbered_rows(20)
    list(mini_batches(rows, 6, shuffle=rng).epoch())
    np.testing.assert_array_equal(rows.numbers, np.arange(20))
    np.testing.assert_array_equal(rows.X[:, 0], np.arange(20))


def test_a_full_batch_draws_no_order(rng):
    """All rows at once need no shuffling, and the generator stays as it was."""
    before = rng.bit_generator.state
    assert seen(mini_batches(numbered_rows(5), 8, shuffle=rng)) == [[0, 1, 2, 3, 4]]
    assert rng.bit_generator.state == before


def test_rows_and_targets_stay_together(rng):
    """Each row comes with its own target."""
    for batch in mini_batches(numbered_rows(20), 6, shuffle=rng).epoch():
        np.testing.assert_array_equal(batch.targets, -batch.inputs[:, :1])


@pytest.mark.parametrize("size", [1, 3, 4, 10, 12])
@pytest.mark.parametrize("weighted", [False, True])
def test_mini_batches_estimate_the_objective_without_bias(weighted, size, rng):
    """At fixed theta the mean of the batches' losses and gradients, by their share of rows, is the full objective's."""
    rows = numbered_rows(10, rng.uniform(0.1, 3.0, 10) if weighted else None)
    parameters = ParameterVector((2, 1), rng.normal(size=3))
    gradient = ParameterVector((2, 1))
    loss, mean_gradient = 0.0, np.zeros(3)
    for batch in mini_batches(rows, size, shuffle=rng).epoch():
        loss += batch.n_rows / 10 * NETWORK.loss_and_gradient(parameters, gradient, batch)
        mean_gradient += batch.n_rows / 10 * gradient.theta
    expected, expected_gradient = Objective(NETWORK, rows, L2(0.0))(parameters.theta)
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(mean_gradient, expected_gradient, rtol=1e-12)


def test_total_weight_is_the_m_of_the_objective(rng):
    """The sum of the weights of the rows that belong; without weights their number."""
    weight = rng.uniform(0.1, 3.0, 10)
    assert numbered_rows(10, numbers=np.array([2, 3, 9])).total_weight == 3.0
    assert numbered_rows(10, weight, np.array([2, 9])).total_weight == pytest.approx(weight[2] + weight[9], rel=1e-15)


def test_total_weight_of_many_small_weights_is_exact():
    """Float32 weights are added in double precision."""
    weight = np.full(1_000_000, 0.1, dtype=np.float32)
    rows = Rows(np.empty((1_000_000, 0)), np.empty((1_000_000, 0)), weight, np.arange(1_000_000))
    assert rows.total_weight == pytest.approx(1e6 * float(np.float32(0.1)), rel=1e-12)


def test_sparse_rows_are_gathered_as_dense_ones(rng):
    """CSR rows arrive in the workspace as their dense values."""
    rows = numbered_rows(10)
    sparse = Rows(csr_array(rows.X), rows.Y, None, rows.numbers)
    for dense, gathered in zip(mini_batches(rows, 4).epoch(), mini_batches(sparse, 4).epoch(), strict=True):
        np.testing.assert_array_equal(gathered.inputs, dense.inputs)


# Augmentation.


def add_one(X_batch, Y_batch, rng):
    X_batch += 1.0
    Y_batch *= 2.0


@pytest.mark.parametrize("size", [3, 10, 20])
@pytest.mark.parametrize("make", [np.asarray, csr_array])
def test_augmentation_never_touches_the_rows_of_the_caller(make, size):
    """The batches are changed in place; X and Y are not."""
    plain = numbered_rows(10)
    rows = Rows(make(plain.X.copy()), plain.Y.copy(), None, plain.numbers)
    list(mini_batches(rows, size, augment=add_one).epoch())
    found = rows.X.toarray() if make is csr_array else rows.X
    np.testing.assert_array_equal(found, plain.X)
    np.testing.assert_array_equal(rows.Y, plain.Y)


@pytest.mark.parametrize("size", [3, 10, 20])
def test_augmentation_starts_from_the_rows_in_every_pass(size):
    """The third pass is augmented once, not three times, full batch or not."""
    batches = mini_batches(numbered_rows(10), size, augment=add_one)
    for _ in range(3):
        copies = [(batch.inputs.copy(), batch.targets.copy()) for batch in batches.epoch()]
    X, Y = (np.concatenate(parts) for parts in zip(*copies, strict=True))
    np.testing.assert_array_equal(X, numbered_rows(10).X + 1.0)
    np.testing.assert_array_equal(Y, 2.0 * numbered_rows(10).Y)


@pytest.mark.parametrize("size", [3, 10, 20])
def test_augmentation_draws_afresh_in_every_pass(size, rng):
    """Noise on a row is new in every pass, full batch or not."""
    batches = mini_batches(numbered_rows(10), size, augment=lambda X, Y, rng: rng.random(out=X), augment_rng=rng)
    first, second = (np.concatenate([batch.inputs.copy() for batch in batches.epoch()]) for _ in range(2))
    assert (first != second).all()


def test_augmentation_draws_from_its_own_generator():
    """`augment` is handed the generator meant for it."""
    handed, own = [], np.random.default_rng(0)
    batches = mini_batches(numbered_rows(5), 2, augment=lambda X, Y, rng: handed.append(rng), augment_rng=own)
    assert len(list(batches.epoch())) == len(handed) == 3
    assert all(rng is own for rng in handed)


# Equal rows as one.


def table(values, dtype=np.float64):
    """A row per value: its features are drawn by the value, its target is the value."""
    values = np.asarray(values)
    return np.random.default_rng(7).normal(size=(6, 2)).astype(dtype)[values], values[:, None].astype(dtype)


def rows_of(values, weight=None, make=np.asarray, dtype=np.float64):
    X, Y = table(values, dtype)
    return Rows(make(X), Y, weight, np.arange(len(values)))


def result(rows, dtype=np.float64):
    """The objective of the merged rows and its gradient, as bytes: equal means equal in every bit."""
    theta = np.array([0.3, -0.7, 0.1], dtype=dtype)
    value, gradient = Objective(NETWORK, rows.merge_equal(), L2(0.1), dtype=dtype)(theta)
    return value, gradient.tobytes()


some_values = st.lists(st.integers(0, 5), min_size=1, max_size=15)
each_layout = pytest.mark.parametrize("make", [np.asarray, csr_array])


@each_layout
@given(values=some_values)
def test_merging_keeps_every_row_at_its_total_weight(make, values):
    """Each distinct row is left once, with the number of its copies as its weight."""
    merged = rows_of(values, make=make).merge_equal()
    kept = merged.Y[merged.numbers, 0].astype(int).tolist()
    weights = np.ones(len(kept)) if merged.weight is None else merged.weight[merged.numbers]
    assert sorted(zip(kept, weights, strict=True)) == [(v, values.count(v)) for v in sorted(set(values))]
    assert merged.total_weight == len(values)


@each_layout
@given(values=some_values)
def test_merged_rows_give_the_objective_of_all(make, values):
    """Merging does not change the objective."""
    rows, theta = rows_of(values, make=make), np.array([0.3, -0.7, 0.1])
    merged, whole = (Objective(NETWORK, r, L2(0.1))(theta) for r in (rows.merge_equal(), rows))
    assert merged[0] == pytest.approx(whole[0], rel=1e-12)
    np.testing.assert_allclose(merged[1], whole[1], rtol=1e-10, atol=1e-13)


@each_layout
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(values=some_values, seed=st.integers(0, 100))
def test_merged_rows_have_no_order(make, dtype, values, seed):
    """Rows in another order give the same objective and gradient, bit for bit."""
    shuffled = np.random.default_rng(seed).permutation(values).tolist()
    assert result(rows_of(shuffled, make=make, dtype=dtype), dtype) == result(
        rows_of(values, make=make, dtype=dtype), dtype
    )


@each_layout
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(counts=st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_merging_makes_weights_equal_repetition(make, dtype, counts):
    """A row of weight k and k copies of it give the same objective and gradient, bit for bit."""
    values = np.arange(len(counts))
    weighted = rows_of(values, np.array(counts, dtype=dtype), make, dtype)
    assert result(weighted, dtype) == result(rows_of(np.repeat(values, counts), None, make, dtype), dtype)


def test_rows_that_differ_in_the_target_stay_apart():
    """Equal features with different targets are two rows."""
    rows = Rows(np.ones((3, 2)), np.array([[0.0], [1.0], [0.0]]), None, np.arange(3))
    merged = rows.merge_equal()
    assert sorted(merged.weight[merged.numbers]) == [1.0, 2.0]


@each_layout
def test_rows_that_differ_in_the_column_stay_apart(make):
    """The same value in another column makes another row, whatever the storage."""
    rows = Rows(make(np.array([[5.0, 0.0], [0.0, 5.0], [5.0, 0.0]])), np.ones((3, 1)), None, np.arange(3))
    merged = rows.merge_equal()
    assert sorted(merged.weight[merged.numbers]) == [1.0, 2.0]


def test_merging_copies_no_rows():
    """The merged rows are numbers into the caller's own X and Y."""
    rows = rows_of([0, 1, 0])
    assert rows.merge_equal().X is rows.X
    assert rows.merge_equal().Y is rows.Y


def test_merging_distinct_rows_makes_no_weights():
    """Where no two rows are equal and none has a weight, none gets one."""
    assert rows_of([3, 1, 2]).merge_equal().weight is None


def test_merging_sees_only_the_rows_that_belong():
    """Equal rows outside the numbered ones are not counted."""
    X, Y = table([0, 0, 1, 0])
    merged = Rows(X, Y, None, np.array([1, 2, 3])).merge_equal()
    assert merged.total_weight == 3.0
    assert set(merged.numbers) == {1, 2}


# Totals -------------------------------------------------------------------------------------------------------------


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    weighted=st.booleans(),
)
def test_totals_of_parts_are_those_of_the_whole(sizes, weighted):
    """However the rows are parted: number, mean weight, weighted mean and mean square by numpy."""
    rng, n = np.random.default_rng(0), sum(sizes)
    Y, weight = rng.normal(3.0, 2.0, (n, 2)), rng.uniform(0.0, 4.0, n) if weighted else None
    ends, totals = np.cumsum([0, *sizes]), RowTotals()
    for start, end in pairwise(ends):
        totals = totals.and_those_of(Rows(Y, Y, weight, np.arange(start, end)).totals())
    assert totals.n_rows == n
    assert totals.weight == pytest.approx(n if weight is None else weight.sum(), rel=1e-12)
    np.testing.assert_allclose(totals.mean, np.average(Y, axis=0, weights=weight), rtol=1e-12)
    np.testing.assert_allclose(totals.mean_square, np.average(Y**2, axis=0, weights=weight), rtol=1e-12)
    spread = np.atleast_2d(np.cov(Y.T, aweights=weight, ddof=0)).diagonal()
    np.testing.assert_allclose(totals.variance, spread, rtol=1e-9, atol=1e-14)


def test_totals_of_equal_parts_stay_what_they_are():
    """To the last bit, so that calls on one table weigh alike."""
    rng = np.random.default_rng(0)
    one = Rows(None, rng.normal(size=(7, 2)), rng.uniform(size=7), np.arange(7)).totals()
    many = one
    for _ in range(10):
        many = many.and_those_of(one)
    assert (many.n_rows, many.mean_weight) == (77, one.mean_weight)
    np.testing.assert_array_equal(many.mean, one.mean)
    np.testing.assert_array_equal(many.variance, one.variance)


def test_rows_without_weight_are_counted_and_no_more():
    silent = Rows(None, np.ones((3, 1)), np.zeros(3), np.arange(3)).totals()
    both = silent.and_those_of(Rows(None, np.full((1, 1), 5.0), None, np.arange(1)).totals())
    assert (both.n_rows, both.mean_weight, both.mean) == (4, 0.25, 5.0)


def test_totals_in_another_unit_are_those_of_the_targets_in_it(rng):
    Y = rng.normal(3.0, 2.0, (20, 2))
    shift, factor = np.array([1.0, -2.0]), np.array([0.5, 7.0])
    moved = Rows(None, Y, None, np.arange(20)).totals().in_unit(shift, factor)
    expected = Rows(None, (Y - shift) / factor, None, np.arange(20)).totals()
    np.testing.assert_allclose(moved.mean, expected.mean, rtol=1e-12)
    np.testing.assert_allclose(moved.variance, expected.variance, rtol=1e-12)
