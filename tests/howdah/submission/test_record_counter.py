import csv
import io
import random
from dataclasses import replace

import pytest

from howdah.jobs.stored_input import Input
from howdah.submission import record_counter
from howdah.submission.record_counter import MOST_CUTS, RecordCounter, settle_cuts
from mr.records.split import BOM


def counted(
    text: bytes, block: int, *, delimiter: str = ",", header: bool = False
) -> RecordCounter:
    counter = RecordCounter("a.csv", 1 << 25, delimiter, header=header)
    for at in range(0, len(text), block):
        counter.add(text[at : at + block])
    counter.end()
    return counter


def table(rows: int) -> tuple[bytes, list[int]]:
    """A table, and where its records begin."""
    chance = random.Random(5)
    stream = io.StringIO(newline="")
    starts = []
    writer = csv.writer(stream)
    for number in range(rows):
        starts.append(len(stream.getvalue().encode()))
        writer.writerow([number, chance.choice(["x", "1,2", "a\nb\nc"])])
    return stream.getvalue().encode(), starts


@pytest.mark.parametrize("block", [100, 4096, 1 << 20])
@pytest.mark.parametrize("bom", [b"", BOM])
def test_records_are_counted_and_cuts_are_their_starts(block: int, bom: bytes) -> None:
    """Near multiples of a step, wherever blocks end; breaks are lines that end within a record."""
    text, starts = table(3000)
    counter = counted(bom + text, block)
    assert counter.lines == text.count(b"\n")
    assert counter.lines - counter.breaks == len(starts)
    assert counter.cuts == counted(bom + text, 777).cuts
    assert counter.cuts
    assert {*counter.cuts} <= {start + len(bom) for start in starts}
    assert len(counter.cuts) > len(text) // 5000


def test_cuts_stay_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longer the input, the farther apart."""
    monkeypatch.setattr(record_counter, "SMALLEST_STEP", 1)
    monkeypatch.setattr(record_counter, "MOST_CUTS", 10)
    text, starts = table(900)
    cuts = counted(text, 1000).cuts
    assert cuts
    assert 4 <= len(cuts) <= 10
    assert {*cuts} <= {*starts}


def test_what_is_no_csv_has_a_record_a_line() -> None:
    """Quotes are characters there like any other."""
    counter = counted(b'a\t"b\nc\t"d\n', 100, delimiter="")
    assert (counter.lines, counter.breaks, counter.cuts) == (2, 0, None)


def test_inputs_are_cut_at_records_if_one_of_them_has_to_be() -> None:
    """Else at lines; the cuts of a job are no more than those of an input."""
    plain = Input("a.csv", "00000.txt", bytes=10_000 * MOST_CUTS, cuts=tuple(range(10, 99_000, 10)))
    (settled,) = settle_cuts([plain])
    assert settled.cuts is None
    first, second = settle_cuts([plain, replace(plain, bytes=0, breaks=1, cuts=())])
    assert (first.cuts, second.cuts) == ((10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000,
                                          80_000, 90_000), ())  # fmt: skip
