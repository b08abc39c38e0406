"""skdeep.core.monitors."""

import numpy as np
import pytest

from skdeep.core import EarlyStopping, History, ParameterVector, StopReason

each_column = pytest.mark.parametrize("column", ["loss", "validation_loss", "validation_score"])


def watch(stopping, values):
    """Feed one value an epoch, at weights equal to the epoch's number; the answers, the history, the parameters."""
    history, parameters, answers = History(), ParameterVector((1, 1)), []
    for value in values:
        history.n_epochs += 1
        parameters.theta[...] = history.n_epochs
        getattr(history, stopping.column).append(value)
        if stopping.column == "validation_score":
            history.validation_loss.append(1.0)
        answers.append(stopping.epoch_ended(history, parameters))
    return answers, history, parameters


def stopped_after(stopping, values):
    """The first epoch with a reason to stop, or None."""
    answers, *_ = watch(stopping, values)
    return next((epoch for epoch, answer in enumerate(answers, start=1) if answer is not None), None)


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_patience_is_the_epochs_in_a_row_without_a_better_value(patience):
    """After the best epoch it takes exactly `patience` more to stop."""
    assert stopped_after(EarlyStopping("loss", 0.0, patience), [3.0, 2.0] + [2.0] * 10) == 2 + patience


def test_a_better_epoch_restarts_the_patience():
    """Only epochs in a row count."""
    values = [3.0, 3.1, 2.9, 3.0, 2.8, 2.9, 2.9]
    assert stopped_after(EarlyStopping("loss", 0.0, 2), values) == 7


@pytest.mark.parametrize(("gain", "stops"), [(0.099, True), (0.1, True), (0.101, False)])
def test_better_means_by_more_than_tol(gain, stops):
    """A gain of tol or less is no gain."""
    start = 0.0  # so that the difference is exact
    answers, *_ = watch(EarlyStopping("loss", 0.1, 1), [start, start - gain])
    assert (answers[1] is not None) is stops


def test_better_is_measured_against_the_best_value():
    """Gains of less than tol each add up, and a bad epoch does not lower the bar."""
    slow = EarlyStopping("loss", 0.1, 3)
    assert stopped_after(slow, [1.0, 0.95, 0.91, 0.88, 0.85, 0.81]) is None
    assert stopped_after(EarlyStopping("loss", 0.1, 3), [1.0, 5.0, 4.0, 3.0]) == 4


def test_scores_are_better_when_higher():
    """Rising scores are progress, falling ones are none."""
    assert stopped_after(EarlyStopping("validation_score", 0.0, 2), [0.1, 0.2, 0.3, 0.4]) is None
    assert stopped_after(EarlyStopping("validation_score", 0.0, 2), [0.4, 0.3, 0.2, 0.1]) == 3


@pytest.mark.parametrize("column", ["loss", "validation_loss"])
def test_losses_are_better_when_lower(column):
    """Falling losses are progress, rising ones are none."""
    assert stopped_after(EarlyStopping(column, 0.0, 2), [0.4, 0.3, 0.2, 0.1]) is None
    assert stopped_after(EarlyStopping(column, 0.0, 2), [0.1, 0.2, 0.3, 0.4]) == 3


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("loss", StopReason.CONVERGED),
        ("validation_loss", StopReason.EARLY_STOPPING),
        ("validation_score", StopReason.EARLY_STOPPING),
    ],
)
def test_the_reason_says_what_stalled(column, reason):
    """A stalled training loss has converged; stalled dev rows stop early."""
    answers, *_ = watch(EarlyStopping(column, 0.0, 1), [1.0, 1.0])
    assert answers == [None, reason]


@each_column
def test_a_nan_is_no_progress(column):
    """NaN never counts as better and does not restart the patience."""
    assert stopped_after(EarlyStopping(column, 0.0, 2), [1.0, np.nan, np.nan]) == 3


