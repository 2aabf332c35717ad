"""What a table's first lines tell of its columns."""

import bz2
import gzip
import json
from dataclasses import replace
from pathlib import Path

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.errors import HowdahError, ModelError, UsageError
from howdah.inputs.field_types import is_boolean
from howdah.inputs.input_file import HEAD, InputFile
from howdah.inputs.local import find_local_files
from howdah.inputs.table_columns import Columns, find_columns, find_columns_of_all
from mr.models.manifest import Manifest
from mr.records.cells import MISSING


def model(*features: str, types: tuple[str, ...] = ()) -> Manifest:
    """The manifest of a model that takes ``features``: numbers, or of these types."""
    return Manifest("m", "tabular", "regression", {}, features=features, types=types)


TEXTS = model("text", "lang", types=("text", "text"))
PERSON = model("age", "city", types=("number", "text"))


def files(folder: Path, *texts: bytes) -> list[InputFile]:
    """Files with these contents."""
    names = [str(folder / f"input-{number}") for number in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        Path(name).write_bytes(text)
    return find_local_files(names)


def columns_of(folder: Path, manifest: Manifest, *texts: bytes, no_header: bool = False) -> Columns:
    """The columns of files with these contents."""
    return find_columns(files(folder, *texts), manifest, no_header=no_header)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"id,a,b\n", Columns("csv", ",", ("id", "a", "b"), True)),
        (b"b;a\r\n", Columns("csv", ";", ("b", "a"), True)),
        (b"a\tb\tnote\n", Columns("tsv", "\t", ("a", "b", "note"), True)),
        (b'a,b,"x, y"\n', Columns("csv", ",", ("a", "b", "x, y"), True)),
        (b'"w,x,y,z";a;b\n', Columns("csv", ";", ("w,x,y,z", "a", "b"), True)),
        (b"\xef\xbb\xbfa,b\n", Columns("csv", ",", ("a", "b"), True)),
        (b"a,b", Columns("csv", ",", ("a", "b"), True)),
        (b"1,-2.5e3\n", Columns("csv", ",", ("a", "b"), False)),
        (b",7\n", Columns("csv", ",", ("a", "b"), False)),
        (b"True,7\n", Columns("csv", ",", ("a", "b"), False, booleans=("a",))),
        (b'{"b": 1, "id": 7, "a": null}\n', Columns("json", "", ("b", "id", "a"), False)),
    ],
)
def test_first_line(tmp_path: Path, line: bytes, expected: Columns) -> None:
    """Format, delimiter, names and whether there is a header are read off the first line."""
    assert columns_of(tmp_path, model("a", "b"), line) == expected


@pytest.mark.parametrize(
    ("line", "error", "what"),
    [
        (b"a,c\n", ModelError, "has no column b, which model m needs; its header names a, c"),
        (b",NA\n1,2\n", ModelError, "has no column a"),
        (b"1\n", ModelError, "has 1 columns, and model m needs 2 features"),
        (b"1,2,3\n", UsageError, "has 3 columns and no header"),
        (b"1,two\n", UsageError, "'two' stands for b"),
        (b"a,b,a\n", UsageError, "the header names 'a' twice"),
        (b"a,b,,\n", UsageError, "the header names '' twice"),
        (b'a,b,"no\nte"\n', UsageError, "the header has broken quotes"),
        (b"\n1,2\n", UsageError, "the first line is blank"),
        (b"caf\xe9,b\n", UsageError, "isn't UTF-8"),
        (b"a,b" + b"," * HEAD + b"\n", UsageError, "the first line is longer than 1 MiB"),
        (bz2.compress(b"a,b\n1,2\n")[:20], UsageError, "nothing in it can be unpacked"),
        (b"{a: 1}\n", UsageError, "is not JSON"),
        (b'{\n"a": 1\n}\n', UsageError, "is not JSON"),
    ],
)
def test_unusable_first_line(
    tmp_path: Path, line: bytes, error: type[HowdahError], what: str
) -> None:
    """A first line that doesn't fit the model is refused, and says how."""
    with pytest.raises(error, match=what):
        columns_of(tmp_path, model("a", "b"), line)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (b"Text,Lang\n", "did you mean Text for text, Lang for lang?"),
        (b"text, lang\n", "did you mean ' lang' for lang?"),
        (b"txet;lang\n", "did you mean txet for text?"),
        (b"Good day,en\n", "; --no-header if the first line is a record already"),
        (b'[{"text": "a"}]\n', "jq"),
    ],
)
def test_texts_alone_never_begin_without_a_header(tmp_path: Path, line: bytes, hint: str) -> None:
    """A header in other words looks like a record of texts; what may be meant is asked."""
    with pytest.raises(ModelError) as raised:
        columns_of(tmp_path, TEXTS, line)
    assert hint in str(raised.value)


