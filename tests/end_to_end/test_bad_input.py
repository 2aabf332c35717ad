"""What can't be scored, and what each of it gets: a reason in rejected.tsv, or an exit status."""

import bz2
import gzip
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pandas
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from howdah.__main__ import COMMANDS
from tests.conftest import MODELS, Howdah
from tests.end_to_end.models import Echo
from tests.end_to_end.watching import jobs_of

RUNNERS = ["local", pytest.param("hadoop", marks=pytest.mark.hadoop)]


@dataclass(frozen=True)
class Outcome:
    """An input, what bin/submit said of it, and its results."""

    data: bytes
    said: str
    warned: str
    scores: list[list[str]]
    rejected: list[list[str]]


def outcome(howdah: Howdah, name: str, *arguments: object, exits: int) -> Outcome:
    """Score the file ``name``."""
    done = howdah("submit", name, "--runner", howdah.runner, *arguments, exits=exits)
    folder = howdah.results(done.stdout.split("\n")[0])
    scores, rejected = (
        [line.split("\t") for line in (folder / file).read_text().split("\n")[1:-1]]
        for file in ("scores.tsv", "rejected.tsv")
    )
    return Outcome((howdah.cwd / name).read_bytes(), done.stdout, done.stderr, scores, rejected)


def runner(request: pytest.FixtureRequest, kind: str, folder: Path) -> Howdah:
    """Howdah on the runner ``kind``."""
    state = folder / "state" if kind == "local" else request.getfixturevalue("cluster_state")
    return Howdah(state, folder, kind)


# --- texts

KIND_TEXTS = {
    "after a byte order mark": (b"\xef\xbb\xbfyou are kind\n", "you are kind"),
    "CRLF": (b"you are kind\r\n", "you are kind"),
    "a lone CR": (b"you\rare kind\n", r"you\rare kind"),
    "tabs": (b"you\tare\tkind\n", r"you\tare\tkind"),
    "a backslash": (b"you are kind \\t\n", r"you are kind \\t"),
    "no newline at the end": (b"you are kind", "you are kind"),
}
UNUSABLE_TEXTS = {
    "invalid UTF-8": b"caf\xe9 au lait",
    "NUL byte": b"nothing \0 more",
    "longer than 1 MiB": b"x" * ((1 << 20) + 1),
    "blank line": b"",
}


@pytest.fixture(scope="module", params=RUNNERS)
def texts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Good and unusable lines in turn."""
    kind = [line for line, _ in KIND_TEXTS.values()]
    unusable = [line + b"\n" for line in UNUSABLE_TEXTS.values()]
    data = b"".join([*kind[:2], *unusable[:2], *kind[2:4], *unusable[2:], *kind[4:]])
    folder = tmp_path_factory.mktemp("texts")
    (folder / "texts.txt").write_bytes(data)
    return outcome(runner(request, request.param, folder), "texts.txt", exits=3)


@pytest.mark.parametrize("what", KIND_TEXTS)
def test_text_is_scored(texts: Outcome, what: str) -> None:
    """A line that is only unusual gets its words' score and stands, escaped, in its place."""
    score, label, text = texts.scores[list(KIND_TEXTS).index(what)]
    assert (score, label, text) == ("0.030467", "clean", KIND_TEXTS[what][1])


@pytest.mark.parametrize("reason", UNUSABLE_TEXTS)
def test_text_is_rejected(texts: Outcome, reason: str) -> None:
    """A line that can't be a text is rejected with its reason, its file, line and offset."""
    (row,) = [row for row in texts.rejected if row[0] == reason]
    assert row[1] == "texts.txt"
    assert texts.data.split(b"\n")[int(row[2]) - 1] == UNUSABLE_TEXTS[reason]
    assert texts.data[int(row[3]) :].startswith(UNUSABLE_TEXTS[reason] + b"\n")


def test_every_line_is_scored_or_rejected(texts: Outcome) -> None:
    """Nothing is lost, nothing is there twice."""
    assert len(texts.scores) == len(KIND_TEXTS)
    assert [row[0] for row in texts.rejected] == list(UNUSABLE_TEXTS)


def test_too_many_rejected_are_told(texts: Outcome) -> None:
    """Exit 3 comes with the reasons and their counts; the results can still be fetched."""
    for reason in UNUSABLE_TEXTS:
        assert f"1  {reason}\n" in texts.said
    assert "4 of 10 records were rejected (40.0%), and --max-rejected is 1.0%" in texts.warned
    assert "rejected.tsv has each" in texts.warned


