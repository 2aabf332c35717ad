"""Small files stored together: what the store gets, and where each of them is found again."""

import bz2
import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.errors import UsageError
from howdah.inputs.local import find_local_files
from howdah.inputs.reading import Kind, Reading, read_as
from howdah.jobs.packed_files import PackedFile, file_at, pack_name, read_index
from howdah.jobs.stored_input import Input
from howdah.submission import packing
from howdah.submission.upload import store_inputs
from mr.counting.tally import TextWatcher
from mr.pipelines.requests_by_os.fields_in_texts import FieldsInTexts
from mr.storage.part_file import FileSink

TEXTS = [
    b"a,b\n1,2\n",
    b"\xef\xbb\xbfa,b\r\n3,4",
    gzip.compress(b"a,b\n5,6\n\n \r\n"),
    b"a,b\n7,8\n",
]
STORED = b"1,2\n3,4\n5,6\n7,8\n"


def store(
    folder: Path,
    texts: Sequence[bytes],
    *,
    header: bool = True,
    watcher: TextWatcher | None = None,
) -> tuple[tuple[Input, ...], list[str]]:
    """Files with these contents, stored with packing, and what people are told."""
    for number, text in enumerate(texts):
        (folder / f"{number:02d}").write_bytes(text)
    names = [str(folder / f"{number:02d}") for number in range(len(texts))]
    sources, _ = read_as(find_local_files(names), Reading(Kind.TABLE))
    notes: list[str] = []
    stored = store_inputs(
        sources,
        FileSink(str(folder)),
        links=folder / "input",
        header=header,
        delimiter=",",
        watcher=watcher,
        index=lambda name: folder / f"files-{name}",
        note=notes.append,
        progress=lambda count: None,
    )
    return stored, notes


def held(folder: Path, stored: Input) -> bytes:
    return (folder / "input" / stored.stored).read_bytes()


def test_small_files_are_one_input(tmp_path: Path) -> None:
    """Its lines are their records, packed or not, without headers and blank ends."""
    (pack,), _ = store(tmp_path, TEXTS)
    assert held(tmp_path, pack) == STORED
    assert (pack.records, pack.header, pack.stored_bytes) == (4, False, len(STORED))
    assert pack.bytes == sum(map(len, TEXTS))
    first, second, third, _ = read_index(pack)
    assert second.name == str(tmp_path / "01")
    assert second.place(1, 4) == (1, len(b"\xef\xbb\xbfa,b\r\n"))
    assert file_at([first, second, third], len(b"1,2\n3,4\n") - 1) == second


@given(st.lists(st.lists(st.text("xé\r ", max_size=3), min_size=1, max_size=4), min_size=2))
def test_each_record_is_found_in_its_file(files: list[list[str]]) -> None:
    """The line and the byte that a place in the stored text stands for are the file's own."""
    files = [[*lines, "end"] for lines in files]
    texts = ["\n".join(["header", *lines]).encode() for lines in files]
    start = line = 0
    index = []
    for number, (lines, text) in enumerate(zip(files, texts, strict=True)):
        index.append(PackedFile(str(number), start, line, *[len(lines)] * 2, 7, 1, len(text), ""))
        start += len(text) - 7 + 1
        line += len(lines)
    stored = b"".join(text[7:] + b"\n" for text in texts)
    at = 0
    for number, record in enumerate(stored.split(b"\n")[:-1]):
        file = file_at(index, at)
        found, offset = file.place(number, at)
        text = texts[int(file.name)]
        assert text[offset:].split(b"\n")[0] == record
        assert text[:offset].count(b"\n") == found
        at += len(record) + 1


def test_a_text_that_another_one_would_change_is_stored_by_itself(tmp_path: Path) -> None:
    """A request before a log's first #Fields must not be read by those of the log before it."""
    log = b"#Version: 1.0\n#Fields: date time\n2026-01-01 00:00:00\n"
    cut_off = b"2026-01-01 00:00:01\n" + log
    watcher = FieldsInTexts({"fields": [["date", "time"]]})
    stored, _ = store(tmp_path, [log, log, cut_off, log, log], header=False, watcher=watcher)
    assert [bool(each.index) for each in stored] == [True, False, True]
    told = watcher.options({each.stored: each.name for each in stored})
    assert {*told["changes"]} <= {each.stored for each in stored}


def test_large_files_stand_between_packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which all of them were given."""
    monkeypatch.setattr(packing, "SMALL_FILE", 12)
    large = b"a,b\n" + b"9,9\n" * 9
    stored, _ = store(tmp_path, [TEXTS[0], TEXTS[3], large, TEXTS[0], TEXTS[3], large])
    assert [source.stored for source in stored] == [f"{number:05d}.txt" for number in (0, 2, 3, 5)]
    assert [source.records for source in stored] == [2, 9, 2, 9]
    assert held(tmp_path, stored[1]) == large


def test_packs_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the next one begins."""
    monkeypatch.setattr(packing, "PACK", 8)
    stored, _ = store(tmp_path, TEXTS)
    assert [held(tmp_path, source) for source in stored] == [STORED[:8], STORED[8:]]


def test_an_open_quote_ends_with_its_file(tmp_path: Path) -> None:
    """Such a file is stored by itself, as it is."""
    odd = b'a,b\n1,"2\n'
    stored, _ = store(tmp_path, [TEXTS[0], odd, TEXTS[3], TEXTS[0]])
    assert [source.index != "" for source in stored] == [True, False, True]
    assert held(tmp_path, stored[1]) == odd


def test_line_breaks_in_fields(tmp_path: Path) -> None:
    """A pack of such files may be cut between them; places are those of lines."""
    broken = b'a,b\n1,"2\n2"\n'
    (pack,), _ = store(tmp_path, [broken, TEXTS[0], broken + b"4,5\n"])
    assert (pack.lines, pack.breaks, pack.records, pack.cuts) == (6, 2, 4, (8, 12))
    assert read_index(pack)[2].place(5, 20) == (3, 12)


def test_what_people_are_told(tmp_path: Path) -> None:
    """Files without records, and files that are others again."""
    _, notes = store(tmp_path, [TEXTS[0], b"a,b\n", TEXTS[3], TEXTS[0], b"a,b\n \n"])
    name = str(tmp_path / "0")
    assert notes == [
        f"{name}1 has a header and no records: it is left out",
        f"{name}4 has a header and no records: it is left out",
        f"{name}3 is {name}0 again: its records count twice",
    ]
    with pytest.raises(UsageError, match="00 has a header and no records"):
        store(tmp_path, [b"a,b\n", b"a,b\n"])


def test_damage_is_told(tmp_path: Path) -> None:
    """With the file's name."""
    with pytest.raises(UsageError, match="01 is cut off or damaged"):
        store(tmp_path, [TEXTS[0], bz2.compress(TEXTS[0] * 99)[:-1]])


def test_names_of_packs() -> None:
    """All of few, the number of many; a step's parts go by its name."""
    assert pack_name(["a", "b", "c"]) == "a, b, c"
    assert pack_name([f"{number}" for number in range(10_000)]) == "10,000 files: 0 … 9999"
    assert pack_name(["@score/1", "@score/2"]).partition("/")[0] == "@score"
