"""The random bits of dropout masks, and where in the stream of a generator they stand."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from .parameters import Array

MASK_PIECE = 6144  # units of a dropout mask that are drawn at once


def draw_kept(masks: Sequence[Array], thresholds: Sequence[Array], rng: np.random.Generator) -> None:
    """Fill each mask with 1 where the same 16 random bits are below its threshold, else 0."""
    # Four units to a word of the generator: a third of the time of a float for each. A few rows at a time, so that the
    # words, which the generator allocates, stay small.
    n_rows = _rows_at_once(masks[0][..., 0, :].size)
    for start in range(0, masks[0].shape[-2], n_rows):
        rows = slice(start, start + n_rows)
        bits = _random_bits(masks[0][..., rows, :].shape, rng)
        for mask, threshold in zip(masks, thresholds, strict=True):
            np.less(bits, threshold, out=mask[..., rows, :])
        del bits  # before the next are drawn


def _rows_at_once(units: int) -> int:
    return max(1, MASK_PIECE // max(1, units))


def n_words_of(n_rows: int, units: int) -> int:
    """How many words of the generator the mask of a layer takes."""
    at_once = _rows_at_once(units)
    n_pieces, rest = divmod(n_rows, at_once)
    return n_pieces * -(-at_once * units // 4) - (-rest * units // 4)


def copied(rng: np.random.Generator) -> np.random.Generator:
    """An independent generator in the same state."""
    bits: np.random.BitGenerator = type(rng.bit_generator)(0)
    bits.state = rng.bit_generator.state
    return np.random.Generator(bits)


def _random_bits(shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    size = prod(shape)
    return rng.bit_generator.random_raw(-(-size // 4)).view(np.uint16)[:size].reshape(shape)
