"""Expressions over the columns of an event, as a selection has them: read, checked, evaluated.

What isn't known here is an error: Python parses an expression, and never runs it.
"""

import ast
import operator
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
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.Invert: operator.invert,
    ast.And: np.logical_and,
    ast.Or: np.logical_or,
    ast.Not: np.logical_not,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

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
            names: set[str] = set()
            evaluate = _read(ast.parse(text.strip(), mode="eval").body, names)
        except (SyntaxError, RecursionError, MemoryError):
            raise ValueError(f"{text[:LONGEST]}: not an expression") from None
        except ValueError as error:
            raise ValueError(f"{text[:LONGEST]}: {error}") from None
        return cls(text, frozenset(names), evaluate)

    def evaluate(self, columns: Columns) -> Any:
        """Its value for n events: an array (n,), lists an event, or one number; ValueError, with
        the expression in it, where ``columns`` don't fit."""
        try:
            with np.errstate(all="ignore"):  # 0/0 is NaN, which no cut lets pass
                return self._evaluate(columns)
        except Exception as error:
            message = " ".join(str(error).split())[:SHOWN] or type(error).__name__
            raise ValueError(f"{self.text}: {message}") from None


def _read(node: ast.expr, names: set[str]) -> Evaluator:
    """What evaluates ``node``; the columns that it needs are added to ``names``."""
    match node:
        case ast.Constant(value=number) if type(number) in (int, float):
            return lambda columns: number
        case ast.Name() | ast.Attribute():
            name = _dotted(node)
            names.add(name)
            return lambda columns: columns(name)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return _applied(OPERATORS[type(op)], [operand], names)
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() | float())):
            needed: set[str] = set()
            power = _applied(operator.pow, [base, node.right], needed)
            names |= needed
            if needed:  # a power of numbers alone may be endless
                return power
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _applied(OPERATORS[type(op)], [left, right], names)
        case ast.BoolOp(op=op, values=values):
            return _all_of(OPERATORS[type(op)], [_read(value, names) for value in values])
        case ast.Compare(left=left, ops=ops, comparators=others):
            if all(type(op) in OPERATORS for op in ops):
                pairs = zip([left, *others], ops, others, strict=False)
                return _all_of(
                    np.logical_and,
                    [_applied(OPERATORS[type(op)], [one, two], names) for one, op, two in pairs],
                )
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if len(args) not in ARGUMENTS.get(name, ()):
                raise ValueError(f"{name} is no function, or takes other arguments; {_functions()}")
            return _applied(_function(name), args, names)
        case ast.Subscript(value=value, slice=ast.Constant(value=place)) if type(place) is int:
            return _applied(_function("at"), [value, node.slice], names)
        case ast.Subscript(value=value, slice=chosen) if not isinstance(chosen, ast.Slice):
            return _applied(_function("where"), [value, chosen], names)
    raise ValueError(f"{ast.unparse(node)} can't be said in a selection")


def _applied(apply: Callable[..., Any], operands: Sequence[ast.expr], names: set[str]) -> Evaluator:
    evaluates = [_read(operand, names) for operand in operands]
    return lambda columns: apply(*[evaluate(columns) for evaluate in evaluates])


def _all_of(join: Callable[..., Any], evaluates: Sequence[Evaluator]) -> Evaluator:
    return lambda columns: reduce(join, [evaluate(columns) for evaluate in evaluates])


def _function(name: str) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        from mr.pipelines.root_reduce.functions import (
            FUNCTIONS,  # brings awkward, which the host needn't have to read
        )

        return FUNCTIONS[name](*values)

    return call


def _dotted(node: ast.expr) -> str:
    """The name of a branch, which may have dots in it."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
    raise ValueError(f"{ast.unparse(node)} is no name of a branch")


def _functions() -> str:
    return f"there are {', '.join(ARGUMENTS)}"
