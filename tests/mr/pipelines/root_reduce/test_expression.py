"""Expressions of selections: what can be said, and nothing else."""

import math
import re
from typing import Any

import awkward as ak
import numpy as np
import pytest

from mr.pipelines.root_reduce.expression import EventExpression

COLUMNS = {
    "n": np.array([2, 0, 3], np.int32),
    "met": np.array([10.5, 20, 0], np.float32),
    "pt": ak.Array([[30.0, 20.0], [], [5.0, 50.0, 40.0]]),
    "charge": ak.Array([[1, -1], [], [1, 1, 1]]),
    "Jet.PT": ak.Array([[1.0], [2.0], []]),
    "eta": ak.Array([[0.0, 0.0], [], [0.5, -0.5, 1.0]]),
    "phi": ak.Array([[0.0, math.pi], [], [1.0, 1.0, 1.0]]),
}
NAN = None


def found(text: str) -> list[Any]:
    """An event's value each; NaN as None."""
    values = EventExpression.read(text).evaluate(COLUMNS.__getitem__)
    return [NAN if value != value else value for value in values.tolist()]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("n == 2", [True, False, False]),
        ("n + 2 * -met", [-19.0, -40.0, 3.0]),
        ("(met - 0.5) % 7 / 2", [1.5, 2.75, 3.25]),
        ("met ** 2", [110.25, 400.0, 0.0]),
        ("0 < n <= 2", [True, False, False]),
        ("n > 0 and not met > 0 or n == 0", [False, True, True]),
        ("(n > 0) & ~(met > 0) | (n == 0)", [False, True, True]),
        ("n & 1", [0, 0, 1]),
        ("sum(charge)", [0, 0, 3]),
        ("sum(pt > 25)", [1, 0, 2]),
        ("count(pt) == n", [True, True, True]),
        ("any(pt > 45)", [False, False, True]),
        ("all(pt > 10)", [True, True, False]),
        ("max(pt) - min(pt)", [10.0, NAN, 45.0]),
        ("first(pt)", [30.0, NAN, 5.0]),
        ("pt[2]", [NAN, NAN, 40.0]),
        ("sum(pt[pt > met])", [50.0, 0.0, 95.0]),
        ("charge[0] * charge[1]", [-1.0, NAN, 1.0]),
        ("sum(abs(charge)) / n", [1.0, NAN, 1.0]),
        ("sqrt(n * n) + cos(0) + sinh(0)", [3.0, 1.0, 4.0]),
        ("sum(Jet.PT)", [1.0, 2.0, 0.0]),
    ],
)
def test_what_can_be_said(text: str, values: list[Any]) -> None:
    """Of numbers, and of lists of them; what an event lacks is NaN."""
    assert found(text) == values


@pytest.mark.parametrize("mass", ["", ", 0.105", ", pt - pt + 0.105"])
def test_the_mass_of_a_pair(mass: str) -> None:
    """Back to back it is what both energies come to, of equal azimuths what pseudorapidities do."""
    one = 0.105 if mass else 0.0
    opposite = math.hypot(30, one) + math.hypot(20, one)
    energies = [math.hypot(pt * math.cosh(0.5), one) for pt in (5, 50)]
    momenta = [pt * math.sinh(eta) for pt, eta in ((5, 0.5), (50, -0.5))]
    aslant = math.sqrt(sum(energies) ** 2 - (5 + 50) ** 2 - sum(momenta) ** 2)
    first, nothing, second = found(f"invariant_mass(pt, eta, phi{mass})")
    assert first == pytest.approx(math.sqrt(opposite**2 - 10**2))
    assert (second, nothing) == (pytest.approx(aslant), NAN)


@pytest.mark.parametrize(
    "text",
    [
        *("", "n ==", "1 +", "n; met", "n = 2", "n\0"),
        *("'n'", "True", "None", "1j", "[n]", "{n}", "n if met else 2", "lambda: n"),
        *("__import__('os')", "open('x')", "n.sum()", "pt.tolist()", "(n + 1).real", "f(n)(met)"),
        *("sum(pt, axis=1)", "sum(pt, 1)", "sum()", "sum(*pt)", "invariant_mass(pt, pt)"),
        *("n in pt", "n is met", "n // 2", "n << 2", "n @ met", "n ** met", "(x := n)"),
        *("9 ** 9", "(9 ** 9) ** 9", "pt[0:1]", "pt[0, 1]", "[n for n in met]", "f'{n}'"),
        *("(" * 300 + "n" + ")" * 300, "-" * 900 + "n", "n + " * 300 + "n"),
    ],
)
def test_nothing_else_can_be_said(text: str) -> None:
    """The error has the expression in it."""
    with pytest.raises(ValueError, match=re.escape(f"{text[:1000]}: ")):
        EventExpression.read(text)


@pytest.mark.parametrize(
    "text", ["sum(n)", "pt + Jet.PT", "pt[charge]", "pt[-1]", "first(met)", "n & met"]
)
def test_what_does_not_fit_the_columns_is_told(text: str) -> None:
    """With the expression."""
    with pytest.raises(ValueError, match=f"^{re.escape(text)}: "):
        found(text)
