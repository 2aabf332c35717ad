"""`bin/submit`: check the input, the model and the cluster; store the input; run the job."""

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path

from howdah.answer import Answer, Outcome
from howdah.commands.arguments import CommandParser
from howdah.errors import Terminated, UsageError
from howdah.inputs.find import find_inputs
from howdah.jobs.job_arguments import MAX_REJECTED, add_job_arguments
from howdah.jobs.marks import Mark
from howdah.jobs.record import Job, Jobs
from howdah.settings import AUTO, Runner, Settings
from howdah.submission.submit import Callbacks, check_outcome, final_summary, submit, wait_for_end
from howdah.tracking.job_description import describe_job
from howdah.tracking.job_status import cancel
from howdah.tracking.summary_text import summary_lines
from mr.supervision.process import process_start

__all__ = ["parser", "run"]


EXAMPLES = """examples:
  bin/submit examples/comments.txt              texts, one a line
  bin/submit 'texts/*.txt' more.txt.gz          several inputs, in this order
  zcat old.gz | bin/submit -                    from stdin
  bin/submit 'hdfs:///data/2026-*.txt'          what HDFS has already, read there
  bin/submit examples/customers.csv --model churn   a table, with a model of yours
  bin/submit examples/logs/access.log --pipeline requests-by-os
  bin/submit big.txt --detach                   don't wait: bin/status tells
  bin/submit rejected.csv --amends 20260314-092653-58b1   the job's rejected records, mended
  bin/submit examples/customers.csv --model churn --then evaluate --truth churned
  bin/submit --workflow examples/monthly.toml   steps, some of which read what others scored
  bin/submit --resume run-20260314-092653-58b1  what isn't done of them
  bin/submit --resume run-20260314-092653-58b1 --max-rejected 0.05

The first line on stdout is the job's id, or the run's; then comes the summary.
exit status: 0 done; 2 usage or unusable input; 3 too many rejected records; 4 model;
5 job failed; 6 cluster unavailable; 7 integrity; 8 this machine: no permission, a full disk;
130 interrupted, 143 by SIGTERM
"""
RESUMED_WITH = {"resume", "max_rejected", "accept_changes"}


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/submit",
        description="Score files with a pretrained model, or count what is in them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "inputs", nargs="*", metavar="INPUT", help="a file, a pattern, - or hdfs:///PATH"
    )
    command.add_argument("--pipeline", metavar="P", help="what to do; bin/pipelines lists them")
    command.add_argument(
        "--runner",
        choices=(AUTO, *(runner.value for runner in Runner)),
        default=AUTO,
        help="auto: the cluster if one is configured, else this machine",
    )
    command.add_argument(
        "--amends",
        metavar="JOB",
        help="INPUT is the job's rejected records, mended: score them as it did; bin/getresults"
        " then puts them in their places",
    )
    command.add_argument("--detach", action="store_true", help="return once the job runs")
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    add_job_arguments(command)
    workflows = command.add_argument_group("workflows")
    workflows.add_argument(
        "--then",
        nargs=argparse.REMAINDER,
        metavar="PIPELINE ...",
        help="afterwards, a pipeline with its own options on what was scored; more may follow",
    )
    workflows.add_argument("--workflow", type=Path, metavar="FILE", help="steps, in TOML")
    workflows.add_argument(
        "--resume",
        metavar="RUN",
        help="go on with a run that ended too early; --max-rejected may be another one",
    )
    workflows.add_argument(
        "--accept-changes",
        action="store_true",
        help="resume it though what it reads has changed since; run.json then says so",
    )
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Submit a job or a workflow, or attach to an unfinished job that has the same input."""
    imported = time.time()
    answer.tell(state=Outcome.NOT_RUN, job=None, run=None, counts=None, files={})
    if args.accept_changes and not args.resume:
        raise UsageError("--accept-changes is of --resume RUN", hint="leave it out")
    if args.resume or args.workflow or args.then is not None:
        return _run_workflow(args, settings, answer)
    if not args.inputs:
        parser().error("the following arguments are required: INPUT")
    ids: list[str] = []

    def note(job_id: str) -> None:
        ids.append(job_id)
        answer.say(job_id, at_once=True)

    sources = find_inputs(args.inputs, args.runner, settings)
    marks = {Mark.COMMAND: process_start(), Mark.IMPORTED: imported}
    try:
        job = submit(args, sources, settings, Callbacks(note, _tell), marks=marks)
        return _follow(job, args, settings, answer)
    finally:
        with suppress(UsageError):  # what was interrupted while it was stored is no more
            for job_id in ids:
                answer.tell(**describe_job(Jobs(settings.state).read(job_id), settings))


def _follow(job: Job, args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """See to the job's end, or, to detach, that it runs; tell how it ended."""
    try:
        job = wait_for_end(job, settings, Callbacks(_ignore, _tell), detach=args.detach)
    except KeyboardInterrupt as interrupt:
        _interrupted(job, settings, interrupt)
        raise
    if args.detach and not job.is_finished:
        return 0
    summary = final_summary(job, settings)
    answer.tell(summary=summary)
    answer.say(*summary_lines(job, summary))
    Jobs(settings.state).mark(job.id, Mark.TOLD)
    check_outcome(job, summary)
    return 0


