"""Data made up for tests: explicit ensembles of defects, measured with noise."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tlsmc.fitting.curves import curve, points_of
from tlsmc.fitting.problem import parse_fit

#: A narrow band in gold, the truth behind all data here.
E_STAR, CHI, N_T = 0.02, 0.05, 1e17


def content(**sections):
    """A spec in kelvin with the truth in it; ``sections`` are those of ``[fit]``."""
    return {
        "title": "made up",
        "seed": 7,
        "population": {
            "model": "tunnelling",
            "defects": 1000,
            "parameters": {"E": {"law": "uniform", "high": "20 mK"}, "p": {"law": "tunnelling"}},
        },
        "material": {"preset": "paper", "chi": CHI, "defect_density": f"{N_T} cm^-3"},
        "fit": sections,
    }


def write_csv(path: Path, header: str, *columns) -> Path:
    """A CSV file with full precision; columns that are numbers are the same in every row."""
    rows = np.broadcast_arrays(*columns)
    lines = [",".join(repr(float(x)) for x in row) for row in zip(*map(np.ravel, rows), strict=True)]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def electrons_and_heat(folder: Path, T, **parameters):
    """A problem with 1/tau_phi and C at temperatures ``T``, and no more than place-holders for values."""
    write_csv(folder / "tau.csv", "T [K],value [1/s],error", T, 1.0, 1.0)
    write_csv(folder / "heat.csv", "T [K],value [J/(K cm^3)],error", T, 1.0, 1.0)
    data = {
        "tau": {"file": "tau.csv", "quantity": "1/tau_phi"},
        "heat": {"file": "heat.csv", "quantity": "C"},
    }
    free = {"E_star": {}, "chi": {"low": 1e-4}, "n_T": {}} | parameters
    return parse_fit(content(data=data, parameters=free), folder)


def sound(folder: Path, T, nu, *, curve="total", amplitude=True, **parameters):
    """A problem with the attenuation F at temperatures ``T`` in K and frequencies ``nu`` in Hz."""
    grid = np.meshgrid(T, nu, indexing="ij")
    write_csv(folder / "sound.csv", "T [K],f [Hz],value,error", *grid, 1.0, 1.0)
    data = {"sound": {"file": "sound.csv", "quantity": "F", "curve": curve, "amplitude": amplitude}}
    free = {"E_star": {}, "chi": {"low": 1e-6}} | parameters
    return parse_fit(content(data=data, parameters=free), folder)


def measured(model, rng, *, noise=0.03, defects=None):
    """The model's data sets with values at its start, from an ensemble of about ``defects`` (none: the exact curves).

    The number of defects is Poisson's around ``defects``, the average of a piece of metal.
    """
    values = model.values(model.start)
    ensemble = model.ensemble_at(values)
    columns = None if defects is None else ensemble.population.columns(rng.random((2, rng.poisson(defects))))
    sets = []
    for data, exact in zip(model.sets, model.predict(model.start), strict=True):
        error = noise * np.abs(exact)
        value = exact
        if columns is not None:
            points = points_of(data, ensemble)
            sums = points.contributions(ensemble.population, columns).sum(axis=1)
            value = exact * sums / defects / curve(points, ensemble.population)
        sets.append(replace(data, value=value + error * rng.standard_normal(len(data)), error=error))
    return replace(model, sets=tuple(sets))
