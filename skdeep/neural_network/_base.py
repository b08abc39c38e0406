"""What both estimators share: the constructor, the way through `fit`, and the fitted attributes."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split
from sklearn.utils import assert_all_finite, check_array, check_consistent_length
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ..core import (
    EarlyStopping,
    History,
    MiniBatches,
    Network,
    Objective,
    ParameterVector,
    Rows,
    StopReason,
    Trainer,
    Workspace,
    mean_loss,
    raw_scores,
    train,
    train_lbfgs,
)
from ..core.losses import Loss
from ..core.schedules import Adaptive
from ._parameters import (
    Streams,
    check_parameters,
    hidden_activations,
    hidden_sizes,
    keep_probs,
    layer_initializers,
    make_max_norm,
    make_optimizer,
    make_penalty,
    make_schedule,
)

AUTO_BATCH_SIZE = 200
SOLVER_PARAMETERS = ("solver", "dtype", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")


@dataclass
class Model:
    """A network with its parameters and the story of its training."""

    network: Network
    parameters: ParameterVector
    history: History
    n_samples_seen: int = 0


@dataclass
class Resume:
    """What a later fit needs to go on exactly where the last one stopped."""

    streams: Streams
    optimizer: Any = None
    schedule: Any = None
    n_steps: int = 0
    made_from: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def prepare(self, parameters: dict[str, Any], theta: ParameterVector, *, n_steps: int) -> None:
        """Have an optimizer and a schedule for `n_steps` more steps, the old ones where they still fit."""
        solver = tuple(parameters[name] for name in SOLVER_PARAMETERS)
        if self.made_from.get("optimizer") != solver:
            self.optimizer = make_optimizer(parameters)
            self.optimizer.bind(theta.theta)
        rate = (parameters["learning_rate"], parameters["learning_rate_init"])
        if self.made_from.get("schedule") != rate or not isinstance(self.schedule, Adaptive):
            self.schedule = make_schedule(parameters, self.n_steps + n_steps)
        self.made_from = {"optimizer": solver, "schedule": rate}


@dataclass
class DevSet:
    """The rows that judge the training: numbered for the loss, and as the scorer wants them."""

    rows: Rows
    y: Any


class ProgressLine:
    """Prints one line an epoch."""

    def __init__(self, max_iter: int) -> None:
        self.max_iter = max_iter

    def epoch_ended(self, history: History, parameters: ParameterVector) -> None:
        """Print the last entries of the history."""
        line = f"epoch {history.n_epochs}/{self.max_iter}  loss {history.loss[-1]:.6f}"
        if history.validation_loss:
            line += f"  dev loss {history.validation_loss[-1]:.6f}"
        if history.validation_score:
            line += f"  dev score {history.validation_score[-1]:.4f}"
        print(f"{line}  {history.seconds[-1]:.2f} s")


def _is_stochastic(estimator: Any) -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for the stochastic solvers. Got solver='lbfgs'.")
    return True


class BaseDeepMLP(BaseEstimator, ABC):
    """The part of the estimators that does not depend on the kind of target."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (128, 128),
        *,
        activation: Any = "relu",
        init: Any = "auto",
        alpha: float = 1.0,
        keep_prob: Any = 1.0,
        input_keep_prob: float = 1.0,
        max_norm: float | None = None,
        augment: Any = None,
        solver: str = "adam",
        learning_rate: Any = "constant",
        learning_rate_init: float = 1e-3,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
        batch_size: Any = "auto",
        max_iter: int = 200,
        shuffle: bool = True,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        scoring: Any = "loss",
        warm_start: bool = False,
        dtype: Any = "float32",
        random_state: Any = None,
        verbose: Any = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.init = init
        self.alpha = alpha
        self.keep_prob = keep_prob
        self.input_keep_prob = input_keep_prob
        self.max_norm = max_norm
        self.augment = augment
        self.solver = solver
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.clip_norm = clip_norm
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.warm_start = warm_start
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose

    # What the kind of target decides ------------------------------------------------------------------------

    @abstractmethod
    def _check_target(self, y: Any) -> Any:
        """The target as one array, 1-d or 2-d, or an error that says what is wrong with it."""

    @abstractmethod
    def _learn_target(self, y: Any, weight: Any, numbers: Any, classes: Any = None) -> None:
        """Set what the training target teaches: classes, or the scale of the numbered rows."""

    def _learn_class_weights(self, y: Any, weight: Any) -> None:
        """Set what each class counts; nothing in regression."""

    @abstractmethod
    def _encode(self, y: Any, name: str) -> Any:
        """Targets of shape (n, n_outputs) as the loss wants them; `name` is the argument to blame."""

    @property
    @abstractmethod
    def _loss(self) -> Loss:
        """The loss that suits the target."""

    def _smooth(self, Y: Any) -> Any:
        """Training targets as the loss should see them; the classifier's label smoothing."""
        return Y

    def _row_weight(self, y: Any, sample_weight: Any) -> Any:
        """What each row counts; the classifier multiplies by its class weights."""
        return sample_weight

    def _strata(self, y: Any) -> Any:
        """Labels whose proportions a split should keep, or None."""
        return None

    # Training -----------------------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Train the network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows. They are gathered a mini-batch at a time; sparse rows become dense only there.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            What each row counts; 1 each if None. Weight k means the same as k equal rows, 0 as none.
        X_val : array-like or sparse matrix of shape (n_dev, n_features), default=None
            The user's own dev set: evaluated after each epoch, and with `early_stopping` used in place of a
            split of the training rows.
        y_val : array-like of shape (n_dev,) or (n_dev, n_outputs), default=None
            Its target.
        sample_weight_val : array-like of shape (n_dev,), default=None
            Its weights.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            When a parameter or an input breaks its rule; the estimator is then as it was before.
        DivergenceError
            When the loss or a weight becomes non-finite; the estimator is then as it was before.
        """
        attempt = copy(self)
        attempt._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        # All was built aside: this one assignment is what a fit changes, and a fit that raises changes nothing.
        self.__dict__ = attempt.__dict__
        return self

    @available_if(_is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train one more epoch on the rows given; the first call starts the network.

        Every row given trains: `early_stopping`, which would hold some back, waits for `fit`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            What each row counts.

        Returns
        -------
        self
            The fitted estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        attempt = copy(self)
        attempt._fit_one_epoch(X, y, sample_weight, classes)
        self.__dict__ = attempt.__dict__
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any) -> None:
        check_parameters(self.get_params(deep=False))
        continues = bool(self.warm_start) and self.__sklearn_is_fitted__()
        X, y, weight = self._validate_rows(X, y, sample_weight, reset=not continues)
        resume = deepcopy(self._resume) if continues else Resume(Streams.spawn(self.random_state))
        numbers = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
        dev_numbers = None
        if self.early_stopping and X_val is None:
            numbers, dev_numbers = self._split(y, numbers, resume.streams.split_seed)
        if not continues:
            self._learn_target(y, weight, numbers)
        self._learn_class_weights(y, weight)
        rows = self._rows(X, y, weight, numbers, "y")
        dev = None
        if dev_numbers is not None:
            dev = DevSet(replace(rows, numbers=dev_numbers), y[dev_numbers])
        elif X_val is not None or y_val is not None:
            dev = self._given_dev_set(X_val, y_val, sample_weight_val)
        rows = replace(rows, Y=self._smooth(rows.Y))
        model = self._start_model(rows, resume, continues=continues)
        if self.solver == "lbfgs":
            self._minimise(model, rows, dev)
        else:
            self._train(model, resume, rows, dev, n_epochs=int(self.max_iter))
        self._model, self._resume = model, resume
        self._warn_unless_converged()

    def _fit_one_epoch(self, X: Any, y: Any, sample_weight: Any, classes: Any) -> None:
        check_parameters(self.get_params(deep=False))
        continues = self.__sklearn_is_fitted__()
        X, y, weight = self._validate_rows(X, y, sample_weight, reset=not continues)
        resume = deepcopy(self._resume) if continues else Resume(Streams.spawn(self.random_state))
        numbers = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
        if not continues:
            self._learn_target(y, weight, numbers, classes)
        self._learn_class_weights(y, weight)
        rows = self._rows(X, y, weight, numbers, "y")
        rows = replace(rows, Y=self._smooth(rows.Y))
        model = self._start_model(rows, resume, continues=continues)
        self._train(model, resume, rows, None, n_epochs=1)
        self._model, self._resume = model, resume

    def _validate_rows(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Any, Any, Any]:
        """X in training precision, the target as an array, and finite weights or None."""
        X, y = validate_data(
            self,
            X,
            y,
            reset=reset,
            accept_sparse="csr",
            dtype=(self._computing_dtype, np.float64),
            order="C",
            multi_output=True,
            y_numeric=is_regressor(self),
        )
        y = self._check_target(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            if not sample_weight.any():
                raise ValueError("sample_weight must hold at least one positive weight. Got all zeros.")
        return self._cast(X, "X"), y, sample_weight

    @property
    def _computing_dtype(self) -> Any:
        """float64 for L-BFGS, whose line search cannot see past float32's noise; else `dtype`."""
        return np.float64 if self.solver == "lbfgs" else np.dtype(self.dtype).type

    def _cast(self, X: Any, name: str) -> Any:
        if X.dtype == self._computing_dtype:
            return X
        with np.errstate(over="ignore"):
            X = X.astype(self._computing_dtype)
        assert_all_finite(X, input_name=name)
        return X

    def _rows(self, X: Any, y: Any, sample_weight: Any, numbers: Any, name: str) -> Rows:
        weight = self._row_weight(y, sample_weight)
        if weight is not None:
            weight = weight.astype(self._computing_dtype)
        return Rows(X, self._encode(y, name), weight, numbers)

    def _split(self, y: Any, numbers: Any, seed: int) -> tuple[Any, Any]:
        """Numbers of the training and of the dev rows, in proportion of the classes where there are rows enough."""
        n_dev = max(2, ceil(self.validation_fraction * len(numbers)))  # no score can be read off a single row
        if n_dev >= len(numbers):
            raise ValueError(
                f"validation_fraction={self.validation_fraction} of n_samples={len(numbers)} leaves no row to train on."
            )
        strata = self._strata(y[numbers])
        if strata is not None:
            _, counts = np.unique(strata, return_counts=True)
            if counts.min() < 2 or min(n_dev, len(numbers) - n_dev) < len(counts):
                strata = None
        return tuple(train_test_split(numbers, test_size=n_dev, random_state=seed, stratify=strata))

    def _given_dev_set(self, X_val: Any, y_val: Any, sample_weight_val: Any) -> DevSet:
        if X_val is None or y_val is None:
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(f"X_val and y_val must be given together. Got no {missing}.")
        X_val = validate_data(
            self, X_val, reset=False, accept_sparse="csr", dtype=(self._computing_dtype, np.float64), order="C"
        )
        y_val = self._check_target(check_array(y_val, ensure_2d=False, dtype=None, input_name="y_val"))
        check_consistent_length(X_val, y_val)
        if sample_weight_val is not None:
            sample_weight_val = _check_sample_weight(
                sample_weight_val, X_val, dtype=np.float64, ensure_non_negative=True
            )
        X_val = self._cast(X_val, "X_val")
        rows = self._rows(X_val, y_val, sample_weight_val, np.arange(X_val.shape[0]), "y_val")
        return DevSet(rows, y_val)

    def _start_model(self, rows: Rows, resume: Resume, *, continues: bool) -> Model:
        """A fresh network, or a copy of the fitted one to train on."""
        parameters = self.get_params(deep=False)
        sizes = (rows.X.shape[1], *hidden_sizes(parameters), rows.Y.shape[1])
        network = Network(sizes, hidden_activations(parameters), self._loss, keep_probs(parameters))
        if continues:
            fitted = self._model
            if fitted.network.layer_sizes != sizes:
                raise ValueError(
                    f"warm_start and partial_fit must keep the layers {fitted.network.layer_sizes}. Got {sizes}."
                )
            theta = fitted.parameters.theta.astype(self._computing_dtype)
            return replace(
                fitted,
                network=network,
                parameters=ParameterVector(sizes, theta),
                history=deepcopy(fitted.history),
            )
        theta = ParameterVector(sizes, dtype=self._computing_dtype)
        theta.initialize(layer_initializers(parameters), resume.streams.init)
        return Model(network, theta, History())

    def _train(self, model: Model, resume: Resume, rows: Rows, dev: DevSet | None, *, n_epochs: int) -> None:
        """Stochastic training: assemble the core's objects and let them run."""
        parameters = self.get_params(deep=False)
        streams = resume.streams
        size = min(len(rows), AUTO_BATCH_SIZE if self.batch_size == "auto" else int(self.batch_size))
        if size == len(rows) and self.augment is None and not model.network.has_dropout:
            rows = rows.merge_equal()
        batches = MiniBatches(
            rows,
            Workspace(model.network, min(size, len(rows)), self._computing_dtype),
            shuffle=streams.shuffle if self.shuffle else None,
            augment=self.augment,
            augment_rng=streams.augment,
        )
        resume.prepare(parameters, model.parameters, n_steps=n_epochs * len(batches))
        trainer = Trainer(
            model.network,
            model.parameters,
            resume.optimizer,
            resume.schedule,
            make_penalty(parameters, rows.total_weight),
            streams.dropout,
            max_norm=make_max_norm(parameters),
            clip_norm=self.clip_norm,
            n_steps=resume.n_steps,
        )
        n_before = model.history.n_epochs
        train(
            trainer,
            batches,
            model.history,
            max_epochs=n_epochs,
            stopping=self._stopping(dev),
            validate=self._validator(model, dev),
            monitors=self._monitors(n_before + n_epochs),
        )
        resume.n_steps = trainer.n_steps
        model.n_samples_seen += (model.history.n_epochs - n_before) * len(rows)

    def _minimise(self, model: Model, rows: Rows, dev: DevSet | None) -> None:
        """L-BFGS over all rows at once, in float64; the result in `dtype`."""
        rows = rows.merge_equal()
        penalty = make_penalty(self.get_params(deep=False), rows.total_weight)
        train_lbfgs(
            Objective(model.network, rows, penalty),
            model.parameters,
            model.history,
            max_iter=int(self.max_iter),
            tol=self.tol,
            stopping=self._stopping(dev) if self.early_stopping else None,
            validate=self._validator(model, dev),
            monitors=self._monitors(int(self.max_iter)),
        )
        model.parameters = model.parameters.astype(self.dtype)

    def _stopping(self, dev: DevSet | None) -> EarlyStopping:
        column = "loss"
        if self.early_stopping and dev is not None:
            column = "validation_loss" if self.scoring == "loss" else "validation_score"
        return EarlyStopping(column, self.tol, int(self.n_iter_no_change), keep_best=column != "loss")

    def _monitors(self, last_epoch: int) -> list[ProgressLine]:
        return [ProgressLine(last_epoch)] if self.verbose else []

    def _validator(self, model: Model, dev: DevSet | None) -> Any:
        """What the training calls after each epoch to judge the dev rows; None without them."""
        if dev is None:
            return None
        scorer = None if self.scoring == "loss" else check_scoring(self, scoring=self.scoring)
        # A scorer predicts with the network as it is after the epoch, on rows that have lost their column names.
        judged = copy(self)
        judged._model = model
        vars(judged).pop("feature_names_in_", None)
        X_dev = dev.rows.X[dev.rows.numbers] if scorer is not None else None
        weight = {} if dev.rows.weight is None else {"sample_weight": dev.rows.weight[dev.rows.numbers]}

        def validate(parameters: ParameterVector, history: History) -> None:
            history.validation_loss.append(mean_loss(model.network, parameters, dev.rows))
            if scorer is not None:
                history.validation_score.append(float(scorer(judged, X_dev, dev.y, **weight)))

        return validate

    def _warn_unless_converged(self) -> None:
        reason = self._model.history.stop_reason
        if reason is StopReason.LINE_SEARCH:
            warnings.warn(
                "L-BFGS ended in its line search before the gradient fell below tol; scale the inputs "
                "(StandardScaler) or raise tol.",
                ConvergenceWarning,
                stacklevel=4,
            )
        # Who cannot have been stopped by patience, or planned the rate to the last epoch, wanted just these epochs.
        planned = self.learning_rate in ("cosine", "warmup_cosine", "exponential") and self.solver != "lbfgs"
        if reason is StopReason.MAX_ITER and not planned and self.n_iter_no_change < self.max_iter:
            warnings.warn(
                f"Training reached max_iter={self.max_iter} before it converged; raise max_iter, or learning_rate_init.",
                ConvergenceWarning,
                stacklevel=4,
            )

    # Prediction ---------------------------------------------------------------------------------------------

    def _raw_scores(self, X: Any) -> Any:
        """Scores before the output function, in the precision of X."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, accept_sparse="csr", dtype=(np.float64, np.float32))
        return raw_scores(self._model.network, self._model.parameters, X)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # Fitted attributes: read off the one model, so that they can never disagree with it ----------------------

    @property
    def _fitted(self) -> Model:
        check_is_fitted(self)
        return self._model

    @property
    def coefs_(self) -> list[Any]:
        """Weights per layer, views of shape (fan_in, fan_out)."""
        return list(self._fitted.parameters.weights)

    @property
    def intercepts_(self) -> list[Any]:
        """Biases per layer, views of shape (fan_out,)."""
        return [b[0] for b in self._fitted.parameters.biases]

    @property
    def history_(self) -> History:
        """The training, epoch by epoch."""
        return self._fitted.history

    @property
    def loss_curve_(self) -> list[float]:
        """Per epoch, the mean over its mini-batches of the objective before each step; for L-BFGS, the objective
        at the start and after each iteration.
        """
        return self._fitted.history.loss

    @property
    def loss_(self) -> float:
        """The last value of `loss_curve_`."""
        return self._fitted.history.loss[-1]

    @property
    def best_loss_(self) -> float:
        """The lowest value of `loss_curve_`."""
        return min(self._fitted.history.loss)

    @property
    def validation_loss_curve_(self) -> list[float] | None:
        """Mean loss on the dev rows after each epoch, without penalty; None without dev rows."""
        return self._fitted.history.validation_loss or None

    @property
    def validation_scores_(self) -> list[float] | None:
        """The scorer's value on the dev rows after each epoch; None without dev rows or with scoring='loss'."""
        return self._fitted.history.validation_score or None

    @property
    def best_validation_score_(self) -> float | None:
        """The highest of `validation_scores_`, or None."""
        return max(self._fitted.history.validation_score, default=None)

    @property
    def best_iter_(self) -> int:
        """The epoch, counted from 1, whose weights the model has."""
        return self._fitted.history.best_epoch

    @property
    def n_iter_(self) -> int:
        """Epochs trained, those before a warm start included."""
        return self._fitted.history.n_epochs

    @property
    def t_(self) -> int:
        """Training rows seen, each as often as it was seen."""
        return self._fitted.n_samples_seen

    @property
    def stop_reason_(self) -> StopReason | None:
        """Why the training ended; compares equal to its text."""
        return self._fitted.history.stop_reason

    @property
    def n_layers_(self) -> int:
        """Layers, input and output included."""
        return len(self._fitted.network.layer_sizes)

    @property
    def n_outputs_(self) -> int:
        """Units of the output layer."""
        return self._fitted.network.layer_sizes[-1]

    @property
    def out_activation_(self) -> str:
        """The output function: "softmax", "logistic" or "identity"."""
        return self._fitted.network.loss.out_activation
