"""Losses whose gradients are known: test functions of optimisation, written from their formulas.

Every loss takes complex numbers too. Its gradient comes from a step into the complex plane,
``Im J(theta + i h e) / h``, which subtracts nothing and so is exact to rounding at ``h = 1e-100``: it shares nothing
with two-sided differences.

Sources: Jamil and Yang, "A literature survey of benchmark functions for global optimization problems" (2013); Moré,
Garbow and Hillstrom, "Testing unconstrained optimization software" (1981).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

PI = np.pi
STEP = 1e-100


def absolute(z):
    """The absolute value off its kink, for complex steps too."""
    return np.where(np.real(z) < 0, -z, z)


def squares(z):
    return np.sum(z**2)


def gradient(loss, theta):
    """The exact gradient, by complex steps."""
    moved = np.asarray(theta, dtype=complex) + STEP * 1j * np.eye(len(theta))
    return np.array([np.imag(loss(row)) / STEP for row in moved])


def ackley(x):
    return -20 * np.exp(-0.2 * np.sqrt(np.mean(x**2))) - np.exp(np.mean(np.cos(2 * PI * x))) + 20 + np.e


def bohachevsky(x):
    return x[0] ** 2 + 2 * x[1] ** 2 - 0.3 * np.cos(3 * PI * x[0]) * np.cos(4 * PI * x[1]) + 0.3


def branin(x):
    return (x[1] - 5.1 / (4 * PI**2) * x[0] ** 2 + 5 / PI * x[0] - 6) ** 2 + 10 * (1 - 1 / (8 * PI)) * np.cos(x[0]) + 10


def brown(x):
    return np.sum((x[:-1] ** 2) ** (x[1:] ** 2 + 1) + (x[1:] ** 2) ** (x[:-1] ** 2 + 1))


def bukin_six(x):
    return 100 * np.sqrt(absolute(x[1] - 0.01 * x[0] ** 2)) + 0.01 * absolute(x[0] + 10)


def camel_six(x):
    return (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1] + (4 * x[1] ** 2 - 4) * x[1] ** 2


def colville(x):
    return (
        100 * (x[0] ** 2 - x[1]) ** 2 + (x[0] - 1) ** 2 + (x[2] - 1) ** 2 + 90 * (x[2] ** 2 - x[3]) ** 2
        + 10.1 * ((x[1] - 1) ** 2 + (x[3] - 1) ** 2) + 19.8 * (x[1] - 1) * (x[3] - 1)
    )  # fmt: skip


def cross_in_tray(x):
    size = absolute(np.sin(x[0]) * np.sin(x[1]) * np.exp(absolute(100 - np.sqrt(squares(x)) / PI)))
    return -0.0001 * (size + 1) ** 0.1


def deckkers_aarts(x):
    return 1e5 * x[0] ** 2 + x[1] ** 2 - squares(x) ** 2 + 1e-5 * squares(x) ** 4


def dixon_price(x):
    return (x[0] - 1) ** 2 + np.sum(np.arange(2, len(x) + 1) * (2 * x[1:] ** 2 - x[:-1]) ** 2)


def drop_wave(x):
    return -(1 + np.cos(12 * np.sqrt(squares(x)))) / (0.5 * squares(x) + 2)


def easom(x):
    return -np.cos(x[0]) * np.cos(x[1]) * np.exp(-squares(x - PI))


def egg_holder(x):
    shifted = x[1:] + 47
    return np.sum(
        -shifted * np.sin(np.sqrt(absolute(shifted + x[:-1] / 2)))
        - x[:-1] * np.sin(np.sqrt(absolute(x[:-1] - shifted)))
    )


def freudenstein_roth(x):
    return squares(
        np.array([-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]])
    )


def goldstein_price(x):
    a = 19 - 14 * x[0] + 3 * x[0] ** 2 - 14 * x[1] + 6 * x[0] * x[1] + 3 * x[1] ** 2
    b = 18 - 32 * x[0] + 12 * x[0] ** 2 + 48 * x[1] - 36 * x[0] * x[1] + 27 * x[1] ** 2
    return (1 + (x[0] + x[1] + 1) ** 2 * a) * (30 + (2 * x[0] - 3 * x[1]) ** 2 * b)


def griewank(x):
    return squares(x) / 4000 - np.prod(np.cos(x / np.sqrt(np.arange(1, len(x) + 1)))) + 1


def gulf(x):
    t = np.arange(1, 31) / 100
    return squares(np.exp(-(absolute((-50 * np.log(t)) ** (2 / 3) + 25 - x[1]) ** x[2]) / x[0]) - t)


def helical_valley(x):
    # The angle by arctan, which takes complex numbers; x[0] > 0 or < 0 chooses the branch.
    angle = np.arctan(x[1] / x[0]) / (2 * PI) + (0.5 if np.real(x[0]) < 0 else 0.0)
    return 100 * ((x[2] - 10 * angle) ** 2 + (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1) ** 2) + x[2] ** 2


def holder_table(x):
    return -absolute(np.sin(x[0]) * np.cos(x[1]) * np.exp(absolute(1 - np.sqrt(squares(x)) / PI)))


def jennrich_sampson(x):
    i = np.arange(1, 11)
    return squares(2 + 2 * i - np.exp(i * x[0]) - np.exp(i * x[1]))


def keane(x):
    return np.sin(x[0] - x[1]) ** 2 * np.sin(x[0] + x[1]) ** 2 / np.sqrt(squares(x))


KOWALIK_A = np.array([4, 2, 1, 1 / 2, 1 / 4, 1 / 6, 1 / 8, 1 / 10, 1 / 12, 1 / 14, 1 / 16])
KOWALIK_B = np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])


def kowalik(x):
    t = KOWALIK_A
    return squares(KOWALIK_B - x[0] * (t**2 + t * x[1]) / (t**2 + t * x[2] + x[3]))


def langermann(x):
    a, b, c = np.array([3, 5, 2, 1, 7]), np.array([5, 2, 1, 4, 9]), np.array([1, 2, 5, 2, 3])
    distance = (x[0] - a) ** 2 + (x[1] - b) ** 2
    return -np.sum(c * np.exp(-distance / PI) * np.cos(PI * distance))


def levy(x):
    w = 1 + (x - 1) / 4
    middle = np.sum((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(PI * w[:-1] + 1) ** 2))
    return np.sin(PI * w[0]) ** 2 + middle + (w[-1] - 1) ** 2 * (1 + np.sin(2 * PI * w[-1]) ** 2)


def michalewicz(x):
    return -np.sum(np.sin(x) * np.sin(np.arange(1, len(x) + 1) * x**2 / PI) ** 20)


def miele_cantrell(x):
    return (np.exp(-x[0]) - x[1]) ** 4 + 100 * (x[1] - x[2]) ** 6 + np.tan(x[2] - x[3]) ** 4 + x[0] ** 8


def mishra_three(x):
    return np.sqrt(absolute(np.cos(np.sqrt(squares(x))))) + 0.01 * (x[0] + x[1])


def mishra_eleven(x):
    # The geometric mean by logarithms; sizes alone count.
    return (np.mean(absolute(x)) - np.exp(np.mean(np.log(absolute(x))))) ** 2


def paviani(x):
    return np.sum(np.log(10 - x) ** 2 + np.log(x - 2) ** 2) - np.prod(x) ** 0.2


def pen_holder(x):
    size = absolute(np.cos(x[0]) * np.cos(x[1]) * np.exp(absolute(1 - np.sqrt(squares(x)) / PI)))
    return -np.exp(-1 / size)


def perm(x):
    i = np.arange(1, len(x) + 1)
    return squares(np.array([np.sum((i**k + 0.5) * ((x / i) ** k - 1)) for k in i]))


def powell_singular(x):
    a, b, c, d = x[0::4], x[1::4], x[2::4], x[3::4]
    return np.sum((a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4)


def quintic(x):
    return np.sum(absolute(x**5 - 3 * x**4 + 4 * x**3 + 2 * x**2 - 10 * x - 4))


def rana(x):
    up, down = np.sqrt(absolute(x[1:] + x[:-1] + 1)), np.sqrt(absolute(x[1:] - x[:-1] + 1))
    return np.sum((x[1:] + 1) * np.cos(down) * np.sin(up) + x[:-1] * np.cos(up) * np.sin(down))


def rastrigin(x):
    return 10 * len(x) + np.sum(x**2 - 10 * np.cos(2 * PI * x))


def ripple(x):
    ripples = np.sin(5 * PI * x) ** 6 + 0.1 * np.cos(500 * PI * x) ** 2
    return -np.sum(np.exp(-2 * np.log(2) * ((x - 0.1) / 0.8) ** 2) * ripples)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def salomon(x):
    return 1 - np.cos(2 * PI * np.sqrt(squares(x))) + 0.1 * np.sqrt(squares(x))


def schaffer_two(x):
    return 0.5 + (np.sin(x[0] ** 2 - x[1] ** 2) ** 2 - 0.5) / (1 + 0.001 * squares(x)) ** 2


def schaffer_four(x):
    return 0.5 + (np.cos(np.sin(absolute(x[0] ** 2 - x[1] ** 2))) ** 2 - 0.5) / (1 + 0.001 * squares(x)) ** 2


def schwefel(x):
    return 418.9829 * len(x) - np.sum(x * np.sin(np.sqrt(absolute(x))))


SHEKEL_A = np.array([[4, 4, 4, 4], [1, 1, 1, 1], [8, 8, 8, 8], [6, 6, 6, 6], [3, 7, 3, 7], [2, 9, 2, 9], [5, 5, 3, 3]])
SHEKEL_C = np.array([0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3])


def shekel(x):
    return -np.sum(1 / (np.sum((x - SHEKEL_A) ** 2, axis=1) + SHEKEL_C))


def shubert(x):
    j = np.arange(1, 6)[:, np.newaxis]
    return np.prod(np.sum(j * np.cos((j + 1) * x + j), axis=0))


def sine_envelope(x):
    pairs = x[:-1] ** 2 + x[1:] ** 2
    return np.sum((np.sin(np.sqrt(pairs)) ** 2 - 0.5) / (1 + 0.001 * pairs) ** 2 + 0.5)


def trid(x):
    return squares(x - 1) - np.sum(x[1:] * x[:-1])


def trigonometric_one(x):
    i = np.arange(1, len(x) + 1)
    return squares(len(x) - np.sum(np.cos(x)) + i * (1 - np.cos(x)) - np.sin(x))


def trigonometric_two(x):
    s = (x - 0.9) ** 2
    return 1 + np.sum(8 * np.sin(7 * s) ** 2 + 6 * np.sin(14 * s) ** 2 + s)


def vincent(x):
    return -np.sum(np.sin(10 * np.log(x)))


def wavy(x):
    return 1 - np.mean(np.cos(10 * x) * np.exp(-(x**2) / 2))


def weierstrass(x):
    k = np.arange(12)[:, np.newaxis]
    return np.sum(0.5**k * np.cos(2 * PI * 3.0**k * (x + 0.5)))


def whitley(x):
    inner = 100 * (x[:, np.newaxis] ** 2 - x) ** 2 + (1 - x) ** 2
    return np.sum(inner**2 / 4000 - np.cos(inner) + 1)


def xin_she_yang(x):
    return np.sum(absolute(x)) * np.exp(-np.sum(np.sin(x**2)))


def zakharov(x):
    s = np.sum(0.5 * np.arange(1, len(x) + 1) * x)
    return squares(x) + s**2 + s**4


def beale(x):
    return squares(np.array([1.5, 2.25, 2.625]) - x[0] * (1 - x[1] ** np.arange(1, 4)))


def brown_badly_scaled(x):
    return (x[0] - 1e6) ** 2 + (x[1] - 2e-6) ** 2 + (x[0] * x[1] - 2) ** 2


def powell_badly_scaled(x):
    return (1e4 * x[0] * x[1] - 1) ** 2 + (np.exp(-x[0]) + np.exp(-x[1]) - 1.0001) ** 2


def box_three(x):
    t = np.arange(1, 11) / 10
    return squares(np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10 * t)))


def brown_dennis(x):
    t = np.arange(1, 21) / 5
    return squares((x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2)


def biggs_six(x):
    t = np.arange(1, 14) / 10
    y = np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t)
    return squares(x[2] * np.exp(-t * x[0]) - x[3] * np.exp(-t * x[1]) + x[5] * np.exp(-t * x[4]) - y)


def penalty_one(x):
    return 1e-5 * squares(x - 1) + (squares(x) - 0.25) ** 2


def penalty_two(x):
    i, n = np.arange(2, len(x) + 1), len(x)
    y = np.exp(i / 10) + np.exp((i - 1) / 10)
    first = squares(np.exp(x[1:] / 10) + np.exp(x[:-1] / 10) - y) + squares(np.exp(x[1:] / 10) - np.exp(-0.1))
    return (x[0] - 0.2) ** 2 + 1e-5 * first + (np.sum(np.arange(n, 0, -1) * x**2) - 1) ** 2


def variably_dimensioned(x):
    s = np.sum(np.arange(1, len(x) + 1) * (x - 1))
    return squares(x - 1) + s**2 + s**4


def broyden_tridiagonal(x):
    padded = np.concatenate([[0], x, [0]])
    return squares((3 - 2 * x) * x - padded[:-2] - 2 * padded[2:] + 1)


def broyden_banded(x):
    own, near = x * (2 + 5 * x**2) + 1, x * (1 + x)
    band = np.array([sum(near[j] for j in range(max(0, i - 5), min(len(x), i + 2)) if j != i) for i in range(len(x))])
    return squares(own - band)


def boundary_value(x):
    h = 1 / (len(x) + 1)
    t, padded = h * np.arange(1, len(x) + 1), np.concatenate([[0], x, [0]])
    return squares(2 * x - padded[:-2] - padded[2:] + h**2 * (x + t + 1) ** 3 / 2)


def integral_equation(x):
    h = 1 / (len(x) + 1)
    t = h * np.arange(1, len(x) + 1)
    cubes = (x + t + 1) ** 3
    kernel = np.where(t[:, np.newaxis] >= t, (1 - t)[:, np.newaxis] * t, t[:, np.newaxis] * (1 - t))
    return squares(x + h / 2 * kernel @ cubes)


def chebyquad(x):
    polynomials = [np.ones_like(x), 2 * x - 1]
    for _ in range(len(x) - 1):
        polynomials.append(2 * (2 * x - 1) * polynomials[-1] - polynomials[-2])
    integral = np.array([0.0 if k % 2 else -1 / (k**2 - 1) for k in range(1, len(x) + 1)])
    return squares(np.array([np.mean(p) for p in polynomials[1:]]) - integral)


def meyer(x):
    t = 45 + 5 * np.arange(1, 17)
    y = 34780 * np.exp(-0.05 * (t - 50))
    return squares(x[0] * np.exp(x[1] / (t + x[2])) - y)


def watson(x):
    t = np.arange(1, 30)[:, np.newaxis] / 29
    j = np.arange(len(x))
    slope, value = np.sum(j[1:] * x[1:] * t ** (j[1:] - 1), axis=1), np.sum(x * t**j, axis=1)
    return squares(slope - value**2 - 1) + x[0] ** 2 + (x[1] - x[0] ** 2 - 1) ** 2


DATA = np.random.default_rng(20)
ROWS = DATA.normal(size=(40, 5))
CLASSES = np.eye(3)[DATA.integers(3, size=40)]
TARGET = ROWS @ DATA.normal(size=5) + DATA.normal(size=40)


def log_sum_exp(z):
    top = np.max(np.real(z), axis=1, keepdims=True)
    return top[:, 0] + np.log(np.sum(np.exp(z - top), axis=1))


def logistic_regression(x):
    z = ROWS @ x
    sign = np.where(np.real(z) > 0, 1, -1)
    return np.mean(np.log(1 + np.exp(-sign * z)) + np.where(sign > 0, z, 0) - CLASSES[:, 0] * z) + 0.01 * squares(x)


def softmax_regression(x):
    z = ROWS @ x.reshape(5, 3)
    return np.mean(log_sum_exp(z) - np.sum(CLASSES * z, axis=1))


def tanh_network(x):
    z = np.tanh(ROWS @ x[:20].reshape(5, 4) + x[20:24]) @ x[24:36].reshape(4, 3) + x[36:]
    return np.mean(log_sum_exp(z) - np.sum(CLASSES * z, axis=1)) + 0.01 * squares(x[:36])


def silu_network(x):
    z = ROWS @ x[:20].reshape(5, 4) + x[20:24]
    return np.mean((z / (1 + np.exp(-z)) @ x[24:28] + x[28] - TARGET) ** 2)


def gaussian_likelihood(x):
    return np.sum(0.5 * ((TARGET - x[0]) / np.exp(x[1])) ** 2 + x[1])


def gaussian_process(x):
    distance = np.sum((ROWS[:12, np.newaxis] - ROWS[:12]) ** 2, axis=2)
    K = np.exp(x[0]) * np.exp(-distance * np.exp(x[1])) + np.exp(x[2]) * np.eye(12)
    return 0.5 * TARGET[:12] @ np.linalg.solve(K, TARGET[:12]) + 0.5 * np.log(np.linalg.det(K))


def probit_regression(x):
    p = 0.5 * (1 + erf((2 * CLASSES[:, 0] - 1) * (ROWS @ x) / np.sqrt(2)))
    return -np.mean(np.log(p)) + 0.01 * squares(x)


def poisson_regression(x):
    z = ROWS @ x
    return np.sum(np.exp(z) - np.floor(np.exp(TARGET / 4)) * z)


@dataclass(frozen=True)
class Problem:
    """A loss, the box that its points are drawn from, and a point where its gradient vanishes, if one is known."""

    loss: object
    n: int
    low: float
    high: float
    minimum: float | list | None = None

    @property
    def name(self):
        return self.loss.__name__

    def fun(self, theta):
        """Loss and gradient, both in float64."""
        return float(self.loss(theta)), gradient(self.loss, theta)

    def points(self, rng):
        """Name to point: three in the box, one a hundredth and one ten times as far from 0, and the known minimum."""
        inside = rng.uniform(self.low, self.high, (5, self.n))
        points = {f"random {i}": inside[i] for i in range(3)}
        points["near 0"] = inside[3] * 1e-2
        points["far"] = inside[4] * 10
        if self.minimum is not None:
            points["minimum"] = np.broadcast_to(np.asarray(self.minimum, dtype=float), self.n).copy()
        return points


PROBLEMS = [
    Problem(ackley, 4, -30, 30),
    Problem(bohachevsky, 2, -50, 50, 0),
    Problem(branin, 2, -5, 15, [PI, 2.275]),
    Problem(brown, 3, -1, 4),
    Problem(bukin_six, 2, -10, 3),
    Problem(camel_six, 2, -5, 5, 0),
    Problem(colville, 4, -10, 10, 1),
    Problem(cross_in_tray, 2, -10, 10),
    Problem(deckkers_aarts, 2, -20, 20, 0),
    Problem(dixon_price, 5, -10, 10),
    Problem(drop_wave, 2, -5, 5),
    Problem(easom, 2, 1, 6, PI),
    Problem(egg_holder, 3, -512, 512),
    Problem(freudenstein_roth, 2, -10, 10, [5, 4]),
    Problem(goldstein_price, 2, -2, 2, [0, -1]),
    Problem(griewank, 5, -100, 100, 0),
    Problem(gulf, 3, 5, 60),
    Problem(helical_valley, 3, -10, 10, [1, 0, 0]),
    Problem(holder_table, 2, -10, 10),
    Problem(jennrich_sampson, 2, -1, 1),
    Problem(keane, 2, 0, 10),
    Problem(kowalik, 4, 0.1, 5),
    Problem(langermann, 2, 0, 10),
    Problem(levy, 4, -10, 10, 1),
    Problem(michalewicz, 4, 0, PI),
    Problem(miele_cantrell, 4, -1, 1),
    Problem(mishra_three, 2, -10, 10),
    Problem(mishra_eleven, 4, -10, 10),
    Problem(paviani, 10, 2.001, 9.999),
    Problem(pen_holder, 2, -11, 11),
    Problem(perm, 4, -4, 4, [1, 2, 3, 4]),
    Problem(powell_singular, 8, -4, 5, 0),
    Problem(quintic, 3, -10, 10),
    Problem(rana, 3, -500, 500),
    Problem(rastrigin, 5, -5.12, 5.12, 0),
    Problem(ripple, 2, 0, 1),
    Problem(rosenbrock, 6, -30, 30, 1),
    Problem(salomon, 3, -100, 100),
    Problem(schaffer_two, 2, -100, 100, 0),
    Problem(schaffer_four, 2, -100, 100),
    Problem(schwefel, 4, -500, 500),
    Problem(shekel, 4, 0, 10),
    Problem(shubert, 2, -10, 10),
    Problem(sine_envelope, 3, -100, 100),
    Problem(trid, 6, -20, 20),
    Problem(trigonometric_one, 5, 0, PI, 0),
    Problem(trigonometric_two, 3, -500, 500, 0.9),
    Problem(vincent, 3, 0.25, 10),
    Problem(wavy, 3, -PI, PI, 0),
    Problem(weierstrass, 2, -0.5, 0.5),
    Problem(whitley, 3, -10, 10, 1),
    Problem(xin_she_yang, 3, -2 * PI, 2 * PI),
    Problem(zakharov, 4, -5, 10, 0),
    Problem(beale, 2, -4, 4, [3, 0.5]),
    Problem(brown_badly_scaled, 2, -100, 100, [1e6, 2e-6]),
    Problem(powell_badly_scaled, 2, -10, 10),
    Problem(box_three, 3, 0, 20, [1, 10, 1]),
    Problem(brown_dennis, 4, -25, 25),
    Problem(biggs_six, 6, 0, 10, [1, 10, 1, 5, 4, 3]),
    Problem(penalty_one, 10, -5, 5),
    Problem(penalty_two, 10, -5, 5),
    Problem(variably_dimensioned, 10, -3, 3, 1),
    Problem(broyden_tridiagonal, 10, -2, 2),
    Problem(broyden_banded, 10, -2, 2),
    Problem(boundary_value, 10, -1, 1),
    Problem(integral_equation, 10, -1, 1),
    Problem(chebyquad, 8, 0, 1),
    Problem(meyer, 3, 1, 300),
    Problem(watson, 6, -2, 2),
    Problem(logistic_regression, 5, -3, 3),
    Problem(softmax_regression, 15, -3, 3),
    Problem(tanh_network, 39, -1, 1),
    Problem(silu_network, 29, -1, 1),
    Problem(gaussian_likelihood, 2, -2, 2),
    Problem(gaussian_process, 3, -2, 2),
    Problem(probit_regression, 5, -1, 1),
    Problem(poisson_regression, 5, -1, 1),
]


def cases(seed=0):
    """(name, problem, point) wherever loss and gradient are finite, the same at every call."""
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        for problem in PROBLEMS:
            for where, theta in problem.points(rng).items():
                loss, slope = problem.fun(theta)
                if np.isfinite(loss) and np.isfinite(slope).all():
                    yield f"{problem.name}, {where}", problem, theta
