"""Requests of every format of access logs, against counts made one at a time."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import ua_parser

from bench.data.access_logs import AGENTS, Request, cloudfront
from mr.counting.tally import InputPreview
from mr.pipelines.requests_by_os.agents import system_of
from mr.pipelines.requests_by_os.pipeline import RequestsByOs
from tests.mr.pipelines.requests_by_os.logs import (
    DIRECTIVES,
    LOGS,
    MADE,
    UNSET,
    counted,
    expected,
    rows,
    settled,
)

BY: dict[str, Callable[[Request], str]] = {
    "os": lambda one: one.os,
    "os,status": lambda one: f"{one.os}\t{one.status}",
    "hour,method": lambda one: f"{one.at:%Y-%m-%dT%H}\t{one.method}",
    "day": lambda one: f"{one.at:%Y-%m-%d}",
}


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("log", LOGS)
def test_requests_are_counted(tmp_path: Path, log: str, by: str) -> None:
    """By each of the columns, and their bytes summed up, in any split."""
    text = LOGS[log](iter(MADE))
    for splits in (1, 5):
        found = counted(tmp_path, text, splits, by=by)
        assert rows(found) == expected(BY[by])
        assert not found.rejected
        directives = DIRECTIVES.get(log)
        assert found.partial["left_out"] == ({"a directive": directives} if directives else {})


def test_edges_are_counted(tmp_path: Path) -> None:
    """CloudFront tells of its edge locations."""
    found = counted(tmp_path, cloudfront(iter(MADE)), by="edge")
    assert rows(found) == expected(lambda one: one.edge)


@pytest.mark.parametrize("log", LOGS)
def test_a_span_of_time_is_counted(tmp_path: Path, log: str) -> None:
    """From one moment up to, and without, another; the others are left out, not rejected."""
    text = LOGS[log](iter(MADE))
    for span in (("2026-03-14T09:30:00", "2026-03-14T10:00:00"), ("2027-01-01", "2027-02-01")):
        found = counted(tmp_path, text, **{"from": span[0], "to": span[1]})
        low, high = map(datetime.fromisoformat, span)
        before = sum(one.at < low for one in MADE)
        after = sum(one.at >= high for one in MADE)
        total = sum(found.partial["counts"]["requests"].values())
        assert total == len(MADE) - before - after
        left_out = found.partial["left_out"]
        told = (left_out.get("before --from", 0), left_out.get("not before --to", 0))
        assert told == (before, after)
        assert found.partial["scored"] == len(MADE) + DIRECTIVES.get(log, 0)


@pytest.mark.parametrize("log", LOGS)
def test_bad_lines_are_rejected_and_the_others_counted(tmp_path: Path, log: str) -> None:
    """Wherever they stand, the first line included; nothing changes of what is counted of good
    ones."""
    lines = LOGS[log](iter(MADE)).split("\n")
    good = lines[1000]
    reason = {
        "cloudfront": "too few fields",
        "iis": "too few fields",
        "caddy": "not JSON",
        "nginx": "not JSON",
    }.get(log, "not a line of")
    lines[1000:1000] = ["", good[60:], good[: len(good) // 2], "\x16\x03\x01"]
    lines.insert(0, good[40:])
    found = counted(tmp_path, "\n".join(lines), splits=4)
    assert rows(found) == expected(lambda one: one.os)
    first = "before the first #Fields" if log in DIRECTIVES else reason
    reasons = [first, "blank line", *[reason] * 3]
    assert all(told.startswith(why) for told, why in zip(found.reasons, reasons, strict=True))


@pytest.mark.parametrize(
    ("request_line", "method"),
    [
        *(
            ("M-SEARCH * HTTP/1.1", "M-SEARCH"),
            ("get / HTTP/1.0", "get"),
            ("GET /a b HTTP/2", "GET"),
        ),
        *(("CONNECT h:443 HTTP/1.1", "CONNECT"), ("PRI * HTTP/2.0", "PRI"), ("GET /", "GET")),
        *(("X'!#$%&*+.^_`|~1 / HTTP/1.1", "X'!#$%&*+.^_`|~1"), ("POST /" + "a" * 99, "POST")),
        *(("SSH-2.0-Go", None), ("SSH-2.0-OpenSSH_9.2p1 Debian-2", None), ("-", None), ("", None)),
        *((r"\x16\x03\x01\x00", None), (r"Gh0st\xAD\x00", None), ("OPTIONS sip:nm SIP/2.0", None)),
        *(("t3 12.1.2", None), ("G(T / HTTP/1.1", None), (" / HTTP/1.1", None), ("GÉT /", None)),
        (r"GET /\x22a\" HTTP/1.1", "GET"),
    ],
)
@pytest.mark.parametrize("log", ["combined", "s3", "alb", "nginx"])
def test_a_method_is_a_token_of_a_request(
    tmp_path: Path, log: str, request_line: str, method: str | None
) -> None:
    """RFC 9110 says what it is; what is no request of HTTP is a reject."""
    lines = LOGS[log](iter(MADE[:3])).split("\n")
    written = (
        request_line.replace("\\", "\\\\").replace('"', '\\"') if log == "nginx" else request_line
    )
    old = lines[1].split('"')[7 if log == "nginx" else 1]
    lines[1] = lines[1].replace(f'"{old}"', f'"{written}"', 1)
    found = counted(tmp_path, "\n".join(lines), by="method")
    others = {one.method for one in (MADE[0], MADE[2])}
    assert found.partial["counts"]["requests"].keys() == others | ({method} if method else set())
    assert found.reasons == ([] if method else ["not an HTTP request"])


def test_what_s3_does_itself_is_no_request(tmp_path: Path) -> None:
    """Such as what a bucket's lifecycle deletes; it is left out."""
    text = LOGS["s3"](iter(MADE[:2]))
    own = (
        "79a5 bucket [14/Mar/2026:09:26:53 +0000] - AmazonS3 3E57 S3.EXPIRE.OBJECT a.txt - - - - 9"
        ' - - "-" "-" - s9lz= - - - - - - -\n'
    )
    found = counted(tmp_path, own + text)
    assert found.partial["left_out"] == {"an operation of S3's own": 1}
    assert sum(found.partial["counts"]["requests"].values()) == 2


