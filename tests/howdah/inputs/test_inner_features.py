"""Where a model's features are within the values of JSON's records, and what is refused."""

import json
from pathlib import Path

import pytest

from howdah.errors import HowdahError
from howdah.inputs.columns import Columns
from mr.records.inner_values import InnerValue
from tests.howdah.inputs.test_table_columns import columns_of, model


def found(folder: Path, features: str, *records: object) -> Columns:
    lines = "".join(json.dumps(record) + "\n" for record in records)
    return columns_of(folder, model(*features.split()), lines.encode())


@pytest.mark.parametrize(
    ("features", "record", "inner"),
    [
        ("a.b", {"a": {"b": 1}}, [InnerValue("a.b", ("a", "b"))]),
        ("a.b.c", {"a.b": {"c": 1}}, [InnerValue("a.b.c", ("a.b", "c"))]),
        ("a.b", {"a.b": 1}, []),
        ("e_0 e_1", {"e": [1, 2]}, [InnerValue(f"e_{n}", ("e",), n, 2) for n in (0, 1)]),
        ("e[1] e[0]", {"e": [1, 2]}, [InnerValue(f"e[{n}]", ("e",), n, 2) for n in (1, 0)]),
        ("e.1 e.2", {"e": [1, None]}, [InnerValue(f"e.{n}", ("e",), n - 1, 2) for n in (1, 2)]),
        (
            "o.e_0 o.e_1",
            {"o": {"e": [1, 2]}},
            [InnerValue(f"o.e_{n}", ("o", "e"), n, 2) for n in (0, 1)],
        ),
        (
            "x0 x1",
            {"vector": [1, 2], "other": [1, 2, 3]},
            [InnerValue(f"x{n}", ("vector",), n, 2) for n in (0, 1)],
        ),
    ],
)
def test_features_are_found_within_values(
    tmp_path: Path, features: str, record: dict[str, object], inner: list[InnerValue]
) -> None:
    """In objects by their path, in lists by their numbers; keys are columns as they always were."""
    columns = found(tmp_path, features, record)
    assert list(columns.inner) == inner
    assert columns.names == tuple(record)


@pytest.mark.parametrize(
    ("features", "records", "words"),
    [
        ("a.b", [{"a.b": 1}, {"a": {"b": 1}}], "'a.b' and 'a' → 'b'"),
        ("x0 x1", [{"v": [1, 2], "w": [3, 4]}], "v and w are lists of 2 numbers"),
        ("e_0 e_2", [{"e": [1, 2, 3]}], "without a gap"),
        ("e_0 e_1", [{"e": [1, 2, 3]}], "e is a list of 3 numbers, and the model takes 2"),
        ("e_0 e_1", [{"e": [1, 2], "e_": [1, 2]}, {"e_0": 1}], "has e_1|may be of the list"),
        ("a.b", [{"a": {"c": 1}}], "no record among the first 1 has a.b"),
        ("x0 age", [{"v": [1, 2], "age": 3}], "v is a list of 2 numbers"),
    ],
)
def test_what_may_be_meant_in_two_ways_is_refused(
    tmp_path: Path, features: str, records: list[object], words: str
) -> None:
    """With what was seen."""
    with pytest.raises(HowdahError) as refused:
        found(tmp_path, features, *records)
    said = f"{refused.value} {refused.value.hint}"
    assert any(part in said for part in words.split("|"))
