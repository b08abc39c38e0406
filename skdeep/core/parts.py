"""The parameters cut into parts, each of which one thread computes the gradient of and moves."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise

from .parameters import ParameterVector

#: About how many weights a pair of parts has, and how many pairs there are at most: a product cut in two takes 3 %
#: longer on one thread, in four 6 %, in eight 15 %.
PAIR_VALUES, MOST_PAIRS = 262144, 2


@dataclass(frozen=True)
class Part:
    """Consecutive parameters: rows of some layers' weights; of the last part also all biases.

    Parameters
    ----------
    entries : slice
        Of theta.
    weights : slice
        Of theta, those of the entries that are weights.
    rows : tuple of (int, slice)
        The layers, and which rows of their weights.
    """

    entries: slice
    weights: slice
    rows: tuple[tuple[int, slice], ...]

    @property
    def has_biases(self) -> bool:
        """Whether it is the last one."""
        return self.entries.stop > self.weights.stop


def parts_of(parameters: ParameterVector) -> list[Part]:
    """All parameters of a network in parts of about one size, which depends on the layers alone.

    Parameters
    ----------
    parameters : ParameterVector
        Of one network.

    Returns
    -------
    list of Part
        In the order of theta.

    Examples
    --------
    >>> from skdeep.core import ParameterVector
    >>> from skdeep.core.parts import parts_of
    >>> [part.rows for part in parts_of(ParameterVector((300, 400)))]
    [((0, slice(0, 150, None)),), ((0, slice(150, 300, None)),)]
    """
    shapes = list(pairwise(parameters.layer_sizes))
    starts = [0, *accumulate(fan_in * fan_out for fan_in, fan_out in shapes)]
    n_weights = parameters.n_weights
    n_parts = 2 * min(max(round(n_weights / PAIR_VALUES), 1), MOST_PAIRS)
    cuts = {_row_end(n_weights * number // n_parts, starts, shapes) for number in range(1, n_parts)}
    parts = []
    for start, end in pairwise(sorted({0, *cuts, n_weights})):
        rows = []
        for layer, (begins, (_, fan_out)) in enumerate(zip(starts, shapes, strict=False)):
            first, last = max(start, begins), min(end, starts[layer + 1])
            if first < last:
                rows.append((layer, slice((first - begins) // fan_out, (last - begins) // fan_out)))
        stop = parameters.theta.size if end == n_weights else end
        parts.append(Part(slice(start, stop), slice(start, end), tuple(rows)))
    return parts


def _row_end(entry: int, starts: list[int], shapes: list[tuple[int, int]]) -> int:
    """Where the row of weights ends that an entry of theta is in."""
    layer = bisect_right(starts, entry) - 1
    fan_out = shapes[layer][1]
    return starts[layer] - (starts[layer] - entry) // fan_out * fan_out
