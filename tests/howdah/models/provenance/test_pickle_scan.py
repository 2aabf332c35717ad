"""What the scanner finds in random pickles and joblib files is what loading them looks up.

HOWDAH_EXAMPLES=2000 tries more random ones.
"""

import collections
import datetime
import decimal
import io
import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from joblib.numpy_pickle import NumpyUnpickler
from joblib.numpy_pickle_utils import _validate_fileobject_and_memmap

from howdah.errors import ModelError, UsageError
from howdah.models.provenance.byte_stream import ByteStream, open_unpacked
from howdah.models.provenance.pickle_scan import scan_pickle
from howdah.models.provenance.pickle_stack import MOST_REMEMBERED, PickleContents

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "60"))
Names = set[tuple[str, str]]


class Point(NamedTuple):
    x: object
    y: object


class Plain:
    """With a state, as estimators have one."""

    def __init__(self, **state: object) -> None:
        self.__dict__.update(state)


class WithKeywords:
    def __init__(self, value: object = None) -> None:
        self.value = value

    def __new__(cls, *arguments: object, **keywords: object) -> "WithKeywords":
        return super().__new__(cls)

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, object]]:
        return (), {"value": self.value}


class Inner:
    class Class:
        pass


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**2100), 2**2100)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.binary(min_size=1000, max_size=1100).map(bytearray)
    | st.sampled_from(
        [int, Plain, Inner.Class, collections.OrderedDict, len, os.path.join, np.float64, np.sum]
    )
    | st.just(datetime.date(2020, 1, 2))
    | st.just(decimal.Decimal("1.5"))
    | st.just(np.float32(1.5))
    | st.just("x" * 70_000)
)
DTYPES = (
    hnp.scalar_dtypes()
    | hnp.array_dtypes()
    | hnp.nested_dtypes()
    | hnp.datetime64_dtypes()
    | st.sampled_from(
        [
            np.dtype([("a", "O"), ("b", "<f4")]),
            np.dtype({"names": ["a"], "formats": ["<i2"], "offsets": [3], "itemsize": 9}),
            np.dtype([("a", "f8")], align=True),
            np.dtype((np.record, [("a", "f8"), ("b", "U3")])),
            np.dtype("V7"),
            np.dtype("U0"),
            np.dtypes.StringDType(),
            np.dtype("g"),
        ]
    )
)


@st.composite
def arrays(draw: Callable[[Any], Any]) -> np.ndarray[Any, Any]:
    """Of every type, shape and memory order; what is in them doesn't matter."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    array = np.zeros(shape, draw(DTYPES), order=draw(st.sampled_from("CF")))
    if draw(st.booleans()) and array.ndim:
        array = array[::2]
    if draw(st.booleans()) and array.ndim == 2:
        array = array.T
    if draw(st.booleans()) and array.ndim == 2 and array.dtype.kind == "f":
        array = np.asmatrix(array)
    return array


@st.composite
def object_arrays(draw: Callable[[Any], Any], inner: Any) -> np.ndarray[Any, Any]:
    values = draw(st.lists(inner, max_size=3))
    array = np.empty(len(values), object)
    array[:] = values
    return array


def nested(inner: Any) -> Any:
    return (
        st.lists(inner, max_size=5)
        | st.tuples(inner, inner, inner)
        | st.tuples(inner, inner)
        | st.lists(inner, max_size=70).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
        | st.frozensets(st.integers() | st.text(), max_size=3)
        | st.sets(st.integers(), max_size=3)
        | inner.map(lambda value: [value, value])  # the same object twice
        | inner.map(lambda value: Plain(shape=(1, 2), dtype=value, order="C"))
        | inner.map(WithKeywords)
        | inner.map(lambda value: collections.OrderedDict(a=value))
        | inner.map(lambda value: collections.defaultdict(list, a=value))
        | st.tuples(inner, inner).map(lambda pair: Point(*pair))
        | object_arrays(inner)
    )


OBJECTS = st.recursive(LEAVES | arrays(), nested, max_leaves=8)


def scanned(path: Path) -> tuple[Names, int, bool]:
    contents = PickleContents()
    with open_unpacked(path) as file:
        stream = ByteStream(file)
        scan_pickle(stream, contents)
        return contents.names, stream.position, stream.is_at_end()


def looked_up(path: Path) -> Names:
    """What joblib looks up while it loads a file."""
    names: Names = set()

    class Recorder(NumpyUnpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            names.add((module, name))
            return super().find_class(module, name)

    with (
        path.open("rb") as file,
        _validate_fileobject_and_memmap(file, str(path)) as (unpacked, _),
    ):
        Recorder(str(path), unpacked, True).load()
    return names


@settings(max_examples=EXAMPLES)
@given(OBJECTS, st.integers(0, 5))
def test_a_pickle_refers_to_what_unpickling_looks_up(thing: object, protocol: int) -> None:
    names: Names = set()

    class Recorder(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            names.add((module, name))
            return super().find_class(module, name)

    dumped = pickle.dumps(thing, protocol)
    Recorder(io.BytesIO(dumped)).load()
    contents, stream = PickleContents(), ByteStream(io.BytesIO(dumped))
    scan_pickle(stream, contents)
    assert contents.names == names
    assert stream.position == len(dumped)


@settings(max_examples=EXAMPLES)
@given(
    OBJECTS,
    st.sampled_from([0, ("zlib", 3), ("gzip", 1), ("bz2", 1), ("xz", 1), ("lzma", 1)]),
    st.integers(2, 5),
)
@example(np.array(["a", "bc"], np.dtypes.StringDType()), 0, 2)
def test_a_joblib_file_refers_to_what_loading_looks_up(
    thing: object, compress: Any, protocol: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.joblib")
        joblib.dump(thing, path, compress=compress, protocol=protocol)
        names, position, is_at_end = scanned(path)
        assert names == looked_up(path)
        assert is_at_end
        assert compress or position == path.stat().st_size


def test_arrays_of_older_joblibs_have_no_padding(tmp_path: Path) -> None:
    """joblib before 1.2 wrote an array's bytes right behind its description."""
    path = tmp_path / "model.joblib"
    with path.open("wb") as file:
        pickler = joblib.numpy_pickle.NumpyPickler(file)
        create = pickler._create_array_wrapper

        def unpadded(array: Any) -> Any:
            wrapper = create(array)
            del wrapper.numpy_array_alignment_bytes
            return wrapper

        pickler._create_array_wrapper = unpadded
        pickler.dump([np.arange(5), np.array(["a", None]), "end", Plain])
    names, position, is_at_end = scanned(path)
    assert names == looked_up(path)
    assert (position, is_at_end) == (path.stat().st_size, True)


