"""Pipelines that count, against counts made another way."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import starmap
from pathlib import Path
from typing import Any

import pytest

from bench.data.access_logs import AGENTS, Request, cloudfront, combined, requests
from mr.counting.tally import InputPreview
from mr.pipelines.registry import PIPELINES
from mr.pipelines.requests_by_os.pipeline import RequestsByOs, system_of
from mr.pipelines.wordcount import WordCount
from mr.records.block import Block
from mr.spec import Spec
from mr.summary import finish_counts
from tests.mr.conftest import Scored, run_tasks

Count = Callable[..., Scored]
ROOT = Path(__file__).resolve().parents[3]
UNSET = {"by": "os", "from": "", "to": ""}
LOGS = {"cloudfront": cloudfront, "combined": combined}
MADE = list(requests(2000))


@pytest.fixture
def count(tmp_path: Path) -> Count:
    """Count an input, in as many tasks as there are splits."""

    def run(pipeline: str, text: str, *, splits: int = 1, **options: Any) -> Scored:
        source = tmp_path / "input.txt"
        source.write_text(text)
        tally = PIPELINES[pipeline].tally
        assert tally
        seen = tally().options_from_previews([InputPreview(source.name, text.encode())], options)
        return run_tasks(Spec(pipeline, options=options | seen), source, splits, tmp_path)

    return run


def rows(scored: Scored) -> dict[str, tuple[int, ...]]:
    numbers, sizes = (scored.partial["counts"][name] for name in ("requests", "bytes"))
    return {key: (number, sizes[key]) for key, number in numbers.items()}


@pytest.mark.parametrize("splits", [1, 3])
def test_words_are_counted(count: Count, splits: int) -> None:
    """Whatever their case, and wherever the input is split; blank lines are rejected."""
    counted = count("wordcount", "To be\n\nor not\tto BE\nC:\\be\n", splits=splits)
    report = WordCount({}).report(counted.partial["counts"])
    assert report.tables["counts.tsv"].rows == [
        *[("be", 2), ("to", 2), ("c:\\\\be", 1), ("not", 1), ("or", 1)]
    ]
    assert counted.reasons == ["blank line"]
    summary = finish_counts(counted.partial, report.summary)
    assert (summary["records"], summary["counted"], summary["rejected"]) == (4, 3, 1)
    assert (summary["groups"], summary["totals"]) == (5, {"count": 7})


def expected(key: Callable[[Request], str]) -> Mapping[str, tuple[int, int]]:
    """What the requests come to, counted one at a time."""
    numbers, sizes = Counter[str](), Counter[str]()
    for one in MADE:
        numbers[key(one)] += 1
        sizes[key(one)] += one.bytes
    return {group: (number, sizes[group]) for group, number in numbers.items()}


@pytest.mark.parametrize("splits", [1, 5])
@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("os", lambda one: one.os),
        ("os,status", lambda one: f"{one.os}\t{one.status}"),
        ("hour,method", lambda one: f"{one.at:%Y-%m-%dT%H}\t{one.method}"),
        ("day", lambda one: f"{one.at:%Y-%m-%d}"),
    ],
    ids=["os", "os,status", "hour,method", "day"],
)
def test_requests_are_counted(
    count: Count, log: str, by: str, key: Callable[[Request], str], splits: int
) -> None:
    """By each of the columns, and their bytes summed up."""
    counted = count("requests-by-os", LOGS[log](iter(MADE)), splits=splits, **UNSET | {"by": by})
    assert rows(counted) == expected(key)
    assert not counted.rejected
    directives = {"a directive": 2} if log == "cloudfront" else {}
    assert counted.partial["left_out"] == directives


def test_edges_are_counted(count: Count) -> None:
    """CloudFront tells of its edge locations."""
    counted = count("requests-by-os", cloudfront(iter(MADE)), **UNSET | {"by": "edge"})
    assert rows(counted) == expected(lambda one: one.edge)


@pytest.mark.parametrize("log", LOGS)
def test_a_span_of_time_is_counted(count: Count, log: str) -> None:
    """From one moment up to, and without, another; the others are left out, not rejected."""
    span = {"from": "2026-03-14T09:30:00", "to": "2026-03-14T10:00:00"}
    counted = count("requests-by-os", LOGS[log](iter(MADE)), **UNSET | span)
    low, high = map(datetime.fromisoformat, span.values())
    before = sum(one.at < low for one in MADE)
    after = sum(one.at >= high for one in MADE)
    (totals,) = [sum(counts) for counts in [counted.partial["counts"]["requests"].values()]]
    assert totals == len(MADE) - before - after
    left_out = counted.partial["left_out"]
    assert (left_out["before --from"], left_out["not before --to"]) == (before, after)
    assert counted.partial["scored"] == len(MADE) + left_out.get("a directive", 0)


@pytest.mark.parametrize("log", LOGS)
def test_a_span_without_requests_is_counted(count: Count, log: str) -> None:
    """Nothing is left of a block for the end of the span to leave out."""
    span = {"from": "2027-01-01", "to": "2027-02-01"}
    counted = count("requests-by-os", LOGS[log](iter(MADE)), **UNSET | span)
    assert rows(counted) == {}
    directives = counted.partial["left_out"].pop("a directive", 0)
    assert counted.partial["left_out"] == {"before --from": len(MADE)}
    assert counted.partial["scored"] == len(MADE) + directives


@pytest.mark.parametrize("log", LOGS)
def test_bad_lines_are_rejected_and_the_others_counted(count: Count, log: str) -> None:
    """A bad line among good ones changes nothing of what is counted of those."""
    lines = LOGS[log](iter(MADE)).split("\n")
    good = lines[1000]
    bad = {
        "cloudfront": {
            f"{good}\tmore": "too many fields",
            good.rpartition("\t")[0]: "too few fields",
            good.replace("2026-03-14", "14/Mar/2026"): "date: not as it should be",
            "#Fields: date time": "other #Fields than before",
        },
        "combined": {
            "GET /": "not a line of the combined log format",
            good.replace("/Mar/", "/Mai/"): "not a month",
        },
    }[log]
    lines[1000:1000] = bad
    counted = count("requests-by-os", "\n".join(lines), **UNSET)
    assert counted.reasons == list(bad.values())
    assert rows(counted) == expected(lambda one: one.os)


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
    *(("cs-method", text) for text in ("", "-", '"GET"', "#GET", "null", "größe")),
    *(("cs(User-Agent)", text) for text in ("", "-", '"', '""', "a#b", "%23%0A", "a\rb", "größe")),
]
ODD_LINES = [
    *["#", "#Fields: date time", "# a remark", f"#Fields: {' '.join(GOOD)}", "x", "\t", "\t" * 6],
    *[written() + "\t", "\t" + written(), written().rpartition("\t")[0], " " + written()],
    *(written(**{name: text}) for name, text in ODD),
]


@pytest.mark.parametrize("odd", ODD_LINES)
def test_odd_lines_are_read_the_same_in_a_block(odd: str) -> None:
    """What takes a whole block takes it where a record's reader rejects nothing, and reads the
    same; it may give up on a carriage return, and on a directive among requests."""
    options = UNSET | {"by": "os,method,edge", "fields": list(GOOD), "delimiter": "\t"}
    tally = RequestsByOs(options)
    for place in range(3):
        lines = [written(), written(**{"cs(User-Agent)": "", "sc-status": "404"})]
        lines.insert(place, odd)
        block = Block("".join(f"{line}\n" for line in lines).encode(), range(len(lines)))
        alone, rejects = tally._read_records(block)
        together = tally._log.read_block(block.data)
        if rejects or "\r" in odd or (place and odd.startswith("#")):
            assert together is None
        else:
            assert together.to_pydict() == alone.to_pydict()


def test_both_readers_of_a_format_read_the_same() -> None:
    """What takes a whole block, and what takes a record."""
    for log in LOGS.values():
        text = log(iter(MADE))
        options = UNSET | RequestsByOs.options_from_previews(
            [InputPreview("log", text.encode())], UNSET
        )
        read = RequestsByOs(options)._log
        lines = text.split("\n")[:-1]
        batch = read.read_block(text.encode())
        columns = [batch[name].to_pylist() for name in read.columns]
        assert list(zip(*columns, strict=True)) == [
            tuple(row) for row in map(read.read_record, lines) if row
        ]


def test_what_apache_writes_of_odd_requests() -> None:
    """No size, a request that is none, quotes in an agent."""
    lines = (
        '::1 - - [14/Mar/2026:09:26:53 +0000] "\\x16\\x03" 400 - "-" "a \\"b\\" c"\n'
        'h - - [14/Mar/2026:09:26:54 +0000] "-" 408 0 "-" "-"\n'
    )
    tally = RequestsByOs(UNSET | {"by": "method,status", "fields": []})
    rejects = tally.add(Block(lines.encode(), range(2)))
    assert (rejects, tally.counts()["requests"]) == ([], {"\t400": 1, "\t408": 1})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "moon"}, "--by moon: it takes os, hour"),
        ({"by": "os,os"}, "each once"),
        ({"from": "yesterday"}, "--from yesterday: write 2026-03-14"),
        ({"by": "edge"}, "the log doesn't tell of edge"),
        ({"fields": ["date", "time", "sc-status"]}, "the log doesn't tell of agent"),
    ],
)
def test_options_that_mean_nothing_are_told(options: dict[str, Any], message: str) -> None:
    """With what would."""
    with pytest.raises(ValueError, match=message):
        RequestsByOs(UNSET | {"fields": [], "delimiter": " "} | options)


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ([b"hello\n"], "a begins like no access log"),
        ([b"#Fields: date\n1\n", b"#Fields: time\n1\n"], "b is written otherwise than a"),
    ],
)
def test_inputs_that_are_no_logs_are_told(heads: list[bytes], message: str) -> None:
    """By their names."""
    with pytest.raises(ValueError, match=message):
        RequestsByOs.options_from_previews(
            list(starmap(InputPreview, zip("ab", heads, strict=False))), UNSET
        )


@pytest.mark.parametrize(("agent", "system"), AGENTS.items())
def test_agents_tell_systems(agent: str, system: str) -> None:
    """Those of the tests' logs."""
    assert system_of(agent) == system


def test_the_readme_shows_a_pipeline_as_it_is() -> None:
    """The file, and both parts of its declaration."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    file, *declared = blocks
    assert file == (ROOT / "mr/pipelines/wordcount.py").read_text()
    registry = (ROOT / "mr/pipelines/registry.py").read_text()
    assert len(declared) == 2
    assert all(part in registry for part in declared)