def test_rejected_within_the_limit(local: Howdah, tmp_path: Path) -> None:
    """As many rejected as --max-rejected allows are no failure."""
    (tmp_path / "half.txt").write_bytes(b"you are kind\n\xff\n")
    assert local.submit("half.txt", "--max-rejected", 0.5)["rejected"] == 1


# --- tables

UNUSABLE_ROWS = {
    "column city: missing": b"Ada,36,1200",
    "after column city: too many fields": b"Bob,36,1200,Oslo,Norway",
    "column age: not a number": b"Cid,old,1200,Oslo",
    "column age: a missing value": b"Dan,NaN,1200,Oslo",
    "column income: a missing value": b"Eve,36,,Oslo",
    "column income: an infinite value": b"Fay,36,inf,Oslo",
    "column name: the header again": b"name,age,income,city",
    "column income: broken quotes": b'Gus,36,"1200,Oslo',
    "predict raised ValueError": b"Hal,36,1200,Atlantis",
}
GOOD_ROWS = [b"Ivy,20,900,Oslo", b'"Jo ""J"" Doe",40,2000,Rome', b"Kim,60,1000,Oslo"]


@pytest.fixture(scope="module")
def rows(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    add_model: Callable[..., str],
) -> Outcome:
    """Good rows and unusable ones, for a model that knows two cities only."""
    known = pandas.DataFrame(
        {"age": [20.0, 60.0], "income": [900.0, 1000.0], "city": ["Oslo", "Rome"]}
    )
    cities = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    model = make_pipeline(cities, LogisticRegression()).fit(known, ["stays", "leaves"])
    name = add_model(model, "--features", "age,income,city:text", "--positive-class", "leaves")
    folder = tmp_path_factory.mktemp("rows")
    lines = [b"name,age,income,city", GOOD_ROWS[0], *UNUSABLE_ROWS.values(), *GOOD_ROWS[1:]]
    (folder / "rows.csv").write_bytes(b"\n".join(lines) + b"\n")
    return outcome(runner(request, "local", folder), "rows.csv", "--model", name, exits=3)


@pytest.mark.parametrize("reason", UNUSABLE_ROWS)
def test_row_is_rejected(rows: Outcome, reason: str) -> None:
    """A row that the model can't take is rejected; the reason names the column."""
    (row,) = [row for row in rows.rejected if row[0].startswith(reason)]
    record = UNUSABLE_ROWS[reason]
    assert row[4] == record.decode()
    assert rows.data.split(b"\n")[int(row[2]) - 1] == record
    assert rows.data[int(row[3]) :].startswith(record + b"\n")


def test_other_rows_are_scored(rows: Outcome) -> None:
    """The rows around the unusable ones are scored."""
    assert [row[0] for row in rows.scores] == ["Ivy", 'Jo "J" Doe', "Kim"]
    assert len(rows.rejected) == len(UNUSABLE_ROWS)


# --- inputs that can't be submitted


@dataclass(frozen=True)
class Refused:
    """The two lines that a refused command says."""

    what: str
    hint: str


