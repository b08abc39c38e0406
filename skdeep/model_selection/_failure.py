"""What keeps a fit out of a report: it failed, or it could not be scored."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Names of the errors, or of classes that they inherit from, that a fit raises when it diverges.
DIVERGENCE = frozenset({"DivergenceError", "FloatingPointError", "OverflowError", "HugePredictionsError"})
#: What scikit-learn's fits say of a divergence, which has no type of its own there.
SAID_BY_FITS = ("Floating-point under-/overflow occurred", "non-finite parameter weights")
#: Squares of larger predictions are not finite.
LARGEST_PREDICTION = np.sqrt(np.finfo(float).max)


class LostPredictionsError(ValueError):
    """A fitted estimator predicts what is no number."""


class HugePredictionsError(LostPredictionsError):
    """A fitted estimator predicts infinite numbers, or some whose squares are."""


@dataclass(frozen=True)
class Failure:
    """Why a fit shows no error.

    Attributes
    ----------
    of_score : bool
        Whether the fit itself succeeded, so that it could only not be scored.
    error : Exception
        What was raised; where it cannot be sent between processes, a RuntimeError with its text.
    text : str
        Its type and what it says.
    kinds : frozenset of str
        The names of its class and of those that it inherits from, and of those of the errors that led to it.
    """

    of_score: bool
    error: Exception
    text: str
    kinds: frozenset[str]

    @property
    def diverged(self) -> bool:
        """Whether the fit ended in numbers that are not finite. A failure to score tells nothing of the fit."""
        said = any(sentence in self.text for sentence in SAID_BY_FITS)
        return not self.of_score and (said or bool(self.kinds & DIVERGENCE))


def make_failure(error: Exception, *, fitted: bool) -> Failure:
    """Of an exception, raised by the fit or, where that was `fitted`, by what came after."""
    lost = isinstance(error, LostPredictionsError)  # what such a fit lacks is not a score
    text = str(error) if lost else f"{type(error).__name__}: {error}"
    kinds = frozenset(kind.__name__ for one in _chain(error) for kind in type(one).__mro__)
    return Failure(fitted and not lost, _portable(error, text), text, kinds)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__


def _portable(error: Exception, text: str) -> Exception:
    try:
        same = str(pickle.loads(pickle.dumps(error))) == str(error)
    except Exception:  # whatever an exception of the user's may do when copied
        same = False
    return error if same else RuntimeError(text)


def check_predictions(known: Iterable[Any]) -> None:
    """Raise where predicted numbers are missing, infinite or too large to be squared."""
    for values in (np.asarray(one) for all_of_one in known for one in _as_list(all_of_one)):
        if values.dtype.kind != "f" or not values.size:
            continue
        largest = np.max(np.abs(values.astype(float)), initial=0.0)
        if np.isnan(largest):
            raise LostPredictionsError("some of its predictions are NaN, so that the error is nan")
        if largest > LARGEST_PREDICTION:
            raise HugePredictionsError(f"its predictions go up to {largest:.3g}, so that the error is inf")


def _as_list(predicted: Any) -> list[Any]:
    """Of several outputs the probabilities come as a list."""
    return predicted if isinstance(predicted, list) else [predicted]
