"""The same requests in every format, and what they come to."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from bench.data.access_logs import Request, cloudfront, combined, requests
from mr.counting.tally import InputPreview
from mr.pipelines.requests_by_os.pipeline import RequestsByOs
from mr.records.split import BOM
from mr.spec import Spec
from tests.mr.conftest import Scored, run_tasks

MADE = list(requests(2000))
UNSET = {"by": "os", "from": "", "to": ""}


def iis(made: Iterator[Request]) -> str:
    """With the fields that are logged by default, and bytes."""
    lines = [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip"
        " cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes time-taken",
    ]
    for one in made:
        agent = one.agent.replace(" ", "+")
        lines.append(
            f"{one.at:%Y-%m-%d %H:%M:%S} 10.0.0.1 {one.method} / - 443 - ::1 {agent} -"
            f" {one.status} 0 0 {one.bytes} 5"
        )
    return "\r\n".join([*lines, ""])


def s3(made: Iterator[Request]) -> str:
    """Server access logs."""
    return "".join(
        f"79a59df9 bucket [{one.at:%d/%b/%Y:%H:%M:%S} +0000] 192.0.2.3 arn:aws:iam::1:user/a 3E57"
        f' REST.{one.method}.OBJECT a%20b.txt "{one.method} /bucket/a%2520b.txt HTTP/1.1"'
        f' {one.status} - {one.bytes} 900 7 6 "-" "{one.agent}" - s9lz= SigV4 ECDHE AuthHeader'
        " b.s3.example TLSv1.2 - -\n"
        for one in made
    )


def alb(made: Iterator[Request]) -> str:
    """A load balancer's."""
    return "".join(
        f"h2 {one.at:%Y-%m-%dT%H:%M:%S}.186641Z app/balancer/50dc 192.0.2.7:2817 10.0.0.1:80 0.086"
        f" 0.048 -1 {one.status} 200 0 {one.bytes}"
        f' "{one.method} https://example.net:443/ HTTP/2.0" "{one.agent}" ECDHE TLSv1.2 arn'
        ' "Root=1" "-" "-" 1 2026-03-14T09:00:00.364000Z "forward" "-" "-" "-" "-" "-" "-"\n'
        for one in made
    )


def caddy(made: Iterator[Request]) -> str:
    """Its JSON, with the default time."""
    return "".join(
        json.dumps(
            {
                "level": "info",
                "ts": one.at.replace(tzinfo=UTC).timestamp() + 0.25,
                "logger": "http.log.access",
                "request": {
                    "method": one.method,
                    "uri": "/",
                    "headers": {"User-Agent": [one.agent]},
                },
                "size": one.bytes,
                "status": one.status,
            }
        )
        + "\n"
        for one in made
    )


def nginx_json(made: Iterator[Request]) -> str:
    """As people write their ``log_format`` with ``escape=json``."""
    return "".join(
        json.dumps(
            {
                "time_iso8601": f"{one.at:%Y-%m-%dT%H:%M:%S}+01:00",
                "request": f"{one.method} /a HTTP/1.1",
                "status": str(one.status),
                "body_bytes_sent": str(one.bytes),
                "http_user_agent": one.agent,
            }
        )
        + "\n"
        for one in made
    )


LOGS: Mapping[str, Callable[[Iterator[Request]], str]] = {
    "cloudfront": cloudfront,
    "iis": iis,
    "combined": combined,
    "s3": s3,
    "alb": alb,
    "caddy": caddy,
    "nginx": nginx_json,
}
DIRECTIVES = {"cloudfront": 2, "iis": 2}


def settled(texts: Mapping[str, bytes], **options: Any) -> dict[str, Any]:
    """A job's options, once its inputs are stored by these names."""
    previews = [
        InputPreview(name, text[: 1 << 14].removeprefix(BOM)) for name, text in texts.items()
    ]
    options |= RequestsByOs.options_from_previews(previews, options)
    watcher = RequestsByOs.text_watcher(options)
    if not watcher:
        return options
    for name, text in texts.items():
        for start in range(0, len(text), 1000):
            watcher.add(name, text[start : start + 1000])
    return options | watcher.options({name: name for name in texts})


def counted(folder: Path, text: str | bytes, splits: int = 1, **options: Any) -> Scored:
    """What an input comes to, in as many tasks as there are splits."""
    data = text.encode() if isinstance(text, str) else text
    source = folder / "input.txt"
    source.write_bytes(data)
    settings = settled({source.name: data}, **UNSET | options)
    return run_tasks(Spec("requests-by-os", options=settings), source, splits, folder)


def rows(scored: Scored) -> dict[str, tuple[int, ...]]:
    """Requests and bytes, by group."""
    numbers, sizes = (scored.partial["counts"][name] for name in ("requests", "bytes"))
    return {key: (number, sizes[key]) for key, number in numbers.items()}


def expected(key: Callable[[Request], str]) -> Mapping[str, tuple[int, int]]:
    """What the requests come to, counted one at a time."""
    numbers, sizes = Counter[str](), Counter[str]()
    for one in MADE:
        numbers[key(one)] += 1
        sizes[key(one)] += one.bytes
    return {group: (number, sizes[group]) for group, number in numbers.items()}
