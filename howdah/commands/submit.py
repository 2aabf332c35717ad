"""`bin/submit`: check the input, the model and the cluster; store the input; run the job."""

import argparse
import json
import sys
import time
from pathlib import Path

from howdah.errors import UsageError
from howdah.inputs.find import find_inputs
from howdah.jobs.job_arguments import add_job_arguments
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

The first line on stdout is the job's id, or the run's; then comes the summary.
exit status: 0 done; 2 usage or unusable input; 3 too many rejected records; 4 model;
5 job failed; 6 cluster unavailable; 7 integrity; 8 this machine: no permission, a full disk;
130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
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
    workflows.add_argument("--resume", metavar="RUN", help="go on with a run that ended too early")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Submit a job or a workflow, or attach to an unfinished job that has the same input."""
    imported = time.time()
    if args.resume or args.workflow or args.then is not None:
        return _run_workflow(args, settings)
    if not args.inputs:
        parser().error("the following arguments are required: INPUT")
    callbacks = Callbacks(on_id=_ignore if args.json else _print, on_message=_tell)
    sources = find_inputs(args.inputs, args.runner, settings)
    marks = {Mark.COMMAND: process_start(), Mark.IMPORTED: imported}
    job = submit(args, sources, settings, callbacks, marks=marks)
    try:
        job = wait_for_end(job, settings, callbacks, detach=args.detach)
    except KeyboardInterrupt:
        return _interrupted(job, settings)
    if args.detach and not job.is_finished:
        if args.json:
            print(json.dumps(describe_job(job, settings)))
        return 0
    summary = final_summary(job, settings)
    if args.json:
        print(json.dumps(describe_job(job, settings) | {"summary": summary}))
    else:
        print("\n".join(summary_lines(job, summary)))
    Jobs(settings.state).mark(job.id, Mark.TOLD)
    check_outcome(job, summary)
    return 0


def _run_workflow(args: argparse.Namespace, settings: Settings) -> int:
    from howdah.workflows.definition import parse_then, read
    from howdah.workflows.execute import resume, run_workflow

    if args.detach:
        raise UsageError("a workflow can't be detached: bin/submit starts one step after another",
                         hint="leave --detach out; after Ctrl-C, --resume RUN")  # fmt: skip
    if args.then is not None and args.inputs and not (args.workflow or args.resume or args.amends):
        return run_workflow(parse_then(args, settings), args.runner, settings, as_json=args.json)
    default = vars(parser().parse_args([]))
    stated = {name for name, value in vars(args).items() if value != default[name]} - {"json"}
    if args.workflow and stated <= {"workflow", "runner"}:
        workflow = read(args.workflow, settings)
        return run_workflow(workflow, args.runner, settings, as_json=args.json)
    if args.resume and stated == {"resume"}:
        return resume(args.resume, settings, as_json=args.json)
    raise UsageError(
        "these arguments don't go together",
        hint="INPUT... --then PIPELINE, or --workflow FILE, or --resume RUN; a file's steps have"
        " their own options",
    )


def _interrupted(job: Job, settings: Settings) -> int:
    print(file=sys.stderr)
    if sys.stdin.isatty():
        print(f"{job.id} goes on. [d]etach or [c]ancel it? ", end="", file=sys.stderr, flush=True)
        try:
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            answer = ""
        if answer.strip().lower().startswith("c"):
            cancel(job, settings)
            _tell(f"{job.id} is cancelled")
            return 130
    _tell(f"{job.id} goes on; bin/status {job.id}, bin/cancel {job.id}")
    return 130


def _print(job_id: str) -> None:
    print(job_id, flush=True)


def _ignore(job_id: str) -> None:
    pass


def _tell(line: str) -> None:
    print(f"howdah: {line}", file=sys.stderr)
