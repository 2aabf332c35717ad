import pytest

from howdah.errors import UsageError
from howdah.submission.kept_columns import kept_columns

NAMES = ["id", "age", "home town", "a,b"]


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("id", ["id"]),
        ("home town,id", ["home town", "id"]),
        ('"a,b",age', ["a,b", "age"]),
        ("none", []),
    ],
)
def test_columns_are_named_between_commas(stated: str, kept: list[str]) -> None:
    """In any order; a comma in a name is quoted as in CSV."""
    assert kept_columns(stated, NAMES) == kept


def test_a_column_may_be_called_none() -> None:
    """Then it is that column that is kept."""
    assert kept_columns("none", ["id", "none"]) == ["none"]


@pytest.mark.parametrize(
    ("stated", "said"),
    [("id, age", "did you mean age?"), ("Home Town", "did you mean home town?"),
     ("id,id", "id is there twice"), ("", "is empty"), ("x", "it has id, age, home town")],
)  # fmt: skip
def test_what_names_no_column_is_refused(stated: str, said: str) -> None:
    """With the nearest name, if one is near."""
    with pytest.raises(UsageError) as refused:
        kept_columns(stated, NAMES)
    assert said in str(refused.value)
