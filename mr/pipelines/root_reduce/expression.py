"""Expressions over the columns of an event, as a selection has them: read, checked, evaluated.

What isn't known here is an error: Python parses an expression, and never runs it. A name that
Python has no letters for stands in backticks.
"""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

__all__ = ["EventExpression"]

LONGEST = 1000  # characters
SHOWN = 300  # of a message
ARGUMENTS = {
    **dict.fromkeys(("sum", "any", "all", "min", "max", "count", "len", "first"), (1,)),
    **dict.fromkeys(("abs", "sqrt", "exp", "log", "cos", "sin", "cosh", "sinh"), (1,)),
    "invariant_mass": (3, 4),
}
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.USub: "negative",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.Invert: "~",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
QUOTED = re.compile("`([^`]+)`")
PLACEHOLDER = "quoted_name_{}_"

Columns = Callable[[str], Any]  # a column by its name
Evaluator = Callable[[Columns], Any]


@dataclass(frozen=True)
class EventExpression:
    """``names`` are the columns that it needs."""

    text: str
    names: frozenset[str]
    _evaluate: Evaluator = field(repr=False, compare=False)

    @classmethod
    def read(cls, text: str) -> "EventExpression":
        """Raise ValueError, which has the expression in it, for what can't be said."""
        try:
            if len(text) > LONGEST:
                raise ValueError(f"it is longer than {LONGEST:,} characters")
            reader = _Reader(text)
            evaluate = reader.read()
        except (SyntaxError, RecursionError, MemoryError):
            raise ValueError(f"{text[:LONGEST]}: not an expression") from None
        except ValueError as error:
            raise ValueError(f"{text[:LONGEST]}: {error}") from None
        return cls(text, frozenset(reader.names), evaluate)

    def evaluate(self, columns: Columns) -> Any:
        """Its value for n events: an array (n,), lists an event, or one number; ValueError, with
        the expression in it, where ``columns`` don't fit."""
        try:
            with np.errstate(all="ignore"):  # 0/0 is NaN, which no cut lets pass
                return self._evaluate(columns)
        except Exception as error:
            message = " ".join(str(error).split())[:SHOWN] or type(error).__name__
            raise ValueError(f"{self.text}: {message}") from None


class _Reader:
    """Reads the nodes of one expression; ``names`` are the columns that these need."""

    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        self._quoted: dict[str, str] = {}
        self._text = QUOTED.sub(self._placeholder, text.strip())

    def _placeholder(self, found: re.Match[str]) -> str:
        name = PLACEHOLDER.format(len(self._quoted))
        self._quoted[name] = found[1]
        return name

    def read(self) -> Evaluator:
        """What evaluates the whole of it."""
        return self._node(ast.parse(self._text, mode="eval").body)

    def _node(self, node: ast.expr) -> Evaluator:
        match node:
            case ast.Constant(value=number) if type(number) in (int, float):
                return lambda columns: number
            case ast.Name() | ast.Attribute():
                name = self._dotted(node)
                self.names.add(name)
                return lambda columns: columns(name)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._joined("not", [operand])
            case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
                return self._applied(OPERATORS[type(op)], operand)
            case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() | float())):
                before, self.names = self.names, set()
                power = self._applied("**", base, node.right)
                needed, self.names = self.names, before | self.names
                if needed:  # a power of numbers alone may be endless
                    return power
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return self._applied(OPERATORS[type(op)], left, right)
            case ast.BoolOp(op=op, values=values):
                return self._joined(OPERATORS[type(op)], values)
            case ast.Compare(left=left, ops=ops, comparators=others):
                if all(type(op) in OPERATORS for op in ops):
                    return self._compared([left, *others], ops)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                if len(args) not in ARGUMENTS.get(name, ()):
                    raise ValueError(
                        f"{name} is no function, or takes other arguments; {_functions()}"
                    )
                return self._applied(name, *args)
            case ast.Subscript(value=value, slice=ast.Constant(value=place)) if type(place) is int:
                return self._applied("at", value, node.slice)
            case ast.Subscript(value=value, slice=chosen) if not isinstance(chosen, ast.Slice):
                return self._applied("where", value, chosen)
        raise ValueError(f"{self._shown(node)} can't be said in a selection")

    def _applied(self, name: str, *operands: ast.expr) -> Evaluator:
        evaluates = [self._node(operand) for operand in operands]
        apply = _function(name)
        return lambda columns: apply(*[evaluate(columns) for evaluate in evaluates])

    def _joined(self, name: str, values: Sequence[ast.expr]) -> Evaluator:
        for value in values:
            if isinstance(value, ast.Constant):
                raise ValueError(f"{self._shown(value)} beside {name} is the same for every event")
        if name == "not":
            return self._applied(name, *values)
        return _all_of(name, [self._node(value) for value in values])

    def _compared(self, sides: Sequence[ast.expr], ops: Sequence[ast.cmpop]) -> Evaluator:
        compared = []
        for one, op, other in zip(sides, ops, sides[1:], strict=False):
            self._check_bits(one, other, first=True)
            self._check_bits(other, one, first=False)
            compared.append(self._applied(OPERATORS[type(op)], one, other))
        return _all_of("and", compared)

    def _check_bits(self, side: ast.expr, other: ast.expr, *, first: bool) -> None:
        """Refuse ``a > 20 & b``, which is ``a > (20 & b)``, for those who mean ``(a > 20) & b``."""
        if not (isinstance(side, ast.BinOp) and isinstance(side.op, ast.BitAnd | ast.BitOr)):
            return
        nearest = side.right if first else side.left
        if isinstance(nearest, ast.Constant) and isinstance(other, ast.Constant):
            return  # of x & 4 == 4, nothing else can be meant
        assert side.end_lineno
        assert side.end_col_offset is not None
        lines = self._text.encode().split(b"\n")
        before = b" ".join([*lines[: side.lineno - 1], lines[side.lineno - 1][: side.col_offset]])
        behind = [lines[side.end_lineno - 1][side.end_col_offset :], *lines[side.end_lineno :]]
        after = b" ".join(behind)
        if not (after.lstrip().startswith(b")") if first else before.rstrip().endswith(b"(")):
            raise ValueError(
                f"{self._shown(side)} is taken together before it is compared: put parentheses"
                " around one or the other, or write and, or"
            )

    def _dotted(self, node: ast.expr) -> str:
        """The name of a branch, which may have dots in it."""
        match node:
            case ast.Name(id=name):
                return self._quoted.get(name, name)
            case ast.Attribute(value=value, attr=name):
                return f"{self._dotted(value)}.{name}"
        raise ValueError(f"{self._shown(node)} is no name of a branch")

    def _shown(self, node: ast.expr) -> str:
        text = ast.unparse(node)
        for placeholder, name in self._quoted.items():
            text = text.replace(placeholder, f"`{name}`")
        return text


def _all_of(name: str, evaluates: Sequence[Evaluator]) -> Evaluator:
    join = _function(name)
    return lambda columns: reduce(join, [evaluate(columns) for evaluate in evaluates])


def _function(name: str) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        from mr.pipelines.root_reduce.functions import (
            FUNCTIONS,  # brings awkward, which the host needn't have to read
        )

        return FUNCTIONS[name](*values)

    return call


def _functions() -> str:
    return f"there are {', '.join(ARGUMENTS)}"
