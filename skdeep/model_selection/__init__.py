"""Machine-learning strategy: splits, bias and variance, and what to do next, for any scikit-learn estimator."""

from ._batched_search import BatchedGridSearchCV
from ._bias_variance import bias_variance_report
from ._ladder import Gap
from ._learning_curve import LearningCurve
from ._recipe import Advice
from ._report import BiasVarianceReport
from ._split import TrainDevTestSplit, train_dev_test_split

__all__ = [
    "Advice",
    "BatchedGridSearchCV",
    "BiasVarianceReport",
    "Gap",
    "LearningCurve",
    "TrainDevTestSplit",
    "bias_variance_report",
    "train_dev_test_split",
]
