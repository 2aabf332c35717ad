"""Reads the instructions of a pickle without carrying them out.

So it finds out which classes and functions are referred to, and how many bytes follow where
joblib has put an array between two instructions. ``pickletools`` says how instructions look; its
own reader stops at such an array.
"""

import pickletools
from collections.abc import Callable

from howdah.errors import ModelError, UsageError
from howdah.models.provenance.byte_stream import LONGEST_TEXT, ByteStream
from howdah.models.provenance.pickle_stack import PickleContents, PickleStack
from howdah.models.provenance.symbols import UNKNOWN, Instance, array_layout, flat

__all__ = ["scan_pickle"]

CHECKED_EVERY = 65_536  # instructions
NEWEST_PROTOCOL = 5

Instruction = Callable[[PickleStack], None]


def scan_pickle(stream: ByteStream, contents: PickleContents, *, joblib: bool = True) -> None:
    """Read one pickle, up to its end; ``joblib``: arrays may be between its instructions.

    Raises ModelError for what no pickler writes, EOFError and ValueError for a damaged one,
    UsageError for one that can't be loaded by itself.
    """
    stack = PickleStack(stream, contents)
    read = stream.read
    try:
        while True:
            for done in range(CHECKED_EVERY):
                code = read(1)
                if code == b".":
                    stream.spend(done)
                    return
                INSTRUCTIONS[code](stack)
                if code == b"b" and joblib:
                    _skip_array(stack)
            stream.spend(CHECKED_EVERY)
            stack.check_size()
    except (IndexError, KeyError, TypeError, OverflowError):
        if not code:
            raise EOFError("it ends too early") from None
        raise ModelError("it is damaged, or no pickle") from None


def _skip_array(stack: PickleStack) -> None:
    """Pass over the array whose description has just been built, if it was one."""
    described = stack.values[-1]
    if not isinstance(described, Instance) or not described.of.is_array_wrapper:
        return
    stack.values[-1] = UNKNOWN
    layout = array_layout(described.state)
    if layout.is_pickled:
        scan_pickle(stack.stream, stack.contents, joblib=False)
        return
    if layout.padded:
        stack.stream.skip(stack.stream.take(1)[0])
    stack.stream.skip(layout.bytes)


def _unsigned(stack: PickleStack, size: int) -> int:
    return int.from_bytes(stack.stream.take(size), "little")


def _line(stack: PickleStack) -> bytes:
    line = stack.stream.take_line()
    if line is None:
        raise ValueError("a line of it is too long")
    return line


def _push_number(stack: PickleStack, size: int) -> None:
    if size > LONGEST_TEXT:
        stack.blob(size)
    else:
        number = int.from_bytes(stack.stream.take(size), "little", signed=True)
        stack.values.append(number)


def _push_number_of_line(stack: PickleStack) -> None:
    line = _line(stack)
    booleans = {b"00": False, b"01": True}
    stack.values.append(booleans[line] if line in booleans else int(line.rstrip(b"L")))


def _push_text_of_line(stack: PickleStack) -> None:
    line = stack.stream.take_line()
    stack.values.append(UNKNOWN if line is None else str(line, "raw-unicode-escape"))


def _push_quoted_line(stack: PickleStack) -> None:
    """Of Python 2's text, with its quotes."""
    line = stack.stream.take_line()
    stack.values.append(UNKNOWN if line is None else str(line[1:-1], "latin-1"))


def _pop(stack: PickleStack) -> None:
    if stack.values:
        stack.values.pop()
    else:
        stack.pop_to_mark()


def _mark(stack: PickleStack) -> None:
    stack.below.append(stack.values)
    stack.values = []


def _make_dict(stack: PickleStack) -> None:
    items = stack.pop_to_mark()
    stack.values.append({})
    stack.set_items(items)


def _make_tuple(stack: PickleStack) -> None:
    items = stack.pop_to_mark()
    stack.values.append(flat(items))


def _set_item(stack: PickleStack) -> None:
    value, key = stack.values.pop(), stack.values.pop()
    stack.set_items([key, value])


def _make_object(stack: PickleStack, arguments: int) -> None:
    for _ in range(arguments):
        stack.values.pop()
    stack.make_object(stack.values.pop())


def _make_object_to_mark(stack: PickleStack) -> None:
    stack.make_object(stack.pop_to_mark()[0])


def _make_object_of_line(stack: PickleStack) -> None:
    stack.pop_to_mark()
    stack.refer(_line(stack).decode(), _line(stack).decode())
    stack.make_object(stack.values.pop())


def _check_protocol(stack: PickleStack) -> None:
    protocol = stack.stream.take(1)[0]
    if protocol > NEWEST_PROTOCOL:
        raise ModelError(f"it is a pickle of protocol {protocol}; {NEWEST_PROTOCOL} is the newest")