def refused(howdah: Howdah, command: str, *arguments: object, exits: int) -> Refused:
    """Run a command that must say in one line what is wrong, and in one what to try; what it has
    found out about a file may stand before them."""
    done = howdah(command, *arguments, exits=exits)
    *found, what, hint = done.stderr.splitlines()
    assert all(line.startswith("  ") for line in found)
    assert what.startswith("howdah: ")
    assert hint.startswith("  try: ")
    return Refused(what.removeprefix("howdah: "), hint.removeprefix("  try: "))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["nothing.txt"], "nothing.txt does not exist"),
        (["nothing*.txt"], "no file matches nothing*.txt"),
        (["folder"], "folder is a folder"),
        (["empty.txt"], "empty.txt is empty"),
        (["mark.txt"], "mark.txt is empty"),
        (["empty.txt.gz"], "empty.txt.gz is empty"),
        (["pipe"], "pipe is not a file"),
        (["mark.txt", "empty.txt"], "mark.txt is empty"),
        (["-", "-"], "- (stdin) can be given once"),
        (["-"], "stdin is empty"),
        (["good.txt", "--pipeline", "astrology"], "there is no pipeline astrology"),
        (["good.txt", "--pipeline", "tabular"], "pipeline tabular needs --model"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_unusable_input(local: Howdah, tmp_path: Path, arguments: list[str], what: str) -> None:
    """What can't be scored is refused in one line, and leaves no job."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "good.txt").write_text("you are kind\n")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "mark.txt").write_bytes(b"\xef\xbb\xbf")
    (tmp_path / "empty.txt.gz").write_bytes(gzip.compress(b""))
    os.mkfifo(tmp_path / "pipe")
    assert refused(local, "submit", *arguments, exits=2).what == what
    assert jobs_of(local) == []


def test_no_read_permission(local: Howdah, tmp_path: Path) -> None:
    """A file that the user may not read is refused."""
    secret = tmp_path / "secret.txt"
    secret.write_text("you are kind\n")
    secret.chmod(0)
    if os.geteuid() == 0:  # permissions bind root, too, once it has given up overriding them
        local.wrapper = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    said = refused(local, "submit", "secret.txt", exits=2)
    assert said.what == "secret.txt can't be read: no permission"


@pytest.mark.parametrize("kind", RUNNERS)
@pytest.mark.parametrize(("pack", "suffix"), [(gzip.compress, "gz"), (bz2.compress, "bz2")])
def test_cut_off_archive(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    kind: str,
    pack: Callable[[bytes], bytes],
    suffix: str,
) -> None:
    """A truncated archive is refused before launch; nothing of it stays."""
    howdah = runner(request, kind, tmp_path)
    before = jobs_of(howdah)
    packed = pack(os.urandom(1 << 16).hex().encode() + b"\n")
    (tmp_path / f"cut.{suffix}").write_bytes(packed[: len(packed) // 2])
    said = refused(howdah, "submit", f"cut.{suffix}", "--runner", kind, exits=2)
    assert said.what.startswith(f"cut.{suffix} is cut off or damaged")
    assert jobs_of(howdah) == before


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["good.txt", "--max-rejected", "some"],
        ["good.txt", "--max-rejected", "-0.1"],
        ["good.txt", "--max-rejected", "nan"],
        ["good.txt", "--splits", "0"],
        ["good.txt", "--runner", "spark"],
        ["good.txt", "--fast"],
    ],
    ids=" ".join,
)
def test_wrong_arguments(local: Howdah, arguments: list[str]) -> None:
    """Arguments that mean nothing are named, with the usage."""
    done = local("submit", *arguments, exits=2)
    assert done.stderr.startswith("usage: bin/submit")
    wrong = arguments[1] if arguments else "INPUT"
    assert wrong in done.stderr.splitlines()[-2]


@pytest.mark.parametrize("command", COMMANDS)
def test_help(local: Howdah, command: str) -> None:
    """Every command explains itself, with an example."""
    usage, _, rest = local(command, "-h").stdout.partition("\n\n")
    assert usage.startswith(f"usage: bin/{command}")
    assert f"bin/{command}" in rest


# --- several inputs, and names


def test_all_kinds_of_inputs(howdah: Howdah, tmp_path: Path) -> None:
    """Files, a pattern and stdin are scored in the order given, whatever their names."""
    texts = {
        os.fsdecode("café.txt".encode("latin-1")): b"one",
        'it\'s "naïve" 日本語-1': b"three\n\xff\n",
        'it\'s "naïve" 日本語-2': b"four\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
    latin, first, _ = texts
    arguments = [latin, "-", "it's*", "--runner", howdah.runner, "--max-rejected", "0.2"]
    done = howdah("submit", *arguments, stdin=b"two\n")
    folder = howdah.results(done.stdout.split("\n")[0])
    scored = (folder / "scores.tsv").read_text().split("\n")[1:-1]
    assert [line.split("\t")[2] for line in scored] == ["one", "two", "three", "four"]
    (rejected,) = (folder / "rejected.tsv").read_text().split("\n")[1:-1]
    assert rejected.split("\t")[:4] == ["invalid UTF-8", first, "2", "6"]


# --- models that can't be used


@pytest.fixture(scope="module")
def added(add_model: Callable[..., str]) -> Path:
    """The folder of a model that takes one number, x."""
    return MODELS / add_model(Echo(), "--features", "x:number")


@pytest.fixture
def model(added: Path) -> Iterator[Path]:
    """A copy of it, to be spoilt."""
    copy = added.with_name(f"{added.name}-copy")
    shutil.copytree(added, copy)
    yield copy
    shutil.rmtree(copy)


def missing(folder: Path) -> None:
    (folder / "model.joblib").unlink()


def altered(folder: Path) -> None:
    with (folder / "model.joblib").open("ab") as file:
        file.write(b"!")


def of_another_version(folder: Path) -> None:
    manifest = folder / "model.toml"
    manifest.write_text(manifest.read_text().replace('scikit_learn = "1.', 'scikit_learn = "0.'))


def without_sense(folder: Path) -> None:
    (folder / "model.toml").write_text("features = [")


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (missing, "model.joblib is missing"),
        (altered, "its sha256 differs"),
        (of_another_version, "was trained with scikit-learn 0."),
        (without_sense, "model.toml: "),
    ],
)
def test_unusable_model(
    local: Howdah, tmp_path: Path, model: Path, spoil: Callable[[Path], None], what: str
) -> None:
    """A model that isn't what its manifest says is refused before any task starts."""
    spoil(model)
    (tmp_path / "numbers.csv").write_text("1\n2\n")
    assert what in refused(local, "submit", "numbers.csv", "--model", model.name, exits=4).what
    assert jobs_of(local) == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("1", "has 1 columns"),
        ("x", "has no column y"),
        ('{"x": 1}', "no record among the first 2 has y"),
    ],
    ids=["no header", "header", "JSON"],
)
def test_more_features_than_columns(
    local: Howdah, tmp_path: Path, model: Path, line: str, what: str
) -> None:
    """A model that needs a column which the input lacks is refused."""
    manifest = model / "model.toml"
    text = manifest.read_text().replace('features = ["x"]', 'features = ["x", "y"]')
    manifest.write_text(text.replace('types = ["number"]', 'types = ["number", "number"]'))
    (tmp_path / "numbers").write_text(f"{line}\n{line}\n")
    said = refused(local, "submit", "numbers", "--model", model.name, exits=4)
    assert what in said.what
    assert jobs_of(local) == []


