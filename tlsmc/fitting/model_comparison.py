"""Other models of the same data: tunnelling, Kondo, magnetic impurities, and no defects at all."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tlsmc.arrays import Array
from tlsmc.errors import SpecError, ValidityError
from tlsmc.fitting.curves import Ensemble, derived_of, points_of
from tlsmc.fitting.goodness import goodness
from tlsmc.fitting.model import Model, missing_material
from tlsmc.fitting.objective import Objective
from tlsmc.fitting.optimize import Optimum, best_of_starts, descend
from tlsmc.fitting.parameter_table import set_parameters
from tlsmc.fitting.parameters import Parameter
from tlsmc.fitting.problem import RIVALS, Problem
from tlsmc.fitting.result import Rival
from tlsmc.measurements.dataset import DataSet
from tlsmc.populations.kondo import Kondo
from tlsmc.populations.laws.tunnelling import Tunnelling as TunnellingFraction
from tlsmc.populations.laws.uniform import Uniform
from tlsmc.populations.tunnelling import Tunnelling
from tlsmc.statistics.estimates import FALSE_ALARM

#: Blocks of temperatures that are left out one after the other.
_FOLDS = 5
#: Bounds of the energies of a rival, over the least and the greatest temperature.
_REACH = 30.0
#: Differences of AICc from which on a preference is called slight, clear, decisive.
_SLIGHT, _CLEAR, _DECISIVE = 2.0, 6.0, 10.0


def compare_models(
    problem: Problem, objective: Objective, optimum: Optimum, names: tuple[str, ...]
) -> tuple[tuple[Rival, ...], str]:
    """Fit the rivals ``names`` (all if empty) with the errors of the fit itself, and say which is preferred."""
    own = objective.model.ensemble.model
    wanted = [name for name in RIVALS if name != own and (not names or name in names)]
    found = [_scored(own, objective, optimum)]
    for name in wanted:
        try:
            rival = Objective(rival_model(objective.model, name), objective.noise)
            found.append(_scored(name, rival, best_of_starts(rival, problem.starts, problem.spec.layout.seed)))
        except (SpecError, ValidityError) as error:
            found.append(Rival(name, reason=" ".join(str(error).split())))
    return tuple(found), verdict(found)


def rival_model(model: Model, name: str) -> Model:
    """The data of a model under another one, with the amplitudes and backgrounds that the data sets have.

    Raises
    ------
    SpecError
        There is no such curve for one of the data sets.
    """
    made = _without_defects(model, name == "magnetic") if name in ("none", "magnetic") else _with_others(model, name)
    ensemble = made.ensemble_at(made.values(made.start))
    for data in made.sets if made.defects else ():
        if missing_material(data, ensemble) and not data.amplitude:
            raise SpecError(f"the material does not tell the scale of {data.quantity.name}")
    if len(made.parameters) >= made.points:
        raise SpecError(f"{len(made.parameters)} parameters are too many for {made.points} points")
    return made


def _with_others(model: Model, name: str) -> Model:
    """Defects of another kind, whose energies may be anything near the temperatures of the data."""
    T = np.concatenate([data.temperature for data in model.sets])
    low, high = float(T.min()) / _REACH, float(T.max()) * _REACH
    middle = math.sqrt(low * high)
    if name == "kondo":
        laws = {"T_K": Uniform(high=middle), "Delta": Uniform(high=middle / 3.0)}
        ensemble = Ensemble("kondo", Kondo(laws), dict(model.ensemble.material))
        energies = [("T_K_star", "T_K", middle), ("Delta_star", "Delta", middle / 3.0)]
        keep = {"kondo_heat_capacity": {"heat": "emery-kivelson"}}
    else:
        population = Tunnelling({"E": Uniform(high=middle), "p": TunnellingFraction()})
        ensemble = Ensemble("tunnelling", population, {"chi": 0.1} | dict(model.ensemble.material))
        energies, keep = [("E_star", "E", middle)], {}
    free = [
        Parameter(alias, f"population.parameters.{law}.high", "energy", "K", start, low, high, True)
        for alias, law, start in energies
    ]
    sets = tuple(_plain(data, ensemble, keep) for data in model.sets)
    if name == "tunnelling" and any(_depends_on_chi(data, ensemble) for data in sets):
        free.append(Parameter("chi", "material.chi", "number", "", 0.1, 1e-6, 1.0, True))
    free += [p for p in model.parameters if p.place == "material.defect_density" or p.set_name]
    return Model(sets, ensemble, tuple(free), _fixed_of_sets(model))


def _fixed_of_sets(model: Model) -> dict[str, float]:
    names = {data.name for data in model.sets}
    return {place: value for place, value in model.fixed.items() if place.partition(".")[0] in names}


def _depends_on_chi(data: DataSet, ensemble: Ensemble) -> bool:
    """Whether chi changes a curve, or its scale; of a heat capacity it only changes the logarithm L."""
    points = points_of(data, ensemble)
    if hasattr(points.observable, "chi") and not data.quantity.timed:
        return True
    derived = derived_of(data, ensemble, points)
    return derived.scale is not None and "chi" in derived.needs


def _plain(data: DataSet, ensemble: Ensemble, options: dict[str, dict[str, str]]) -> DataSet:
    """A data set with the usual component and options of a rival's observable; the convention of the drive stays."""
    if ensemble.model not in data.quantity.observables:
        raise SpecError(f"{data.quantity.name} has no curve for {ensemble.model} defects")
    name, _ = data.quantity.observables[ensemble.model]
    kept = {key: value for key, value in data.options.items() if key in ("drive", "electrons")}
    return replace(data, component="", options=options.get(name, {}) | kept)


