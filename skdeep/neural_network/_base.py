"""What both estimators share: the constructor and the way of the rows through `fit`."""

from __future__ import annotations

from abc import ABC
from copy import copy
from dataclasses import replace
from functools import cache, partial
from typing import Any

from sklearn.utils.metaestimators import available_if

from .._documentation_link import DocumentationLink
from .._input_scales import InputTotals
from ..core import Rows, RowTotals
from ._callbacks import WRAPPED, CallbackSupportMixin, ObservedFit, has_callbacks, with_callbacks
from ._constants import leave_out_constants, wake_what_varies
from ._convergence import (
    has_few_rows,
    on_the_first_rows,
    on_the_first_scores,
    warn_of_stream,
    warn_unless_converged,
)
from ._data import Data, of_rows
from ._dev_set import DevSet, validator
from ._fitted import FittedAttributes
from ._model import NOTHING_GIVEN, Model, Resume
from ._parameters import RULES, Hyperparameters, Streams, check_parameters, drawn_streams
from ._state import Stored
from ._threads import one_blas_thread
from ._training import Training, optimise, start_model
from ._validation import (
    counting_rows,
    split_numbers,
    without_memory,
)
from ._weighing import Weighing


def _is_stochastic(estimator: Any) -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for the stochastic solvers. Got solver='lbfgs'.")
    return True


