"""Does the gradient check find what it should, and nothing else? The tests' planted bugs, at their full number."""

import sys
import time
from collections import Counter
from pathlib import Path

from _machine import describe_machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from planted_bugs import BUGS, check_correct, check_planted

N_SEEDS, N_CORRECT = 20, 1000


def main():
    """Every bug in 20 random networks, and 1000 correct networks."""
    print("; ".join(f"{name}: {value}" for name, value in describe_machine().items()))
    started = time.perf_counter()
    found, named = Counter(), Counter()
    for bug, layer in BUGS:
        for seed in range(N_SEEDS):
            verdict, right = check_planted(bug, layer, seed)
            found[verdict] += 1
            named[right and verdict != "correct"] += 1
    print(f"{len(BUGS)} planted bugs, {N_SEEDS} networks each: {dict(found)}; layer named: {dict(named)}")
    without = Counter(check_planted(None, None, seed)[0] for seed in range(N_SEEDS))
    print(f"the same networks without a bug: {dict(without)}")
    print(f"{N_CORRECT} correct networks: {dict(Counter(map(check_correct, range(N_CORRECT))))}")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
