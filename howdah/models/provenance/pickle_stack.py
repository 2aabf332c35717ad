"""The stack and the memo of a pickle that is read without being carried out.

Names, texts, numbers, flat tuples and what describes arrays are on it; whatever else a pickle
makes is ``UNKNOWN``. Both are bounded: a pickle that needs more was made to do harm.
"""

from collections import deque
from dataclasses import dataclass, field

from howdah.errors import ModelError, UsageError
from howdah.models.provenance.byte_stream import LONGEST_TEXT, ByteStream
from howdah.models.provenance.serialized_models import SerializedModel
from howdah.models.provenance.symbols import UNKNOWN, Instance, Name, flat

__all__ = ["PickleContents", "PickleStack"]


MOST_VALUES = 5_000_000  # on the stack at once
MOST_REMEMBERED = 1_000_000  # texts and tuples; loading takes more memory than to note them
MOST_NAMES = 100_000
VERSION_KEY = "_sklearn_version"
# Keys of states that matter; others are dropped
KEYS = frozenset({"subclass", "shape", "order", "dtype", "numpy_array_alignment_bytes"})


@dataclass
class PickleContents:
    """``names``: modules and names of what it refers to, as they are written; ``modules``: those
    that its functions by value import; ``versions``: of distributions, as parts of it state."""

    names: set[tuple[str, str]] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    versions: dict[str, set[str]] = field(default_factory=dict)

    def add_version(self, distribution: str, version: str) -> None:
        self.versions.setdefault(distribution, set()).add(version)


class PickleStack:
    """One pickle's stack and memo, and what instructions do to them."""

    def __init__(self, stream: ByteStream, contents: PickleContents) -> None:
        self.stream = stream
        self.contents = contents
        self.values: list[object] = []
        self.below: list[list[object]] = []  # stacks under marks
        self.memo: dict[int, object] = {}
        self.memoized = 0
        self.put = False
        self.remembered = 0
        self.forgotten: deque[tuple[int, str]] = deque(maxlen=4)  # the last ones

    def check_size(self) -> None:
        if len(self.values) + len(self.below) + sum(map(len, self.below)) > MOST_VALUES:
            raise ModelError(f"it has more than {MOST_VALUES:,} values on its stack")
        if len(self.memo) > 2 * MOST_REMEMBERED:
            raise ModelError(f"it refers back to more than {2 * MOST_REMEMBERED:,} values")
        if len(self.contents.names) > MOST_NAMES:
            raise ModelError(f"it names more than {MOST_NAMES:,} classes and functions")

    def pop_to_mark(self) -> list[object]:
        items, self.values = self.values, self.below.pop()
        return items

    # Texts

    def text(self, size: int, encoding: str = "utf-8") -> None:
        if size > LONGEST_TEXT:
            self.blob(size)
        else:
            self.values.append(str(self.stream.take(size), encoding, "surrogatepass"))

    def blob(self, size: int) -> None:
        """Bytes that stay unread, but for the version of a serialized model."""
        self.values.append(UNKNOWN)
        if size <= LONGEST_TEXT:
            self.stream.take(size)
            return
        model = SerializedModel()
        self.stream.skip(size, model.watch)
        for version in model.versions:
            self.contents.add_version(model.library, version)

    # Names

    def refer(self, module: str, name: str) -> None:
        found = Name(module, name)
        if found.is_old_array_wrapper:
            raise UsageError(
                "it was saved by a joblib older than 0.10, with its arrays in other files",
                hint="load it with that version and save it with a newer one",
            )
        self.contents.names.add((module, name))
        self.values.append(found)

    def refer_by_texts(self) -> None:
        name, module = self.values.pop(), self.values.pop()
        if not isinstance(module, str) or not isinstance(name, str):
            raise ModelError("it refers to a class in a way that can't be followed")
        for index, text in self.forgotten:
            if text is module or text is name:
                self.memo[index] = text
        self.refer(module, name)

    # The memo

    def remember(self, index: int, value: object) -> None:
        if isinstance(value, Name | Instance):
            self.memo[index] = value
        elif isinstance(value, str | tuple):
            if self.remembered < MOST_REMEMBERED:
                self.remembered += 1
                self.memo[index] = value
            elif isinstance(value, str):
                self.forgotten.append((index, value))
        elif self.put:
            self.memo.pop(index, None)

    def memoize(self) -> None:
        if self.put:
            raise ModelError("it numbers what it refers to in two ways, which no pickler does")
        self.remember(self.memoized, self.values[-1])
        self.memoized += 1

    def put_at(self, index: int) -> None:
        if self.memoized:
            raise ModelError("it numbers what it refers to in two ways, which no pickler does")
        self.put = True
        self.remember(index, self.values[-1])

    def get(self, index: int) -> None:
        self.values.append(self.memo.get(index, UNKNOWN))

    # Containers

    def set_items(self, items: list[object]) -> None:
        target = self.values[-1]
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str):
                continue
            if key == VERSION_KEY and isinstance(value, str):
                self.contents.add_version("scikit-learn", value)
            elif key in KEYS and isinstance(target, dict):
                target[key] = value

    def make_tuple(self, count: int) -> None:
        if len(self.values) < count:
            raise IndexError
        items = self.values[-count:]
        self.values[-count:] = [flat(items)]

    # Objects

    def make_object(self, of: object) -> None:
        """An instance of a class, which matters only where it describes an array."""
        if isinstance(of, Name) and of.is_array_wrapper:
            self.values.append(Instance(of))
        else:
            self.values.append(UNKNOWN)

    def build(self) -> None:
        state, target = self.values.pop(), self.values[-1]
        if isinstance(target, Instance):
            target.state = state

    def reduce(self) -> None:
        arguments, function = self.values.pop(), self.values.pop()
        if not isinstance(function, Name) or not isinstance(arguments, tuple) or not arguments:
            self.values.append(UNKNOWN)
        elif function.is_dtype or function.is_text_dtype:
            self.values.append(Instance(function, arguments))
        elif function.name == "_reconstructor":
            self.make_object(arguments[0])
        else:
            if function.name == "subimport" and isinstance(arguments[0], str):
                self.contents.modules.add(arguments[0])
            self.values.append(UNKNOWN)