AGENT_TEXTS = [
    *AGENTS,
    "MyApp%20X/1 CFNetwork/1410.0.3 Darwin/22.6.0",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0)",
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) (compatible; Bot; +http://bot.example/)",
]


@pytest.mark.parametrize("log", LOGS)
def test_systems_are_those_that_ua_parser_tells(tmp_path: Path, log: str) -> None:
    """Of the agent as it was sent, however the log encodes it."""
    made = [Request(MADE[0].at, "E", 1, "GET", 200, agent) for agent in AGENT_TEXTS]
    found = counted(tmp_path, LOGS[log](iter(made)))
    told = [ua_parser.parse_os(agent) for agent in AGENT_TEXTS]
    names = [each.family if each else "unknown" for each in told]
    assert found.partial["counts"]["requests"] == {name: names.count(name) for name in names}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "moon"}, "--by moon: it takes os, hour"),
        ({"by": "os,os"}, "each once"),
        ({"from": "yesterday"}, "--from yesterday: write 2026-03-14"),
        ({"from": "2026-02-30"}, "--from 2026-02-30: there is no such moment"),
        ({"to": "2026-03-14T24:00:01"}, "--to 2026-03-14T24:00:01: there is no such moment"),
        ({"from": "2026-03-14", "to": "2026-03-13"}, "--from 2026-03-14 is not before --to"),
        ({"from": "2026-03-14T00:00:00", "to": "2026-03-14"}, "nothing is between"),
    ],
)
def test_options_that_mean_nothing_are_told(options: dict[str, Any], message: str) -> None:
    """With what would."""
    with pytest.raises(ValueError, match=message):
        RequestsByOs.options_from_previews(
            [InputPreview("a", cloudfront(iter(MADE[:1])).encode())], UNSET | options
        )


@pytest.mark.parametrize(
    ("heads", "by", "message"),
    [
        (["hello\n"], "os", "a begins like no access log"),
        (["#Version: 1.0\n"], "os", "a has directives, and no #Fields line"),
        (
            ["#Fields: date time\n1 2\n"],
            "os",
            r"a doesn't tell the agent: it has no cs\(User-Agent\)",
        ),
        ([LOGS["s3"](iter(MADE[:1]))], "edge", "a doesn't tell the edge: it has no edge location"),
        (['{"ts": 1, "status": 200, "method": "GET"}'], "os", "a doesn't tell the agent"),
        (
            [LOGS["combined"](iter(MADE[:1])), LOGS["iis"](iter(MADE[:1]))],
            "os",
            "b is in W3C's extended format, and a in the combined log format: submit",
        ),
    ],
)
def test_inputs_that_cannot_be_counted_are_told(heads: list[str], by: str, message: str) -> None:
    """By their names."""
    previews = [InputPreview(name, head.encode()) for name, head in zip("abc", heads, strict=False)]
    with pytest.raises(ValueError, match=message):
        RequestsByOs.options_from_previews(previews, UNSET | {"by": by})


@pytest.mark.parametrize("log", ["iis", "nginx"])
def test_a_log_without_bytes_is_counted_without(tmp_path: Path, log: str) -> None:
    """And that is said."""
    text = LOGS[log](iter(MADE)).replace("sc-bytes", "cs-bytes").replace("body_bytes_sent", "in")
    found = counted(tmp_path, text, splits=2, by="status")
    requests = expected(lambda one: str(one.status))
    assert found.partial["counts"] == {"requests": {key: row[0] for key, row in requests.items()}}
    options = settled({"u_ex.log": text.encode()}, **UNSET | {"by": "status"})
    report = RequestsByOs(options).report(found.partial["counts"])
    assert report.tables["counts.tsv"].columns == ("status", "requests")
    assert report.summary["warnings"] == ["bytes aren't counted: u_ex.log doesn't tell them"]


@pytest.mark.parametrize("stamp", ["1773480413.5", '"2026-03-14 09:26:53"', '"2026/03/14 09:26:53"',
                                   "1773480413500", '"14/Mar/2026:09:26:53 +0000"'])  # fmt: skip
def test_moments_in_json(tmp_path: Path, stamp: str) -> None:
    """In seconds or milliseconds since 1970, or as they are written."""
    line = f'{{"ts": {stamp}, "status": 0, "size": 1, "method": "GET", "user_agent": "curl"}}\n'
    found = counted(tmp_path, line, by="hour,status")
    assert rows(found) == {"2026-03-14T09\t000": (1, 1)}


@pytest.mark.parametrize(("agent", "system"), AGENTS.items())
def test_agents_tell_systems(agent: str, system: str) -> None:
    """Those of the tests' logs."""
    assert system_of(agent) == system
