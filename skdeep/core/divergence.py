"""When training has diverged, and the error that says so."""

from __future__ import annotations

import numpy as np

from .monitors import History
from .parameters import ParameterVector

#: Scores that are so far off are no result of learning: a training loss beyond it counts as not finite. Not even a
#: penalty of an alpha of 1e12 comes near it.
LARGEST_LOSS = 1e15


class DivergenceError(ValueError):
    """Training produced a loss or a weight that is not finite, or a training loss beyond `LARGEST_LOSS`."""


def has_diverged(loss: float) -> bool:
    """Whether a training loss is no result of learning."""
    return not loss < LARGEST_LOSS


def require_convergent(parameters: ParameterVector, history: History, loss: float) -> None:
    """Raise unless the weights, a training loss, and the last loss on the dev rows are those of a network that learns.

    Parameters
    ----------
    parameters : ParameterVector
        The weights after the epoch.
    history : History
        Counts the epochs, and has the loss on the dev rows.
    loss : float
        Of the training rows.

    Raises
    ------
    DivergenceError
        Naming the epoch, the layers and what to lower.
    """
    theta = parameters.theta
    dev_loss = history.validation_loss[-1] if history.validation_loss else 0.0
    if not has_diverged(loss) and np.isfinite([dev_loss, theta.min(), theta.max()]).all():
        return
    broken = [str(layer) for layer, size in _largest(parameters) if not np.isfinite(size)]
    layer, size = max(_largest(parameters), key=lambda pair: pair[1])
    advice = "Lower learning_rate_init, set clip_norm, choose" if history.learning_rate else "Choose"
    advice += " an init with smaller weights or a smaller alpha, or scale the inputs (StandardScaler)"
    if broken:
        what = f"the weights of layer {', '.join(broken)} became non-finite"
    elif not has_diverged(loss):
        what = f"the loss on the dev rows became non-finite, while that of the training rows is {loss:.3g}"
        advice += "; or look for extreme values among the dev rows"
    elif np.isfinite(loss):
        what = f"the loss ({loss:.3g}) rose beyond {LARGEST_LOSS:g}; layer {layer} has the largest weight, {size:.3g}"
    else:
        what = f"the loss ({loss}) became non-finite; layer {layer} has the largest weight, {size:.3g}"
    raise DivergenceError(f"Training diverged in epoch {history.n_epochs}: {what}. {advice}.")


def _largest(parameters: ParameterVector) -> list[tuple[int, float]]:
    """The number of each layer, from 1, and the size of its largest weight or bias; NaN where there is one."""
    layers = zip(parameters.weights, parameters.biases, strict=True)
    return [(layer, float(np.max([np.abs(W).max(), np.abs(b).max()]))) for layer, (W, b) in enumerate(layers, 1)]
