"""The command boundary: find the command, run it, turn an error into its exit status."""

import importlib
import os
import sys
import traceback

from howdah.os_errors import as_howdah_error
from howdah.privacy import keep_private
from howdah.settings import Settings, load

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


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status (the table is in ``howdah.errors``)."""
    debug = os.environ.get("HOWDAH_DEBUG") == "1"
    command = importlib.import_module(COMMANDS[arguments[0]])
    args = command.parser().parse_args(arguments[1:])
    settings: Settings | None = None
    try:
        settings = load(os.environ, arguments)
        if arguments[0] in PRIVATE:
            keep_private(settings)
        status = int(command.run(args, settings))
        _flush()
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stdout = None  # the reader has gone; there is nobody to tell
        return 0
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _tell(error, settings)


def _tell(error: Exception, settings: Settings | None) -> int:
    """Print what went wrong; its exit status."""
    if found := as_howdah_error(error, settings):
        print(f"howdah: {found}", file=sys.stderr)
        return found.exit_status
    print(f"howdah: {type(error).__name__}: {error}", file=sys.stderr)
    print("  try: HOWDAH_DEBUG=1 before the command shows where", file=sys.stderr)
    return 1


def _flush() -> None:
    """Have stdout written while it can still be told that it can't."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = None  # or Python would try again at its end
        error.filename = "stdout"
        raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
