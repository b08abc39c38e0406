"""DeepMLPClassifier: binary, multiclass and multilabel targets on the common base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from ..core import LOSSES
from ..core.losses import Loss
from ..core.targets import Indicators, OneHot
from ._base import BaseDeepMLP, _is_stochastic
from ._dev_set import DevSet, unseen_classes_remark
from ._labels import extreme_rows, values_beside_0_and_1, weights_by_label
from ._validation import naming, refuse_mask


class DeepMLPClassifier(ClassifierMixin, BaseDeepMLP):
    """A deep, regularised multi-layer perceptron for classification.

    Binary, multiclass and multilabel (indicator) targets, trained on the cross-entropy of raw scores.

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
        Strength of the L2 penalty, the lambda of the course: see the objective in the notes. "auto" is 3.2 for two
        classes and multilabel targets and ``3.2 sqrt(2 / K)`` for K classes: the error ``p - y`` of an output is of the
        order of ``1 / sqrt(K)``, and so is the gradient that the penalty works against.
    keep_prob : float or sequence of float, default=1.0
        The chance in (0, 1] that dropout keeps a hidden unit in training; one for all hidden layers or one per hidden
        layer. 1.0 turns dropout off.
    input_keep_prob : float, default=1.0
        The same for the inputs.
    max_norm : float or None, default=None
        After each step, scale down the incoming weights of every hidden unit whose norm is larger than this.
    label_smoothing : float, default=0.0
        In [0, 1): the share of each row's target that is spread evenly over all classes.
    augment : callable or None, default=None
        ``augment(X_batch, y_batch, rng)`` changes each gathered mini-batch in place (``X_batch += 1``; ``X_batch =
        X_batch + 1`` changes nothing); `y_batch` holds the encoded targets of shape (rows, n_outputs). The X given to
        `fit` is never touched. `skdeep.augmentation` has some.
    class_weight : dict, "balanced" or None, default=None
        What a class counts, times `sample_weight`: by a dict from the very labels, 1 for those that it does not name;
        "balanced" makes all classes count the same in total. Not for multilabel targets.
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
        The share of the rows, at least two, set aside for `early_stopping` where `fit` is given no `X_val`,
        in proportion of the classes where they have rows enough.
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
    classes_ : ndarray of shape (n_classes,)
        The classes in order, or the numbers of the labels.
    alpha_ : float
        The `alpha` of the last training, "auto" resolved.
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights, one matrix per layer. ``coefs_[layer] = W`` writes into the network.
    intercepts_ : list of ndarray of shape (fan_out,)
        Biases, one vector per layer; likewise.
    loss_curve_ : list of float
        Per epoch, the mean over its mini-batches of the objective before each step; with "lbfgs", the objective at the
        start and after every iteration.
    loss_ : float
        The last value of `loss_curve_`.
    best_loss_ : float
        The lowest value of `loss_curve_`.
    validation_loss_curve_ : list of float or None
        Mean loss on the dev rows after each epoch, without penalty, sample and class weights included; None without
        dev rows.
    validation_scores_ : list of float or None
        The scorer's value after each epoch, with `sample_weight_val` and without class weights: what the scorer
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
        "softmax" for more than two classes, else "logistic".
    n_features_in_ : int
        Features seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where X had names that are all strings.

    See Also
    --------
    DeepMLPRegressor : The same for numbers.
    sklearn.neural_network.MLPClassifier : Without dropout, weights of classes, dev set, choice of initialisation.

    Notes
    -----
    The objective is the same whatever the batch size:
    ``J = 1/m sum_i s_i loss_i + alpha / (2 m) sum_l ||W_l||^2``, with `s_i` the sample weight times the class weight of
    row i and `m` their sum, the number of rows where there are no weights. A mini-batch estimates the first term and
    adds the whole second one. (`MLPClassifier` divides the penalty by the mini-batch size: its alpha times
    ``n / batch_size`` is ours, and with "lbfgs" its alpha itself.) In `partial_fit` `m` is `total_samples`, or the
    weight of all rows given so far, and a row counts by its weight beside the mean weight so far: it does not matter
    where a stream is cut.

    Sparse rows, labels and indicators become dense numbers a mini-batch at a time: training holds no matrix of rows
    times classes. A training set that fits one mini-batch is trained without any order, equal rows merged: integer
    weights are then bitwise the same as repeated rows, unless dropout, augmentation or early stopping draws by row.

    Columns that are the same in every training row of a fresh `fit` have no influence, then or later: their weights are
    zero and stay so, whatever `init` draws, until `partial_fit` or a warm start sees them vary. Not so with `augment`,
    which may have them vary, and in `partial_fit`, which cannot know what comes.

    A single class in y trains a model of that class, with a warning and one column of probabilities.

    With scikit-learn 1.9 or later ``set_callbacks`` takes its callbacks, such as ``sklearn.callback.ProgressBar``, for
    `fit`: there is a task "fit" and below it a task "epoch" for each epoch. A callback that returns true at the end of
    an epoch ends the training, with ``stop_reason_ == "callback"``, and with the best weights where `early_stopping` is
    on. Its ``fitted_estimator`` is a copy that predicts as if training had ended there.

    References
    ----------
    Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from Overfitting". He et al. (2015),
    "Delving Deep into Rectifiers". Kingma & Ba (2015), "Adam". Loshchilov & Hutter (2019), "Decoupled Weight Decay".

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep import DeepMLPClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_dev, y_train, y_dev = train_test_split(X, y, stratify=y, random_state=0)
    >>> network = DeepMLPClassifier((32, 32), keep_prob=0.9, max_iter=50, early_stopping=True, random_state=0)
    >>> model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
    >>> model.score(X_dev, y_dev) > 0.9
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (256, 256),
        activation: Any = "silu",
        *,
        init: Any = "auto",
        alpha: Any = "auto",
        keep_prob: Any = 1.0,
        input_keep_prob: float = 1.0,
        max_norm: float | None = None,
        label_smoothing: float = 0.0,
        augment: Any = None,
        class_weight: Any = None,
        solver: str = "adam",
        learning_rate: Any = "cosine",
        learning_rate_init: float = 1.5e-3,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
        batch_size: Any = "auto",
        max_iter: int = 100,
        shuffle: bool = True,
        tol: float = 1e-4,
        n_iter_no_change: float = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        scoring: Any = "loss",
        warm_start: bool = False,
        total_samples: float | None = None,
        record_norms: bool = False,
        on_divergence: str = "raise",
        on_interrupt: str = "raise",
        dtype: Any = "float32",
        random_state: Any = None,
        verbose: Any = False,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation=activation,
            init=init,
            alpha=alpha,
            keep_prob=keep_prob,
            input_keep_prob=input_keep_prob,
            max_norm=max_norm,
            augment=augment,
            solver=solver,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            clip_norm=clip_norm,
            batch_size=batch_size,
            max_iter=max_iter,
            shuffle=shuffle,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            scoring=scoring,
            warm_start=warm_start,
            total_samples=total_samples,
            record_norms=record_norms,
            on_divergence=on_divergence,
            on_interrupt=on_interrupt,
            dtype=dtype,
            random_state=random_state,
            verbose=verbose,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    # The target ---------------------------------------------------------------------------------------------

    _target_rule = "labels of one kind, one for each row, or an indicator matrix"

    def _is_plain_target(self, y: Any) -> bool:
        # Labels as known ones are: others are told from them all the same.
        is_plain = type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind in "biuU" and self.__sklearn_is_fitted__()
        return is_plain and not self._multilabel and y.dtype.kind == self.classes_.dtype.kind

    def _check_target(self, y: Any) -> Any:
        if y.dtype.kind == "S":  # which only newer versions of scikit-learn refuse
            raise TypeError("Got labels of bytes: decode them to text.")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y.toarray() if issparse(y) else y, warn=True)
        if y.ndim == 2:
            return self._check_indicators(y)
        check_classification_targets(y)
        return y

    def _check_indicators(self, y: Any) -> Any:
        if issparse(y) and not y.has_canonical_format:
            y = y.copy()
            y.sum_duplicates()
        others = values_beside_0_and_1(y) if y.dtype.kind in "biuf" else None
        if others == []:
            return y
        check_classification_targets(y)
        kind = type_of_target(y)
        got = f"a {kind} target of shape {y.shape}" + (f" with the values {others}" if others else "")
        raise ValueError(f"y must be 1-d labels or an indicator matrix of 0 and 1, one column per label. Got {got}.")

    def _learn_target(self, y: Any, weight: Any, numbers: Any, classes: Any = None) -> None:
        if y.ndim == 2:
            self._multilabel = True
            self.classes_ = np.arange(y.shape[1])
            return
        self._multilabel = False
        self.classes_ = np.unique(y) if classes is None else classes

    @property
    def _loss(self) -> Loss:
        return LOSSES["multilabel" if self._multilabel else "binary" if self._is_binary else "multiclass"]

    @property
    def _is_binary(self) -> bool:
        """Whether one output unit serves for two classes; else there is one for each class or label."""
        return len(self.classes_) == 2 and not self._multilabel

    def _encode(self, y: Any, name: str) -> Any:
        if self._multilabel != (y.ndim == 2) or (self._multilabel and y.shape[1] != len(self.classes_)):
            wanted = f"an indicator matrix of {len(self.classes_)} columns" if self._multilabel else "1-d labels"
            raise ValueError(f"{name} must be {wanted}, as in the first fit. Got shape {y.shape}.")
        if self._multilabel:
            return Indicators(y, self._computing_dtype)
        codes = self._class_codes(y, name)
        if self._is_binary:
            return codes[:, None].astype(self._computing_dtype)
        return OneHot(codes, len(self.classes_), self._computing_dtype)

    def _class_codes(self, y: Any, name: str) -> Any:
        if y.dtype.kind == self.classes_.dtype.kind:  # as nearly always: in a fraction of the time of sorting y
            codes = np.searchsorted(self.classes_[:-1], y)
            if np.array_equal(self.classes_[codes], y):
                return codes
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"{name} must hold only the classes {self.classes_.tolist()}. Got unknown labels {unknown.tolist()}."
            )
        return np.searchsorted(self.classes_, y)

    def _smooth(self, Y: Any) -> Any:
        if self.label_smoothing == 0.0:
            return Y
        if not self._is_binary:
            return Y.smoothed(self.label_smoothing)
        return Y * Y.dtype.type(1.0 - self.label_smoothing) + Y.dtype.type(self.label_smoothing / 2)

    def _remarks_on(self, y: Any, counting: Any, dev: DevSet | None) -> Iterator[str]:
        if len(self.classes_) == 1:
            label = self.classes_.tolist()[0]
            yield f"y holds a single class, {label!r}: there is nothing to learn, and every row is predicted as it."
        silent = [] if self._multilabel or len(counting) == len(y) else np.setdiff1d(y, y[counting]).tolist()
        if silent:
            yield (
                f"All rows of the classes {silent} have weight 0: nothing is learnt of them, and what is predicted of "
                "them is chance. Leave the rows out, or give them a weight."
            )
        if dev is not None and (remark := unseen_classes_remark(dev)):
            yield remark

    def _classes_among(self, y: Any, numbers: Any) -> Any:
        return extreme_rows(y, numbers) if self._multilabel else y[numbers]

    def _strata(self, y: Any) -> Any:
        return y if y.ndim == 1 else None

    def _learn_class_weights(self, y: Any, weight: Any) -> None:
        if self.class_weight is None:
            return
        if self._multilabel:
            raise ValueError(
                f"class_weight must be None for a multilabel target; use sample_weight. Got {self.class_weight!r}."
            )
        if self.class_weight == "balanced":
            # Counts are weighted, so that a row of weight k still means k rows.
            counts = np.bincount(self._class_codes(y, "y"), weight, minlength=len(self.classes_))
            values = counts.sum() / (len(self.classes_) * np.where(counts > 0, counts, np.inf))
        else:
            with naming("class_weight", f"hold finite weights of at least 0. Got {self.class_weight!r}"):
                values = weights_by_label(self.class_weight, self.classes_)
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ValueError(f"class_weight must hold finite weights of at least 0. Got {self.class_weight!r}.")
        self._class_weights = values

    def _row_factor(self, y: Any, name: str) -> Any:
        return None if self.class_weight is None else self._class_weights[self._class_codes(y, name)]

    # Training -----------------------------------------------------------------------------------------------

    @available_if(_is_stochastic)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """Train one more epoch on the rows given; the first call starts the network.

        Every row given trains: `early_stopping`, which would hold some back, waits for `fit`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or an indicator matrix.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come; needed in the first call, except for an indicator matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            What each row counts.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            When a parameter or an input breaks its rule; the estimator is then as it was before.
        DivergenceError
            When the loss or a weight becomes non-finite, or the training loss goes beyond 1e15; likewise.
        """
        classes = self._check_classes(classes, y)
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight must not be 'balanced' for partial_fit, which cannot know the classes' shares; "
                "pass a dict or sample_weight. Got 'balanced'."
            )
        return self._partial_fit(X, y, sample_weight, classes)

    def _check_classes(self, classes: Any, y: Any) -> Any:
        """The sorted classes of a call of `partial_fit`; None where the target tells them."""
        known = getattr(self, "classes_", ())
        if type(classes) is np.ndarray and classes.dtype != object and np.array_equal(classes, known):
            return known
        with naming("y", f"be {self._target_rule}"):
            is_indicator = np.ndim(y) == 2 and np.shape(y)[1] > 1
        if classes is None:
            if self.__sklearn_is_fitted__() or is_indicator:
                return None
            raise ValueError("classes must be passed on the first call to partial_fit. Got None.")
        with naming("classes", "be 1-d labels of one kind"):
            refuse_mask(classes)
            found = check_array(classes, ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="classes")
            if found.ndim != 1:
                raise ValueError(f"Got shape {found.shape}.")
            check_classification_targets(found)
            given, found = found, np.unique(found)
        # `MLPClassifier` has sample_weight in this place.
        if np.shape(y) == given.shape and len(found) < len(given) and not np.array_equal(given, y):
            raise ValueError(
                "classes must be the labels, each once; sample_weight comes behind it. "
                f"Got {len(given)} values, one for each row."
            )
        if len(found) == 0:
            raise ValueError(f"classes must hold at least one label. Got {classes!r}.")
        known, whose = found, ""
        if self.__sklearn_is_fitted__():
            known, whose = self.classes_, "as in the first call"
        elif is_indicator:
            known, whose = np.arange(np.shape(y)[1]), "as the columns of y"
        if not np.array_equal(found, known):
            raise ValueError(f"classes must be {known.tolist()}, {whose}. Got {classes!r}.")
        return known

    # Prediction ---------------------------------------------------------------------------------------------

    def decision_function(self, X: Any) -> Any:
        """Raw scores: log-odds for two classes or labels, unnormalised log-probabilities otherwise.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the precision of X; 1-d for two classes.

        Raises
        ------
        ValueError
            When X breaks its rule, or holds rows so large that their scores overflow.
        """
        scores = self._from_scores(X, np.copy)
        return scores[:, 0] if self._is_binary else scores

    def predict(self, X: Any) -> Any:
        """The most probable class, or for an indicator target every label of probability above one half.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Classes, or an indicator matrix.

        Raises
        ------
        ValueError
            When X breaks its rule, or holds rows so large that their scores overflow.
        """
        chosen = self._from_scores(X, self._choose)
        return chosen if self._multilabel else self.classes_[chosen]

    def _choose(self, scores: Any) -> Any:
        """An indicator of labels, or the number of the class."""
        if self._multilabel:
            return (scores > 0).astype(int)
        return (scores[:, 0] > 0).astype(int) if self._is_binary else scores.argmax(axis=1)

    def predict_proba(self, X: Any, mc_samples: int | None = None) -> Any:
        """Probabilities of the classes, or of each label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        mc_samples : int or None, default=None
            None leaves dropout off. A number averages the probabilities over that many random sets of dropout masks
            (MC dropout: Gal & Ghahramani, 2016), drawn from `random_state`, the same at every call with the same X: a
            row's masks depend on its place among the rows and on the precision of X. `predict_std` gives their spread.
            With metadata routing on, ask for it by ``set_predict_proba_request(mc_samples=True)``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_` and the precision of X.

        Raises
        ------
        ValueError
            When X breaks its rule, or holds rows so large that their scores overflow; when `mc_samples` is no positive
            integer, or no layer has dropout.
        """
        if mc_samples is not None:
            return self._mc_moments(X, mc_samples)[0]
        return self._from_scores(X, self._link)

    def predict_log_proba(self, X: Any) -> Any:
        """Logarithms of the probabilities, computed from the raw scores and so finite.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_` and the precision of X.

        Raises
        ------
        ValueError
            When X breaks its rule, or holds rows so large that their scores overflow.
        """
        return self._from_scores(X, self._log_link)

    def _log_link(self, scores: Any) -> Any:
        certain = self._link(scores) == 1.0  # whose logarithm is zero, to agree with predict_proba
        return np.where(certain, scores.dtype.type(0.0), self._loss.log_inverse_link(self._both_classes(scores)))

    def _link(self, scores: Any) -> Any:
        return self._loss.inverse_link(self._both_classes(scores))

    def _both_classes(self, scores: Any) -> Any:
        """For two classes, the negative one's score beside the positive's: 1 - sigmoid(z) is sigmoid(-z)."""
        return np.hstack([-scores, scores]) if self._is_binary else scores

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
