"""Multi-layer perceptrons with the interface of scikit-learn."""

from ._classifier import DeepMLPClassifier
from ._regressor import DeepMLPRegressor

__all__ = ["DeepMLPClassifier", "DeepMLPRegressor"]
