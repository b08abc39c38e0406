"""GradientCheckDisplay: the error of every block, drawn where it is told."""

import numpy as np
import pytest

from skdeep.core import check_gradient
from skdeep.plotting import GradientCheckDisplay

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture
def result():
    """A gradient of two blocks, of which the second is wrong."""

    def fun(theta):
        return theta @ theta, 2 * theta * [1, 1, 1, 2]

    return check_gradient(fun, np.arange(1.0, 5.0), blocks={"first": slice(2), "second": slice(2, 4)})


def test_gradient_check_display_draws_the_error_of_each_block(result):
    """One point for each block at its error, those of one verdict together, beside both thresholds."""
    display = result.plot()
    assert isinstance(display, GradientCheckDisplay)
    drawn = {line.get_label(): line.get_xdata().tolist() for line in display.points_}
    assert drawn["wrong"] == [result.block_errors["second"]]
    assert drawn["correct"] == [max(result.block_errors["first"], 1e-12)]
    assert display.ax_.get_xscale() == "log"
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["first", "second"]


def test_a_display_draws_into_given_axes(result):
    """`plot(ax)` draws there, makes no figure of its own, and returns the display."""
    figure, ax = plt.subplots()
    display = GradientCheckDisplay(block_errors=result.block_errors, block_verdicts=result.block_verdicts)
    assert display.plot(ax=ax) is display
    assert (display.ax_, display.figure_) == (ax, figure)
    assert len(plt.get_fignums()) == 1


def test_a_hundred_blocks_stay_readable():
    """No more than some thirty names stand beside the axis."""
    names = [f"layer {layer}" for layer in range(100)]
    display = GradientCheckDisplay(
        block_errors=dict.fromkeys(names, 1e-9), block_verdicts=dict.fromkeys(names, "correct")
    ).plot()
    assert len(display.ax_.get_yticklabels()) <= 40
