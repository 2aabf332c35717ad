"""Logs in W3C's extended format whose fields change, against a plain reader, at any split.

HOWDAH_EXAMPLES=2000 tries more of them.
"""

import os
import random
import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mr.pipelines.requests_by_os import w3c_format
from mr.pipelines.requests_by_os.fields_in_texts import FieldsInTexts, fields_at
from mr.pipelines.requests_by_os.w3c_format import W3cLayout
from tests.mr.pipelines.requests_by_os.logs import UNSET, counted, rows, settled

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "100"))
GOOD = {
    "date": "2026-03-14",
    "time": "09:26:53",
    "x-edge-location": "FRA56-P3",
    "sc-bytes": "100",
    "cs-method": "GET",
    "sc-status": "200",
    "cs(User-Agent)": "curl",
}


def written(**cells: str) -> str:
    return "\t".join((GOOD | cells).values())


ODD = [
    *(("date", text) for text in ("", "-", "2026-3-14", "2026-03-1x", "2026/03/14", "12026-03-14")),
    *(("date", text) for text in ("2026-03-14 ", "٢٠٢٦-03-14", "2026-03-1/", "2026-03-1:")),
    *(("time", text) for text in ("", "9:26:53", "09:26:5", "09:26:53Z", "09-26-53", "09:26:é")),
    *(("sc-status", text) for text in ("", "-", "20", "2000", "000", "2 0", "+20", "٢")),
    *(("sc-bytes", text) for text in ("", "-", "-1", "+1", " 1", "1.5", "0x1f", "1e3", "007", "0")),
    *(("sc-bytes", text) for text in ("9" * 18, "9" * 19, "1_000", "٢", "null", "NaN")),
    *(("cs-method", text) for text in ("", "-", '"GET"', "#GET", "null", "größe", "get", "A B")),
    *(("cs(User-Agent)", text) for text in ("", "-", '"', '"""', "a#b", "%23%0A", "a\rb", "größe")),
]
ODD_LINES = [
    *["x", "\t", "\t" * 6, written().replace("\t", " "), written().replace("\t", " ", 1)],
    *[written() + "\t", "\t" + written(), written().rpartition("\t")[0], " " + written()],
    *(written(**{name: text}) for name, text in ODD),
]


@pytest.mark.parametrize("odd", ODD_LINES)
def test_odd_lines_are_read_the_same_in_a_block(odd: str) -> None:
    """What takes many lines takes them where a record's reader rejects nothing, and reads the same;
    it may give up on a carriage return, and where tabs and blanks are mixed."""
    layout = W3cLayout(list(GOOD), {"agent", "method", "edge", "bytes"})
    for place in range(3):
        lines = [written(), written(**{"cs(User-Agent)": "", "sc-status": "404"})]
        lines.insert(place, odd)
        try:
            alone = [layout.read_record(line) for line in lines]
        except ValueError:
            alone = []
        together = layout.read_lines("".join(f"{line}\n" for line in lines).encode())
        if not alone or "\r" in odd or "\t" not in odd:
            assert together is None
        else:
            assert together is not None
            columns = together.batch.to_pydict()
            columns["agent"] = list(map(together.decode, columns["agent"]))
            assert list(map(list, zip(*columns.values(), strict=True))) == list(map(list, alone))


LAYOUTS = [
    "date time sc-status sc-bytes cs(User-Agent)",
    "date time sc-status cs-bytes sc-bytes cs(User-Agent) x",
    "date time cs-bytes sc-bytes cs(User-Agent) sc-status x",
    "cs(User-Agent) sc-bytes sc-status",
    "date time cs-bytes sc-status cs(User-Agent) cs-method x",  # no sc-bytes
    "date time sc-bytes x",  # no sc-status
    "date date time sc-status sc-bytes sc-bytes",
]


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """Of a few lines, among which fields change, and some of which are bad."""
    random_ = random.Random(draw(st.integers(0, 1 << 32)))
    bytes_everywhere = draw(st.booleans())
    layouts = [each for each in LAYOUTS if not bytes_everywhere or "sc-bytes" in each]
    fields, tab = "", "\t"
    lines = [b"#Version: 1.0"] * random_.randrange(2)
    if random_.random() < 0.8:
        fields = LAYOUTS[0]
        lines.append(f"#Fields: {fields}".encode())
    for _ in range(random_.randrange(30)):
        kind = random_.random()
        if kind < 0.2:
            fields = random_.choice(layouts)
            tab = random_.choice("\t ")
            lines.append(f"#Fields: {fields}".encode())
        elif kind < 0.3:
            lines.append(random_.choice([b"#", b"# Fields: x", b"#Remark: \xc3\xa9", b""]))
        elif kind < 0.4:
            lines.append(
                random_.choice([b"x", b"\xff\xfe", b"a\0b", b"#Fields: \xff", b" #Fields: x"])
            )
        else:
            cells = {
                "date": "2026-03-14",
                "time": "01:02:03",
                "sc-status": random_.choice(["200", "404"]),
            }
            row = [
                cells.get(name, str(random_.randrange(1000)) if "bytes" in name else "curl")
                for name in (fields or LAYOUTS[0]).split()
            ]
            lines.append(tab.join(row).encode())
    end = random_.choice([b"\n", b"\n", b"\r\n"])
    return (b"\xef\xbb\xbf" if random_.random() < 0.2 else b"") + end.join([*lines, b""])