@pytest.mark.parametrize("patience", [2, 100])
def test_the_best_weights_come_back_stopped_or_not(patience):
    """`restore` puts the best epoch's weights back and names it, whether patience ran out or not."""
    stopping = EarlyStopping("validation_loss", 0.0, patience, keep_best=True)
    _, history, parameters = watch(stopping, [3.0, 1.0, 2.0, 2.0])
    stopping.restore(history, parameters)
    np.testing.assert_array_equal(parameters.theta, 2.0)
    assert history.best_epoch == 2


def test_the_best_scores_weights_come_back():
    """For scores the best epoch is that of the highest."""
    stopping = EarlyStopping("validation_score", 0.0, 9, keep_best=True)
    _, history, parameters = watch(stopping, [0.1, 0.5, 0.9, 0.3])
    stopping.restore(history, parameters)
    np.testing.assert_array_equal(parameters.theta, 3.0)


def test_the_best_weights_are_a_copy():
    """Training on does not change the weights kept, and restoring does not tie them to the parameters."""
    stopping = EarlyStopping("validation_loss", 0.0, 9, keep_best=True)
    _, history, parameters = watch(stopping, [3.0, 1.0])
    assert not np.shares_memory(stopping.best_theta, parameters.theta)
    stopping.restore(history, parameters)
    parameters.theta += 1.0
    np.testing.assert_array_equal(stopping.best_theta, 2.0)


def test_without_keep_best_nothing_is_copied_or_restored():
    """By default the last weights stay."""
    stopping = EarlyStopping("loss", 0.0, 9)
    _, history, parameters = watch(stopping, [1.0, 3.0])
    stopping.restore(history, parameters)
    assert stopping.best_theta is None
    np.testing.assert_array_equal(parameters.theta, 2.0)
    assert stopping.best_epoch == 1


def test_a_new_history_is_empty():
    """Two histories share no list."""
    first = History()
    first.loss.append(1.0)
    assert History() == History([], [], [], [], [], [], [], 0, 0, None)


def test_a_reason_is_its_name():
    """A reason compares equal to its text, as a report would print it."""
    assert StopReason.EARLY_STOPPING == "early_stopping"
    assert f"{StopReason.MAX_ITER}" == "max_iter"


def watch_scores(stopping, scores, losses):
    """As `watch`, with a dev loss beside each score."""
    history, parameters, answers = History(), ParameterVector((1, 1)), []
    for score, loss in zip(scores, losses, strict=True):
        history.n_epochs += 1
        parameters.theta[...] = history.n_epochs
        history.validation_score.append(score)
        history.validation_loss.append(loss)
        answers.append(stopping.epoch_ended(history, parameters))
    return answers, history, parameters


def test_equal_scores_are_told_apart_by_the_dev_loss():
    """A score that cannot move keeps the weights of the least loss, and patience waits for that."""
    stopping = EarlyStopping("validation_score", 0.0, 2, keep_best=True)
    answers, history, parameters = watch_scores(stopping, [0.0] * 6, [5.0, 4.0, 3.0, 2.0, 2.5, 2.2])
    assert answers == [None] * 5 + [StopReason.EARLY_STOPPING]
    stopping.restore(history, parameters)
    assert history.best_epoch == parameters.theta[0] == 4


def test_a_higher_score_is_better_whatever_the_loss():
    stopping = EarlyStopping("validation_score", 0.0, 2, keep_best=True)
    _, history, parameters = watch_scores(stopping, [0.5, 0.6, 0.5], [1.0, 9.0, 0.1])
    stopping.restore(history, parameters)
    assert history.best_epoch == 2


def test_a_tie_needs_a_loss_that_is_lower_by_more_than_tol():
    stopping = EarlyStopping("validation_score", 0.5, 1)
    answers, *_ = watch_scores(stopping, [0.5, 0.5], [1.0, 0.6])
    assert answers[1] is StopReason.EARLY_STOPPING


def test_a_copy_of_a_history_grows_apart_from_it():
    history = History(loss=[1.0], n_epochs=1)
    copied = history.copy()
    copied.loss.append(2.0)
    copied.n_epochs = 2
    assert (history.loss, history.n_epochs) == ([1.0], 1)
