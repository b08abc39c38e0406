"""Which targets are of classes that other rows have none of."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse

#: Classes that a warning names.
N_NAMED = 5


def find_unseen(seen: Any, targets: Any) -> tuple[Any, list[Any]]:
    """Which rows have a class that is nowhere in the `seen` targets, and these classes.

    Parameters
    ----------
    seen, targets : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Training targets and held-out ones. Each of several outputs is checked by itself. Where one of them is sparse,
        both are indicator matrices.

    Returns
    -------
    tuple of (ndarray of bool, list)
        A mask of the held-out rows, and the classes in order; of several outputs the numbers of their columns.
    """
    if issparse(seen) or issparse(targets):
        return _find_unseen_labels(csr_array(seen), csr_array(targets))
    seen, targets = np.asarray(seen), np.asarray(targets)
    if targets.size > len(targets):
        masks = [
            find_unseen(one, other)[0]
            for one, other in zip(seen.T, targets.reshape(-1, targets.shape[-1]).T, strict=True)
        ]
        return np.any(masks, axis=0), [column for column, mask in enumerate(masks) if mask.any()]
    if seen.dtype == targets.dtype and seen.dtype.kind in "biuf":
        mask = ~np.isin(targets.ravel(), seen.ravel())
        return mask, np.unique(targets.ravel()[mask]).tolist()
    known = set(seen.ravel().tolist())  # not isin, to which 1 is "1"
    new = {label: label not in known for label in set(targets.ravel().tolist())}
    mask = np.array([new[label] for label in targets.ravel().tolist()], dtype=bool)
    return mask, sorted((label for label, is_new in new.items() if is_new), key=str)


def _find_unseen_labels(seen: csr_array, targets: csr_array) -> tuple[Any, list[Any]]:
    """The same of indicator matrices, which stay sparse."""
    counts = _ones(seen, axis=0)
    never, always = counts == 0, counts == seen.shape[0]
    mask = (_ones(targets, axis=1, columns=never) > 0) | (_ones(targets, axis=1, columns=always) < always.sum())
    found = _ones(targets, axis=0)
    return mask, np.flatnonzero((never & (found > 0)) | (always & (found < targets.shape[0]))).tolist()


def _ones(Y: csr_array, *, axis: int, columns: Any = None) -> Any:
    """How many entries of the columns are not 0, in each row or column."""
    rows, numbers = np.repeat(np.arange(Y.shape[0]), np.diff(Y.indptr)), Y.indices
    counts = Y.data != 0 if columns is None else (Y.data != 0) & columns[numbers]
    return np.bincount((numbers, rows)[axis], counts, minlength=Y.shape[1 - axis])
