"""Makes the example data: customers, tickets, access logs, runs of a simulation, events.

Nothing here is real: every value comes from a random generator with a fixed seed. Run by hand, from
the root of the checkout, when the examples are to change; train.py then trains the models again:

    PYTHONPATH=. .venv/bin/python examples/make_data.py
"""

import csv
import gzip
import io
from itertools import product
from pathlib import Path

import numpy as np

from bench.data.access_logs import cloudfront, combined, requests
from bench.data.columns import runs
from bench.data.events import events, write_events

CITIES = ("Basel", "Bern", "Chur")
CUSTOMERS = 1_000  # customers of a month
URGENT = (
    "{} is down and nobody can work",
    "We have lost data in {}, please call back at once",
    "Customers can't pay, {} shows an error since this morning",
    "Somebody else has logged in to {} with my password",
    "{} stopped in the middle of the month's closing, we need help now",
)
NORMAL = (
    "How do I change the language of {}?",
    "Could you send us the manual of {}, please?",
    "Thank you, {} works again",
    "It would be nice if {} had larger letters",
    "When you have time: please add a user to {}",
)
PLACES = ("the shop", "the calendar", "the printer", "the mail", "the archive", "payroll")


def customers(first_id: int, seed: int) -> list[list[object]]:
    """A month's customers: id, age, income, city and whether they left.

    Who is young, or has little income for the age, is more likely to leave, and so is who lives in
    Chur; between 35 and 50 hardly anybody does.
    """
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, CUSTOMERS)
    income = (20_000 + 900 * np.minimum(age, 55) + random.normal(0, 14_000, CUSTOMERS)).round(-1)
    income = np.maximum(income, 9_000).astype(int)
    city = random.choice(CITIES, CUSTOMERS, p=[0.4, 0.35, 0.25])
    leaving = (50 - age) / 16 + (58_000 - income) / 14_000 + 1.1 * (city == "Chur")
    leaving -= 2.2 * ((age >= 35) & (age < 50))
    left = random.random(CUSTOMERS) < 1 / (1 + np.exp(-leaving))
    truth = np.where(left, "left", "stayed")
    ids = range(first_id, first_id + CUSTOMERS)
    return [list(row) for row in zip(ids, age, income, city, truth, strict=True)]


def as_csv(rows: list[list[object]], header: str) -> str:
    """Rows as CSV, below their header."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header.split(","), *rows])
    return text.getvalue()


def tickets() -> list[tuple[str, str]]:
    """Texts that people send to a help desk, each with its urgency."""
    texts = [(text.format(place), "urgent") for text, place in product(URGENT, PLACES)]
    texts += [(text.format(place), "normal") for text, place in product(NORMAL, PLACES)]
    order = np.random.default_rng(3).permutation(len(texts))
    return [(texts[place][0][:1].upper() + texts[place][0][1:], texts[place][1]) for place in order]


def texts() -> dict[str, str]:
    """Every example file that is a text, by its name; access logs before they are packed."""
    january, february = customers(1, seed=1), customers(CUSTOMERS + 1, seed=2)
    february[6][2] = ""  # two records that can't be scored: no income, an age in words
    february[41][1] = "unknown"
    header = "id,age,income,city,churned"
    labelled = tickets()
    days = [list(requests(400, seed)) for seed in (1, 2)]
    return {
        "customers.csv": as_csv(january, header),
        "customers-february.csv": as_csv(february, header),
        "tickets.csv": as_csv([list(row) for row in labelled[:40]], "text,urgency"),
        "tickets.txt": "".join(f"{text}\n" for text, _ in labelled[40:]),
        "logs/edge-1.log.gz": cloudfront(iter(days[0])),
        "logs/edge-2.log.gz": cloudfront(iter(days[1])),
        "logs/access.log": combined(iter(days[0][:100])),
    }


def main(folder: Path) -> None:
    """Write all of them into ``folder``."""
    for name in ("logs", "runs", "events"):
        (folder / name).mkdir(exist_ok=True)
    for name, text in texts().items():
        content = text.encode()
        if name.endswith(".gz"):
            content = gzip.compress(content, mtime=0)
        (folder / name).write_bytes(content)
    for number, numbers in enumerate(runs(6, 200, seed=4), 1):
        np.save(folder / "runs" / f"run-{number}.npy", numbers)
    for seed in (1, 2):
        write_events(folder / "events" / f"run-{seed}.root", events(1_500, seed))


if __name__ == "__main__":
    main(Path(__file__).parent)