def _run_workflow(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    from howdah.workflows.definition import parse_then, read
    from howdah.workflows.execute import resume, run_workflow

    if args.detach:
        raise UsageError("a workflow can't be detached: bin/submit starts one step after another",
                         hint="leave --detach out; after Ctrl-C, --resume RUN")  # fmt: skip
    if args.then is not None and args.inputs and not (args.workflow or args.resume or args.amends):
        return run_workflow(parse_then(args, settings), args.runner, settings, answer)
    stated = _stated(args)
    if args.resume:
        if others := sorted(stated - RESUMED_WITH):
            raise UsageError(
                f"--resume takes no {', '.join(map(_as_typed, others))}: a run goes on as it was"
                " submitted",
                hint="only --max-rejected may be another one, and --accept-changes takes what has"
                " changed; or submit it anew",
            )
        rate = args.max_rejected if "max_rejected" in stated else None
        return resume(
            args.resume,
            settings,
            answer,
            max_rejected=rate,
            accept_changes=args.accept_changes,
        )
    if args.workflow and stated <= {"workflow", "runner"}:
        return run_workflow(read(args.workflow, settings), args.runner, settings, answer)
    raise UsageError(
        "these arguments don't go together",
        hint="INPUT... --then PIPELINE, or --workflow FILE, or --resume RUN; a file's steps have"
        " their own options",
    )


def _stated(args: argparse.Namespace) -> set[str]:
    """The names of the arguments that were given, --json left out."""
    default = vars(parser().parse_args([]))
    stated = {name for name, value in vars(args).items() if value != default[name]} - {"json"}
    if args.max_rejected is not MAX_REJECTED:  # even if it is the same number
        stated.add("max_rejected")
    return stated


def _as_typed(name: str) -> str:
    return "INPUT" if name == "inputs" else f"--{name.replace('_', '-')}"


def _interrupted(job: Job, settings: Settings, interrupt: KeyboardInterrupt) -> None:
    print(file=sys.stderr)
    if sys.stdin.isatty() and not isinstance(interrupt, Terminated):
        print(f"{job.id} goes on. [d]etach or [c]ancel it? ", end="", file=sys.stderr, flush=True)
        try:
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            answer = ""
        if answer.strip().lower().startswith("c"):
            cancel(job, settings)
            _tell(f"{job.id} is cancelled")
            return
    _tell(f"{job.id} goes on; bin/status {job.id}, bin/cancel {job.id}")


def _ignore(job_id: str) -> None:
    pass


def _tell(line: str) -> None:
    print(f"howdah: {line}", file=sys.stderr)
