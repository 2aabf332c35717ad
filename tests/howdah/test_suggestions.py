"""Names that people may have meant by others."""

import pytest

from howdah.suggestions import closest_name, did_you_mean


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("income", ["Income", "incomes"], "Income"),
        ("zip_code", ["zip", "ZIP code"], "ZIP code"),
        ("zip-code", ["zipCode"], "zipCode"),
        ("age", [" age "], " age "),
        ("age", ['"age"'], '"age"'),
        ("income", ["incmoe", "outcome"], "incmoe"),
        ("cafe\u0301", ["caf\u00e9"], "caf\u00e9"),
        ("age", ["city", "", "_"], None),
        ("_", ["", "-"], None),
        ("a", [], None),
    ],
)
def test_nearest(name: str, known: list[str], found: str | None) -> None:
    """Differs in case, blanks and marks before letters; not in everything."""
    assert closest_name(name, known) == found


def test_what_is_asked() -> None:
    """Only if something is near."""
    assert did_you_mean("chrun", ["churn"]) == "did you mean churn? "
    assert did_you_mean("oracle", ["churn"]) == ""
