"""Events of collisions, made from a seed: a Z boson's muon pairs on a falling background, in ROOT
files such as NanoAOD's are."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MASS", "WIDTH", "events", "write_events"]

MASS, WIDTH = 91.1876, 2.4952  # of the Z boson, GeV; Particle Data Group
MUON = 0.1056584  # GeV
OF_A_MUON = ("Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge")

Arrays = dict[str, NDArray[Any]]


def events(count: int, seed: int = 0) -> Arrays:
    """``count`` events: columns (count,), and those that begin with ``Muon_`` (muons,), of which
    the event has the next ``nMuon``. A fifth of them are Z bosons, a third have another number of
    muons than two, and of the other pairs half have the same charge twice."""
    random = np.random.default_rng(seed)
    kind = random.choice(3, count, p=[0.2, 0.35, 0.45])  # Z, not two muons, background
    muons = np.where(kind == 1, random.choice([0, 1, 3, 4], count), 2).astype(np.int32)
    first = np.cumsum(muons) - muons
    total = int(muons.sum())
    pt, eta = random.exponential(20, total) + 3, random.normal(0, 1.2, total)
    phi, charge = random.uniform(-np.pi, np.pi, total), random.choice([-1, 1], total)
    bosons = first[kind == 0]
    mass = MASS + WIDTH / 2 * np.tan(random.uniform(-1.5, 1.5, len(bosons)))  # Breit-Wigner
    charge[bosons + 1] = -charge[bosons]
    for place, momenta in enumerate(_decays(np.clip(mass, 40, 200), random)):
        pt[bosons + place], eta[bosons + place], phi[bosons + place] = momenta
    return {
        "run": np.full(count, 1, np.uint32),
        "event": np.arange(count, dtype=np.uint64) + np.uint64(seed * 10_000_000),
        "MET_pt": random.exponential(25, count).astype(np.float32),
        "nMuon": muons,
        "Muon_pt": pt.astype(np.float32),
        "Muon_eta": eta.astype(np.float32),
        "Muon_phi": phi.astype(np.float32),
        "Muon_mass": np.full(total, MUON, np.float32),
        "Muon_charge": charge.astype(np.int32),
    }


def _decays(mass: NDArray[Any], random: np.random.Generator) -> list[tuple[Any, Any, Any]]:
    """Transverse momentum, pseudorapidity and azimuth of both muons of each boson, which flies off
    with some momentum and decays evenly in all directions."""
    count = len(mass)
    cosine, angle = random.uniform(-1, 1, count), random.uniform(-np.pi, np.pi, count)
    sine = np.sqrt(1 - cosine**2)
    way = np.stack([sine * np.cos(angle), sine * np.sin(angle), cosine])
    energy = mass / 2
    own = way * np.sqrt(energy**2 - MUON**2)
    momentum = random.normal(0, [[15], [15], [60]], (3, count))
    gamma = np.sqrt(1 + (momentum**2).sum(axis=0) / mass**2)
    found = []
    for sign in (1, -1):
        along = (sign * own * momentum).sum(axis=0) / mass
        x, y, z = sign * own + momentum / mass * (along / (gamma + 1) + energy)
        pt = np.hypot(x, y)
        found.append((pt, np.arcsinh(z / pt), np.arctan2(y, x)))
    return found


def write_events(
    path: Path, arrays: Mapping[str, NDArray[Any]], *, tree: str = "Events", baskets: int = 3
) -> None:
    """Write a ROOT file with a tree in which each branch has ``baskets``."""
    import awkward as ak
    import uproot

    muons = {
        name.removeprefix("Muon_"): ak.unflatten(arrays[name], arrays["nMuon"])
        for name in OF_A_MUON
        if name in arrays
    }
    columns = {name: values for name, values in arrays.items() if "Muon" not in name}
    columns["Muon"] = ak.zip(muons)
    with uproot.recreate(path) as file:
        count = len(arrays["nMuon"])
        edges = [count * place // baskets for place in range(baskets + 1)]
        kinds = {
            name: np.dtype((values.dtype, values.shape[1:]))
            if isinstance(values, np.ndarray)
            else ak.type(values).content
            for name, values in columns.items()
        }
        written = file.mktree(tree, kinds)
        for start, stop in pairwise(edges):
            written.extend({name: values[start:stop] for name, values in columns.items()})