def _without_defects(model: Model, magnetic: bool) -> Model:
    """Backgrounds alone: those of the data sets and the ones that the quantity has by nature."""
    sets = []
    if magnetic and not any(data.quantity.of_rates for data in model.sets):
        raise SpecError("magnetic impurities are for 1/tau_phi")
    for data in model.sets:
        extra = ("magnetic",) if magnetic and data.quantity.of_rates else ()
        names = tuple(dict.fromkeys((*data.backgrounds, *data.quantity.backgrounds, *extra)))
        sets.append(replace(data, backgrounds=names, amplitude=False))
    known = {p.place: p for p in model.parameters}
    free, _ = set_parameters(tuple(sets), {})
    fixed = _fixed_of_sets(model)
    chosen = tuple(known.get(p.place, p) for p in free if p.place not in fixed)
    return replace(model, sets=tuple(sets), parameters=chosen, fixed=fixed, defects=False)


def _scored(name: str, objective: Objective, optimum: Optimum) -> Rival:
    if not optimum.converged:
        return Rival(name, len(optimum.u), reason=f"the fit did not converge ({optimum.message})")
    good, k, n = goodness(objective, optimum.u), len(optimum.u), objective.model.points
    values = {p.name: p.value(x) for p, x in zip(objective.model.parameters, optimum.u.tolist(), strict=True)}
    aicc, bic = corrected_aic(good.chi2, k, n), good.chi2 + k * math.log(n)
    return Rival(name, k, good.chi2, good.p_value, aicc, bic, cross_validation(objective, optimum.u), values)


def corrected_aic(chi2: float, k: int, n: int) -> float:
    """AICc = chi2 + 2k + 2k(k+1)/(n-k-1) for known errors; infinite if n <= k + 1."""
    return chi2 + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0) if n > k + 1 else math.inf


def cross_validation(objective: Objective, u: Array) -> float | None:
    """Mean squared deviation over error of blocks of temperatures, each predicted from the others.

    The blocks at both ends ask for an extrapolation, those between for an interpolation.  None if too few
    temperatures are there, or a fit without some does not converge.
    """
    model, noise = objective.model, objective.noise
    T = np.concatenate([data.temperature for data in model.sets])
    distinct = np.unique(T)
    if len(distinct) < 2 * _FOLDS:
        return None
    total = 0.0
    for block in np.array_split(distinct, _FOLDS):
        out = np.isin(T, block)
        if (~out).sum() <= len(u):
            return None
        train = Objective(_part(model, ~out), noise.of(~out))
        try:
            end = descend(train, u)
        except ValueError:  # a data set may have lost all of its points
            return None
        if not end.converged:
            return None
        test = _part(model, out)
        difference = np.concatenate([data.value for data in test.sets]) - np.concatenate(test.predict(end.u))
        total += float(((difference / noise.spread[out]) ** 2).sum())
    return total / len(T)


def _part(model: Model, which: NDArray[np.bool_]) -> Model:
    return replace(model, sets=tuple(d.chosen(w) for d, w in zip(model.sets, model.parted(which), strict=True)))


def verdict(rivals: list[Rival]) -> str:
    """The plain statement: which model is preferred and how strongly, and whether it describes the data at all."""
    scored = [(r.aicc, r) for r in rivals if r.aicc is not None and math.isfinite(r.aicc)]
    able = sorted(scored, key=lambda pair: pair[0])
    if not able:
        return "no model could be fitted"
    (lowest, best), words = able[0], []
    for aicc, other in able[1:]:
        gap = aicc - lowest
        if gap < _SLIGHT:
            words.append(f"{other.name} does as well as {best.name} (AICc {gap:.1f} higher)")
            continue
        how = "slightly" if gap < _CLEAR else "clearly" if gap < _DECISIVE else "decisively"
        reasons = [f"AICc {gap:.1f} lower"]
        reasons += [f"evidence ratio {math.exp(gap / 2.0):.2g}" if gap < 1000.0 else "evidence beyond any doubt"]
        if best.validation is not None and other.validation is not None:
            word = "agrees" if best.validation < other.validation else "disagrees"
            against = f"{best.validation:.3g} against {other.validation:.3g} per point"
            reasons += [f"cross-validation {word}, {against}"]
        words.append(f"{best.name} is {how} preferred to {other.name} ({', '.join(reasons)})")
    if best.p_value is not None and best.p_value < FALSE_ALARM:
        words.append(f"but {best.name} itself does not describe the data (p = {best.p_value:.1g})")
    return "; ".join(words) if words else f"{best.name} is the only model that could be fitted"
