"""`bin/models`: the models that can be used, adding one of your own, checking them all."""

import argparse
import sys
from typing import Any

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.errors import ClusterError, HowdahError, ModelError
from howdah.models.card import (
    PLACES,
    card_lines,
    describe_model,
    format_of,
    is_data,
    shadow_note,
)
from howdah.models.job_models import (
    environments_in_use,
    environments_that_run_here,
    unfinished_jobs_with,
)
from howdah.models.model_environment import (
    check_environment_of,
    describe_environment,
    move_to_hdfs,
)
from howdah.models.registry import (
    Model,
    ModelEntry,
    find_entry,
    find_model,
    manifest_of,
    model_entries,
)
from howdah.models.storage import adding_model, remove_model
from howdah.settings import Settings

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/models                                   list them
  bin/models show churn                        what it takes and gives, and where it is from
  bin/models add churn examples/churn.skops --sample examples/customers.csv --positive-class left
  bin/models add prices prices.skops --features rooms,area
  bin/models add fraud forest.joblib --features amount,hour --compiled
  bin/models add churn better.joblib --replace running jobs keep the one that they began with
  bin/models add risk risk.pkl --requires 'scikit-learn==1.5.2, xgboost==2.1.4' --sample risk.csv
  bin/models add risk risk.pkl --code risk_steps.py --sample risk.csv
  bin/models add price price.onnx --sample houses.csv --expected score=predicted
  bin/models remove churn
  bin/models check                             compare every file with its sha256

Models are added for everybody by whoever owns the checkout, and by others for themselves; one's
own outranks a shared one of the same name.

What a model was made with is read from its file. Where that isn't what Howdah has, the packages are
installed for this model, in an environment of its own; what the file doesn't tell is asked for:
pip freeze, where the model was made, says it.

