"""skdeep.core.parts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skdeep.core import ParameterVector
from skdeep.core.parts import MOST_PAIRS, parts_of

any_layers = st.lists(st.integers(1, 900), min_size=2, max_size=5)


@given(any_layers)
def test_every_parameter_belongs_to_one_part(sizes):
    """And every row of weights, and the biases, where the part says."""
    parameters = ParameterVector(sizes)
    for part in parts_of(parameters):
        parameters.theta[part.entries] += 1.0
        for layer, rows in part.rows:
            parameters.weights[layer][rows] += 2.0
        if part.has_biases:
            for b in parameters.biases:
                b += 2.0
    assert np.all(parameters.theta == 3.0)


@given(any_layers)
def test_the_weights_of_a_part_are_its_rows(sizes):
    """A contiguous stretch of theta, which the penalty acts on."""
    for part in parts_of(ParameterVector(sizes)):
        n_values = sum((rows.stop - rows.start) * sizes[layer + 1] for layer, rows in part.rows)
        assert part.weights.stop - part.weights.start == n_values


@given(any_layers)
def test_parts_are_few(sizes):
    """However large the layers: products that are cut too often take longer."""
    assert 1 <= len(parts_of(ParameterVector(sizes))) <= 2 * MOST_PAIRS


def test_parts_are_of_about_one_size():
    """To a row of weights."""
    sizes = [part.entries.stop - part.entries.start for part in parts_of(ParameterVector((784, 512, 512, 10)))]
    assert len(sizes) > 2
    assert max(sizes) < min(sizes) * 1.02
