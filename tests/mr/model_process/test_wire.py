"""What a task tells its model's process, and what that answers, comes out as it was."""

import os
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mr.model_process.channel import Channel, Closed
from mr.model_process.wire import columns_of, pack, pack_rows, unpack, unpack_rows
from mr.scoring.features import INPUTS, TYPES, Features
from mr.scoring.prediction import Prediction

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", 60))
LARGE = 2**53
NAN: Any = np.nan
NUMBERS = st.floats(width=64)
WHOLE = st.integers(-LARGE + 1, LARGE - 1).map(float) | st.just(NAN)
LARGE_WHOLE = st.integers(-(2**63), 2**63 - 1).filter(lambda number: abs(number) >= LARGE)
TEXTS = st.text(max_size=5) | st.text(st.characters(categories=["Cs", "Cc"]), max_size=5)
CELLS = {
    "number": NUMBERS,
    "integer": WHOLE | LARGE_WHOLE,
    "boolean": st.sampled_from([0.0, 1.0, NAN]),
    "text": TEXTS | st.just(NAN),
}


@pytest.fixture(scope="module")
def ends() -> Iterator[tuple[Channel, Channel]]:
    """Both ends of a channel."""
    (one_source, one_target), (other_source, other_target) = os.pipe(), os.pipe()
    one, other = Channel(one_source, other_target), Channel(other_source, one_target)
    yield one, other
    one.close()
    other.close()


@st.composite
def features(draw: st.DrawFn) -> Features:
    """Rows of features of any types, in any form."""
    rows = draw(st.integers(1, 5))
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    columns = []
    for kind in types:
        cells = draw(st.lists(CELLS[kind], min_size=rows, max_size=rows))
        objects = kind == "text" or int in map(type, cells)
        columns.append(np.array([*cells, None], object)[:-1] if objects else np.array(cells))
    values: Any = columns
    if all(column.dtype == np.float64 for column in columns) and draw(st.booleans()):
        values = np.array(np.column_stack(columns), order=draw(st.sampled_from(["C", "F"])))
    form = draw(st.sampled_from(sorted(INPUTS)))
    names = tuple(draw(st.lists(TEXTS, min_size=len(types), max_size=len(types))))
    return Features(names, tuple(types), form, values)


@st.composite
def arrays(draw: st.DrawFn, kind: Any, *shape: int) -> NDArray[Any]:
    cells = st.floats() if kind is np.float64 else st.booleans()
    if kind in (np.int64, np.intp):
        cells = st.integers(-(2**63), 2**63 - 1)
    size = int(np.prod(shape))
    found = draw(st.lists(cells, min_size=size, max_size=size))
    return np.array(found, kind).reshape(shape)


@st.composite
def predictions(draw: st.DrawFn, *, outputs: bool = True) -> Prediction:
    """What any kind of model says of some rows."""
    rows, width = draw(st.integers(0, 4)), draw(st.integers(2, 3))
    some = st.none()
    return Prediction(
        draw(some | arrays(np.int64, rows)),
        draw(arrays(np.bool_, rows)),
        draw(some | arrays(np.intp, rows)),
        draw(some | arrays(np.int64, rows, width)),
        tuple(draw(st.lists(predictions(outputs=False), max_size=2))) if outputs else (),
        draw(some | arrays(np.float64, rows) | arrays(np.float64, rows, width)),
    )


def same(one: Any, other: Any) -> bool:
    """Whether two arrays have the same type, shape and bits, or Python's same values."""
    if one is None or other is None:
        return one is other
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    if one.dtype != object:
        ordered = one.flags.f_contiguous == other.flags.f_contiguous
        return ordered and bool(one.tobytes() == other.tobytes())
    pairs = list(zip(one.tolist(), other.tolist(), strict=True))
    return all(type(a) is type(b) and (a == b or a != a) for a, b in pairs)


@settings(max_examples=EXAMPLES)
@given(sent=features())
def test_features_come_out_as_they_were(ends: tuple[Channel, Channel], sent: Features) -> None:
    """Values, types and order in memory, whatever is missing."""
    task, process = ends
    rows, pieces = pack_rows(sent)
    task.send({"rows": rows}, pieces)
    told, received = process.receive()
    found = unpack_rows(told["rows"], received, columns_of(sent))
    assert isinstance(found, Features)
    assert (found.names, found.types, found.input) == (sent.names, sent.types, sent.input)
    assert isinstance(found.values, np.ndarray) == isinstance(sent.values, np.ndarray)
    assert all(map(same, found.columns, sent.columns))
    assert len(found) == len(sent)


@settings(max_examples=EXAMPLES)
@given(sent=st.lists(TEXTS, max_size=6))
def test_texts_come_out_as_they_were(ends: tuple[Channel, Channel], sent: list[str]) -> None:
    """Whatever characters they have."""
    task, process = ends
    rows, pieces = pack_rows(sent)
    task.send(rows, pieces)
    assert unpack_rows(*process.receive(), columns_of(sent)) == sent


@settings(max_examples=EXAMPLES)
@given(sent=predictions())
def test_predictions_come_out_as_they_were(ends: tuple[Channel, Channel], sent: Prediction) -> None:
    """To the bit."""
    task, process = ends
    process.send(*pack(sent))
    pairs = [(sent, unpack(*task.receive()))]
    pairs += zip(*(each.outputs for each in pairs[0]), strict=True)
    for field in fields(Prediction):
        if field.name != "outputs":
            assert all(same(getattr(a, field.name), getattr(b, field.name)) for a, b in pairs)


def test_large_pieces_come_out_as_they_were(ends: tuple[Channel, Channel]) -> None:
    """More than a pipe holds, between small ones; and they may be written to."""
    task, process = ends
    sent = [b"small", os.urandom(300_000), b"", os.urandom(70_001), b"end"]
    task.send({"n": 1}, sent)
    told, received = process.receive()
    assert told == {"n": 1}
    assert [bytes(piece) for piece in received] == sent
    assert not any(piece.readonly for piece in received)


def test_nobody_at_the_other_end_is_noticed() -> None:
    """By whoever reads and whoever writes."""
    (source, other_target), (other_source, target) = os.pipe(), os.pipe()
    channel = Channel(source, target)
    os.close(other_source)
    os.close(other_target)
    with pytest.raises(Closed):
        channel.receive()
    with pytest.raises(Closed):
        channel.send({}, [b"x" * 100_000])
    channel.close()
