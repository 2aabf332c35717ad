"""The command boundary: find the command, run it, turn an error into its exit status."""

import importlib
import os
import sys
import traceback

from howdah.errors import HowdahError
from howdah.settings import load

COMMANDS = {
    "submit": "howdah.submit",
    "status": "howdah.status",
    "logs": "howdah.logs",
    "cancel": "howdah.cancel",
    "getresults": "howdah.getresults",
    "results": "howdah.resultlist",
    "pipelines": "howdah.pipelines",
    "models": "howdah.models",
    "cluster": "howdah.cluster",
    "dashboards": "howdah.dashboards",
    "doctor": "howdah.doctor",
    "top": "howdah.top",
    "janitor": "howdah.janitor",
    "exporter": "howdah.exporter",
    "bench": "tests.bench",
    "lab": "tests.lab",
    "test": "tests.run",
}


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status (the table is in ``howdah.errors``)."""
    debug = os.environ.get("HOWDAH_DEBUG") == "1"
    command = importlib.import_module(COMMANDS[arguments[0]])
    args = command.parser().parse_args(arguments[1:])
    try:
        return int(command.run(args, load(os.environ)))
    except HowdahError as error:
        if debug:
            traceback.print_exc()
        print(f"howdah: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stdout = None  # the reader has gone; there is nobody to tell
        return 0
    except Exception as error:
        if debug:
            traceback.print_exc()
        print(f"howdah: {type(error).__name__}: {error}", file=sys.stderr)
        print("  try: HOWDAH_DEBUG=1 before the command shows where", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
