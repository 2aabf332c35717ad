"""A workflow as it is stated: by a file, or by a command with --then."""

import argparse
import glob
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NoReturn

from howdah.errors import UsageError
from howdah.inputs.input_file import STDIN
from howdah.jobs.column_types import FORMATS
from howdah.jobs.job_arguments import DEFAULT_PIPELINE, OPTIONS, add_job_arguments
from howdah.settings import Settings
from howdah.submission.validation import find_pipeline
from howdah.workflows.step import STEP, Step, Workflow
from mr.pipelines.registry import Pipeline

__all__ = ["parse", "parse_then", "read"]

THEN = "--then"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
KEYS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "inputs": ((list,), "a list of texts"),
    "pipeline": ((str,), "a text"),
    "model": ((str,), "a text"),
    "max_rejected": ((int, float), "a number between 0 and 1"),
    "splits": ((int,), "a number above 0"),
    "no_header": ((bool,), "true or false"),
    "keep": ((str,), "a text"),
    "output": ((str,), f"one of {', '.join(FORMATS)}"),
    "encoding": ((str,), "a text"),
    "skip_lines": ((int,), "a number above 0"),
    "keep_in_store": ((bool,), "true or false"),
}


def read(path: Path, settings: Settings) -> Workflow:
    """The workflow that a file says."""
    try:
        text = path.read_text()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", hint="check the name") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} isn't UTF-8 text", hint="is it the right file?") from None
    file = path.absolute()
    return replace(parse(text, str(path), file.parent, settings), file=str(file))


def parse(text: str, source: str, folder: Path, settings: Settings) -> Workflow:
    """The workflow that a TOML file says; files are relative to ``folder``.

    Raises UsageError, with file and step, for whatever in it can't be run.
    """
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is not TOML: {error}", hint="mend it there") from None
    if unknown := sorted(stated.keys() - {"steps"}):
        raise UsageError(f"{source}: unknown key {unknown[0]}", hint="it has [steps.NAME] tables")
    steps = stated.get("steps")
    if not isinstance(steps, dict) or not steps:
        raise UsageError(f"{source} has no steps", hint="each is a table: [steps.NAME]")
    workflow = Workflow(source, ())
    read = []
    for name, table in steps.items():
        with workflow.at(name):
            read.append(_step(name, table, folder))
    return _validated(source, read, settings)


def parse_then(args: argparse.Namespace, settings: Settings) -> Workflow:
    """The workflow that a command line with ``--then`` says: each step reads the one before it."""
    folder = Path.cwd()
    steps = [
        Step(
            args.model or args.pipeline or DEFAULT_PIPELINE,
            tuple(_absolute(name, folder) for name in args.inputs),
            **_stated(args, folder),
        )
    ]
    words = [THEN, *args.then]
    starts = [place for place, word in enumerate(words) if word == THEN]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        given = _ThenParser.of_step().parse_args(words[start + 1 : end])
        names = [step.name for step in steps]
        stated = _stated(given, folder)
        stated["keep_in_store"] |= args.keep_in_store
        steps.append(
            Step(_unused(given.model or given.pipeline, names), (STEP + names[-1],), **stated)
        )
    return _validated("bin/submit", steps, settings)


def _stated(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """What arguments say of a step, beside its inputs."""
    stated = {key: getattr(args, key) for key in KEYS if key != "inputs"}
    options = {name: value for name in OPTIONS if (value := getattr(args, name)) is not None}
    return stated | {"options": _with_files(options, folder)}


class _ThenParser(argparse.ArgumentParser):
    """Reads what follows ``--then``."""

    @classmethod
    def of_step(cls) -> "_ThenParser":
        command = cls(prog=THEN, add_help=False, allow_abbrev=False)
        command.add_argument("pipeline", metavar="PIPELINE")
        add_job_arguments(command)
        return command

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            f"{THEN}: {message}",
            hint=f"{THEN} PIPELINE and its options; those of the whole run stand before {THEN}",
        )


def _unused(name: str, used: Sequence[str]) -> str:
    count = sum(name == other.rpartition("-")[0] or name == other for other in used)
    return f"{name}-{count + 1}" if count else name


