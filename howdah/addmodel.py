"""Adding a model: load it once, ask it what it is, write its manifest, copy its file."""

import argparse
import importlib.metadata
import json
import shutil
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any

from howdah.errors import ModelError, UsageError
from mr.model import Manifest, ModelFileError, load_files, sha256_of
from mr.spec import MODEL_FILE

__all__ = ["add_arguments", "add_model"]


def add_arguments(add: argparse.ArgumentParser) -> None:
    """What ``bin/models add`` takes."""
    add.add_argument("name", help="what to call it: letters, digits, - and _")
    add.add_argument("file", type=Path, help="a .joblib or .skops file")
    add.add_argument("--features", help="the columns that it takes, in its order: a,b,c:text")
    add.add_argument("--positive-class", help="binary: whose probability is the score")
    add.add_argument("--threshold", type=float, help="binary: above it, the positive class")
    add.add_argument("--decimals", type=int, default=6, help="of the scores (default 6)")
    add.add_argument(
        "--compiled",
        action="store_true",
        help="compile its trees (needs a C compiler); the scores stay the same, bit by bit",
    )
    add.add_argument(
        "--sample",
        type=Path,
        metavar="TABLE",
        help="with --compiled: records that scikit-learn and the compiled trees must agree on,"
        " besides those that are made of the trees",
    )
    add.add_argument("--description", default="", help="a sentence for bin/models")


def add_model(folder: Path, args: argparse.Namespace) -> Manifest:
    """Make ``args.file`` a model in ``folder``, which is empty and of that name.

    Raises UsageError for arguments that don't fit the model, ModelError for a file that
    can't be loaded, isn't trusted, was fitted with another scikit-learn, or can't be compiled.
    """
    if not args.file.is_file():
        raise UsageError(f"{args.file} does not exist", hint="give a .joblib or .skops file")
    if args.file.suffix not in (".joblib", ".skops"):
        raise UsageError(
            f"{args.file} is neither .joblib nor .skops",
            hint="save it with joblib.dump or skops.io.dump",
        )
    if args.sample and not args.compiled:
        raise UsageError("--sample is what --compiled compares with scikit-learn")
    file = folder / f"model{args.file.suffix}"
    shutil.copyfile(args.file, file)
    model, manifest = _describe(file, args)
    if args.compiled:
        from howdah.trees import compile_model

        manifest = compile_model(model, manifest, file, args.sample)
    (folder / MODEL_FILE).write_text(_as_toml(manifest))
    return manifest


def _describe(file: Path, args: argparse.Namespace) -> tuple[Any, Manifest]:
    """The model, and what it says of itself."""
    draft = Manifest(
        name=args.name,
        pipeline="tabular",
        kind="",
        scikit_learn="",
        files={file.name: sha256_of(file)},
        takes_frame=True,  # pandas may be needed: what the model takes isn't known yet
    )
    model = _load(draft, file)
    if not hasattr(model, "predict"):
        raise ModelError(f"{args.file} holds a {type(model).__name__}, which has no predict")
    features, text_features = _features(model, args.features)
    stated: dict[str, Any] = vars(draft) | {
        "features": features,
        "text_features": text_features,
        "scikit_learn": importlib.metadata.version("scikit-learn"),
        "decimals": args.decimals,
        "description": args.description,
    }
    stated |= _outputs(model, args)
    return model, Manifest(**(stated | _inputs(model, Manifest(**stated))))


def _load(draft: Manifest, file: Path) -> Any:
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            (model,) = load_files(draft, file.parent).values()
        except InconsistentVersionWarning as warning:
            raise ModelError(
                f"{file.name} was fitted with scikit-learn {warning.original_sklearn_version},"
                f" and {warning.current_sklearn_version} runs here",
                hint="fit and save it again with that version",
            ) from None
        except ModelFileError as error:
            raise ModelError(str(error), hint="save it without them, or as joblib") from None
        except Exception as error:
            raise ModelError(
                f"{file.name} can't be loaded: {type(error).__name__}: {error}",
                hint="does it need a package that isn't here?",
            ) from error
    return model