class BaseDeepMLP(CallbackSupportMixin, DocumentationLink, FittedAttributes, Data, Stored, ABC):
    """The part of the estimators that does not depend on the kind of target."""

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
        augment: Any = None,
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
        self.total_samples = total_samples
        self.record_norms = record_norms
        self.on_divergence = on_divergence
        self.on_interrupt = on_interrupt
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    @cache
    def _get_param_names(cls) -> Any:
        # scikit-learn reads the signature anew at every get_params and clone: a sixth of the price of a short fit.
        return super()._get_param_names()

    def _own_parameters(self) -> Hyperparameters:
        """Ours by name, whatever a subclass has made of the constructor."""
        return {name: getattr(self, name) for name in RULES if hasattr(self, name)}

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
            What each row counts; 1 each if None. Weight k means k equal rows in the objective, 0 none; where all rows
            fit one mini-batch and no dropout, augmentation or early stopping draws by row, the two train bitwise
            alike; a regressor up to the rounding of its target's mean and deviation. The penalty is `alpha` over twice
            the sum of the weights: scale weights to a mean of 1 to leave it as it is without any.
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
        MemoryError
            When layers and mini-batch do not fit into memory, with their sizes; likewise.
        DivergenceError
            When the loss or a weight becomes non-finite, or the training loss goes beyond 1e15; likewise.
        """
        attempt = self._fit_aside(X, y, sample_weight, X_val, y_val, sample_weight_val)
        # All was built aside: this one assignment is what a fit changes, and a fit that raises changes nothing.
        self.__dict__ = attempt.__dict__
        return self

    @with_callbacks
    def _fit_aside(
        self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any
    ) -> BaseDeepMLP:
        """A fitted copy."""
        check_parameters(self._own_parameters())
        attempt: BaseDeepMLP = copy(self)
        observer = ObservedFit(self, X, y, sample_weight, self.max_iter) if has_callbacks(self) else None
        training = attempt._start_fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        if observer is not None:
            observer.trains(attempt, training)
        attempt._optimise(training)
        attempt._finish(training)
        warn_unless_converged(attempt, stacklevel=3 + WRAPPED)
        if observer is not None:
            observer.ended(attempt)
        return attempt

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

        Raises
        ------
        ValueError
            When a parameter or an input breaks its rule; the estimator is then as it was before.
        DivergenceError
            When the loss or a weight becomes non-finite, or the training loss goes beyond 1e15; likewise.
        """
        return self._partial_fit(X, y, sample_weight)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        attempt = copy(self)
        training = attempt._start_epoch(X, y, sample_weight, classes)
        attempt._optimise(training)
        attempt._finish(training)
        warn_of_stream(attempt, stacklevel=3)
        self.__dict__ = attempt.__dict__
        return self

    def _start_fit(
        self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any
    ) -> Training:
        continues = bool(self.warm_start) and self.__sklearn_is_fitted__()
        X, y, weight = self._validate_rows(X, y, sample_weight, reset=not continues)
        return self._start_on(X, y, weight, X_val, y_val, sample_weight_val, continues=continues)

    def _start_on(
        self, X: Any, y: Any, weight: Any, X_val: Any, y_val: Any, sample_weight_val: Any, *, continues: bool
    ) -> Training:
        """The training on rows that have been validated."""
        parameters = self._own_parameters()
        resume = self._start_resume(parameters, X.shape[0], continues)
        numbers, dev_numbers = counting_rows(X, weight), None
        has_dev_set = any(part is not None for part in (X_val, y_val, sample_weight_val))
        if self.early_stopping and not has_dev_set:
            strata, seed = self._strata(y), resume.streams.split_seed
            strata = None if strata is None else strata[numbers]
            numbers, dev_numbers = split_numbers(numbers, strata, self.validation_fraction, seed)
        rows = self._training_rows(X, y, weight, numbers, continues=continues)
        dev, y_train = None, partial(self._classes_among, y, numbers)
        if dev_numbers is not None:
            dev_rows = replace(rows, numbers=dev_numbers)
            dev = DevSet(dev_rows, y[dev_numbers], of_rows(weight, dev_numbers), y_train, False)
        elif has_dev_set:
            dev = self._given_dev_set(X_val, y_val, sample_weight_val, y_train)
        rows = self._as_trained(rows, "training")
        weighing = Weighing.of_fit(rows, self._given(continues))
        n_epochs = int(self.max_iter)
        training = self._training(
            parameters, rows, weighing, dev, resume, continues=continues, n_epochs=n_epochs, ends=True
        )
        training.model.remarks = tuple(self._remarks_on(y, counting_rows(X, weight), dev))
        return training

    def _start_epoch(self, X: Any, y: Any, sample_weight: Any, classes: Any) -> Training:
        parameters = self._own_parameters()
        check_parameters(parameters)
        continues = self.__sklearn_is_fitted__()
        X, y, weight = self._validate_rows(X, y, sample_weight, reset=not continues)
        resume = self._start_resume(parameters, X.shape[0], continues)
        numbers = counting_rows(X, weight)
        if continues:
            self._follow_target(y, weight, numbers)
        rows = self._training_rows(X, y, weight, numbers, continues=continues, classes=classes)
        rows = self._as_trained(rows, "training")
        weighing = Weighing.of_stream(rows, self._given(continues), self.total_samples)
        return self._training(parameters, rows, weighing, None, resume, continues=continues, n_epochs=1, ends=False)

    def _start_resume(self, parameters: Hyperparameters, n_rows: int, continues: bool) -> Resume:
        if continues:
            return self._resume.copy(drawn_streams(parameters, n_rows))
        return Resume(Streams.spawn(self.random_state))

    def _given(self, continues: bool) -> RowTotals:
        """Of the rows that the model has been given before."""
        return self._model.given if continues else NOTHING_GIVEN

    def _training(
        self,
        parameters: Hyperparameters,
        rows: Rows,
        weighing: Weighing,
        dev: DevSet | None,
        resume: Resume,
        *,
        continues: bool,
        n_epochs: int,
        ends: bool,
    ) -> Training:
        """A model and the rows that it is to be trained on."""
        fitted = self._model if continues else None
        model = start_model(parameters, self._loss, rows, resume.streams.init, fitted)
        model.given, model.first_remarks = weighing.given, ()
        self._leave_out_constants(model, rows, is_fresh=not continues, in_stream=not ends)
        if not continues:
            self._begin_at_constants(model)
        if ends or not continues:
            names, by_steps = getattr(self, "feature_names_in_", None), self.solver != "lbfgs"
            with one_blas_thread():  # another would go on spinning for a tenth of a second, on a core that steps need
                remarks = on_the_first_scores(model, rows, names, is_fresh=not continues, by_steps=by_steps)
            model.first_remarks = tuple(remarks)
            model.inputs = InputTotals() if has_few_rows(rows) and not ends else None
        if not ends:
            model.first_remarks += tuple(on_the_first_rows(model, rows))
        validate = None if dev is None else validator(self, model, dev)
        return Training(parameters, model, resume, rows, weighing, n_epochs, ends, validate)

    def _leave_out_constants(self, model: Model, rows: Rows, *, is_fresh: bool, in_stream: bool = False) -> None:
        """Give what is the same in all training rows no weight, unless augmentation may have it vary."""
        if self.augment is not None:
            model.network, model.silent_values = replace(model.network, silent_inputs=()), ()
        elif in_stream:
            wake_what_varies(model, rows)
        else:
            leave_out_constants(model, rows, is_fresh=is_fresh)

    def _optimise(self, training: Training) -> None:
        """Train the model, or say which parameters take too much memory."""
        try:
            optimise(training)
        except MemoryError as error:
            what = f"Training with batch_size={training.batch_size} and layers {training.model.network.layer_sizes}"
            raise without_memory(what, "lower batch_size or hidden_layer_sizes", error) from error

    def _begin_at_constants(self, model: Model) -> None:
        """Have outputs whose targets are all equal predict these from the first step on; nothing for classes."""

    def _finish(self, training: Training) -> None:
        """Make a trained model this estimator's own."""
        self._model, self._resume = training.model, training.resume

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