@pytest.mark.parametrize("line", [b"Age,City\n", b"AGE_,city\n", b"36,city\n"])
def test_a_header_in_other_words_is_no_record(tmp_path: Path, line: bytes) -> None:
    """Nor is a line that names some features."""
    with pytest.raises(ModelError, match="has no column age"):
        columns_of(tmp_path, PERSON, line)


def test_a_first_record(tmp_path: Path) -> None:
    """Where a feature is text, any text may stand for it, if another one is a number."""
    assert columns_of(tmp_path, PERSON, b"36,Oslo\n").names == ("age", "city")
    with pytest.raises(ModelError, match="--no-header"):
        columns_of(tmp_path, PERSON, b",Oslo\n")


def test_no_header_is_believed(tmp_path: Path) -> None:
    """If there are as many fields as features, and they aren't the features' names."""
    assert columns_of(tmp_path, TEXTS, b"hi,en\n", no_header=True) == Columns(
        "csv", ",", ("text", "lang"), False
    )
    with pytest.raises(ModelError, match="has 1 columns"):
        columns_of(tmp_path, TEXTS, b"hi\n", no_header=True)
    with pytest.raises(UsageError, match="has 3 columns"):
        columns_of(tmp_path, TEXTS, b"hi,en,1\n", no_header=True)
    for names in (b"text,lang\n", b"lang,text\n"):
        with pytest.raises(UsageError, match="names all features"):
            columns_of(tmp_path, TEXTS, names, no_header=True)


def test_a_jobs_scores_have_their_own_columns(tmp_path: Path) -> None:
    """Whatever is in their names, and although no line has these."""
    scores = InputFile("@a", b"", "", ("a", "x,y,z", "b"), tmp_path)
    assert find_columns([scores], model("b")) == Columns("tsv", "\t", scores.columns, True)
    with pytest.raises(ModelError, match="its columns are a, x,y,z, b"):
        find_columns([scores], model("c"))


@given(st.lists(st.text("ab_ ,;\t\"'{é", min_size=1, max_size=5), min_size=1, unique=True))
def test_any_header_is_read_as_pandas_does(names: list[str]) -> None:
    """Names with delimiters and quotes in them, whatever the order of the features."""
    line = pandas.DataFrame(columns=names).to_csv(index=False)
    source = InputFile("table", line.encode(), "")
    if line.lstrip().startswith("{") or not line.strip():
        return
    found = find_columns([source], model(*reversed(names)))
    assert (found.names, found.header) == (tuple(names), True)


def test_inputs_with_other_columns(tmp_path: Path) -> None:
    """Inputs of one job have the same columns."""
    with pytest.raises(UsageError, match=r"input-1 has other columns than .*input-0"):
        columns_of(tmp_path, model("a", "b"), b"a,b\n", b"b,a\n")
    with pytest.raises(UsageError, match=r"input-1 has other columns than .*input-0"):
        columns_of(tmp_path, model("a"), b"a\n", b'{"a": 1}\n')


def test_models_that_take_other_columns(tmp_path: Path) -> None:
    """Several models share a header's columns; without one, they take the same."""
    named, bare = files(tmp_path, b"b,a,c\nTrue,true,3\n", b"1,2\n")
    models = [model("a", "b"), model("b", "a")]
    found = find_columns_of_all([named], [model("a"), model("b"), model("c")])
    assert (found.names, found.booleans) == (("b", "a", "c"), ("a", "b"))
    with pytest.raises(UsageError, match=r"names no columns, and models .* take different ones"):
        find_columns_of_all([bare], models)


# --- JSON lines


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_keys_are_those_of_all_records(tmp_path: Path, order: list[int]) -> None:
    """In the order in which they come first, whichever record comes first, and in which file."""
    records = [{"age": 1, "income": 2}, {"age": 3}, {"note": "x", "age": 4}]
    lines = [json.dumps(records[place]).encode() + b"\n" for place in order]
    names = tuple(dict.fromkeys(key for place in order for key in records[place]))
    for texts in ([b"".join(lines)], lines):
        found = columns_of(tmp_path, model("age", "income"), *texts)
        assert found == Columns("json", "", names, header=False)