def _step(name: str, table: Any, folder: Path) -> Step:
    if not NAME.fullmatch(name):
        raise UsageError("a step's name has letters, digits, - and _", hint="rename it")
    if not isinstance(table, dict):
        raise UsageError("it is no table", hint=f"[steps.{name}]")
    values = {key: _value(key, value) for key, value in table.items() if key in KEYS}
    options = {key: _option(key, value) for key, value in table.items() if key not in KEYS}
    inputs = values.pop("inputs", [])
    if not inputs or not all(isinstance(item, str) and item for item in inputs):
        raise UsageError("it has no inputs", hint='inputs = ["table.csv"], or ["@step"]')
    return Step(
        name=name,
        inputs=tuple(_absolute(item, folder) for item in inputs),
        options=_with_files(options, folder),
        **values,
    )


def _value(key: str, value: Any) -> Any:
    types, what = KEYS[key]
    wrong = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
    wrong = wrong or (key == "output" and value not in FORMATS)
    if (
        wrong
        or (key == "max_rejected" and not 0 <= value <= 1)
        or (key in ("splits", "skip_lines") and value < 1)
    ):
        raise UsageError(f"{key} = {value!r}: it is {what}", hint="mend it there")
    return value


def _option(key: str, value: Any) -> str:
    if key not in OPTIONS:
        raise UsageError(f"unknown key {key}", hint=f"it is one of {', '.join([*KEYS, *OPTIONS])}")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(f"{key} = {value!r}: it is a text or a number", hint="mend it there")
    return str(value)


def _with_files(options: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The options, those that name files with absolute names."""
    return {
        name: str(folder / value) if OPTIONS[name].file else value
        for name, value in options.items()
    }


def _absolute(name: str, folder: Path) -> str:
    """An input as a run that goes on elsewhere finds it."""
    if name == STDIN:
        raise UsageError("a workflow can't read stdin", hint="write it to a file first")
    if name.startswith((STEP, "hdfs:")) or os.path.isabs(name):  # noqa: PTH117
        return name
    pattern = glob.has_magic(name) and not (folder / name).exists()
    return f"{glob.escape(str(folder)) if pattern else folder}/{name}"


def _validated(source: str, steps: Sequence[Step], settings: Settings) -> Workflow:
    """The workflow in an order that it can be run in, if it can."""
    workflow = Workflow(source, ())
    found = {step.name: step for step in steps}
    pipelines = {}
    for step in steps:
        with workflow.at(step.name):
            _check_inputs(step, found)
            pipelines[step.name], _ = find_pipeline(step.pipeline, step.model, settings)
            _check_options(step, pipelines[step.name])
    for step in steps:
        for need in step.needs:
            if pipelines[need].tally:
                with workflow.at(step.name):
                    raise UsageError(
                        f"it reads {STEP}{need}, which counts: what that finds is made by"
                        " bin/getresults, and no job can read it",
                        hint="read a step that scores",
                    )
    try:
        order = TopologicalSorter({step.name: step.needs for step in steps}).static_order()
        return Workflow(source, tuple(found[name] for name in order))
    except CycleError as error:
        waiting = " needs ".join(reversed(error.args[1]))
        raise UsageError(f"{source}: the steps go round in circles: {waiting}",
                         hint="one of them has to read files") from None  # fmt: skip


def _check_inputs(step: Step, steps: Mapping[str, Step]) -> None:
    for need in step.needs:
        if need not in steps:
            raise UsageError(f"there is no step {need}", hint=f"there are {', '.join(steps)}")
    if len(set(step.needs)) < len(step.needs):
        raise UsageError("it reads a step twice", hint="name it once")
    if 0 < len(step.needs) < len(step.inputs):
        raise UsageError("it reads steps and files", hint="a step reads either")


def _check_options(step: Step, pipeline: Pipeline) -> None:
    names = [option.name for option in pipeline.options]
    for name in step.options:
        if name not in names:
            raise UsageError(
                f"pipeline {pipeline.name} has no option {name}",
                hint=f"it has {', '.join(names)}" if names else "it has none",
            )
