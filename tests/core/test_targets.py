"""skdeep.core.targets."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from skdeep.core.targets import Indicators, OneHot, row_blocks, targets_key

codes = arrays(np.intp, st.integers(1, 30), elements=st.integers(0, 4))
indicators = arrays(np.int8, st.tuples(st.integers(1, 30), st.integers(1, 5)), elements=st.integers(0, 1))
smoothings = st.sampled_from([0.0, 0.1, 0.5])
dtypes = st.sampled_from([np.float32, np.float64])


@given(codes, st.sampled_from([5, 300]), smoothings, dtypes, st.data())
def test_one_hot_rows_are_those_of_the_matrix(codes, n_classes, smoothing, dtype, data):
    """Smoothed too, to the last bit, whichever rows are asked for and however often, of few classes or many."""
    numbers = np.array(data.draw(st.lists(st.integers(0, len(codes) - 1), min_size=1, max_size=40)))
    whole = np.eye(n_classes, dtype=dtype)[codes] * dtype(1.0 - smoothing) + dtype(smoothing / n_classes)
    targets = OneHot(codes, n_classes, dtype).smoothed(smoothing)
    np.testing.assert_array_equal(targets[numbers], whole[numbers])
    assert targets[numbers].dtype == dtype


@pytest.mark.parametrize("container", [np.asarray, csr_array, np.asfortranarray, lambda Y: Y.astype(np.float32)])
@given(Y=indicators, smoothing=smoothings, dtype=dtypes, data=st.data())
def test_rows_of_indicators_are_those_of_the_matrix(container, Y, smoothing, dtype, data):
    """Dense or sparse, of whatever precision."""
    numbers = np.array(data.draw(st.lists(st.integers(0, len(Y) - 1), min_size=1, max_size=40)))
    whole = Y.astype(dtype) * dtype(1.0 - smoothing) + dtype(smoothing / 2)
    targets = Indicators(container(Y), dtype).smoothed(smoothing)
    np.testing.assert_array_equal(targets[numbers], whole[numbers])


@pytest.mark.parametrize("targets", [OneHot(np.array([2, 0]), 3, float), Indicators(np.eye(2, dtype=int), float)])
def test_one_number_gives_one_row(targets):
    np.testing.assert_array_equal(targets[1], targets[np.array([1])][0])


@pytest.mark.parametrize(
    "values", [OneHot(np.arange(5000) % 7, 7, np.float32), np.eye(7, dtype=int)[np.arange(5000) % 7]]
)
def test_a_second_mini_batch_allocates_no_array(values):
    """Codes and rows of integers go through a buffer that is kept."""
    targets = values if isinstance(values, OneHot) else Indicators(values, np.float32)
    out, numbers = np.empty(targets.shape, dtype=np.float32), np.arange(5000)
    targets.take(numbers, 0, out, "clip")
    size = np.setbufsize(16)
    tracemalloc.start()
    try:
        targets.take(numbers, 0, out, "clip")
        assert tracemalloc.get_traced_memory()[1] < 4 * 5000
    finally:
        tracemalloc.stop()
        np.setbufsize(size)


@pytest.mark.parametrize(("n_rows", "is_whole"), [(100, True), (20_000, False)])
@pytest.mark.parametrize(
    "make", [lambda n: OneHot(np.arange(n) % 70, 70, float), lambda n: Indicators(np.ones((n, 70)), float)]
)
def test_few_rows_are_gathered_at_once(make, n_rows, is_whole):
    """Of many no matrix is made."""
    targets = make(n_rows)
    gathered = targets.gathered()
    assert isinstance(gathered, np.ndarray) == is_whole
    np.testing.assert_array_equal(gathered[np.arange(50)], targets[np.arange(50)])


def test_keys_are_equal_for_equal_targets_alone():
    """By classes and smoothing, and of arrays by their values."""
    first, again, other = (OneHot(np.array(c), 3, np.float32) for c in ([0, 1], [0, 1], [0, 2]))
    assert targets_key(first) == targets_key(again)
    assert len({targets_key(t) for t in (first, other, first.smoothed(0.1), np.eye(2), np.ones((2, 2)))}) == 5


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_blocks_cover_all_rows_once_in_order(n_rows, n_columns):
    """In few values each, or a row each."""
    n_rows = min(n_rows, 2**22 // n_columns + 3)
    blocks = list(row_blocks(n_rows, n_columns))
    starts, stops = [block.start for block in blocks], [min(block.stop, n_rows) for block in blocks]
    assert starts == [0, *stops[:-1]][: len(starts)]
    assert (stops or [0])[-1] == n_rows
    assert all(size * n_columns <= max(2**20, n_columns) for size in np.subtract(stops, starts))
