"""Expressions of selections: what can be said, and nothing else.

HOWDAH_EXAMPLES=2000 tries more random ones.
"""

import math
import os
import re
from typing import Any

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mr.pipelines.root_reduce.events import Events
from mr.pipelines.root_reduce.expression import EventExpression

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "100"))

COLUMNS = {
    "n": np.array([2, 0, 3], np.int32),
    "met": np.array([10.5, 20, 0], np.float32),
    "pt": ak.Array([[30.0, 20.0], [], [5.0, 50.0, 40.0]]),
    "charge": ak.Array([[1, -1], [], [1, 1, 1]]),
    "Jet.PT": ak.Array([[1.0], [2.0], []]),
    "eta": ak.Array([[0.0, 0.0], [], [0.5, -0.5, 1.0]]),
    "a-b": np.array([1.0, 2.0, 3.0]),
    "flag": np.array([1, 0, 1], np.uint8),
    "passed": np.array([True, False, True]),
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
        ("`a-b` * 2 + sum(`Jet.PT`)", [3.0, 6.0, 6.0]),
        ("n & 2 == 2", [True, False, True]),
        ("(n & 1) == (n | 2) - 2", [True, True, True]),
        ("met > 5 and flag and passed", [True, False, False]),
        ("(met > 5) & passed | (flag == 0)", [True, True, False]),
        ("passed + (met > 5)", [2, 1, 1]),
        ("abs(-2) * met", [21.0, 40.0, 0.0]),
        ("first(pt > 25)", [1.0, NAN, 0.0]),
        ("n % 2", [0, 0, 1]),
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
        *("n == 1 or 2", "1 and n", "`a-b", "``", "not 1 and `a-b`"),
        *("met > 20 & flag", "20 < met & passed", "n == 2 | flag == 1", "(n | flag == 1)"),
        *("(n) & (flag) == flag", "sum(pt > 2 & flag)"),
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
    "text",
    [
        *(
            "sum(n)",
            "pt + Jet.PT",
            "pt[charge]",
            "pt[-1]",
            "first(met)",
            "n & met",
            "~n",
            "~n == 2",
        ),
        *("n & passed", "(n > 1) | n", "(pt > 2) & charge", "n % 0", "n % (n - 2)"),
    ],
)
def test_what_does_not_fit_the_columns_is_told(text: str) -> None:
    """With the expression."""
    with pytest.raises(ValueError, match=f"^{re.escape(text)}: "):
        found(text)


KINDS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


@st.composite
def whole_numbers(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], ak.Array]:
    """Of any width, many of them the largest or the smallest: one an event, and lists."""
    kinds = [np.dtype(draw(st.sampled_from(KINDS))) for _ in range(2)]
    count = draw(st.integers(1, 5))
    lengths = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    arrays = []
    for kind, size in zip(kinds, (count, sum(lengths)), strict=True):
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        numbers = st.integers(low, high) | st.sampled_from([low, high, 0, 1]) | st.integers(0, 9)
        arrays.append(np.array(draw(st.lists(numbers, min_size=size, max_size=size)), kind))
    return arrays[0], ak.unflatten(arrays[1], lengths)


OF_ONE = ["a + {}", "{} - a", "a * {}", "-a", "abs(a)", "a ** 2", "a * a * a", "a - 300 > {}"]
OF_LIST = ["x + {}", "a - x", "x * a", "-x", "abs(x)", "x * x", "x > a", "x[x > {}] - 1"]
SUMS = ["sum(x)", "sum(x * {})", "sum(x[x > {}])", "count(x) - a"]


@settings(max_examples=EXAMPLES)
@given(whole_numbers(), st.sampled_from(OF_ONE + OF_LIST + SUMS), st.integers(-9, 300))
def test_whole_numbers_never_wrap(
    made: tuple[np.ndarray[Any, Any], ak.Array], text: str, number: int
) -> None:
    """What comes out is what Python's whole numbers come to; or int64 can't hold something."""
    one, lists = made
    text = text.format(number)
    names = {"sum": sum, "count": len, "abs": abs}

    def of_event(a: int, x: list[int]) -> Any:
        if text in SUMS or text.startswith(("sum", "count")):
            values = names | {"a": a, "x": Numbers(x)}
            return eval(text, {}, values)
        if "x" not in text:
            return eval(text, {}, names | {"a": a})
        chosen = [value for value in x if "[" not in text or value > number]
        short = "x - 1" if "[" in text else text
        return [eval(short, {}, names | {"a": a, "x": value}) for value in chosen]

    expected = [of_event(*each) for each in zip(one.tolist(), lists.tolist(), strict=True)]
    events = Events({"a": one, "x": lists}, {})
    needed = [one.tolist() if "a" in text.replace("abs", "") else [], lists.tolist()]
    sizes = [abs(value) for value in np.ravel(needed[0]).tolist()]
    sizes += [abs(value) for each in lists.tolist() for value in each]
    flat = [value for each in expected for value in (each if isinstance(each, list) else [each])]
    try:
        found = events.evaluate(EventExpression.read(text)).tolist()
    except ValueError as error:
        told, found = str(error), None
    if found is None:
        assert "int64 can't hold" in told
        assert max(sizes + list(map(abs, flat))) ** 3 >= 1 << 62
    else:
        assert found == expected


class Numbers(list[int]):
    """A list that is multiplied, and chosen from, number by number."""

    def __mul__(self, number: Any) -> Any:
        return [value * number for value in self]

    def __gt__(self, number: Any) -> Any:
        return [value > number for value in self]

    def __getitem__(self, chosen: Any) -> Any:
        return [value for value, true in zip(self, chosen, strict=True) if true]


def test_what_no_float_holds_is_told() -> None:
    """A whole number beside NaN is a float."""
    events = Events({"x": ak.Array([[(1 << 53) + 1], []]), "u": np.array([1 << 63] * 2, "u8")}, {})
    for text, message in (
        ("first(x)", r"whole numbers beyond 2\^53"),
        ("max(x)", r"whole numbers beyond 2\^53"),
        ("u + 1", r"whole numbers of 2\^63 and more"),
    ):
        with pytest.raises(ValueError, match=message):
            events.evaluate(EventExpression.read(text))
    assert events.column("u").tolist() == [1 << 63] * 2
