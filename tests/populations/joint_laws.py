"""Joint laws of T_K and Delta, good and bad, as a user may write them."""

import numpy as np

CONSTANT = 1.0


def correlated(points):
    u, v = points
    T_K = -np.log(u)
    return T_K, np.sqrt(T_K) * v


def independent(points):
    return -np.log1p(-points)


def spoiling(points):
    points *= 0.5
    return points


def one_row(points):
    return points[0]


def transposed(points):
    return points.T


def not_a_number(points):
    return np.nan * points


def infinite(points):
    return points[0], np.inf * points[1]


def zero(points):
    return points[0], 0.0 * points[1]


def negative(points):
    return np.log(points)


def text(points):
    return "law"


def failing(points):
    raise RuntimeError("two\nlines")


def noisy(points):
    return np.random.default_rng().random(points.shape)


def rarely_bad(points):
    return np.where(points > 0.99, np.nan, points)
