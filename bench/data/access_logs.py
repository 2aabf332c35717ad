"""Access logs as servers write them, and what was put into them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

__all__ = ["AGENTS", "Request", "cloudfront", "combined", "requests"]

# user agents of a few browsers and programs, and the systems that they run on
AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/126.0.0.0 Safari/537.36": "Windows",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.5 Safari/605.1.15": "Mac OS X",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "iOS",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/126.0.0.0 Mobile Safari/537.36": "Android",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": "Ubuntu",
    "-": "unknown",
}
FIELDS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query"
)


@dataclass(frozen=True)
class Request:
    """One request, with the system that its agent tells."""

    at: datetime
    edge: str
    bytes: int
    method: str
    status: int
    agent: str

    @property
    def os(self) -> str:
        return AGENTS[self.agent]


def requests(count: int, seed: int = 0) -> Iterator[Request]:
    """``count`` requests of some hours, in their order."""
    chance = random.Random(seed)
    at = datetime(2026, 3, 14, 9, 26, 53)
    for _ in range(count):
        at += timedelta(seconds=chance.randrange(4))
        yield Request(
            at,
            chance.choice(["FRA56-P3", "ZRH50-C1", "IAD89-C2"]),
            chance.randrange(100, 100_000),
            chance.choices(["GET", "POST", "HEAD"], [90, 8, 2])[0],
            chance.choices([200, 304, 404, 500], [80, 12, 7, 1])[0],
            chance.choice(list(AGENTS)),
        )


def cloudfront(made: Iterator[Request]) -> str:
    """The requests as CloudFront writes them."""
    lines = ["#Version: 1.0", f"#Fields: {FIELDS}"]
    for one in made:
        agent = quote(one.agent, safe="/(),:;-")
        lines.append(
            "\t".join(
                [
                    *(f"{one.at:%Y-%m-%d}", f"{one.at:%H:%M:%S}", one.edge, str(one.bytes)),
                    *("192.0.2.7", one.method, "d1.example.net", "/index.html", str(one.status)),
                    *("-", agent, "-"),
                ]
            )
        )
    return "\n".join(lines) + "\n"


def combined(made: Iterator[Request]) -> str:
    """The requests as Apache and nginx write them."""
    return "".join(
        f'192.0.2.7 - frank [{one.at:%d/%b/%Y:%H:%M:%S} +0100] "{one.method} /a?b=[1] HTTP/1.1"'
        f' {one.status} {one.bytes} "https://example.net/" "{one.agent}"\n'
        for one in made
    )