def test_what_is_no_record_tells_no_keys(tmp_path: Path) -> None:
    """It is rejected later, one by one."""
    bad = b'{"b"\n\n[1]\n\xff\n{"\\ud800": 1}\n' + b"[" * 100_000 + b"\n"
    assert columns_of(tmp_path, model("a"), b'{"a": 1}\n' + bad).names == ("a",)


def test_a_key_that_no_record_has(tmp_path: Path) -> None:
    """It is refused, with what may be meant by it."""
    with pytest.raises(ModelError) as raised:
        columns_of(tmp_path, model("age", "income"), b'{"age": 1}\n{"age": 2, "Income": 3}\n')
    said = str(raised.value)
    assert "input-0: no record among the first 2 has income, which model m needs" in said
    assert "their keys are age, Income" in said
    assert "did you mean Income?" in said


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(("more", "others"), [(0, ""), (HEAD, "other_keys")])
def test_later_keys_have_a_column(tmp_path: Path, pack: type, more: int, others: str) -> None:
    """If there are records behind the first MiB."""
    record = b'{"a": 1, "note": "' + b"x" * 1000 + b'"}\n'
    found = columns_of(tmp_path, model("a"), pack(record * (1 + more // len(record))))
    assert found.others == others
    assert found.names == ("a", "note", *([others] if others else []))
    assert found.options["others"] == others


def test_the_column_of_later_keys_has_a_name_of_its_own(tmp_path: Path) -> None:
    """Where the name is taken, it is numbered."""
    long = b'{"a": 1, "other_keys": "' + b"x" * 1000 + b'"}\n'
    found = columns_of(tmp_path, model("a"), long * 1100)
    assert found.names == ("a", "other_keys", "other_keys_2")
    assert found.others == "other_keys_2"


# --- numbers that are written as booleans


@pytest.mark.parametrize(
    ("text", "booleans"),
    [
        (b"a,b\nTrue,1\n,2\nfalse,3\nNA,4\n", ["a"]),
        (b"a,b\nTrue,1\n0,2\n", []),
        (b"a,b\n,1\n,2\n", []),
        (b"a,b\n1,yes it is true\n", []),
        (b'a;b\n"TRUE";"FALSE"\n', ["a", "b"]),
        (b"b\ta\n1\tTrue\n", ["a"]),
        (b"b,a\n1,True,3\n2,False\n1,1\n", []),
        (b'{"a": true, "b": 1}\n{"a": null, "b": 2}\n{"b": 3}\n', ["a"]),
        (b'{"a": true, "b": 1}\n{"a": 1, "b": 2}\n', []),
        (b'{"a": "True", "b": 1}\n', ["a"]),
    ],
)
def test_numbers_written_as_booleans(tmp_path: Path, text: bytes, booleans: list[str]) -> None:
    """A column is one of booleans if its first values all are, as far as there are some."""
    assert columns_of(tmp_path, model("a", "b"), text).options["booleans"] == booleans


def test_only_numbers_are_taken_for_booleans(tmp_path: Path) -> None:
    """Features of other types know themselves how booleans are read."""
    typed = replace(model("a", "b", "c"), types=("number", "boolean", "text"))
    assert columns_of(tmp_path, typed, b"a,b,c\nTrue,True,True\n").booleans == ("a",)


def test_inputs_agree_on_booleans(tmp_path: Path) -> None:
    """One that has no value goes with any."""
    table = b"a\nTrue\n"
    assert columns_of(tmp_path, model("a"), table, b"a\n\n", b"a\nfalse\n").booleans == ("a",)
    with pytest.raises(UsageError, match=r"column a has True and False in .*-0, .* in .*-1"):
        columns_of(tmp_path, model("a"), table, b"a\n1\n")


def test_missing_values_and_booleans_are_pandas(tmp_path: Path) -> None:
    """The same words as ``pandas.read_csv`` takes for them."""
    from pandas._libs.parsers import STR_NA_VALUES

    assert MISSING == STR_NA_VALUES
    path = tmp_path / "table.csv"
    spelled = ("True", "TRUE", "true", "tRUE", "False", "FALSE", "false", "faLse")
    assert all(map(is_boolean, spelled))
    path.write_text("\n".join(["a", *spelled]))
    assert pandas.read_csv(path)["a"].dtype == bool
