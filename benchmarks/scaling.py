"""How the time of an epoch grows with the rows, from a thousand to a million: the exponent that fits, 1 for linear."""

import warnings

import numpy as np

from skdeep import DeepMLPClassifier

N_ROWS = (1_000, 10_000, 100_000, 1_000_000)


def main():
    """A line for each number of rows, and the slope of the logarithms."""
    warnings.simplefilter("ignore")  # that the few epochs are too few is meant
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(max(N_ROWS), 20)).astype(np.float32), rng.integers(0, 2, max(N_ROWS))
    seconds = []
    for n in N_ROWS:
        n_epochs = max(3, 20_000 // n)
        model = DeepMLPClassifier(
            (32, 32), activation="relu", batch_size=32, max_iter=n_epochs, n_iter_no_change=n_epochs, random_state=0
        )
        seconds.append(np.median(model.fit(X[:n], y[:n]).history_.seconds))
        print(f"{n:9} rows {1e3 * seconds[-1]:10.2f} ms an epoch", flush=True)
    print(f"exponent {np.polyfit(np.log(N_ROWS), np.log(seconds), 1)[0]:.3f}")


if __name__ == "__main__":
    main()
