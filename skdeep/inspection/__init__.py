"""Looks into networks: whether the gradient is correct, and whether signal and gradient reach every layer."""

from .._flow.layers import Advice, LayerFlow
from ..core import GradientCheckResult
from ._flow_report import GradientFlowReport
from ._gradient_check import check_gradient
from ._gradient_flow import gradient_flow

__all__ = ["Advice", "GradientCheckResult", "GradientFlowReport", "LayerFlow", "check_gradient", "gradient_flow"]
