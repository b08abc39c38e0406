"""The numeric core: networks, losses, optimizers and the training loop on plain numpy and scipy.

It checks no user input and prints nothing; `skdeep.neural_network` does.
"""

from .activations import ACTIVATIONS, Activation
from .batches import MiniBatches, Rows, RowTotals, StackedBatches
from .divergence import DivergenceError
from .gradient_check import check_gradient, compare_gradient
from .gradient_report import GradientCheckResult
from .initializers import INITIALIZERS
from .losses import LOSSES, Loss
from .monitors import EarlyStopping, History, Monitor, NormRecorder, StopReason
from .network import Dropout, Network, Workspace
from .objective import Objective, mean_loss
from .optimizers import SGD, Adam, Optimizer, RMSProp
from .parameters import ParameterVector
from .penalties import L2, MaxNorm, clip_norm
from .prediction import dropout_moments, layer_outputs, raw_scores
from .schedules import SCHEDULES, Schedule
from .stack import Member, Stack, networks_at_once
from .training import Trainer, train, train_lbfgs

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "L2",
    "LOSSES",
    "SCHEDULES",
    "SGD",
    "Activation",
    "Adam",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "GradientCheckResult",
    "History",
    "Loss",
    "MaxNorm",
    "Member",
    "MiniBatches",
    "Monitor",
    "Network",
    "NormRecorder",
    "Objective",
    "Optimizer",
    "ParameterVector",
    "RMSProp",
    "RowTotals",
    "Rows",
    "Schedule",
    "Stack",
    "StackedBatches",
    "StopReason",
    "Trainer",
    "Workspace",
    "check_gradient",
    "clip_norm",
    "compare_gradient",
    "dropout_moments",
    "layer_outputs",
    "mean_loss",
    "networks_at_once",
    "raw_scores",
    "train",
    "train_lbfgs",
]
