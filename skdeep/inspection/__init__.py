"""Looks into networks: is the gradient correct, and do signal and gradient reach every layer?"""

from ..core import GradientCheckResult
from ._gradient_check import check_gradient

__all__ = ["GradientCheckResult", "check_gradient"]
