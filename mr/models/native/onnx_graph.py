"""The classes of an ONNX classifier, read from the file's graph: onnxruntime doesn't tell them.

A file is a protobuf message, whose fields have the numbers of onnx.proto. Only these are read:
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Graph", "read_graph"]

# field numbers of onnx.proto
GRAPH = 7  # of a model
NODE, INITIALIZER = 1, 5  # of a graph
INPUT, OUTPUT, OPERATOR, ATTRIBUTE = 1, 2, 4, 5  # of a node
ATTRIBUTE_NAME, INTS, STRINGS = 1, 8, 9  # of an attribute
STRING_DATA, INT64_DATA, TENSOR_NAME, RAW_DATA = 6, 7, 8, 9  # of a tensor

CLASSES = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
PASSING = ("Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze")  # classes stay so


@dataclass(frozen=True)
class _Node:
    operator: str
    inputs: tuple[str, ...]
    attributes: frozenset[str]
    classes: tuple[Any, ...]


class Graph:
    """The nodes of a graph by what they give, and its constant tensors by name."""

    def __init__(self, producers: Mapping[str, _Node], tensors: Mapping[str, bytes]) -> None:
        self._producers = producers
        self._tensors = tensors

    def classes_of(self, output: str) -> list[Any] | None:
        """The classes that ``output``, labels or ZipMap's scores, is made of; None if no node
        tells."""
        while node := self._producers.get(output):
            if node.classes:
                return list(node.classes)
            if node.operator == "ArrayFeatureExtractor":
                tensor = self._tensors.get(node.inputs[0])
                return None if tensor is None else _values(tensor)
            if node.operator not in PASSING:
                return None
            output = node.inputs[0]
        return None

    def is_of_pairs(self, scores: str) -> bool:
        """Whether ``scores`` are a support vector machine's own: of more than two classes one for
        each pair of them."""
        while (node := self._producers.get(scores)) and node.operator in (*PASSING, "ZipMap"):
            scores = node.inputs[0]
        return (
            node is not None
            and node.operator == "SVMClassifier"
            and "prob_a" not in node.attributes
            and len(node.classes) > 2
        )


def read_graph(path: Path) -> Graph:
    """The graph of an ONNX file."""
    (graph,) = (value for number, value in _fields(path.read_bytes()) if number == GRAPH)
    producers: dict[str, _Node] = {}
    tensors: dict[str, bytes] = {}
    for number, value in _fields(graph):
        if number == NODE:
            for output, node in _node(value):
                producers[output] = node
        elif number == INITIALIZER:
            names = [_text(name) for at, name in _fields(value) if at == TENSOR_NAME]
            tensors.update(dict.fromkeys(names, value))
    return Graph(producers, tensors)


def _node(message: bytes) -> Iterator[tuple[str, _Node]]:
    """A node, by each of its outputs."""
    fields = list(_fields(message))
    inputs = tuple(_text(value) for number, value in fields if number == INPUT)
    operator = "".join(_text(value) for number, value in fields if number == OPERATOR)
    attributes = dict(_attribute(value) for number, value in fields if number == ATTRIBUTE)
    classes = [value for name in CLASSES for value in attributes.get(name, ())]
    node = _Node(operator, inputs, frozenset(attributes), tuple(classes))
    for number, value in fields:
        if number == OUTPUT:
            yield _text(value), node


def _attribute(message: bytes) -> tuple[str, list[Any]]:
    """An attribute's name, and its texts or integers."""
    fields = list(_fields(message))
    (name,) = (_text(value) for number, value in fields if number == ATTRIBUTE_NAME)
    return name, list(_listed(fields)) if name in CLASSES else []


def _listed(fields: Iterable[tuple[int, Any]]) -> Iterator[Any]:
    for number, value in fields:
        if number == STRINGS:
            yield _text(value)
        elif number == INTS:
            yield from _integers(value)


def _values(tensor: bytes) -> list[Any] | None:
    """A tensor's texts or 64 bit integers."""
    found: list[Any] = []
    for number, value in _fields(tensor):
        if number == STRING_DATA:
            found.append(_text(value))
        elif number == INT64_DATA:
            found += _integers(value)
        elif number == RAW_DATA and len(value) % 8 == 0:
            found += np.frombuffer(value, "<i8").tolist()
    return found or None


def _integers(value: Any) -> list[int]:
    """A repeated integer: one, or several packed into bytes."""
    if isinstance(value, int):
        return [_signed(value)]
    found, place = [], 0
    while place < len(value):
        number, place = _varint(value, place)
        found.append(_signed(number))
    return found


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8")


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message: number, and an int or the bytes."""
    view, place = memoryview(message), 0
    while place < len(view):
        key, place = _varint(view, place)
        match key & 7:
            case 0:
                value: Any
                value, place = _varint(view, place)
            case 1 | 5:
                size = 8 if key & 7 == 1 else 4
                value, place = view[place : place + size], place + size
            case 2:
                size, place = _varint(view, place)
                value, place = view[place : place + size], place + size
            case _:
                raise ValueError("it is no protobuf message, or a cut one")
        yield key >> 3, value


def _varint(view: Any, place: int) -> tuple[int, int]:
    """A number whose bytes have seven bits each, and where it ends."""
    number = shift = 0
    while view[place] & 128:
        number |= (view[place] & 127) << shift
        shift, place = shift + 7, place + 1
    return number | view[place] << shift, place + 1