class Touch:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_file_outside_the_manifest(local: Howdah, tmp_path: Path, model: Path) -> None:
    """A file in the model's folder that its manifest doesn't name is never loaded."""
    joblib.dump(Touch(tmp_path / "loaded"), model / "another.joblib")
    (tmp_path / "numbers.csv").write_text("1\n2\n")
    assert local.submit("numbers.csv", "--model", model.name)["scored"] == 2
    assert not (tmp_path / "loaded").exists()


def test_untrusted_skops_is_not_added(local: Howdah, tmp_path: Path) -> None:
    """A skops file with types that skops doesn't trust is refused, by their names."""
    model = make_pipeline(FunctionTransformer(subprocess.list2cmdline), LinearRegression())
    model.steps[-1][1].fit([[0], [1]], [0, 1])
    skops.io.dump(model, tmp_path / "command.skops")
    add = ("models", "add", "test-skops", "command.skops", "--features", "x")
    assert "subprocess.list2cmdline" in refused(local, *add, exits=4).what
    assert not (local.state / "models" / "test-skops").exists()


def test_untrusted_skops_is_not_run(local: Howdah, tmp_path: Path, model: Path) -> None:
    """A manifest written by hand doesn't make an untrusted skops file trusted."""
    from mr.models.manifest import sha256_of

    skops.io.dump(Echo(), model / "echo.skops")
    manifest = (model / "model.toml").read_text().partition("[files]")[0]
    files = f'[files]\n"echo.skops" = "{sha256_of(model / "echo.skops")}"\n'
    (model / "model.toml").write_text(manifest + files)
    (tmp_path / "numbers.csv").write_text("1\n2\n")
    said = refused(local, "submit", "numbers.csv", "--model", model.name, exits=4)
    assert "tests.end_to_end.models.Echo" in said.what
    assert jobs_of(local) == []


def test_model_of_a_version_without_wheels_is_not_added(
    local: Howdah, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model whose scikit-learn no Python of today can have is refused, with both versions."""
    model = LogisticRegression().fit([[0], [1]], [0, 1])
    monkeypatch.setattr("sklearn.base.__version__", "1.0.2")
    joblib.dump(model, tmp_path / "old.joblib")
    said = refused(local, "models", "add", "test-old", "old.joblib", "--features", "x", exits=4)
    assert "scikit-learn 1.0.2 has no wheel for Python" in said.what
    assert "or newer" in said.hint
    assert not (local.state / "models" / "test-old").exists()


def test_half_added_models_leave_nothing(local: Howdah, tmp_path: Path) -> None:
    """A file that isn't a model leaves nothing in the folder of models."""
    (tmp_path / "text.joblib").write_text("not a model")
    refused(local, "models", "add", "test-text", "text.joblib", "--features", "x", exits=2)
    assert list((local.state / "models").iterdir()) == []
