"""How means and errors settle as defects are added, from the block sums of a run."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.results.curve import Curve


@dataclass(frozen=True, slots=True)
class Convergence:
    """Running mean and standard error of a curve.

    ``counts`` are numbers of defects, shape (n,), and ``mean`` and ``error`` what the curve was after so many, shape
    (n, temperatures, frequencies or times) or (n, temperatures).
    """

    counts: NDArray[np.int64]
    mean: Array
    error: Array

    @property
    def change(self) -> Array:
        """What the mean has yet to change until the last one, in units of the standard error of that change.

        The first defects are part of all: the variance of the difference of two running means is the difference of
        their variances.  NaN where there is no error, and for the last mean.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.sqrt(self.error**2 - self.error[-1:] ** 2)
            change = (self.mean[-1:] - self.mean) / spread
        return np.where(spread > 0.0, change, np.nan)


def convergence(curve: Curve, points: int = 25) -> Convergence:
    """Running mean and standard error over the finished blocks, in the order of samples and of blocks in a sample.

    The errors come from second moments or, for Sobol points, from the scatter of scrambles, as those of the curve do.

    Parameters
    ----------
    curve
        A curve of a run, ``run["dephasing"]``.
    points
        Numbers of blocks at most, spaced logarithmically; the last is all of them.

    Returns
    -------
    Convergence
        Numbers of defects, means and errors; arrays of length 0 without a finished block.

    Examples
    --------
    >>> tlsmc.diagnostics.convergence(tlsmc.open_run("small.h5")["dephasing"], 3).counts
    array([ 1000,  4000, 16000])
    """
    finished = np.flatnonzero(curve.sums.done)
    parts = [_first_blocks(curve, finished[:number]) for number in block_numbers(len(finished), points)]
    shape = (len(parts), *curve.mean.shape)
    return Convergence(
        counts=np.array([part.defects for part in parts], dtype=np.int64),
        mean=np.reshape([part.mean for part in parts], shape),
        error=np.reshape([part.error for part in parts], shape),
    )


def block_numbers(blocks: int, points: int) -> list[int]:
    """At most ``points`` numbers from 1 to ``blocks``, spaced logarithmically; all if there are no more."""
    if blocks <= points:
        return list(range(1, blocks + 1))
    wanted = np.geomspace(1, blocks, points) if points > 1 else np.array([blocks])
    return sorted({*np.rint(wanted).astype(int).tolist(), blocks})


def _first_blocks(curve: Curve, places: NDArray[np.intp]) -> Curve:
    """The curve as it would be if only the blocks at these places were done."""
    done = np.zeros(curve.sums.done.shape, bool)
    done.flat[places] = True
    return replace(curve, sums=replace(curve.sums, done=done))
