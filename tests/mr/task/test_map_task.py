from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from mr.summary import finish
from tests.mr.conftest import Score


def csv_of(features: Any) -> bytes:
    return b"".join(",".join(map(repr, row)).encode() + b"\n" for row in features.tolist())


def written(values: Any) -> list[list[str]]:
    return [[f"{value:.6f}" for value in row] for row in np.round(values, 6).tolist()]


@pytest.mark.parametrize("splits", [1, 3])
def test_irises_get_the_chances_that_scikit_learn_gives(score: Score, splits: int) -> None:
    """Three classes: the likeliest, and a column a class; the input's columns are kept."""
    features, classes = datasets.load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(features, classes)
    scored = score(
        model,
        csv_of(features),
        columns=["sepal length", "sepal width", "petal length", "petal width"],
        splits=splits,
        kind="classes",
        labels=["setosa", "versicolor", "virginica"],
    )
    names = np.array(["setosa", "versicolor", "virginica"])[model.predict(features)].tolist()
    assert [row[:4] for row in scored.rows] == [list(map(repr, row)) for row in features.tolist()]
    assert [row[4] for row in scored.rows] == names
    assert [row[5:] for row in scored.rows] == written(model.predict_proba(features))
    assert scored.partial["labels"] == {name: names.count(name) for name in sorted(set(names))}


@pytest.mark.parametrize("splits", [1, 4])
def test_tumours_get_the_chance_of_the_positive_label(score: Score, splits: int) -> None:
    """Two classes: one chance, and the label on its side of the threshold."""
    features, classes = datasets.load_breast_cancer(return_X_y=True)
    model = LogisticRegression(solver="liblinear").fit(features, classes)
    columns = [f"feature {number}" for number in range(30)]
    scored = score(model, csv_of(features), columns=columns, splits=splits)
    assert [row[30:31] for row in scored.rows] == written(model.predict_proba(features)[:, 1:])
    labels = np.array(["no", "yes"])[model.predict(features)].tolist()
    assert [row[31] for row in scored.rows] == labels


@pytest.mark.parametrize("splits", [1, 4])
def test_diabetes_gets_the_number_that_scikit_learn_gives(score: Score, splits: int) -> None:
    """A regression: one number."""
    features, targets = datasets.load_diabetes(return_X_y=True)
    model = LinearRegression().fit(features, targets)
    scored = score(
        model,
        csv_of(features),
        columns=[f"feature {number}" for number in range(10)],
        splits=splits,
        kind="regression",
        score="predict",
        labels=[],
    )
    assert [row[10:] for row in scored.rows] == written(model.predict(features)[:, np.newaxis])
    assert scored.partial["scored"] == 442


def test_columns_of_text_reach_a_model_by_their_names(score: Score) -> None:
    """A ColumnTransformer gets a frame; columns that are no features are kept, not used."""
    import pandas
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    frame = pandas.DataFrame(
        {"colour": ["red", "blue", "red", "green"] * 5, "size": np.arange(20.0)}
    )
    chosen = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", ["size"]))
    model = make_pipeline(chosen, LogisticRegression()).fit(frame, frame["size"] > 9.5)
    rows = [("a", 1.0, "red"), ('"b, c"', 15.0, "blue"), ("d", 9.0, "pink"), ("e", 18.5, "green")]
    scored = score(
        model,
        "".join(f"{name},{size},{colour}\n" for name, size, colour in rows).encode(),
        columns=["name", "size", "colour"],
        features=["colour", "size"],
        types=["text", "number"],
        input="frame",
    )
    known = pandas.DataFrame({"colour": ["red", "blue", "green"], "size": [1.0, 15.0, 18.5]})
    assert [row[3:4] for row in scored.rows] == written(model.predict_proba(known)[:, 1:])
    assert [row[0] for row in scored.rows] == ["a", "b, c", "e"]
    assert scored.rejected.startswith(b"predict raised ValueError: Found unknown categories")


ROWS = 600
MANY = csv_of(np.random.default_rng(6).normal(size=(ROWS, 20)).round(4))
COLUMNS = [f"c{number}" for number in range(20)]


