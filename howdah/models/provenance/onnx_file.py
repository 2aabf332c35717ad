"""ONNX files: which operators of which version they need, read by hand.

They are protocol buffers: fields, each with a number and one of four wire types. Nothing but
the fields that matter is looked at; the others are passed over.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from howdah.errors import ModelError, UsageError
from howdah.models.provenance.provenance import Provenance

__all__ = ["ONNXRUNTIME", "OnnxFacts", "read_onnx", "read_onnx_facts"]

# The newest release with wheels for Python 3.11 to 3.13, and what it says it supports
ONNXRUNTIME = "1.32.0"
NEWEST_OPSETS = {"": 28, "ai.onnx": 28, "ai.onnx.ml": 5, "com.microsoft": 1}
NEWEST_IR = 14

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10  # bytes
LONGEST_ENTRY = 1 << 20  # bytes, of what describes an input
ELEMENTS = {
    1: "float", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    8: "string", 9: "bool", 10: "float16", 11: "double", 12: "uint32", 13: "uint64",
    16: "bfloat16",
}  # fmt: skip
OUTSIDE = 1  # a tensor's data_location: another file


@dataclass(frozen=True)
class OnnxFacts:
    """``opsets``: the version of each domain of operators; inputs and outputs by name, each with
    the type of its elements (empty for what is no tensor)."""

    ir_version: int
    producer: str
    opsets: dict[str, int]
    inputs: dict[str, str]
    outputs: dict[str, str]


def read_onnx(path: Path) -> Provenance:
    """Which onnxruntime runs the file; UsageError for one that is newer than any."""
    facts = read_onnx_facts(path)
    for domain, version in facts.opsets.items():
        if domain not in NEWEST_OPSETS:
            raise UsageError(
                f"{path} has operators of {domain}, which are no part of onnxruntime",
                hint="convert it with operators of ai.onnx and ai.onnx.ml alone",
            )
        if version > NEWEST_OPSETS[domain]:
            raise UsageError(
                f"{path} needs opset {version} of {domain or 'ai.onnx'}; onnxruntime {ONNXRUNTIME}"
                f" has {NEWEST_OPSETS[domain]}",
                hint=f"convert it with target_opset={NEWEST_OPSETS['']}, or"
                f" {{'': {NEWEST_OPSETS['']}, 'ai.onnx.ml': {NEWEST_OPSETS['ai.onnx.ml']}}}",
            )
    if facts.ir_version > NEWEST_IR:
        raise UsageError(
            f"{path} is of ONNX's IR version {facts.ir_version}; onnxruntime {ONNXRUNTIME} reads up"
            f" to {NEWEST_IR}",
            hint=f"set model.ir_version = {NEWEST_IR} before it is saved",
        )
    opsets = ", ".join(f"{name or 'ai.onnx'} {number}" for name, number in facts.opsets.items())
    inputs = ", ".join(f"{name} ({type_})" for name, type_ in facts.inputs.items())
    notes = [f"opset {opsets}", f"takes {inputs}"]
    notes += [f"made by {facts.producer}"] if facts.producer else []
    return Provenance("onnx", path, {"onnxruntime": None}, notes=tuple(notes))


def read_onnx_facts(path: Path) -> OnnxFacts:
    """Raises ModelError for what is no ONNX file or not whole, UsageError for one whose weights
    are in other files."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return _facts(path, memoryview(data))
    except (ValueError, IndexError, RecursionError) as error:
        raise ModelError(f"{path} is no ONNX file, or not whole: {error}") from None


def _facts(path: Path, view: memoryview) -> OnnxFacts:
    ir_version, producer, opsets = 0, ["", ""], {}
    inputs: dict[str, str] = {}
    outputs: dict[str, str] = {}
    for number, value in _fields(view):
        match number, value:
            case 1, int():
                ir_version = value
            case ((2 | 3), memoryview()):
                producer[number - 2] = _text(value)
            case 7, memoryview():
                inputs, outputs = _interface(path, value)
            case 8, memoryview():
                entry = _entry(value)
                domain, version = entry.get(1, b""), entry.get(2, 0)
                if isinstance(version, int) and not isinstance(domain, int):
                    opsets[_text(domain)] = version
    if not ir_version or not opsets or not inputs:
        raise ValueError("it states no version, no operators or no inputs")
    return OnnxFacts(ir_version, " ".join(filter(None, producer)), opsets, inputs, outputs)


def _interface(path: Path, graph: memoryview) -> tuple[dict[str, str], dict[str, str]]:
    """Inputs and outputs; older files name their weights among the inputs, too."""
    weights = set()
    named: dict[int, dict[str, str]] = {11: {}, 12: {}}
    for number, value in _fields(graph):
        if not isinstance(value, memoryview):
            continue
        if number == 5:
            name, location = b"", 0
            for key, part in _fields(value):
                if key == 8 and isinstance(part, memoryview):
                    name = bytes(part)
                elif key == 14 and isinstance(part, int):
                    location = part
            if location == OUTSIDE:
                raise UsageError(
                    f"{path} has its weights in other files",
                    hint="save it as one file: onnx.save(onnx.load(FILE), 'one.onnx')",
                )
            weights.add(_text(name))
        elif number in named:
            entry = _entry(value)
            name_field = entry.get(1, b"")
            if not isinstance(name_field, int):
                named[number][_text(name_field)] = _element_type(entry.get(2))
    inputs = {name: type_ for name, type_ in named[11].items() if name not in weights}
    return inputs, named[12]


def _element_type(type_: object) -> str:
    """Of a tensor's TypeProto; empty for a sequence or a map."""
    tensor = _entry(type_).get(1) if isinstance(type_, memoryview) else None
    element = _entry(tensor).get(1) if isinstance(tensor, memoryview) else None
    return ELEMENTS.get(element, str(element)) if isinstance(element, int) else ""


def _entry(view: memoryview) -> dict[int, int | memoryview]:
    """The fields of a small message; of those that repeat, the last one."""
    if len(view) > LONGEST_ENTRY:
        raise ValueError("a description in it is too long")
    return dict(_fields(view))


def _text(value: memoryview | bytes) -> str:
    return str(bytes(value[:1000]), "utf-8", "replace")


def _fields(view: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Each field's number and value; ValueError where they don't fill ``view``."""
    at, end = 0, len(view)
    while at < end:
        key, at = _varint(view, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == VARINT:
            value, at = _varint(view, at)
            yield number, value
            continue
        if wire_type == BYTES:
            size, at = _varint(view, at)
        elif wire_type in (FIXED32, FIXED64):
            size = 4 if wire_type == FIXED32 else 8
        else:
            raise ValueError(f"a field of type {wire_type}, which there isn't")
        if at + size > end:
            raise ValueError("it ends too early")
        yield number, view[at : at + size]
        at += size


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(LONGEST_VARINT):
        byte = view[at + shift]
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    raise ValueError("a number that is too long")