A joblib file is a pickle: loading it runs whatever its maker put into it. Add only models
from people you trust; a skops file is refused if it holds types that skops doesn't know. ONNX,
and the own files of XGBoost, LightGBM and CatBoost, are data: nothing of their maker's runs.
"""
FIELDS = ("name", "pipeline", "kind", "labels", "features", "description")


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    commands = CommandParser(
        prog="bin/models",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_argument("--json", action="store_true", help="print JSON")
    actions = commands.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="name, pipeline, kind and whose it is (the default)")
    show = actions.add_parser("show", help="what a model takes and gives, and where it is from")
    show.add_argument("name", metavar="NAME")
    check = actions.add_parser("check", help="compare every model's files with its manifest")
    removal = actions.add_parser("remove", help="remove one of your own; jobs that run keep it")
    removal.add_argument("name", metavar="NAME")
    add = actions.add_parser("add", help="add a fitted model of yours")
    from howdah.models.add_options import add_arguments

    add_arguments(add)
    add.add_argument(
        "--replace",
        action="store_true",
        help="it may take the place of yours of that name; jobs that run keep theirs",
    )
    for action in (listing, show, check, removal, add):
        action.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )
    return commands


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """List, show, add, remove or check models."""
    match args.action:
        case "add":
            return _add(args, settings, answer)
        case "remove":
            return _remove(args.name, settings, answer)
        case "check":
            return _check(settings, answer)
        case "show":
            return _show(find_entry(settings, args.name), settings, answer)
        case _:
            return _list(settings, answer)


def _add(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    from howdah.models.add import add_model

    with adding_model(settings, args.name, replace=args.replace) as folder:
        manifest = add_model(folder, args, settings)
    answer.say(f"{manifest.name}: {manifest.kind}, features {', '.join(manifest.features)}")
    if manifest.compiled is not None:
        rows = manifest.compiled["rows_compared"]
        _tell(f"compiled; scikit-learn's scores, bit by bit, of {rows:,} rows")
    entry = find_entry(settings, args.name)
    _publish(Model(entry.folder, manifest), settings)
    answer.tell(**describe_model(entry, manifest_of(entry), settings))
    _tell(f"{PLACES[entry.place]}{shadow_note(entry)}: {entry.folder}")
    _tell(f"use it: bin/submit INPUT --model {manifest.name}")
    return 0


def _publish(model: Model, settings: Settings) -> None:
    """Have HDFS hold the packages of a model that was added, where the cluster has several hosts;
    the model can be used without, too."""
    try:
        uri = move_to_hdfs(model, settings, environments_that_run_here(settings))
    except ClusterError as error:
        _tell(f"its packages stay here until a job puts them into HDFS: {error.message}")
    else:
        if uri:
            _tell(f"its packages are in HDFS, for all hosts: {uri}")


def _remove(name: str, settings: Settings, answer: Answer) -> int:
    entry = find_entry(settings, name)
    jobs = unfinished_jobs_with(entry, settings)
    environment = _environment_of(entry, settings)
    entry = remove_model(settings, name)
    answer.tell(removed=[str(entry.folder)], kept_by=jobs)
    answer.say(f"removed {entry.folder}")
    if jobs:
        _tell(f"not finished, and keeping theirs: {', '.join(jobs)}")
    if environment.get("unpacked") and environment["lock"] not in environments_in_use(settings):
        size = environment["unpacked"] >> 20
        _tell(f"its environment, {environment['folder']}, {size:,} MB, goes with bin/janitor")
    if entry.hides:
        _tell(f"{name} is now the one that is {entry.hides[0]}")
    return 0


def _environment_of(entry: ModelEntry, settings: Settings) -> dict[str, Any]:
    """What there is of the model's environment; nothing of one whose manifest can't be read."""
    try:
        return describe_environment(manifest_of(entry), settings) or {}
    except ModelError:
        return {}


def _check(settings: Settings, answer: Answer) -> int:
    """Look at every model; the status of the first that can't be used."""
    status = 0
    rows: list[dict[str, Any]] = []
    answer.tell(models=rows)
    for entry in model_entries(settings):
        row: dict[str, Any] = {"name": entry.name, "place": entry.place, "error": None}
        try:
            check_environment_of(find_model(settings, entry.name), settings)
        except HowdahError as error:
            row["error"] = error.described(f"model {entry.name}")
            answer.say(f"{entry.name}: {error}")
            if not status:
                status = error.exit_status
                answer.tell(error=row["error"])
        else:
            answer.say(f"{entry.name}: ok")
        rows.append(row)
    return status


def _show(entry: ModelEntry, settings: Settings, answer: Answer) -> int:
    manifest = manifest_of(entry)
    answer.tell(**describe_model(entry, manifest, settings))
    answer.say(*card_lines(entry, manifest, settings))
    return 0


def _list(settings: Settings, answer: Answer) -> int:
    """Print what there is; what is wrong with one is said in its line."""
    rows = [_row(entry) for entry in model_entries(settings)]
    answer.rows(rows)
    for row in rows:
        if "error" in row:
            answer.say(f"{row['name']:<20} can't be used: {row['error']}")
            continue
        line = f"{row['name']:<20} {row['pipeline']:<12} {row['kind']:<11} {row['place']:<8}"
        line += f" {row['format']:<8}"
        outranked = "".join(f"  outranks the {place} one" for place in row["hides"])
        answer.say(f"{line} {row['description']}".rstrip() + outranked)
    return 0


def _row(entry: ModelEntry) -> dict[str, Any]:
    where = {"place": entry.place, "hides": list(entry.hides)}
    try:
        manifest = manifest_of(entry)
    except ModelError as error:
        return {"name": entry.name, **where, "error": error.message}
    runs = {
        "format": format_of(manifest),
        "data": is_data(manifest),
        "libraries": manifest.libraries or {},
        "requires": manifest.environment["requires"] if manifest.environment else None,
    }
    return {field: getattr(manifest, field) for field in FIELDS} | where | runs


def _tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr)
