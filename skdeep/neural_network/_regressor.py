"""DeepMLPRegressor: squared error on a target that is standardised inside and mapped back."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import assert_all_finite, column_or_1d

from ..core import LOSSES, RowTotals
from ..core.losses import Loss
from ..core.targets import row_blocks
from ._base import BaseDeepMLP
from ._model import Model
from ._target_moments import target_moments
from ._validation import cast, refuse_dates, require_finite

#: By so much of a deviation the mean or deviation of the targets of a stream may be off its unit.
OFF_UNIT = 0.1


class DeepMLPRegressor(RegressorMixin, BaseDeepMLP):
    """A deep, regularised multi-layer perceptron for regression.

    One or several outputs, trained on half the squared error of the standardised target: each output less its weighted
    mean, divided by its weighted standard deviation on the training rows. Predictions are mapped back.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(256, 256)
        Units per hidden layer; ``()`` is a linear model.
    activation : str or sequence of str, default="silu"
        "identity", "logistic", "tanh", "relu", "leaky_relu" (slope 0.01), "elu", "selu", "gelu" or "silu"; one for
        all hidden layers or one per hidden layer.
    init : str or callable, default="auto"
        Initial weights: "he", "glorot" (or "xavier") or "lecun", each with "_normal" or "_uniform" behind it;
        "orthogonal"; "normal" (standard deviation 0.01); "zeros"; or a callable ``(rng, fan_in, fan_out)`` that returns
        the ``(fan_in, fan_out)`` weights, called once per layer, first layer first. "auto" takes the scheme that suits
        each layer's activation, and "glorot_normal" for the output layer. Biases start at zero.
    alpha : float or "auto", default="auto"
        Strength of the L2 penalty, the lambda of the course: see the objective in the notes. "auto" is 3.2.
    keep_prob : float or sequence of float, default=1.0
        The chance in (0, 1] that dropout keeps a hidden unit in training; one for all hidden layers or one per hidden
        layer. 1.0 turns dropout off.
    input_keep_prob : float, default=1.0
        The same for the inputs.
    max_norm : float or None, default=None
        After each step, scale down the incoming weights of every hidden unit whose norm is larger than this.
    augment : callable or None, default=None
        ``augment(X_batch, y_batch, rng)`` changes each gathered mini-batch in place (``X_batch += 1``; ``X_batch =
        X_batch + 1`` changes nothing); `y_batch` holds the encoded targets of shape (rows, n_outputs). The X given to
        `fit` is never touched. `skdeep.augmentation` has some.
    solver : {"adam", "adamw", "rmsprop", "sgd", "lbfgs"}, default="adam"
        How the objective is minimised. "adamw" shrinks the weights by ``rate * alpha / m`` in place of adding the
        penalty to the gradient. "lbfgs" sees all rows at once, computes in float64 and allows nothing random.
    learning_rate : str or callable, default="cosine"
        "constant"; "invscaling" (divided by the root of the number of steps); "exponential" (down to a hundredth over
        `max_iter` epochs); "cosine" and "warmup_cosine" (down to zero over `max_iter` epochs, the latter after rising
        over the first twentieth); "adaptive" (divided by 5 whenever training stalls, until 1e-6); or a callable
        ``step -> rate``. For those that plan over `max_iter`, `partial_fit`, which cannot know the end, uses
        `learning_rate_init` throughout, and a warm start begins again.
    learning_rate_init : float, default=0.0015
        The rate that the schedule starts from.
    momentum : float, default=0.9
        Of "sgd", in [0, 1).
    nesterovs_momentum : bool, default=True
        Whether "sgd" looks ahead by its momentum.
    beta_1 : float, default=0.9
        Decay of Adam's first moment, in [0, 1).
    beta_2 : float, default=0.999
        Decay of the second moment of Adam and of RMSProp's, in [0, 1).
    epsilon : float, default=1e-8
        What keeps the quotient of Adam and RMSProp finite.
    clip_norm : float or None, default=None
        Scale a gradient down to this norm.
    batch_size : int or "auto", default="auto"
        Rows per mini-batch; "auto" is a twentieth of the training rows, at least 40 and at most 256. All rows
        where there are no more.
    max_iter : int, default=100
        Most epochs (of L-BFGS, iterations) that one call of `fit` trains.
    shuffle : bool, default=True
        Whether every epoch visits the rows in a new order.
    tol : float, default=1e-4
        How much better a loss or score must be than the best so far; of L-BFGS, the largest entry of the gradient at
        which to stop.
    n_iter_no_change : int or np.inf, default=10
        Stop after that many epochs in a row without a better training loss, or with `early_stopping` dev value.
        ``np.inf`` trains for `max_iter` epochs.
    early_stopping : bool, default=False
        Watch dev rows (`X_val` of `fit`, or a share of the training rows) and restore the weights of the best epoch.
    validation_fraction : float, default=0.1
        The share of the rows, at least two, set aside for `early_stopping` where `fit` is given no `X_val`.
    scoring : str, callable or None, default="loss"
        What to watch on the dev rows: "loss" their mean loss; else a scorer as in scikit-learn, None for `score`.
        Epochs of equal scores are told apart by the loss.
    warm_start : bool, default=False
        Whether `fit` goes on from the last fit, with its optimizer and random streams, for `max_iter` more epochs. A
        learning rate that is planned over them begins again, and so does the patience of `n_iter_no_change`.
    total_samples : float or None, default=None
        Only used in `partial_fit`: the `m` of the objective, by which `alpha` is divided, that is the number of rows of
        the whole stream, or their weight. None is the weight of all rows that the model has been given so far, those
        of a `fit` counted once, so that the penalty fades as a stream goes on. Where the same rows come again and
        again, pass their number.
    record_norms : bool, default=False
        Whether ``history_.weight_norm`` and ``history_.gradient_norm`` get the norms of each layer, epoch by epoch;
        with "lbfgs" the first one only.
    on_divergence : {"raise", "restore"}, default="raise"
        When a weight or the loss becomes non-finite, or the loss goes beyond 1e15: raise a `DivergenceError` and leave
        the estimator as it was, or end with the weights of the best epoch before, a ConvergenceWarning and
        ``stop_reason_ == "diverged"``; so does then a fit whose end is no better than a constant prediction, where
        an epoch was. In the first epoch of a call, and so in `partial_fit`, there are none, and it
        raises.
    on_interrupt : {"raise", "keep"}, default="raise"
        At Ctrl-C: raise the KeyboardInterrupt and leave the estimator as it was, or end with the weights of the best
        epoch so far, a ConvergenceWarning and ``stop_reason_ == "interrupted"``; a call's first epoch raises.
        Best is meant as by `early_stopping` where that watches dev rows, else by the loss after the epoch on up to
        256 training rows, which makes an epoch of few rows up to a tenth longer. A search goes on after a fit that was
        kept; leave "raise" to have it stopped.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the training. Predictions are computed in the precision of the X that is passed.
    random_state : int, RandomState or None, default=None
        Spawns separate streams for initial weights, order of rows, dropout, dropout of the inputs, augmentation,
        validation split and MC dropout, so that turning one feature on changes no draw of another.
    verbose : bool or int, default=False
        Whether to print one line an epoch.

    Attributes
    ----------
    alpha_ : float
        The `alpha` of the last training, "auto" resolved.
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights, one matrix per layer. ``coefs_[layer] = W`` writes into the network.
    intercepts_ : list of ndarray of shape (fan_out,)
        Biases, one vector per layer; likewise.
    y_mean_ : ndarray of shape (n_outputs,)
        Weighted mean of each output's training targets, of all so far in `partial_fit`.
    y_scale_ : ndarray of shape (n_outputs,)
        Their weighted standard deviation, 1 where all are equal: a prediction is ``scores * y_scale_ + y_mean_``, with
        the scores of the output layer.
    loss_curve_ : list of float
        Per epoch, the mean over its mini-batches of the objective before each step; with "lbfgs", the objective at the
        start and after every iteration.
    loss_ : float
        The last value of `loss_curve_`.
    best_loss_ : float
        The lowest value of `loss_curve_`.
    validation_loss_curve_ : list of float or None
        Mean loss on the dev rows after each epoch, without penalty, sample weights included; None without
        dev rows.
    validation_scores_ : list of float or None
        The scorer's value after each epoch, with `sample_weight_val` and no other weights: what the scorer
        itself gives for the network of that epoch. None without dev rows or with ``scoring="loss"``.
    best_validation_score_ : float or None
        Of `validation_scores_` that of the weights which `early_stopping` kept; else the highest.
    best_iter_ : int
        The epoch, counted from 1, whose weights the model has.
    n_iter_ : int
        Epochs trained.
    t_ : int
        Training rows seen, each as often as it was seen.
    stop_reason_ : StopReason
        "converged", "early_stopping", "max_iter", "line_search" (of L-BFGS), "diverged", "interrupted" or
        "callback"; compares equal to its text.
    history_ : History
        All of this epoch by epoch, with learning rates and seconds.
    n_layers_ : int
        Layers, input and output included.
    n_outputs_ : int
        Units of the output layer.
    out_activation_ : str
        "identity".
    n_features_in_ : int
        Features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where X had names that are all strings.

    See Also
    --------
    DeepMLPClassifier : The same for classes.

    Notes
    -----
    The objective is the same whatever the batch size:
    ``J = 1/m sum_i s_i loss_i + alpha / (2 m) sum_l ||W_l||^2``, with ``loss_i = 1/2 sum_k (z_ik - t_ik)^2`` over the
    outputs k, `t` the standardised target, `s_i` the sample weight of row i and `m` their sum. So `loss_` and the loss
    curves are in units of the target's variance.

    In `partial_fit` `m` is `total_samples`, or the weight of all rows given so far, and a row counts by its weight
    beside the mean weight so far. Mean and deviation of the target are those of all rows so far: where they have moved
    by more than a tenth of a deviation, the output layer is brought into the new unit, which leaves every prediction as
    it is (van Hasselt et al., 2016). So it does not matter where a stream is cut.

    Targets that are all equal are predicted to the last digit.

    Columns that are the same in every training row of a fresh `fit` have no influence, then or later: their weights are
    zero and stay so, whatever `init` draws, until `partial_fit` or a warm start sees them vary. Not so with `augment`,
    which may have them vary, and in `partial_fit`, which cannot know what comes.

    With scikit-learn 1.9 or later ``set_callbacks`` takes its callbacks, such as ``sklearn.callback.ProgressBar``, for
    `fit`: there is a task "fit" and below it a task "epoch" for each epoch. A callback that returns true at the end of
    an epoch ends the training, with ``stop_reason_ == "callback"``, and with the best weights where `early_stopping` is
    on. Its ``fitted_estimator`` is a copy that predicts as if training had ended there.

    References
    ----------
    Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from Overfitting". He et al. (2015),
    "Delving Deep into Rectifiers". Kingma & Ba (2015), "Adam". Loshchilov & Hutter (2019), "Decoupled Weight Decay".
    van Hasselt et al. (2016), "Learning values across many orders of magnitude".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep import DeepMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> network = DeepMLPRegressor((32, 32), early_stopping=True, random_state=0)
    >>> model = make_pipeline(StandardScaler(), network).fit(X, y)
    >>> model.score(X, y) > 0.4
    True
    """

    _target_rule = "finite real numbers, one or several for each row"

    def _is_plain_target(self, y: Any) -> bool:
        is_plain = type(y) is np.ndarray and y.ndim == 1 and y.dtype == np.float64 and y.flags.c_contiguous
        with np.errstate(over="ignore", invalid="ignore"):
            return is_plain and len(y) > 0 and isfinite(np.add.reduce(y))

    def _check_target(self, y: Any) -> Any:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        refuse_dates(y)
        # Sums must not depend on how y lies in memory. Numbers become float64 a block at a time.
        is_number = y.dtype.kind in "biuf" and y.dtype.itemsize <= 8 and y.dtype.isnative
        y = np.ascontiguousarray(y, dtype=None if is_number else np.float64)
        assert_all_finite(y)  # as None becomes NaN only here
        return y

    def _learn_target(self, y: Any, weight: Any, numbers: Any, classes: Any = None) -> None:
        mean, deviation, is_equal = target_moments(_columns(y), weight, numbers)
        if not np.isfinite(deviation).all():
            raise ValueError(f"y must have a finite variance. Got values from {y.min()} to {y.max()}.")
        if (deviation[~is_equal] == 0).any():
            raise ValueError(f"y must have a variance above zero in float64. Got values from {y.min()} to {y.max()}.")
        self.y_mean_ = mean
        self.y_scale_ = np.where(_is_constant(deviation, mean), 1.0, deviation)
        self._y_is_1d = y.ndim == 1

    def _begin_at_constants(self, model: Model) -> None:
        is_constant = model.given.variance < 0.5  # where targets vary their unit makes it 1
        # A score of 0 is right in every row then, and has no gradient that would change it.
        model.parameters.weights[-1][:, is_constant] = 0.0

    def _follow_target(self, y: Any, weight: Any, numbers: Any) -> None:
        # Else the unit of the loss, and with it what the penalty weighs, would hang on how many rows came first.
        self._require_shape(y, "y")
        before, weight = self._model.given, np.ones(len(numbers)) if weight is None else weight[numbers]
        with np.errstate(over="ignore", invalid="ignore"):
            targets = (_columns(y)[numbers] - self.y_mean_) / self.y_scale_
            totals = before.and_those_of(RowTotals.of(targets, weight))
            mean, deviation = self.y_mean_ + self.y_scale_ * totals.mean, np.sqrt(totals.variance)
        if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
            raise ValueError(f"y must have a finite variance. Got values from {y.min()} to {y.max()}.")
        is_constant = _is_constant(self.y_scale_ * deviation, mean)
        has_unit = ~_is_constant(self.y_scale_ * np.sqrt(before.variance), self.y_mean_)
        factor = np.where(is_constant, 1.0, deviation)
        fits = (np.abs(totals.mean) < OFF_UNIT) & (np.abs(factor - 1.0) < OFF_UNIT) & (has_unit | is_constant)
        if not fits.all():
            self._model = self._model.in_unit(totals.mean, factor, has_unit)
            self.y_mean_, self.y_scale_ = mean, self.y_scale_ * factor

    @property
    def _loss(self) -> Loss:
        return LOSSES["regression"]

    def _require_shape(self, y: Any, name: str) -> None:
        if self._y_is_1d != (y.ndim == 1) or _columns(y).shape[1] != len(self.y_mean_):
            wanted = "1-d" if self._y_is_1d else f"2-d with {len(self.y_mean_)} columns"
            raise ValueError(f"{name} must be {wanted}, as in the first fit. Got shape {y.shape}.")

    def _encode(self, y: Any, name: str) -> Any:
        self._require_shape(y, name)
        targets, what = _columns(y), f"{name}, standardised as the training target,"
        encoded = np.empty(targets.shape, dtype=self._computing_dtype)
        for rows in row_blocks(*targets.shape):
            encoded[rows] = cast(self._standardised(targets[rows]), self._computing_dtype, what)
        return encoded

    def _standardised(self, targets: Any) -> Any:
        apart = targets - self.y_mean_
        # Where only rounding varies there is nothing to learn, and Adam would make much of it.
        is_rounding = (self.y_scale_ == 1.0) & _is_constant(np.abs(apart), self.y_mean_)
        return np.where(is_rounding, 0.0, apart) / self.y_scale_

    def predict(self, X: Any, mc_samples: int | None = None) -> Any:
        """The predicted target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        mc_samples : int or None, default=None
            None leaves dropout off. A number averages the predictions over that many random sets of dropout masks
            (MC dropout: Gal & Ghahramani, 2016), drawn from `random_state`, the same at every call with the same X: a
            row's masks depend on its place among the rows and on the precision of X. `predict_std` gives their spread.
            With metadata routing on, ask for it by ``set_predict_request(mc_samples=True)``.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the target's own units and the precision of X.

        Raises
        ------
        ValueError
            When X breaks its rule, or holds rows so large that their predictions overflow; when `mc_samples` is no
            positive integer, or no layer has dropout.
        """
        if mc_samples is not None:
            return self._mc_moments(X, mc_samples)[0]
        return self._from_scores(X, self._link)

    def _link(self, scores: Any) -> Any:
        with np.errstate(over="ignore"):
            predicted = (scores * self.y_scale_ + self.y_mean_).astype(scores.dtype, copy=False)
        require_finite(predicted)
        return predicted[:, 0] if self._y_is_1d else predicted

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _is_constant(deviation: Any, mean: Any) -> Any:
    """Whether a column has no deviation but for the rounding of its mean: it keeps its unit."""
    return deviation <= 10 * np.finfo(np.float64).eps * np.abs(mean)


def _columns(y: Any) -> Any:
    return y[:, None] if y.ndim == 1 else y