def spoiled() -> bytes:
    """Many rows, and a bad one of each kind among them."""
    lines = MANY.split(b"\n")
    for line, bad in {
        50: b"",
        100: lines[100] + b",1",
        150: lines[150].rpartition(b",")[0],
        200: b"xyz" + lines[200][lines[200].index(b",") :],
        250: b"nan" + lines[250][lines[250].index(b",") :],
        300: ",".join(COLUMNS).encode(),
        350: b'"' + lines[350],
        400: b"\xff" + lines[400],
    }.items():
        lines[line] = bad
    return b"\n".join(lines)


def test_what_a_split_holds_changes_nothing(score: Score, logistic: Any) -> None:
    """One split or many: the same scores, rejects and summary, to the byte."""
    whole = score(logistic, spoiled(), columns=COLUMNS)
    for splits in (2, 7, 40):
        parted = score(logistic, spoiled(), columns=COLUMNS, splits=splits)
        assert parted.scores == whole.scores
        assert parted.reasons == whole.reasons
        for name in ("scored", "rejected", "labels", "sum", "squares", "min", "max", "sketch"):
            assert parted.partial[name] == whole.partial[name]


def test_every_record_is_scored_or_rejected(score: Score, logistic: Any) -> None:
    """The counts meet, and each bad record has its reason."""
    scored = score(logistic, spoiled(), columns=COLUMNS)
    assert scored.partial["scored"] == len(scored.rows) == ROWS - 8
    assert scored.reasons == [
        "blank line",
        "after column c19: too many fields: 21, not 20",
        "column c19: missing: 19 of 20 fields",
        "column c0: not a number: 'xyz'",
        "column c0: a missing value",
        "column c0: the header again",
        "column c0: broken quotes: a quote is opened and not closed where a field ends",
        "invalid UTF-8",
    ]


def test_a_good_record_is_scored_alike_beside_a_bad_one(score: Score, logistic: Any) -> None:
    """A block with rejects in it is read slowly, and to the same bytes."""
    alone = score(logistic, MANY, columns=COLUMNS).scores.split(b"\n")
    beside = score(logistic, spoiled(), columns=COLUMNS).scores.split(b"\n")
    assert set(beside) < set(alone)


def test_rejects_are_found_again_by_their_place(score: Score, logistic: Any) -> None:
    """The lines, bytes and records of the split before it; its bytes can be read from the field."""
    scored = score(logistic, MANY + b"a\\b\tc\xffd\r\n" + MANY, columns=COLUMNS)
    assert scored.rejected == b"invalid UTF-8\t%d\t%d\t%d\ta\\\\b\\tc\\xffd\n" % (
        ROWS,
        len(MANY),
        ROWS,
    )


def test_a_reason_of_several_lines_is_one_field(score: Score, logistic: Any) -> None:
    """What scikit-learn says of a missing number has line ends; a reject stays one line."""
    data = b",".join([b""] * len(COLUMNS)) + b"\n"
    scored = score(logistic, data, columns=COLUMNS, refuses_missing=[])
    reason, *place, _ = scored.rejected.removesuffix(b"\n").split(b"\t", 4)
    assert reason.startswith(b"predict raised ValueError: Input X contains NaN.\\n")
    assert (place, scored.rejected.count(b"\n")) == ([b"0", b"0", b"0"], 1)


def test_offsets_are_right_after_a_line_that_was_not_read_whole(
    score: Score, logistic: Any
) -> None:
    """The bytes of a very long line count, though they aren't kept."""
    long = b"x" * (3 << 20) + b"\n"
    scored = score(logistic, MANY + long + b"y\n" + MANY, columns=COLUMNS)
    place = b"\t%d\t%d\t%d\t" % (ROWS, len(MANY), ROWS)
    reason, _, record = scored.rejected.split(b"\n")[0].partition(place)
    assert reason == b"longer than 1 MiB"
    assert record == b"x" * 1000
    assert b"\t%d\t%d\t%d\ty\n" % (ROWS + 1, len(MANY + long), ROWS + 1) in scored.rejected
    assert scored.partial["scored"] == 2 * ROWS


def test_a_header_is_no_record(score: Score, logistic: Any) -> None:
    """The first line of an input that has a header is left out, in its first split only."""
    header = ",".join(COLUMNS).encode() + b"\n"
    plain = score(logistic, MANY, columns=COLUMNS)
    for splits in (1, 3):
        headed = score(logistic, header + MANY, columns=COLUMNS, header=True, splits=splits)
        assert headed.scores == plain.scores
        assert headed.rejected == b""


