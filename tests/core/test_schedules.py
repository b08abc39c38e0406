"""skdeep.core.schedules."""

import pickle

import numpy as np
import pytest

from skdeep.core import SCHEDULES
from skdeep.core.schedules import Adaptive, Cosine, Exponential, InverseScaling

each_schedule = pytest.mark.parametrize("name", SCHEDULES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("constant", [0.5, 0.5, 0.5, 0.5]),
        ("invscaling", [0.5, 0.25, 0.5 / 6, 0.5 / 101**0.5]),
        ("exponential", [0.5, 0.5 * 0.01**0.03, 0.5 * 0.01**0.35, 0.005]),
        ("cosine", [0.5, 0.25 + 0.25 * np.cos(0.03 * np.pi), 0.25 + 0.25 * np.cos(0.35 * np.pi), 0.0]),
        ("warmup_cosine", [0.5 / 6, 0.5 * 4 / 6, 0.25 + 0.25 * np.cos(np.pi * 30 / 95), 0.0]),
        ("adaptive", [0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_rates_follow_the_formula(name, expected):
    """Rates of a hundred steps from 0.5, at the first step, the fourth, the 36th and after the last."""
    schedule = SCHEDULES[name](0.5, 100)
    np.testing.assert_allclose([schedule(step) for step in (0, 3, 35, 100)], expected, rtol=1e-14, atol=1e-17)


@pytest.mark.parametrize("name", ["exponential", "cosine", "warmup_cosine"])
def test_the_last_rate_holds_after_the_planned_steps(name):
    """Training beyond the planned steps goes on at the last rate."""
    schedule = SCHEDULES[name](0.5, 100)
    assert schedule(100) == schedule(101) == schedule(10_000)


@each_schedule
@pytest.mark.parametrize("n_steps", [1, 2, 19, 100])
def test_rates_stay_between_zero_and_the_initial_rate(name, n_steps):
    """Every planned step has a rate above zero and no larger than the initial one."""
    rates = [SCHEDULES[name](0.5, n_steps)(step) for step in range(n_steps)]
    assert min(rates) > 0.0
    assert max(rates) <= 0.5


@pytest.mark.parametrize("name", ["invscaling", "exponential", "cosine"])
def test_rates_without_warm_up_start_at_the_top_and_fall(name):
    """The first step has the initial rate and every later one less."""
    rates = [SCHEDULES[name](0.5, 50)(step) for step in range(50)]
    assert rates[0] == 0.5
    assert (np.diff(rates) < 0.0).all()


def test_warm_up_rises_in_equal_steps_to_the_initial_rate():
    """The rate grows linearly over the warm-up, reaches the initial rate right after it, and then falls."""
    rates = np.array([Cosine(1.0, 40, warmup_share=0.25)(step) for step in range(40)])
    np.testing.assert_allclose(rates[:11], np.arange(1, 12) / 11, rtol=1e-14)
    assert (np.diff(rates[10:]) < 0.0).all()


def test_the_named_warm_up_is_a_twentieth():
    """`warmup_cosine` rises over the first five of a hundred steps."""
    rates = [SCHEDULES["warmup_cosine"](0.5, 100)(step) for step in range(100)]
    assert int(np.argmax(rates)) == 5
    assert max(rates) == 0.5


def test_exponential_divides_by_the_same_factor_every_step():
    """The ratio of neighbouring rates is constant."""
    rates = np.array([Exponential(0.5, 20, final_share=0.1)(step) for step in range(21)])
    np.testing.assert_allclose(rates[1:] / rates[:-1], 0.1 ** (1 / 20), rtol=1e-13)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_inverse_scaling_takes_its_power(power):
    """The hundredth rate is the first divided by 100 to the power."""
    assert InverseScaling(0.5, power)(99) == pytest.approx(0.5 / 100**power, rel=1e-14)


def test_adaptive_divides_its_rate_when_lowered():
    """`lower` divides the rate by five and says so; between calls it stays."""
    schedule = Adaptive(0.5)
    assert schedule.lower()
    assert schedule(0) == schedule(1000) == 0.1


def test_adaptive_stops_at_the_lowest_rate():
    """At the lowest rate `lower` says no and changes nothing."""
    schedule = Adaptive(1e-6)
    assert not schedule.lower()
    assert schedule(0) == 1e-6


def test_adaptive_can_be_lowered_only_so_often():
    """From 0.5 the rate passes 1e-6 after nine divisions by five."""
    schedule = SCHEDULES["adaptive"](0.5, 100)
    n_divisions = 0
    while schedule.lower():
        n_divisions += 1
    assert n_divisions == 9
    assert schedule(0) == pytest.approx(0.5 / 5**9, rel=1e-14)


@pytest.mark.parametrize("name", ["constant", "invscaling", "exponential", "cosine", "warmup_cosine"])
def test_a_stack_has_a_rate_per_network(name):
    """An initial rate of shape (..., 1) gives rates of that shape, each as for its own network."""
    initial = np.array([[0.1], [0.5]])
    schedule = SCHEDULES[name](initial, 20)
    for step in (0, 7, 19):
        np.testing.assert_allclose(schedule(step), [[SCHEDULES[name](rate, 20)(step)] for rate in (0.1, 0.5)])


@each_schedule
def test_a_schedule_survives_a_pickle(name):
    """A schedule can be stored and goes on where it was."""
    schedule = SCHEDULES[name](0.5, 100)
    assert pickle.loads(pickle.dumps(schedule))(42) == schedule(42)