def test_names_are_found_behind_more_texts_than_are_remembered() -> None:
    """As behind a vectorizer's vocabulary; a class's module is then written once, too."""
    words = [str(number) for number in range(MOST_REMEMBERED)]
    dumped = pickle.dumps([words, collections.OrderedDict, collections.Counter, [Plain, Point]], 4)
    contents = PickleContents()
    scan_pickle(ByteStream(io.BytesIO(dumped)), contents)
    assert {name for _, name in contents.names} == {"OrderedDict", "Counter", "Plain", "Point"}


def test_every_version_that_a_state_has_is_found() -> None:
    states = [{"_sklearn_version": "1.2.2", "a": 1}, {"_sklearn_version": "1.5.2"}]
    for protocol in range(6):
        contents = PickleContents()
        scan_pickle(ByteStream(io.BytesIO(pickle.dumps(states, protocol))), contents)
        assert contents.versions == {"scikit-learn": {"1.2.2", "1.5.2"}}


def test_a_model_may_refer_to_itself() -> None:
    loop: list[object] = []
    loop.append([loop, {"loop": loop}])
    scan_pickle(ByteStream(io.BytesIO(pickle.dumps(loop))), PickleContents())


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x04" + b"(" * 6_000_000,  # marks without end
        b"\x80\x04" + b"N" * 6_000_000,  # values without end
        b"\x80\x04" + b"]\x85" * 100_000,  # no end
        b"\x80\x04)" + b"\x85" * 1_000_000 + b"\x94" * 70_000,  # tuples in tuples
        b"\x80\x04\x8d" + b"\xff" * 8,  # a text of 16 EiB
        b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f",
        b"\x80\x04" + b"b" * 10,
        b"\x80\x04tt.",
        b"\x80\x09N.",
        b"\x80\x04NN\x93.",
        b"\x80\x04N\x94Nq\x05.",  # numbered in two ways
        b"I" + b"9" * 5000 + b"\n.",
        b"",
    ],
)
def test_what_no_pickler_writes_ends_in_an_error(pickled: bytes) -> None:
    with pytest.raises((ModelError, EOFError, ValueError)):
        scan_pickle(ByteStream(io.BytesIO(pickled)), PickleContents())


@pytest.mark.parametrize("code", [b"\x82\x01", b"P1\n", b"NQ", b"\x97"])
def test_what_is_outside_of_the_file_is_refused(code: bytes) -> None:
    with pytest.raises(UsageError, match="can't be loaded by itself"):
        scan_pickle(ByteStream(io.BytesIO(b"\x80\x05" + code + b".")), PickleContents())


def test_a_file_that_unpacks_to_endless_instructions_is_refused() -> None:
    stream = ByteStream(io.BytesIO(b"\x80\x04" + b"N0" * 100_000), instructions=100_000)
    with pytest.raises(ModelError, match="many more instructions"):
        scan_pickle(stream, PickleContents())