def test_parts_say_what_was_written(score: Score, logistic: Any) -> None:
    """Bytes read and written, records and checksums, a part a split."""
    import zlib

    scored = score(logistic, spoiled(), columns=COLUMNS)
    ((name, part),) = scored.partial["parts"].items()
    assert name == "input-000000000000000"
    assert part == {
        "bytes": len(spoiled()),
        "lines": ROWS,
        "scored": ROWS - 8,
        "rejected": 8,
        "scores_bytes": len(scored.scores),
        "scores_crc": zlib.crc32(scored.scores),
        "rejected_bytes": len(scored.rejected),
        "rejected_crc": zlib.crc32(scored.rejected),
    }


def test_the_highest_are_kept_with_their_place(score: Score, logistic: Any) -> None:
    """Ten examples, the highest first; the offset leads back to the record."""
    scored = score(logistic, MANY, columns=COLUMNS)
    highest = scored.partial["highest"]
    ordered = sorted(scored.rows, key=lambda row: -float(row[20]))[:10]
    assert [f"{entry['score'] / 1e6:.6f}" for entry in highest] == [row[20] for row in ordered]
    first = MANY[highest[0]["offset"] :].split(b"\n")[0].decode()
    assert first.split(",") == ordered[0][:20]


def test_json_lines_are_scored_like_rows(score: Score, logistic: Any) -> None:
    """The same numbers, written otherwise."""
    import json

    numbers = [list(map(float, line.split(b","))) for line in MANY.splitlines()[:50]]
    objects = "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in numbers)
    plain = score(logistic, MANY, columns=COLUMNS)
    parsed = score(logistic, objects.encode(), columns=COLUMNS, options={"format": "json"})
    assert [row[20:] for row in parsed.rows] == [row[20:] for row in plain.rows[:50]]


def test_a_task_without_records_leaves_no_files(score: Score, logistic: Any) -> None:
    """An input of nothing but its header."""
    scored = score(logistic, b"a,b\n", columns=COLUMNS, header=True)
    assert (scored.scores, scored.rejected) == (b"", b"")
    assert scored.partial["scored"] == 0


@pytest.mark.parametrize("splits", [1, 3])
def test_a_job_of_outliers_shows_the_oddest(score: Score, splits: int) -> None:
    """With their place in the input, lowest score first."""
    rows = np.random.default_rng(1).normal(size=(400, 2)).round(3)
    rows[7] = [9, -9]
    model = IsolationForest(n_estimators=20, random_state=0).fit(rows)
    scored = score(
        model, csv_of(rows), columns=["a", "b"], splits=splits,
        kind="outliers", score="score_samples", labels=[],
    )  # fmt: skip
    assert [row[2:3] for row in scored.rows] == written(model.score_samples(rows)[:, np.newaxis])
    words = {-1: "anomaly", 1: "normal"}
    assert [row[3] for row in scored.rows] == [words[one] for one in model.predict(rows).tolist()]
    told = finish(scored.partial, 6)
    assert told["lowest"][0]["record"] == "9.0\t-9.0"
    assert told["lowest"][0]["score"] == told["score"]["min"]
    assert told["labels"]["normal"] > told["labels"]["anomaly"] > 0


@pytest.mark.parametrize("splits", [1, 3])
def test_a_job_of_several_outputs_tells_of_each(score: Score, splits: int) -> None:
    """Columns and a summary, whatever the splits."""
    rows = np.random.default_rng(1).normal(size=(400, 2)).round(3)
    targets = (rows > 0).astype(int)
    model = RandomForestClassifier(5, random_state=0).fit(rows, targets)
    scored = score(
        model, csv_of(rows), columns=["a", "b"], splits=splits, kind="several", labels=[],
        outputs=["left", "bought"], output_labels=[["0", "1"], ["0", "1"]],
    )  # fmt: skip
    chances, labels = model.predict_proba(rows), model.predict(rows)
    for place, name in enumerate(("left", "bought")):
        cells = [row[2 + 2 * place : 4 + 2 * place] for row in scored.rows]
        own = written(chances[place][:, 1:])
        assert cells == [[str(one), *two] for one, two in zip(labels[:, place], own, strict=True)]
        told = finish(scored.partial, 6)["outputs"][name]
        assert told["labels"]["1"] == np.count_nonzero(labels[:, place])
        assert told["score"]["mean"] == pytest.approx(chances[place][:, 1].mean(), abs=1e-6)
