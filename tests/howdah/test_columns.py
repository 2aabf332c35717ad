"""What a table's first line tells of its columns."""

from pathlib import Path

import pytest

from howdah.columns import Columns, find_columns, find_columns_of_all
from howdah.errors import HowdahError, ModelError, UsageError
from howdah.inputs import find_sources
from mr.model import Manifest


def model(*features: str, text: tuple[str, ...] = ()) -> Manifest:
    """The manifest of a model that takes ``features``."""
    types = tuple("text" if name in text else "number" for name in features)
    return Manifest("m", "tabular", "regression", "1", {}, features=features, types=types)


def columns_of(folder: Path, manifest: Manifest, *texts: bytes) -> Columns:
    """The columns of files with these contents."""
    names = [str(folder / f"input-{number}") for number in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        Path(name).write_bytes(text)
    return find_columns(find_sources(names), manifest)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"id,a,b\n", Columns("csv", ",", ("id", "a", "b"), True)),
        (b"b;a\r\n", Columns("csv", ";", ("b", "a"), True)),
        (b"a\tb\tnote\n", Columns("tsv", "\t", ("a", "b", "note"), True)),
        (b'a,b,"x, y"\n', Columns("csv", ",", ("a", "b", "x, y"), True)),
        (b"\xef\xbb\xbfa,b\n", Columns("csv", ",", ("a", "b"), True)),
        (b"1,-2.5e3\n", Columns("csv", ",", ("a", "b"), False)),
        (b",nan\n", Columns("csv", ",", ("a", "b"), False)),
        (b'{"b": 1, "id": 7, "a": null}\n', Columns("json", "", ("b", "id", "a"), False)),
    ],
    ids=["header", "semicolons", "tabs", "quotes", "mark", "numbers", "missing numbers", "JSON"],
)
def test_first_line(tmp_path: Path, line: bytes, expected: Columns) -> None:
    """Format, delimiter, names and whether there is a header are read off the first line."""
    assert columns_of(tmp_path, model("a", "b"), line) == expected


@pytest.mark.parametrize(
    ("line", "error", "what"),
    [
        (b"a,c\n", ModelError, "has no column b"),
        (b"1\n", ModelError, "has 1 columns, and model m needs 2 features"),
        (b"1,2,3\n", UsageError, "has 3 columns and no header"),
        (b"1,two\n", UsageError, "'two' stands for b"),
        (b"a,b,a\n", UsageError, "names 'a' twice"),
        (b"\n1,2\n", UsageError, "the first line is blank"),
        (b"caf\xe9,b\n", UsageError, "isn't UTF-8"),
        (b'{"a": 1}\n', ModelError, "the first record has no b"),
        (b"{a: 1}\n", UsageError, "is not JSON"),
    ],
    ids=["wrong name", "few", "many", "text", "twice", "blank", "bytes", "JSON few", "not JSON"],
)
def test_unusable_first_line(
    tmp_path: Path, line: bytes, error: type[HowdahError], what: str
) -> None:
    """A first line that doesn't fit the model is refused, and says how."""
    with pytest.raises(error, match=what):
        columns_of(tmp_path, model("a", "b"), line)


def test_text_feature_without_header(tmp_path: Path) -> None:
    """Where a feature is text, any text may stand for it."""
    found = columns_of(tmp_path, model("age", "city", text=("city",)), b"36,Oslo\n")
    assert found == Columns("csv", ",", ("age", "city"), False)


def test_inputs_with_other_columns(tmp_path: Path) -> None:
    """Inputs of one job have the same columns."""
    with pytest.raises(UsageError, match=r"input-1 has other columns than .*input-0"):
        columns_of(tmp_path, model("a", "b"), b"a,b\n", b"b,a\n")


def test_models_that_take_other_columns(tmp_path: Path) -> None:
    """Several models share a header's columns; without one, they take the same."""
    (tmp_path / "table").write_bytes(b"b,a,c\n1,2,3\n")
    (tmp_path / "bare").write_bytes(b"1,2\n")
    models = [model("a", "b"), model("b", "a")]
    named, bare = (find_sources([str(tmp_path / name)]) for name in ("table", "bare"))
    assert find_columns_of_all(named, models).names == ("b", "a", "c")
    with pytest.raises(UsageError, match=r"names no columns, and models .* take different ones"):
        find_columns_of_all(bare, models)