def plainly(log: bytes) -> tuple[Counter[str], Counter[str], int]:
    """Requests and bytes by status, and how many lines are rejected, line after line."""
    fields: list[str] | None = None
    found = [Counter[str](), Counter[str]()]
    rejected = 0
    layouts = re.findall(rb"^(?:\xef\xbb\xbf)?#Fields:([^\xff\r\n]*)\r?$", log, re.MULTILINE)
    with_bytes = all(b"sc-bytes" in each.split() for each in layouts)
    for line in log.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:-1]:
        try:
            text = line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            rejected += 1
            continue
        if text.startswith("#"):
            fields = text[8:].split() if text.startswith("#Fields:") else fields
            continue
        cells = text.split("\t" if "\t" in text else " ")
        wanted = {"sc-status"} | ({"sc-bytes"} if with_bytes else set())
        if "\0" in text or fields is None or not wanted <= {*fields} or len(cells) != len(fields):
            rejected += 1
            continue
        told = dict(zip(reversed(fields), reversed(cells), strict=True))
        numbers = [told[name] for name in ("sc-status", *["sc-bytes"] * with_bytes)]
        if not all(number.isdigit() for number in numbers):
            rejected += 1
            continue
        found[0][told["sc-status"]] += 1
        found[1][told["sc-status"]] += int(numbers[-1]) if with_bytes else 0
    return found[0], found[1], rejected


@settings(max_examples=EXAMPLES)
@given(logs(), st.integers(1, 12))
def test_fields_hold_from_their_line_on_in_any_split(log: bytes, splits: int) -> None:
    """Every request is counted by those that the last line before it names, or rejected."""
    requests, sizes, rejected = plainly(log)
    first = re.search(rb"#Fields: [a-z](.*)", log)
    assume(first and b"sc-status" in first[1])  # or it is refused
    with TemporaryDirectory() as folder:
        found = counted(Path(folder), log, splits, by="status")
    counts = found.partial["counts"]
    assert counts["requests"] == requests
    if "bytes" in counts:
        assert counts["bytes"] == sizes
    assert len(found.reasons) == rejected


@pytest.mark.parametrize("piece", [1, 2, 7, 50, 5000])
def test_fields_are_found_in_texts_that_come_in_pieces(piece: int) -> None:
    """However these are cut; only what comes as a line of its own counts."""
    text = b"#Fields: a b\n1 #Fields: x\n#Fields: a b\n\n#Fields: c\r\n#Fields: d"
    watcher = FieldsInTexts({"fields": [["a", "b"]]})
    for start in range(0, len(text), piece):
        watcher.add("0.txt", text[start : start + piece])
    options = watcher.options({})
    change = text.index(b"#Fields: c")
    assert options["fields"] == [["a", "b"], ["c"]]
    assert options["changes"] == {"0.txt": [(0, 0), (change, 1)]}
    assert [fields_at(options, "0.txt", at) for at in (0, 1, change - 1, change, change + 9)] == [
        *[None, ["a", "b"], ["a", "b"], ["c"], ["c"]]
    ]


def test_logs_with_the_same_fields_take_no_room_in_options() -> None:
    """Nor do those that are never split."""
    watcher = FieldsInTexts({"fields": [["a"]]})
    for name in ("0.txt", "1.txt", "2.txt.gz"):
        watcher.add(name, b"#Version: 1.0\n#Fields: a\n1\n")
    watcher.add("2.txt.gz", b"#Fields: b\n")
    assert watcher.options({})["changes"] == {}


def test_a_text_that_was_not_looked_at_is_told() -> None:
    """Its tasks couldn't know which fields hold."""
    with pytest.raises(RuntimeError, match=r"0\.txt was stored, and not looked at"):
        FieldsInTexts({"fields": [["a"]]}).options({"0.txt": "a.log"})


def test_a_bz2_whose_fields_change_is_not_split() -> None:
    """A task that begins within one says what to do, instead of counting by other fields."""
    options = {"fields": [["a"], ["b"]], "changes": {"0.txt.bz2": [[0, 0], [99, 1]]}}
    assert fields_at(options, "0.txt.bz2", 0) is None
    with pytest.raises(ValueError, match=r"Hadoop splits a \.bz2 where nobody knows"):
        fields_at(options, "0.txt.bz2", 4)


def test_columns_of_two_versions_count_together(tmp_path: Path) -> None:
    """As long as those that are wanted are in both; a log without requests has none."""
    options = settled(
        {
            "0.txt": b"#Fields: date time sc-status sc-bytes\n",
            "1.txt": f"#Fields: {' '.join(GOOD)}\n{written()}\n".encode(),
        },
        **UNSET | {"by": "status"},
    )
    assert options["fields"] == [["date", "time", "sc-status", "sc-bytes"], list(GOOD)]
    assert (options["changes"], options["without_bytes"]) == ({"1.txt": [(0, 1)]}, "")
    found = counted(tmp_path, "#Version: 1.0\n#Fields: date time sc-status sc-bytes\n", by="status")
    assert (rows(found), found.partial["left_out"]) == ({}, {"a directive": 2})


def test_a_log_without_requests_lacks_nothing() -> None:
    """Whatever its fields are: the others' bytes are counted."""
    texts = {
        "0.txt": b"#Version: 1.0\n#Fields: date time\n",
        "1.txt": f"#Fields: {' '.join(GOOD)}\n{written()}\n".encode(),
    }
    assert settled(texts, **UNSET)["without_bytes"] == ""


def test_only_few_lines_are_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those around a bad one."""
    slow = []
    read = W3cLayout.read_record
    monkeypatch.setattr(
        w3c_format.W3cLayout,
        "read_record",
        lambda self, line: slow.append(line) or read(self, line),
    )
    lines = [f"#Fields: {' '.join(GOOD)}", *[written()] * 5000]
    lines[3000] = "bad"
    found = counted(tmp_path, "\n".join(lines))
    assert found.reasons == ["too few fields"]
    assert rows(found) == {"unknown": (4999, 499_900)}
    assert len(slow) <= w3c_format.FEW
