"""The way of the caller's rows: checked, their target learnt and encoded, weighed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import validate_data

from ..core import Rows
from ..core.losses import Loss
from ..core.targets import GatheredTargets
from ._dev_set import DevSet
from ._prediction import Predictions
from ._training import computing_dtype
from ._validation import (
    ROWS,
    cast,
    counting_rows,
    naming,
    refuse_dates,
    refuse_mask,
    require_range,
    require_weight,
    validate_weight,
)


class Data(Predictions):
    """What becomes of X, y and weights before they train, for whatever kind of target."""

    solver: str
    dtype: Any

    # What the kind of target decides ------------------------------------------------------------------------

    #: What the target must be, in the words of an error.
    _target_rule: str

    @abstractmethod
    def _is_plain_target(self, y: Any) -> bool:
        """Whether y is an array to which `_check_target`, a third of the time of a single row, adds nothing."""

    @abstractmethod
    def _check_target(self, y: Any) -> Any:
        """The target as one array, 1-d or 2-d, or an error that says what is wrong with it."""

    @abstractmethod
    def _learn_target(self, y: Any, weight: Any, numbers: Any, classes: Any = None) -> None:
        """Set what the training target teaches: classes, or the scale of the numbered rows."""

    def _follow_target(self, y: Any, weight: Any, numbers: Any) -> None:
        """Adapt to what the target of further rows teaches; nothing where there are classes."""

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

    def _row_factor(self, y: Any, name: str) -> Any:
        """What the weight of each row is multiplied by: the classifier's class weights."""
        return None

    def _remarks_on(self, y: Any, counting: Any, dev: DevSet | None) -> Iterator[str]:
        """What is missing among the targets of the rows that count, or among those that train beside dev rows."""
        yield from ()

    def _classes_among(self, y: Any, numbers: Any) -> Any:
        """Targets that tell which classes the numbered rows have, column by column."""
        return y[numbers]

    def _strata(self, y: Any) -> Any:
        """Labels whose proportions a split should keep, or None."""
        return None

    # The rows -----------------------------------------------------------------------------------------------

    @property
    def _computing_dtype(self) -> Any:
        return computing_dtype({"solver": self.solver, "dtype": self.dtype})  # get_params is slow beside a short fit

    def _validate_rows(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Any, Any, Any]:
        """X in training precision, the target as an array, and finite weights or None."""
        X = self._validate_inputs(X, "X", reset=reset)
        y = self._validate_target(y, X, "y")
        weight = validate_weight(sample_weight, X, "sample_weight")
        return cast(X, self._computing_dtype, "X"), y, weight

    def _validate_inputs(self, X: Any, name: str, *, reset: bool) -> Any:
        """Rows of finite numbers, in C order or CSR."""
        if not reset and self._is_plain(X) and X.flags.c_contiguous:
            return X
        with naming(name, ROWS):
            refuse_mask(X)
            refuse_dates(X)
            dtypes = (self._computing_dtype, np.float64)
            return validate_data(self, X, reset=reset, accept_sparse="csr", dtype=dtypes, order="C")

    def _validate_target(self, y: Any, X: Any, name: str) -> Any:
        """The target as an array, one entry for each row of X."""
        if self._is_plain_target(y) and len(y) == X.shape[0]:
            return y
        if y is None:
            raise ValueError(f"{type(self).__name__} requires {name} to be passed, but the target {name} is None.")
        with naming(name, f"be {self._target_rule}"):
            refuse_mask(y)
            y = check_array(y, accept_sparse="csr", ensure_2d=False, dtype=None, input_name=name, estimator=self)
            y = self._check_target(y)
            check_consistent_length(X, y)
        return y

    def _training_rows(
        self, X: Any, y: Any, weight: Any, numbers: Any, *, continues: bool, classes: Any = None
    ) -> Rows:
        """The numbered rows as the core trains on them, after learning what their target teaches."""
        if not continues:
            self._learn_target(y, weight, numbers, classes)
        self._learn_class_weights(y, weight)
        return self._rows(X, y, weight, numbers, "y")

    def _as_trained(self, rows: Rows, part: str) -> Rows:
        """With the targets that the loss should see, and some weight at least."""
        require_weight(rows, part)
        Y = self._smooth(rows.Y)
        return replace(rows, Y=Y.gathered() if isinstance(Y, GatheredTargets) else Y)

    def _given_dev_set(self, X_val: Any, y_val: Any, sample_weight_val: Any, y_train: Any) -> DevSet:
        if X_val is None or y_val is None:
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(f"X_val and y_val must be given together. Got no {missing}.")
        X_val = self._validate_inputs(X_val, "X_val", reset=False)
        y_val = self._validate_target(y_val, X_val, "y_val")
        weight = validate_weight(sample_weight_val, X_val, "sample_weight_val")
        numbers = counting_rows(X_val, weight)
        X_val = cast(X_val, self._computing_dtype, "X_val")
        rows = self._rows(X_val, y_val, weight, numbers, "y_val")
        return DevSet(rows, y_val[numbers], of_rows(weight, numbers), y_train, True)

    def _rows(self, X: Any, y: Any, sample_weight: Any, numbers: Any, name: str) -> Rows:
        rows = Rows(X, self._encode(y, name), sample_weight, numbers, self._row_factor(y, name))
        if (weight := rows.weights_of(numbers)) is not None:
            blamed = name.replace("y", "sample_weight") + ("" if rows.factor is None else " times class_weight")
            require_range(weight, self._computing_dtype, blamed)
        return rows


def of_rows(weight: Any, numbers: Any) -> Any:
    """Those of the numbered rows; None stays None."""
    return None if weight is None else weight[numbers]
