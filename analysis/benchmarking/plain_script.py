"""What one would write on an afternoon: attenuation by Monte Carlo with whole-array operations in NumPy.

    python plain_script.py DEFECTS SIDE [hoisted]

Prints the mean and standard error of F_res and F_rel at the first and at the last grid point.  With "hoisted", what
does not depend on the frequency is computed once for each temperature.
"""

import sys

import numpy as np

CHI, P_MIN = 0.03, 1e-12


def sample(n, rng):
    """Defects of Eq. 2: E uniform, p = sech^2(u) with u uniform."""
    depth = 0.5 * np.log(4.0 / P_MIN)
    u = depth * rng.random(n)
    return rng.random(n), 1.0 / np.cosh(u) ** 2, np.tanh(u) ** 2, depth


def per_temperature(E, p, q, T):
    """Linewidth and strengths of both mechanisms (Eqs. 10-12)."""
    tanh = np.tanh(E / (2.0 * T))
    Gamma = 0.5 * CHI * p * E / tanh
    return Gamma, np.pi * p * tanh, q / (4.0 * T * np.cosh(E / (2.0 * T)) ** 2)


def power(E, Gamma, resonant, relaxation, omega):
    """Both contributions of every defect at one frequency."""
    F_res = resonant * (Gamma / np.pi) / ((omega - E) ** 2 + Gamma**2)
    F_rel = relaxation * omega * 2.0 * Gamma / (omega**2 + (2.0 * Gamma) ** 2)
    return F_res, F_rel


def main():
    n, side, hoisted = int(sys.argv[1]), int(sys.argv[2]), "hoisted" in sys.argv[3:]
    E, p, q, depth = sample(n, np.random.default_rng(1))
    temperatures, frequencies = np.geomspace(0.1, 10.0, side), np.geomspace(0.01, 0.9, side)
    sums, squares = np.zeros((2, side, side)), np.zeros((2, side, side))
    for i, T in enumerate(temperatures):
        if hoisted:
            state = per_temperature(E, p, q, T)
        for j, omega in enumerate(frequencies):
            if not hoisted:
                state = per_temperature(E, p, q, T)
            for k, F in enumerate(power(E, *state, omega)):
                sums[k, i, j] = depth * F.sum()
                squares[k, i, j] = depth**2 * (F**2).sum()
    mean = sums / n
    error = np.sqrt((squares / n - mean**2) / (n - 1))
    for corner in (0, -1):
        print(*mean[:, corner, corner], *error[:, corner, corner])


if __name__ == "__main__":
    main()
