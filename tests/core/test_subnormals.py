"""skdeep.core.subnormals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skdeep.core.subnormals import (
    FLOORS,
    KEPT_FLOOR,
    RARE,
    WEIGHT_FLOOR,
    Kind,
    Tails,
    flush_below,
    flushed,
    look,
    share_found,
)
from skdeep.core.training import FLUSH_STEPS

each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
each_floor = pytest.mark.parametrize("floors", [WEIGHT_FLOOR, *FLOORS.values()])
any_floats = st.floats(width=32)


@given(arrays(np.float32, st.integers(0, 30), elements=any_floats), st.integers(1, 8))
def test_what_is_below_the_floor_becomes_zero_and_nothing_else_changes(values, scratch_size):
    """To the last bit; infinity and NaN stay, and so does the order, however few are compared at a time."""
    flushed_values = values.copy()
    flush_below(flushed_values, 1e-20, np.empty(scratch_size, dtype=np.float32))
    expected = np.where(np.abs(values) < np.float32(1e-20), np.float32(0.0), values)
    np.testing.assert_array_equal(flushed_values, expected)


@each_floor
@each_dtype
def test_a_floor_is_normal_after_all_steps_until_the_next_flush(floors, dtype):
    """Decaying by 0.9 a step, as moments do."""
    assert floors[np.dtype(dtype).itemsize] * 0.9**FLUSH_STEPS > np.finfo(dtype).tiny


@each_dtype
def test_the_square_of_a_gradient_above_its_floor_is_normal(dtype):
    """Ten per cent of it, too, which is what RMSProp adds."""
    floor = np.array(FLOORS[Kind.GRADIENT][np.dtype(dtype).itemsize], dtype=dtype)
    assert 0.1 * floor * floor > np.finfo(dtype).tiny


@pytest.mark.parametrize("floors", [WEIGHT_FLOOR, KEPT_FLOOR])
def test_weights_above_the_floor_of_float64_are_normal_in_float32(floors):
    """So that a network in float64 predicts rows of float32 as fast as others."""
    assert floors[8] > np.finfo(np.float32).tiny


@each_dtype
def test_weights_without_small_ones_are_given_back_themselves(dtype):
    """Zeros are none."""
    weights = np.array([[0.0, 1e-15], [-3.0, 1.0]], dtype=dtype)
    assert flushed(weights) is weights


@each_dtype
def test_read_only_weights_are_copied(dtype):
    """As those of a file in a memory map."""
    weights = np.array([1e-37, -1e-37, 2.0], dtype=dtype)
    weights.flags.writeable = False
    np.testing.assert_array_equal(flushed(weights), [0.0, 0.0, 2.0])
    assert weights[0] != 0.0


def tails_that_looked_at(n_tiny, kind):
    """Which has flushed so many of a thousand values in its look."""
    tails, values = Tails(np.empty(100, dtype=np.float32)), np.zeros(1000, dtype=np.float32)
    values[500:] = 1.0
    values[:n_tiny] = 1e-35
    look([tails])
    tails.flush(values, kind)
    assert np.all((values == 0.0) | (values == 1.0))
    share_found([tails])
    return tails


@pytest.mark.parametrize(("n_tiny", "flushes"), [(0, False), (1000 // RARE, False), (1000 // RARE + 1, True)])
def test_what_is_flushed_is_flushed_on_where_it_is_not_rare(n_tiny, flushes):
    """In steps that do not look; zeros are none of it."""
    tails, later = tails_that_looked_at(n_tiny, Kind.DELTA), np.full(3, 1e-35, dtype=np.float32)
    tails.flush(later, Kind.DELTA)
    assert np.all(later == 0.0) == flushes


def test_one_kind_is_no_word_on_another():
    """A step need not pay for both."""
    tails, later = tails_that_looked_at(50, Kind.DELTA), np.full(3, 1e-35, dtype=np.float32)
    tails.flush(later, Kind.OUTPUT)
    assert np.all(later != 0.0)


def test_what_one_thread_finds_all_know():
    """Until the next look."""
    finder, others = tails_that_looked_at(50, Kind.GRADIENT), [Tails(np.empty(4, dtype=np.float32)) for _ in range(2)]
    assert share_found([others[0], finder, others[1]])
    assert all(tails.found == {Kind.GRADIENT.name} for tails in others)
    look(others)
    assert not share_found(others)
