"""Functions on the columns of n events: arrays (n,) of numbers, or of a list an event.

What an event lacks (the first of an empty list, say) is NaN.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from mr.pipelines.root_reduce.arithmetic import (
    OPERATORS,
    absolute,
    counted,
    exact_in_float,
    is_list,
    kind_of,
    total,
)

__all__ = ["FUNCTIONS", "invariant_mass", "plain"]


def plain(values: Any) -> Any:
    """Numbers, one an event, as a NumPy array."""
    return np.asarray(values) if isinstance(values, ak.Array) and values.ndim == 1 else values


def at(values: Any, place: int) -> NDArray[Any]:
    """Of each event's list, the number that is there."""
    lists = _lists(values)
    exact_in_float(lists)
    counts = np.asarray(ak.num(lists))
    numbers = np.asarray(ak.flatten(lists))
    found = np.full(len(counts), np.nan, np.result_type(numbers.dtype, np.float32))
    long = counts > place
    found[long] = numbers[(np.cumsum(counts) - counts)[long] + place]
    return found


def where(values: Any, chosen: Any) -> Any:
    """Of each event's list, those that are chosen."""
    if not is_list(chosen) or kind_of(chosen) != "b":
        raise ValueError("in brackets stands a number from 0 on, or what is true or false of each")
    return _lists(values)[chosen]


def invariant_mass(pt: Any, eta: Any, phi: Any, mass: Any = 0) -> NDArray[np.float64]:
    """The mass of each event's first two particles together, from transverse momenta,
    pseudorapidities, azimuths and masses; without these they are massless.

    m² = m₁² + m₂² + 2 (E₁E₂ - p₁·p₂), with E² = m² + pt² cosh² eta and
    p = pt (cos phi, sin phi, sinh eta); without masses it is
    2 pt₁ pt₂ (cosh(eta₁ - eta₂) - cos(phi₁ - phi₂)). Particle Data Group, Review of Particle
    Physics, "Kinematics".
    """
    (pt1, pt2), (eta1, eta2), (phi1, phi2) = map(_pair, (pt, eta, phi))
    cosine = np.cos(phi1 - phi2)
    if np.isscalar(mass) and mass == 0:
        product = pt1 * pt2 * (np.cosh(eta1 - eta2) - cosine)
        return np.asarray(np.sqrt(2 * product))
    mass1, mass2 = _pair(mass)
    energy1, energy2 = (
        np.sqrt(mass_**2 + (pt_ * np.cosh(eta_)) ** 2)
        for mass_, pt_, eta_ in ((mass1, pt1, eta1), (mass2, pt2, eta2))
    )
    product = energy1 * energy2 - pt1 * pt2 * (cosine + np.sinh(eta1) * np.sinh(eta2))
    return np.asarray(np.sqrt(np.maximum(mass1**2 + mass2**2 + 2 * product, 0)))


def _pair(values: Any) -> tuple[Any, Any]:
    if np.isscalar(values):
        return values, values
    return at(values, 0).astype(np.float64), at(values, 1).astype(np.float64)


def _lists(values: Any) -> Any:
    if not is_list(values):
        raise ValueError("it takes a list an event, not a number")
    return values


def _over(reduce: Callable[..., Any], values: Any) -> Any:
    """Each event's list, reduced to a number."""
    return plain(reduce(_lists(values), axis=-1))


def _extreme(reduce: Callable[..., Any], values: Any) -> Any:
    """The same where an empty list has none."""
    exact_in_float(values)
    return plain(ak.fill_none(reduce(_lists(values), axis=-1), np.float32(np.nan)))


def _of_numbers(apply: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers; of truths as 0 and 1, where NumPy would compute in 16 bits."""
    return lambda values: apply(counted(values))


FUNCTIONS: dict[str, Callable[..., Any]] = OPERATORS | {
    "sum": lambda values: plain(total(_lists(values))),
    "any": partial(_over, ak.any),
    "all": partial(_over, ak.all),
    "min": partial(_extreme, ak.min),
    "max": partial(_extreme, ak.max),
    "count": partial(_over, ak.count),
    "len": partial(_over, ak.count),
    "first": partial(at, place=0),
    "at": at,
    "where": where,
    "abs": absolute,
    "sqrt": _of_numbers(np.sqrt),
    "exp": _of_numbers(np.exp),
    "log": _of_numbers(np.log),
    "cos": _of_numbers(np.cos),
    "sin": _of_numbers(np.sin),
    "cosh": _of_numbers(np.cosh),
    "sinh": _of_numbers(np.sinh),
    "invariant_mass": invariant_mass,
}
