"""Displays: numbers in, drawing out. They follow scikit-learn's: `plot` draws, and matplotlib is loaded only there."""

from ._bias_variance import BiasVarianceDisplay
from ._gradient_check import GradientCheckDisplay
from ._gradient_flow import GradientFlowDisplay
from ._loss_curve import LossCurveDisplay

__all__ = ["BiasVarianceDisplay", "GradientCheckDisplay", "GradientFlowDisplay", "LossCurveDisplay"]
