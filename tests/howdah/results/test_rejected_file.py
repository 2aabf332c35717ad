import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howdah.errors import UsageError
from howdah.jobs.record import Job, State
from howdah.jobs.stored_input import Input
from howdah.results.rejected_file import AS_INPUT, file_name, write_rejected_records
from howdah.results.tsv_fields import original_record, unescape
from howdah.settings import Runner
from mr.records.tsv import escape_text
from mr.task.map_task import _printable

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "500"))
PIECES = st.sampled_from(
    [b"\\", b"x00", b"xff", b"\xff", b"\0", b"\t", b"\r", b"t", b"n", b"\xc3\xa9"]
)

JOB = Job(
    id="j", state=State.DONE, runner=Runner.LOCAL, pipeline="tabular", model="m", identity="",
    created=0,
    options={"format": "csv", "delimiter": ";", "header": True, "columns": ["a;b", 'c"']},
)  # fmt: skip


@settings(max_examples=EXAMPLES)
@given(st.one_of(st.lists(PIECES, max_size=8).map(b"".join), st.binary(max_size=9)))
def test_a_rejected_record_has_its_bytes_again(record: bytes) -> None:
    """Whatever they are: only its line end is left out."""
    record = record.replace(b"\n", b"")
    field = _printable(record)
    assert not {*b"\t\r\n\0"} & {*field}
    assert original_record(field) == record.removesuffix(b"\r")


@settings(max_examples=EXAMPLES)
@given(st.text(st.sampled_from("\\tnrx0\t\n\ré")))
def test_a_field_has_its_text_again(text: str) -> None:
    """What was escaped comes back."""
    assert unescape(escape_text(text)).decode() == text


def test_a_file_in_the_input_s_own_format(tmp_path: Path) -> None:
    """Below its header; blank lines and what is too long stay in rejected.tsv alone."""
    rows = [
        b"column c: missing\tf\t2\t0\tx\\\\y\\xff\n",
        b"blank line\tf\t3\t8\t \n",
        b"longer than 1 MiB\tf\t4\t9\t" + b"z" * 1000 + b"\n",
        b"NUL byte\tf\t5\t10\t1;\\x00\n",
    ]
    assert write_rejected_records(JOB, rows, tmp_path / "rejected.csv") == 2
    assert (tmp_path / "rejected.csv").read_bytes() == b'"a;b";"c"""\nx\\y\xff\n1;\0\n'


@pytest.mark.parametrize(
    ("form", "name"),
    [("csv", "rejected.csv"), ("tsv", "rejected_records.tsv"), ("json", "rejected.jsonl"),
     ("", "rejected.txt")],
)  # fmt: skip
def test_the_name_tells_the_format(form: str, name: str) -> None:
    """None is called as the file that is there always."""
    job = replace(JOB, options={"format": form})
    assert file_name(job, AS_INPUT) == name


def test_another_format_than_the_input_s_is_refused() -> None:
    """With the one that it has; and so are whole files."""
    with pytest.raises(UsageError, match="is csv"):
        file_name(JOB, "jsonl")
    whole = replace(JOB, inputs=(Input("a.root", "00000.root", whole=True),))
    with pytest.raises(UsageError, match="whole files"):
        file_name(whole, AS_INPUT)