def _refuse(stack: PickleStack, what: str) -> None:
    raise UsageError(f"it refers to {what}, so it can't be loaded by itself")


def _plain(opcode: pickletools.OpcodeInfo) -> Instruction:
    """What an instruction does of which only its argument and its effect on the stack matter."""
    kinds = opcode.stack_before
    marked = pickletools.markobject in kinds
    taken = kinds.index(pickletools.markobject) if marked else len(kinds)
    given = [UNKNOWN] * len(opcode.stack_after)
    size = opcode.arg.n if opcode.arg else 0

    def carry_out(stack: PickleStack) -> None:
        if size > 0:
            stack.stream.take(size)
        elif size:
            _line(stack)
        if marked:
            stack.pop_to_mark()
        for _ in range(taken):
            stack.values.pop()
        stack.values.extend(given)

    return carry_out


SPECIAL: dict[str, Instruction] = {
    "INT": _push_number_of_line,
    "LONG": _push_number_of_line,
    "BININT": lambda stack: _push_number(stack, 4),
    "BININT1": lambda stack: stack.values.append(_unsigned(stack, 1)),
    "BININT2": lambda stack: stack.values.append(_unsigned(stack, 2)),
    "LONG1": lambda stack: _push_number(stack, _unsigned(stack, 1)),
    "LONG4": lambda stack: _push_number(stack, _unsigned(stack, 4)),
    "NONE": lambda stack: stack.values.append(None),
    "NEWTRUE": lambda stack: stack.values.append(True),
    "NEWFALSE": lambda stack: stack.values.append(False),
    "STRING": _push_quoted_line,
    "UNICODE": _push_text_of_line,
    "BINSTRING": lambda stack: stack.text(_unsigned(stack, 4), "latin-1"),
    "SHORT_BINSTRING": lambda stack: stack.text(_unsigned(stack, 1), "latin-1"),
    "SHORT_BINUNICODE": lambda stack: stack.text(_unsigned(stack, 1)),
    "BINUNICODE": lambda stack: stack.text(_unsigned(stack, 4)),
    "BINUNICODE8": lambda stack: stack.text(_unsigned(stack, 8)),
    "SHORT_BINBYTES": lambda stack: stack.blob(_unsigned(stack, 1)),
    "BINBYTES": lambda stack: stack.blob(_unsigned(stack, 4)),
    "BINBYTES8": lambda stack: stack.blob(_unsigned(stack, 8)),
    "BYTEARRAY8": lambda stack: stack.blob(_unsigned(stack, 8)),
    "MARK": _mark,
    "POP": _pop,
    "DUP": lambda stack: stack.values.append(stack.values[-1]),
    "EMPTY_TUPLE": lambda stack: stack.values.append(()),
    "TUPLE1": lambda stack: stack.make_tuple(1),
    "TUPLE2": lambda stack: stack.make_tuple(2),
    "TUPLE3": lambda stack: stack.make_tuple(3),
    "TUPLE": _make_tuple,
    "EMPTY_DICT": lambda stack: stack.values.append({}),
    "DICT": _make_dict,
    "SETITEM": _set_item,
    "SETITEMS": lambda stack: stack.set_items(stack.pop_to_mark()),
    "MEMOIZE": PickleStack.memoize,
    "PUT": lambda stack: stack.put_at(int(_line(stack))),
    "BINPUT": lambda stack: stack.put_at(_unsigned(stack, 1)),
    "LONG_BINPUT": lambda stack: stack.put_at(_unsigned(stack, 4)),
    "GET": lambda stack: stack.get(int(_line(stack))),
    "BINGET": lambda stack: stack.get(_unsigned(stack, 1)),
    "LONG_BINGET": lambda stack: stack.get(_unsigned(stack, 4)),
    "GLOBAL": lambda stack: stack.refer(_line(stack).decode(), _line(stack).decode()),
    "STACK_GLOBAL": PickleStack.refer_by_texts,
    "INST": _make_object_of_line,
    "OBJ": _make_object_to_mark,
    "NEWOBJ": lambda stack: _make_object(stack, arguments=1),
    "NEWOBJ_EX": lambda stack: _make_object(stack, arguments=2),
    "REDUCE": PickleStack.reduce,
    "BUILD": PickleStack.build,
    "PROTO": _check_protocol,
    **dict.fromkeys(
        ("EXT1", "EXT2", "EXT4"),
        lambda stack: _refuse(stack, "a class by a number that only its maker's programs know"),
    ),
    **dict.fromkeys(
        ("PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER"),
        lambda stack: _refuse(stack, "objects or bytes outside of the file"),
    ),
}
INSTRUCTIONS = {
    opcode.code.encode("latin-1"): SPECIAL.get(opcode.name) or _plain(opcode)
    for opcode in pickletools.opcodes
}
