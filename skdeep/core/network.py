"""The network: the only forward pass, the only backward pass, and the buffers that both work in.

Every array works on its last two axes, rows and units; leading axes hold a stack of networks of one shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from math import prod
from weakref import ref

import numpy as np
import numpy.typing as npt

from .activations import Activation
from .losses import Loss
from .masks import copied, draw_kept, n_words_of
from .parameters import Array, ParameterVector
from .parts import Part
from .subnormals import Kind, Tails

#: Rows times weights of a mini-batch from which on threads share it: below, waking one costs more than it brings.
SHARED_WORK = 40_000_000
#: About how many rows a thread takes at once, and of how many their number is a multiple.
BLOCK_ROWS, ROW_TILE = 128, 16
ALIGNMENT = 16  # values; keeps every buffer of a workspace on a cache line of its own


@dataclass(frozen=True)
class Network:
    """What a network computes, without its parameters.

    Parameters
    ----------
    layer_sizes : tuple of int
        Units per layer, input and output included.
    activations : tuple of Activation
        One per hidden layer.
    loss : Loss
        Reads the raw scores of the last layer.
    keep_prob : tuple of float
        The chance that dropout keeps a unit, for the input and then each hidden layer; 1.0 turns dropout off. In a
        stack these say which layers have masks at all: each network draws its own into its `Slot`.
    silent_inputs : tuple of int, default=()
        Inputs whose weights get no gradient, so that weights of zero stay zero.
    """

    layer_sizes: tuple[int, ...]
    activations: tuple[Activation, ...]
    loss: Loss
    keep_prob: tuple[float, ...]
    silent_inputs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        n_hidden = len(self.layer_sizes) - 2
        if len(self.activations) != n_hidden:
            raise ValueError(f"activations must hold one per hidden layer ({n_hidden}). Got {len(self.activations)}.")
        if len(self.keep_prob) != n_hidden + 1:
            raise ValueError(
                f"keep_prob must hold one for the input and one per hidden layer ({n_hidden + 1}). "
                f"Got {len(self.keep_prob)}."
            )

    @cached_property
    def has_dropout(self) -> bool:
        """Whether any layer drops units in training."""
        return min(self.keep_prob) < 1.0

    @cached_property
    def n_weights(self) -> int:
        """Entries of all weight matrices."""
        return sum(fan_in * fan_out for fan_in, fan_out in pairwise(self.layer_sizes))

    def draw_masks(
        self, workspace: Workspace | Slot, rng: np.random.Generator, input_rng: np.random.Generator | None = None
    ) -> None:
        """Draw fresh inverted-dropout masks: 0, or ``1 / keep_prob`` with probability ``keep_prob`` to 16 bits.

        A call of its own, so that forward and backward are a function of parameters, rows and masks. A layer that
        keeps everything draws nothing.

        Parameters
        ----------
        workspace : Workspace or Slot
            Its masks are overwritten.
        rng : Generator
            Where the draws come from.
        input_rng : Generator, default=None
            Where those of the input's mask come from, so that they shift no other; `rng` if None.
        """
        if self.has_dropout:
            draw_masks([self], [workspace], rng, input_rng)

    @cached_property
    def dropout_levels(self) -> list[tuple[Array, float]]:
        """For each layer the 16-bit number below which a unit is kept, and what a kept unit is multiplied by."""
        return [
            (
                np.asarray(min(max(round(keep_prob * 2.0**16), 1), 2**16 - 1), dtype=np.uint16),
                1.0 / max(keep_prob, 2.0**-16),
            )
            for keep_prob in self.keep_prob
        ]

    def mask_words(self, n_rows: int) -> list[int]:
        """How many words of the generator the mask of each layer takes, the input's first."""
        sizes = zip(self.layer_sizes[:-1], self.keep_prob, strict=True)
        return [0 if keep_prob == 1.0 else n_words_of(n_rows, units) for units, keep_prob in sizes]

    def forward(self, parameters: ParameterVector, workspace: Workspace, tails: Tails | None = None) -> Array:
        """Raw scores of the rows in the workspace.

        Each layer computes ``A = g(A_previous W + b)``; where the workspace has masks, ``A * mask`` goes on.

        Parameters
        ----------
        parameters : ParameterVector
            Weights and biases.
        workspace : Workspace
            Holds the rows, and the masks if any.
        tails : Tails, default=None
            Flushes the outputs of hidden layers.

        Returns
        -------
        ndarray of shape (..., rows, n_outputs)
            A buffer of the workspace: the next pass overwrites it.
        """
        if workspace.masks[0] is not None:
            np.multiply(workspace.inputs, workspace.masks[0], out=workspace.outputs[0])
        last = len(parameters.weights) - 1
        for layer, (W, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
            Z = workspace.sums[layer]
            workspace.product(workspace.outputs[layer], W, out=Z)
            Z += b
            if layer == last:
                break
            A, mask = workspace.activations[layer], workspace.masks[layer + 1]
            self.activations[layer].forward(Z, A, workspace.scratch[layer])
            if tails is not None:
                tails.flush(A, Kind.OUTPUT)
            if mask is not None:
                np.multiply(A, mask, out=workspace.outputs[layer + 1])
        return workspace.sums[last]

    def loss_and_gradient(
        self,
        parameters: ParameterVector,
        gradient: ParameterVector | None,
        workspace: Workspace,
        tails: Tails | None = None,
    ) -> Array:
        """The weighted loss of the rows in the workspace, and its gradient into `gradient`.

        Parameters
        ----------
        parameters : ParameterVector
            Where to evaluate.
        gradient : ParameterVector or None
            Overwritten with the gradient of the weighted loss. None for one of several blocks of rows, from all of
            which `part_gradient` makes it afterwards.
        workspace : Workspace
            Holds the rows, their targets and weights, and the masks if any.
        tails : Tails, default=None
            Flushes the outputs of hidden layers and the gradients by their sums.

        Returns
        -------
        scalar or ndarray of shape (...)
            ``sum_i row_weights_i * loss_i``, without penalty.
        """
        delta = self.forward(parameters, workspace, tails)
        workspace.evaluate_loss()
        delta *= workspace.row_weight_column
        self._backward(delta, parameters, gradient, workspace, tails)
        return _row_sum(workspace.row_losses, workspace.row_weights)

    def part_gradient(self, gradient: ParameterVector, workspace: Workspace, part: Part) -> None:
        """The gradient by some of the parameters, once all blocks of the workspace have their deltas.

        Parameters
        ----------
        gradient : ParameterVector
            Those entries are overwritten.
        workspace : Workspace
            Of all rows of the mini-batch.
        part : Part
            Which entries.
        """
        deltas = [*workspace.deltas, workspace.sums[-1]]
        for layer, rows in part.rows:
            # np.dot would copy the columns of the outputs first.
            np.matmul(workspace.outputs_transposed[layer][rows], deltas[layer], out=gradient.weights[layer][rows])
            if layer == 0:
                silent = [row for row in self.silent_inputs if rows.start <= row < rows.stop]
                gradient.weights[0][silent] = 0.0
        if part.has_biases:
            for delta, sums in zip(deltas, gradient.biases, strict=True):
                np.dot(workspace.ones, delta, out=sums)

    def weighted_loss(self, parameters: ParameterVector, workspace: Workspace) -> Array:
        """As `loss_and_gradient`, without the gradient."""
        self.forward(parameters, workspace)
        workspace.evaluate_loss()
        return _row_sum(workspace.row_losses, workspace.row_weights)

    def _backward(
        self,
        delta: Array,
        parameters: ParameterVector,
        gradient: ParameterVector | None,
        workspace: Workspace,
        tails: Tails | None,
    ) -> None:
        for layer in reversed(range(len(parameters.weights))):
            if tails is not None:
                tails.flush(delta, Kind.DELTA)
            if gradient is not None:
                workspace.product(workspace.outputs_transposed[layer], delta, out=gradient.weights[layer])
                workspace.product(workspace.ones, delta, out=gradient.biases[layer])  # rows summed at half the price
            if layer == 0:
                break
            below = layer - 1
            Z, A, mask = workspace.sums[below], workspace.activations[below], workspace.masks[layer]
            delta = workspace.product(delta, parameters.weights_transposed[layer], out=workspace.deltas[below])
            if mask is not None:
                delta *= mask
            self.activations[below].backward(delta, Z, A, workspace.backward_scratch[below])
        if gradient is not None and self.silent_inputs:
            gradient.weights[0][..., list(self.silent_inputs), :] = 0.0


class Workspace:
    """Every buffer that one pass over some rows needs, carved out of a single block of memory.

    A short last batch works in the `leading` rows of the same memory, so a step allocates no array.

    Parameters
    ----------
    network : Network
        Gives the shapes.
    n_rows : int
        How many rows fit.
    dtype : dtype
        Precision of every buffer.
    stack : tuple of int, default=()
        The leading axes: how many networks are computed at once.
    training : bool, default=True
        False leaves out what only dropout and the backward pass need.
    memory : ndarray, default=None
        The block to carve, as another workspace's `memory`; allocated if None.
    zeros : ndarray, default=None
        Another workspace's `zeros`: what activations that ask for zeros get.
    within : tuple of (Workspace, int), default=None
        Another one and the first of its rows that these are: what this one computes is seen in it.

    Attributes
    ----------
    inputs : ndarray of shape (..., n_rows, n_features)
        The rows, before dropout on the input. May be pointed at another array by `point_at`.
    targets : ndarray of shape (..., n_rows, n_outputs)
        What the loss compares the scores with.
    row_weights, row_weight_column : ndarray of shape (..., n_rows) and (..., n_rows, 1)
        What each row counts in the loss.
    masks : list of (ndarray or None)
        Dropout masks of the input and of each hidden layer; None where nothing is dropped.
    own_inputs : ndarray of shape (..., n_rows, n_features)
        The buffer that `inputs` is at first.
    sums, activations, outputs : list of ndarray of shape (..., n_rows, units)
        ``Z`` of each layer, ``A`` of each hidden one, and what each layer gets, the input's first: after dropout.
    outputs_transposed : list of ndarray of shape (..., units, n_rows)
        Views of `outputs`, for the backward pass.
    row_losses : ndarray of shape (..., n_rows)
        What the loss leaves for each row.
    scratch, backward_scratch : list of ndarray
        What each activation, and of `scratch` the last the loss, may use up, forward and backward.
    """

    def __init__(
        self,
        network: Network,
        n_rows: int,
        dtype: npt.DTypeLike,
        *,
        stack: tuple[int, ...] = (),
        training: bool = True,
        memory: Array | None = None,
        zeros: Array | None = None,
        within: tuple[Workspace, int] | None = None,
    ) -> None:
        self.network, self.n_rows, self.stack, self.training = network, n_rows, stack, training
        self._n_values = [prod(stack) * n_rows * units for units in self._buffer_units()]
        self._starts = [0, *accumulate(map(_aligned, self._n_values))]
        if memory is None:
            memory = np.empty(self._starts[-1], dtype=dtype)
        self.memory = memory
        self.zeros = self._make_zeros() if zeros is None else zeros
        self.ones = np.ones((1, n_rows), dtype=self.memory.dtype)
        self.product = np.matmul if stack else np.dot  # half a microsecond less a call, but it knows no stacks
        self._carve(within)
        self._leading: dict[int, Workspace] = {}
        self._slots: dict[int, Slot] = {}

    def leading(self, n_rows: int) -> Workspace:
        """The workspace of the first `n_rows` rows, in the same memory."""
        if n_rows == self.n_rows:
            return self
        if n_rows not in self._leading:
            self._leading[n_rows] = Workspace(
                self.network,
                n_rows,
                self.memory.dtype,
                stack=self.stack,
                training=self.training,
                memory=self.memory,
                zeros=self.zeros,
            )
        return self._leading[n_rows]

    @cached_property
    def blocks(self) -> list[Workspace]:
        """The rows cut into blocks that threads may compute at once, by the sizes alone; this one alone if small."""
        if not self.is_shared:
            return [self]
        n_blocks = max(2, self.n_rows // BLOCK_ROWS) if self.n_rows >= 4 * ROW_TILE else 1
        cuts = [self.n_rows * number // n_blocks // ROW_TILE * ROW_TILE for number in range(n_blocks)]
        return [self._block(start, stop) for start, stop in pairwise([*cuts, self.n_rows])]

    @cached_property
    def is_shared(self) -> bool:
        """Whether a step on these rows is so large that threads share it."""
        return self.training and not self.stack and self.n_rows * self.network.n_weights >= SHARED_WORK

    def _block(self, start: int, stop: int) -> Workspace:
        return Workspace(
            self.network, stop - start, self.memory.dtype, memory=self.memory, zeros=self.zeros, within=(self, start)
        )

    @cached_property
    def evaluate_loss(self) -> Callable[[], None]:
        """Turns the scores into their gradient and fills `row_losses`; made when first asked for, by no prediction."""
        return self.network.loss.bind(self.targets, self.sums[-1], self.row_losses, self.scratch[-1])

    def slot(self, number: int) -> Slot:
        """The place of one network of a stack."""
        if number not in self._slots:
            self._slots[number] = Slot(self, number)
        return self._slots[number]

    # Its views would come back from a pickle or a deepcopy as arrays of their own: only the memory travels.
    def __reduce__(self) -> tuple[Callable[..., Workspace], tuple[object, ...]]:
        return _carved, (self.network, self.n_rows, self.stack, self.training, self.memory)

    def point_at(self, inputs: Array) -> None:
        """Read the rows from an array of the caller's instead of the buffer `inputs`, without a copy."""
        self.inputs = inputs
        if self.masks[0] is None:
            self.outputs[0] = inputs
            if self.training:
                self.outputs_transposed[0] = inputs.swapaxes(-1, -2)

    def _carve(self, within: tuple[Workspace, int] | None) -> None:
        sizes = self.network.layer_sizes
        views = self._views() if within is None else within[0].rows_of_views(within[1], self.n_rows)
        self.inputs = self.own_inputs = next(views)
        self.targets = next(views)
        self.row_weight_column = next(views)
        self.row_weights = self.row_weight_column[..., 0]
        self.row_losses = next(views)[..., 0]
        self.sums = [next(views) for _ in sizes[1:]]
        self.activations = [
            next(views) if activation.needs_input else Z
            for activation, Z in zip(self.network.activations, self.sums[:-1], strict=True)
        ]
        self.masks = [next(views) if self._has_mask(k) else None for k in self.network.keep_prob]
        self.outputs = [
            A if mask is None else next(views)
            for A, mask in zip([self.inputs, *self.activations], self.masks, strict=True)
        ]
        self.outputs_transposed = [A.swapaxes(-1, -2) for A in self.outputs] if self.training else []
        self.deltas = [next(views) for _ in sizes[1:-1]] if self.training else []
        widest = next(views).reshape(-1)
        kept = [next(views) if keeps else None for keeps in self._keeps_scratch()]
        common = [
            self._shared_zeros(units) if activation.zero_scratch else self._leading_values(widest, units)
            for activation, units in zip(self.network.activations, sizes[1:], strict=False)
        ]
        self.scratch = [one if own is None else own for own, one in zip(kept, common, strict=True)]
        # Where the gradient is made layer by layer, nobody reads A any more. Blocks of a shared step must keep it: the
        # gradient is made when all of them are done.
        self.backward_scratch = [
            (A if within is None else self._leading_values(widest, A.shape[-1])) if activation.zero_scratch else scratch
            for activation, A, scratch in zip(self.network.activations, self.activations, self.scratch, strict=True)
        ]
        self.scratch.append(self._leading_values(widest, sizes[-1]))

    def _leading_values(self, buffer: Array, units: int) -> Array:
        """As many values of a flat buffer as a layer has, in its shape."""
        return buffer[: prod(self.stack) * self.n_rows * units].reshape(*self.stack, self.n_rows, units)

    def _shared_zeros(self, units: int) -> Array:
        """Zeros in the shape of a layer, those of one network for all of a stack, as they have to be read."""
        zeros = self.zeros[: self.n_rows * units].reshape(self.n_rows, units)
        return np.broadcast_to(zeros, (*self.stack, self.n_rows, units)) if self.stack else zeros

    def _buffer_units(self) -> list[int]:
        """Units of every buffer, in the order in which `_carve` takes them."""
        n_features, *hidden, n_outputs = self.network.layer_sizes
        kept_inputs = [h for h, g in zip(hidden, self.network.activations, strict=True) if g.needs_input]
        masked = [
            units
            for units, keep_prob in zip([n_features, *hidden], self.network.keep_prob, strict=True)
            if self._has_mask(keep_prob)
        ]
        deltas = hidden if self.training else []
        passes = [*hidden, n_outputs, *kept_inputs, *masked, *masked, *deltas]
        kept_scratch = [units for units, keeps in zip(hidden, self._keeps_scratch(), strict=True) if keeps]
        return [n_features, n_outputs, 1, 1, *passes, max([*hidden, n_outputs]), *kept_scratch]

    def _make_zeros(self) -> Array:
        layers = zip(self.network.activations, self.network.layer_sizes[1:], strict=False)
        widest = max((units for activation, units in layers if activation.zero_scratch), default=0)
        return np.zeros(self.n_rows * widest, dtype=self.memory.dtype)

    def _keeps_scratch(self) -> list[bool]:
        """Whether each hidden layer has a scratch of its own, for its backward pass to read."""
        return [self.training and activation.keeps_scratch for activation in self.network.activations]

    def _has_mask(self, keep_prob: float) -> bool:
        return self.training and keep_prob < 1.0

    def rows_of_views(self, start: int, n_rows: int) -> Iterator[Array]:
        """Some rows of every buffer, in the order in which `_carve` takes them."""
        for view in self._views():
            yield view[start : start + n_rows]

    def _views(self) -> Iterator[Array]:
        for start, size in zip(self._starts, self._n_values, strict=False):
            yield self.memory[start : start + size].reshape(*self.stack, self.n_rows, -1)


def _carved(network: Network, n_rows: int, stack: tuple[int, ...], training: bool, memory: Array) -> Workspace:
    return Workspace(network, n_rows, memory.dtype, stack=stack, training=training, memory=memory)


@dataclass(frozen=True)
class Dropout:
    """Where a network's dropout masks come from.

    Parameters
    ----------
    network : Network
        With the keep probabilities.
    rng : Generator
        Draws the masks of the hidden layers.
    input_rng : Generator, default=None
        Draws that of the input; `rng` if None.
    """

    network: Network
    rng: np.random.Generator
    input_rng: np.random.Generator | None = None

    def draw(self, workspace: Workspace | Slot) -> None:
        """Fresh masks into a workspace."""
        self.network.draw_masks(workspace, self.rng, self.input_rng)

    def split(self, blocks: Sequence[Workspace]) -> list[Dropout]:
        """What draws the masks of each block, in any order or at once: as if this one had drawn one after another."""
        parts = []
        for block in blocks:
            parts.append(replace(self, rng=copied(self.rng), input_rng=self.input_rng and copied(self.input_rng)))
            n_words = self.network.mask_words(block.n_rows)
            hidden = n_words[1:] if self.input_rng is not None else n_words
            self.rng.bit_generator.advance(sum(hidden))  # type: ignore[attr-defined]
            if self.input_rng is not None:
                self.input_rng.bit_generator.advance(n_words[0])  # type: ignore[attr-defined]
        return parts


class Slot:
    """What one network of a stack fills in the workspace of all: its rows, their targets and weights, its masks.

    Parameters
    ----------
    workspace : Workspace
        Of a stack with one leading axis.
    number : int
        Of the network.
    """

    def __init__(self, workspace: Workspace, number: int) -> None:
        # No more than a weak reference: a cycle would keep the memory until the garbage collector happens to run.
        self._workspace, self._number, self.n_rows = ref(workspace), number, workspace.n_rows
        self.inputs: Array = workspace.own_inputs[number]
        self.targets: Array = workspace.targets[number]
        self.row_weights: Array = workspace.row_weights[number]
        self.masks = [None if mask is None else mask[number] for mask in workspace.masks]

    def leading(self, n_rows: int) -> Slot:
        """The place of the same network among the first `n_rows` rows of every network."""
        workspace = self._workspace()
        assert workspace is not None
        return workspace.leading(n_rows).slot(self._number)


def draw_masks(
    networks: Sequence[Network],
    places: Sequence[Workspace | Slot],
    rng: np.random.Generator,
    input_rng: np.random.Generator | None = None,
) -> None:
    """Fresh masks for networks that share the draws, as `Network.draw_masks` makes them for one.

    Parameters
    ----------
    networks : sequence of Network
        Which drop in the same layers.
    places : sequence of Workspace or Slot
        Their masks are overwritten.
    rng, input_rng : Generator
        Where the draws come from.
    """
    for layer, keep_prob in enumerate(networks[0].keep_prob):
        masks = [mask for place in places if (mask := place.masks[layer]) is not None]
        if keep_prob == 1.0:  # there are masks where another network of a stack drops
            for mask in masks:
                mask.fill(1.0)
        elif masks:
            levels = [network.dropout_levels[layer] for network in networks]
            draw_kept(masks, [level for level, _ in levels], rng if layer > 0 or input_rng is None else input_rng)
            for mask, (_, scale) in zip(masks, levels, strict=True):
                mask *= np.asarray(scale, dtype=mask.dtype)


def _aligned(n_values: int) -> int:
    return -(-n_values // ALIGNMENT) * ALIGNMENT


def _row_sum(losses: Array, weights: Array) -> Array:
    if losses.ndim == 1:
        total: Array = np.dot(losses, weights)
        return total
    return np.einsum("...r,...r->...", losses, weights)
