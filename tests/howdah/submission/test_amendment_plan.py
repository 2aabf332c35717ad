from pathlib import Path
from typing import Any

import pytest

from howdah.errors import UsageError
from howdah.inputs.local import find_local_files
from howdah.jobs.record import Job, State
from howdah.settings import Runner
from howdah.submission.amendment_plan import _check_order, _options

CSV = {"format": "csv", "delimiter": ",", "header": True, "columns": ["id", "age"]}
JSON = {"format": "json", "delimiter": "", "header": False, "columns": ["id", "a.b"], "others": ""}


def job(options: dict[str, Any]) -> Job:
    return Job(
        id="j", state=State.DONE, runner=Runner.LOCAL, pipeline="tabular", model="m", identity="",
        created=0, options=options,
    )  # fmt: skip


def options(folder: Path, text: str, of: dict[str, Any]) -> dict[str, Any]:
    (folder / "mended").write_text(text)
    return _options(job(of), find_local_files([str(folder / "mended")])[0])


def test_a_program_may_write_another_delimiter(tmp_path: Path) -> None:
    """Columns are the same; records are read by the one that the mended file has."""
    assert options(tmp_path, '"id";"age"\n1;2\n', CSV)["delimiter"] == ";"
    assert options(tmp_path, "id,age\n1,2\n", CSV) == CSV


@pytest.mark.parametrize("header", ["age,id", "id,age,more", "1,2"])
def test_other_columns_are_refused(tmp_path: Path, header: str) -> None:
    """Also the same in another order: they would be named wrongly."""
    with pytest.raises(UsageError, match="isn't the header of job j's input"):
        options(tmp_path, f"{header}\n1,2\n", CSV)


def test_other_keys_are_refused(tmp_path: Path) -> None:
    """A key that was misspelled would be a missing value; nested ones and no JSON are left be."""
    assert options(tmp_path, '{"id": 1, "a": {"b": 2}}\n{"id"\n', JSON) == JSON
    with pytest.raises(UsageError, match="has a key ID"):
        options(tmp_path, '{"ID": 1}\n', JSON)
    others = JSON | {"others": "other_keys"}
    assert options(tmp_path, '{"ID": 1}\n', others) == others


@pytest.mark.parametrize("swapped", [False, True])
def test_records_of_several_lines_are_compared_as_records(tmp_path: Path, swapped: bool) -> None:
    """As the csv module has them."""
    rejects = [b'"1\na",x', b'"2\nb",y', b'"3\nc",z']
    first, second, third = (each[:-1].decode() + "7\n" for each in rejects)
    rows = [second, first, third] if swapped else [first, second, third]
    (tmp_path / "mended").write_text("".join(["id,age\n", *rows]))
    (source,) = find_local_files([str(tmp_path / "mended")])
    if swapped:
        with pytest.raises(UsageError, match="is more like rejected record 2"):
            _check_order(source, rejects, CSV, job(CSV))
    else:
        _check_order(source, rejects, CSV, job(CSV))
