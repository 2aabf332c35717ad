"""The command boundary: find the command, run it, turn an error into its exit status."""

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from howdah.answer import Answer, wants_json
from howdah.errors import HowdahError, Terminated
from howdah.os_errors import as_howdah_error
from howdah.privacy import keep_private
from howdah.settings import Settings, load
from howdah.terminal.plain_text import printable

COMMANDS = {
    "submit": "howdah.commands.submit",
    "status": "howdah.commands.status",
    "logs": "howdah.commands.logs",
    "cancel": "howdah.commands.cancel",
    "getresults": "howdah.commands.getresults",
    "results": "howdah.commands.results",
    "pipelines": "howdah.commands.pipelines",
    "models": "howdah.commands.models",
    "cluster": "howdah.commands.cluster",
    "dashboards": "howdah.commands.dashboards",
    "doctor": "howdah.commands.doctor",
    "top": "howdah.commands.top",
    "janitor": "howdah.commands.janitor",
    "exporter": "howdah.commands.exporter",
    "bench": "bench.command_line",
    "lab": "lab.command_line",
    "test": "tests.run",
}
# what these make is their user's alone; the others install, or write nothing of a job's
PRIVATE = {"submit", "status", "logs", "cancel", "getresults", "results", "models", "janitor"}
# these print by themselves; the others answer, for people or for programs
BY_THEMSELVES = {"exporter", "bench", "lab", "test"}
INTERRUPTED = 130
ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status (the table is in ``howdah.errors``)."""
    name, *words = arguments
    as_json = name not in BY_THEMSELVES and wants_json(words)
    answer = Answer(f"bin/{name}", as_json=as_json)
    try:
        # what these have begun may go on without them, which is told after SIGTERM, too
        ending = [signal.SIGTERM] if name in PRIVATE else []
        with answer.apart(), _handling(ending, _end):
            status, error = _attempt(arguments, answer)
        if answer.as_json:
            with _handling((signal.SIGINT, signal.SIGTERM), signal.SIG_IGN):  # it isn't cut off
                answer.print(status, error)
        _flush()
        return status
    except BrokenPipeError:
        sys.stdout = None  # the reader has gone; there is nobody to tell
        return 0
    except OSError as refused:
        sys.stdout = None  # or Python would try again at its end
        refused.filename = "stdout"
        return _tell(refused, None)[0]


def _attempt(arguments: list[str], answer: Answer) -> tuple[int, dict[str, Any] | None]:
    """Run the command; its exit status, and the error that it ended by."""
    name, *words = arguments
    settings: Settings | None = None
    try:
        command = importlib.import_module(COMMANDS[name])
        args = command.parser().parse_args(words)
        settings = load(os.environ, arguments)
        if name in PRIVATE:
            keep_private(settings)
        if name in BY_THEMSELVES:
            return int(command.run(args, settings)), None
        return int(command.run(args, settings, answer)), None
    except KeyboardInterrupt as interrupt:
        status = getattr(interrupt, "exit_status", INTERRUPTED)
        return status, answer.told("error") or _of_interrupt(interrupt, answer)
    except BrokenPipeError as error:
        if not answer.as_json:
            raise
        return _tell(error, settings)
    except Exception as error:
        if os.environ.get("HOWDAH_DEBUG") == "1":
            traceback.print_exc()
        return _tell(error, settings)


def _tell(error: Exception, settings: Settings | None) -> tuple[int, dict[str, Any]]:
    """Print what went wrong; its exit status, and what programs are told of it."""
    found = as_howdah_error(error, settings) or HowdahError(
        f"{type(error).__name__}: {error}",
        hint="HOWDAH_DEBUG=1 before the command shows where",
        where=_place(error),
    )
    print(f"howdah: {printable(str(found))}", file=sys.stderr)
    return found.exit_status, found.described()


def _place(error: Exception) -> str:
    """The line of this project's that raised what nobody thought of."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(ROOT) and ".venv" not in frame.filename:
            return f"{Path(frame.filename).relative_to(ROOT)}:{frame.lineno}"
    return ""


def _of_interrupt(interrupt: KeyboardInterrupt, answer: Answer) -> dict[str, Any]:
    by = "SIGTERM" if isinstance(interrupt, Terminated) else "Ctrl-C"
    job = answer.told("job")
    hint = f"bin/status {job}, bin/cancel {job}" if job else "the same command again"
    return HowdahError(f"interrupted by {by}", hint=hint).described()


def _end(number: int, frame: object) -> NoReturn:
    """End a command that cron or systemd wants to end, as Ctrl-C does."""
    raise Terminated


@contextmanager
def _handling(numbers: Iterable[signal.Signals], handler: Any) -> Iterator[None]:
    """Have signals handled by ``handler`` meanwhile."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, one in before.items():
            signal.signal(number, one)


def _flush() -> None:
    """Have stdout written while it can still be told that it can't."""
    if sys.stdout is not None:
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