def _features(model: Any, stated: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of all features, and of those that are text."""
    fitted = tuple(str(name) for name in getattr(model, "feature_names_in_", ()))
    if stated is None and not fitted:
        raise UsageError(
            "the model doesn't know its columns' names",
            hint="--features a,b,c (a text column: c:text)",
        )
    words = stated.split(",") if stated else fitted
    names = tuple(word.removesuffix(":text") for word in words)
    if len(set(names)) < len(names) or "" in names:
        raise UsageError(f"--features {stated}: an empty name, or one twice")
    wanted = getattr(model, "n_features_in_", len(names))
    if len(names) != wanted:
        raise UsageError(f"--features names {len(names)} columns, the model takes {wanted}")
    if fitted and set(names) == set(fitted):
        names = fitted  # a frame's columns must come in the order of the fit
    elif fitted:
        other = next(name for name in names if name not in fitted)
        raise UsageError(f"--features: the model was fitted without {other}",
                         hint=f"its columns are {', '.join(fitted)}")  # fmt: skip
    return names, tuple(word.removesuffix(":text") for word in words if word.endswith(":text"))


def _outputs(model: Any, args: argparse.Namespace) -> dict[str, Any]:
    from sklearn.base import is_classifier

    if not is_classifier(model):
        if args.positive_class or args.threshold is not None:
            raise UsageError("--positive-class and --threshold are for binary classifiers")
        return {"kind": "regression", "score": "predict"}
    methods = ("predict_proba", "decision_function")
    score = next((method for method in methods if hasattr(model, method)), None)
    if score is None:
        raise ModelError("the classifier has neither predict_proba nor decision_function")
    labels = tuple(str(label) for label in model.classes_)
    stated: dict[str, Any] = {"score": score, "labels": labels, "kind": "classes"}
    if len(labels) > 2:
        if args.positive_class or args.threshold is not None:
            raise UsageError(f"the model has {len(labels)} classes: --positive-class and"
                             " --threshold are for two")  # fmt: skip
        return stated
    positive = 1
    if args.positive_class is not None:
        if args.positive_class not in labels:
            raise UsageError(f"--positive-class {args.positive_class}: the classes are"
                             f" {' and '.join(labels)}")  # fmt: skip
        positive = labels.index(args.positive_class)
    if positive == 0 and score == "decision_function":
        raise UsageError(f"the model has no probabilities; its score is that of {labels[1]}")
    default = 0.5 if score == "predict_proba" else 0.0
    threshold = default if args.threshold is None else args.threshold
    return stated | {"kind": "binary", "positive": positive, "threshold": threshold}


def _inputs(model: Any, manifest: Manifest) -> dict[str, Any]:
    """Try the model on rows of its shape: does it need a frame, does it take NaN and inf?"""
    import numpy as np
    import pandas

    from mr.scorer import predict_rows

    width = len(manifest.features)

    def works(value: float, frame: bool) -> bool:
        rows: Any = np.full((2, width), value)
        if frame or manifest.text_features:
            columns = {
                name: ["a", "a"] if name in manifest.text_features else [value, value]
                for name in manifest.features
            }
            table = pandas.DataFrame(columns)
            rows = table if frame else table.to_numpy(object)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                predict_rows(model, manifest, rows)
        except Exception:  # whatever the model raises, it doesn't take these rows
            return False
        return True

    frame = not works(0.0, frame=False)
    if frame and not works(0.0, frame=True) and not manifest.text_features:
        raise ModelError(
            f"the model predicts nothing for {width} numbers",
            hint="is a feature text? --features a,b:text",
        )
    return {
        "takes_frame": frame,
        "takes_missing": works(float("nan"), frame),
        "takes_infinite": works(float("inf"), frame),
    }


def _as_toml(manifest: Manifest) -> str:
    """The manifest as TOML; JSON's strings, numbers and lists are TOML's, too."""
    lines = []
    for field in fields(Manifest):
        value = getattr(manifest, field.name)
        if field.name not in ("files", "wheel", "compiled"):
            lines.append(f"{field.name} = {json.dumps(value)}")
    lines += ["", "[files]", *(f'"{name}" = "{sha}"' for name, sha in manifest.files.items())]
    if manifest.compiled is not None:
        said = manifest.compiled.items()
        lines += ["", "[compiled]", *(f"{name} = {json.dumps(value)}" for name, value in said)]
    return "\n".join(lines) + "\n"
