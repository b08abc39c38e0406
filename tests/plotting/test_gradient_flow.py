"""GradientFlowDisplay: signal and gradient of every layer."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdeep import DeepMLPClassifier
from skdeep.inspection import gradient_flow
from skdeep.plotting import GradientFlowDisplay

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.mark.parametrize("depth", [3, 100])
def test_gradient_flow_display_draws_the_figures_of_the_report(depth, multiclass):
    """Spread, delta and gradient norm of every layer on logarithmic axes, with the verdicts as titles."""
    report = gradient_flow(DeepMLPClassifier((5,) * depth, activation="tanh", random_state=0), *multiclass)
    display = report.plot()
    assert isinstance(display, GradientFlowDisplay)
    for line, name in zip(display.lines_, ("spread", "delta", "weight_gradient"), strict=True):
        assert_allclose(line.get_ydata(), [getattr(layer, name) for layer in report.layers])
    assert [ax.get_yscale() for ax in display.ax_] == ["log", "log"]
    assert display.ax_[1].get_title() == f"gradient: {report.gradient_verdict}"
    assert len(display.ax_[0].get_xticks()) <= 16


def test_the_signal_begins_at_the_inputs(multiclass):
    """As layer 0: what the verdict on the output is measured by; left out where the figure is not given."""
    report = gradient_flow(DeepMLPClassifier((5,), random_state=0), *multiclass)
    inputs = report.plot().ax_[0].lines[-1]
    assert_allclose(inputs.get_xdata(), [0, 1])
    assert_allclose(inputs.get_ydata(), [np.sqrt(multiclass[0].var(axis=0).mean()), report.layers[0].spread])
    figures = {"spread": [1.0], "delta": [1.0], "weight_gradient": [1.0]}
    bare = GradientFlowDisplay(**figures, signal_verdict="healthy", gradient_verdict="healthy").plot()
    assert len(bare.ax_[0].lines) == 1


def test_a_network_that_lets_nothing_through_is_drawn_too(multiclass):
    """Zeros have no place on a logarithmic axis; the titles say what is wrong."""
    display = gradient_flow(DeepMLPClassifier((5, 5), init="zeros", random_state=0), *multiclass).plot()
    display.figure_.canvas.draw()
    assert [ax.get_title() for ax in display.ax_] == ["signal: vanishing", "gradient: vanishing"]


def test_gradient_flow_display_takes_a_pair_of_axes(multiclass):
    """And says so if it gets another number."""
    report = gradient_flow(DeepMLPClassifier((5, 5), random_state=0), *multiclass)
    figure, axes = plt.subplots(2, 1)
    assert report.plot(ax=axes).figure_ is figure
    with pytest.raises(ValueError, match="pair of axes"):
        report.plot(ax=axes[0])
