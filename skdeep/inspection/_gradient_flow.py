"""Whether signal and gradient get through: forward and back once, measured layer by layer."""

from __future__ import annotations

from typing import Any

from .._flow.cures import advise
from .._flow.measure import measure
from .._input_scales import input_warnings, varies
from ._flow_report import GradientFlowReport
from ._subject import network_and_rows


def gradient_flow(estimator: Any, X: Any, y: Any, *, sample_weight: Any = None) -> GradientFlowReport:
    """Measure how signal and gradient change through a network, before training or after it.

    Signals that shrink or grow by the same factor in every layer vanish or explode with the depth, and so do gradients
    on their way back; a single layer may do it too. Initial weights that suit the activation keep both about the same.
    Verdicts compare the ends, the spread of the output with that of the inputs and the first layer's delta with the
    output's: `GradientFlowReport` has the rule.

    Parameters
    ----------
    estimator : DeepMLPClassifier, DeepMLPRegressor or Pipeline that ends in one
        Before `fit` it is measured at freshly drawn weights, after it where the training ended. It is not changed.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows; a few hundred are plenty.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Target.
    sample_weight : array-like of shape (n_samples,), default=None
        What each row counts in the gradient.

    Returns
    -------
    GradientFlowReport
        True where signal and gradient are healthy and the inputs normalised; print it. Dropout and augmentation are
        off.

    Raises
    ------
    TypeError
        When there is no network of ours to look into.
    ValueError
        When a parameter of the estimator or an input breaks its rule, or all rows are equal.

    References
    ----------
    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks". He, Zhang, Ren
    & Sun (2015), "Delving Deep into Rectifiers".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import DeepMLPClassifier
    >>> from skdeep.inspection import gradient_flow
    >>> X, y = load_digits(return_X_y=True)
    >>> network = DeepMLPClassifier((100,) * 20, activation="relu", init="glorot_normal", random_state=0)
    >>> report = gradient_flow(network, X[:200] / 16, y[:200])
    >>> report.signal_verdict, report.advice[0].parameters
    ('vanishing', {'init': 'auto'})
    """
    network, rows, names = network_and_rows(estimator, X, y)
    if not varies(rows):
        raise ValueError("X must have rows that differ: without a spread there is no signal to follow. Got equal rows.")
    layers = measure(network, rows, y, sample_weight)
    warnings = input_warnings(rows, names, constants=False)
    advice = advise(network, rows, y, sample_weight, layers, scaled=not warnings)
    return GradientFlowReport(layers, warnings, advice)
