"""What `bin/models show` says of a model: its manifest, for people and for programs."""

import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from howdah.errors import ModelError
from howdah.models.model_environment import describe_environment
from howdah.models.registry import BUNDLED, OWN, SHARED, ModelEntry
from howdah.privacy import owner_of
from howdah.settings import Settings
from mr.models.manifest import Manifest, sha256_of
from mr.spec import MODEL_FILE

__all__ = [
    "PLACES",
    "card_lines",
    "describe_model",
    "describe_outputs",
    "format_of",
    "is_data",
    "shadow_note",
]

PLACES = {OWN: "your own", SHARED: "shared by all who use this checkout", BUNDLED: "with Howdah"}
SCORES = {
    "predict_proba": "its probability",
    "decision_function": "its decision_function",
    "score_samples": "its score_samples",
    "transform": "its distance",
    "predict": "what predict says",
}
INPUTS = {
    "array": "a numpy array",
    "frame": "a pandas DataFrame",
    "categories": "a pandas DataFrame, whose columns are categories unless they are numbers",
    "texts": "a list of texts",
    "series": "a pandas Series of texts",
    "records": "a list of dicts",
}
SOURCES = {
    "score": "as predict says, which is proven to be the likeliest class",
    "near": "as predict says, which is proven to be the likeliest class, and asked near ties",
    "predict": "as predict says",
}


def describe_model(entry: ModelEntry, manifest: Manifest, settings: Settings) -> dict[str, Any]:
    """The manifest for programs, with where it is, since when, and what it takes on the disk."""
    path = entry.folder / MODEL_FILE
    files = [entry.folder / name for name in manifest.files]
    return asdict(manifest) | {
        "format": format_of(manifest),
        "data": is_data(manifest),
        "environment": describe_environment(manifest, settings),
        "modules": _modules(entry.folder / manifest.code) if manifest.code else [],
        "place": entry.place,
        "hides": list(entry.hides),
        "folder": str(entry.folder),
        "sha256": sha256_of(path),
        "bytes": sum(file.stat().st_size for file in files if file.is_file()),
        "added": path.stat().st_mtime,
        "owner": owner_of(path),
    }


def format_of(manifest: Manifest) -> str:
    """The format of its file; in older manifests its suffix says it."""
    suffixes = {Path(name).suffix.lstrip(".") for name in manifest.files} - {"npz", "so"}
    return manifest.format or " ".join(sorted(suffixes))


def is_data(manifest: Manifest) -> bool:
    """Whether loading it runs nothing of its maker's; skops files with other types are refused."""
    return (manifest.data or format_of(manifest) == "skops") and not manifest.code


def card_lines(entry: ModelEntry, manifest: Manifest, settings: Settings) -> Iterator[str]:
    """The manifest for people."""
    described = describe_model(entry, manifest, settings)
    added = time.strftime("%Y-%m-%d %H:%M", time.localtime(described["added"]))
    rows = [
        (manifest.name, f"{manifest.kind}, pipeline {manifest.pipeline}"),
        ("about", manifest.description),
        ("where", f"{entry.folder}: {PLACES[entry.place]}{shadow_note(entry)}"),
        ("added", f"{added} by {described['owner']}"),
        ("trained", f"with scikit-learn {manifest.scikit_learn}" * bool(manifest.scikit_learn)),
        *_runs(described),
        *_takes(manifest),
        *((f"gives {name}", what) for name, what in describe_outputs(manifest)),
        ("decimals", f"{manifest.decimals} of its scores"),
        ("places", manifest.places),
        *_compared(manifest),
        *_measured(manifest),
        ("wheel", (manifest.wheel or {}).get("requirement", "")),
        ("files", f"{len(manifest.files)}, {described['bytes']:,} bytes"),
        *((f"  {name}", f"sha256 {sha256}") for name, sha256 in manifest.files.items()),
        (f"  {MODEL_FILE}", f"sha256 {described['sha256']}"),
    ]
    width = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        if value:
            yield f"{name:<{width}}{value}"


def _runs(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What its file is, and what runs when it is loaded."""
    libraries = (described["libraries"] or {}).items()
    yield "libraries", ", ".join(f"{name} {version}" for name, version in libraries)
    if described["data"]:
        yield "format", f"{described['format']}, data: loading it runs nothing of its maker's"
    else:
        yield "format", f"{described['format']}, a program: loading it runs what its maker put in"
    yield "code", ", ".join(described["modules"])
    if environment := described["environment"]:
        yield "environment", ", ".join(environment["requires"])
        yield "  Python", environment["python"]
        yield "  lock", environment["lock"][:16]
        if environment["folder"]:
            yield "  packages", f"{environment['folder']}, {environment['unpacked']:,} bytes"
        else:
            yield "  packages", "not on this machine: what needs them here makes them again"
        yield "  archive", f"{environment['bytes']:,} bytes, sha256 {environment['sha256']}"


def _modules(code: Path) -> list[str]:
    """The top modules of its maker's that it brings."""
    try:
        names = zipfile.ZipFile(code).namelist()
    except (OSError, zipfile.BadZipFile):  # bin/models check tells of it
        return []
    return sorted({name.partition("/")[0].removesuffix(".py") for name in names})


def describe_outputs(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """What a record gets: each kind of column, and what is in it."""
    how = SCORES.get(manifest.score, manifest.score)
    if manifest.format == "onnx" and manifest.score == "predict_proba":
        how = "as ONNX gives it"  # which doesn't say whether it is a probability
    match manifest.kind:
        case "binary":
            yield from _binary(manifest, how)
        case "classes":
            yield "scores", f"one a class, {how}: {', '.join(manifest.labels)}"
            yield "label", SOURCES.get(manifest.labels_from, manifest.labels_from)
        case "labels":
            yield "label", f"{', '.join(manifest.labels)}, by predict; no score"
        case "several":
            yield "outputs", ", ".join(_outputs(manifest))
        case "outliers":
            yield "score", f"{how}: the lower, the more unusual"
            yield "label", "anomaly or normal"
        case "clusters":
            yield "cluster", "its number"
            yield "distance", "to the nearest centre" if manifest.score else ""
        case _:
            yield "score", how


def shadow_note(entry: ModelEntry) -> str:
    """Which others of its name it outranks, to be said behind it."""
    return "".join(f"; outranks the one that is {place}" for place in entry.hides)


def _binary(manifest: Manifest, how: str) -> Iterator[tuple[str, str]]:
    if len(manifest.labels) != 2 or manifest.positive not in (0, 1):
        raise ModelError(
            f"model {manifest.name} is binary, and its model.toml names the labels"
            f" {', '.join(manifest.labels) or 'of none'}",
            hint="mend it, or bin/models add it again",
        )
    positive = manifest.labels[manifest.positive]
    other = manifest.labels[1 - manifest.positive]
    if manifest.score:
        yield "score", f"of {positive}: {how}"
    if manifest.labels_from == "threshold":
        yield "label", f"{positive} where the score is above {manifest.threshold:g}, else {other}"
    else:
        source = SOURCES.get(manifest.labels_from, manifest.labels_from)
        usual = 0.5 if manifest.score == "predict_proba" else 0.0
        own = f", whose own threshold is {manifest.threshold:g}"
        yield "label", f"{positive} or {other}: {source}{own * (manifest.threshold != usual)}"


def _outputs(manifest: Manifest) -> Iterator[str]:
    classes = manifest.output_labels or ((),) * len(manifest.outputs)
    for name, labels in zip(manifest.outputs, classes, strict=False):
        yield f"{name} ({', '.join(labels) or 'a number'})"


def _takes(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if not manifest.features:
        yield "takes", "texts, one a line"
        return
    types = manifest.types or ("",) * len(manifest.features)
    columns = zip(manifest.features, types, strict=False)
    yield "takes", f"as {INPUTS.get(manifest.input, manifest.input)}, {len(manifest.features)}:"
    yield from ((f"  {name}", kind or "type not stated") for name, kind in columns)
    yield "no missing", ", ".join(manifest.refuses_missing)
    yield "no infinite", ", ".join(manifest.refuses_infinite)


def _compared(manifest: Manifest) -> Iterator[tuple[str, str]]:
    records = f"{manifest.compared:,} records of a sample came out as the model itself says"
    if manifest.wheel is None:
        yield "compared", records if manifest.compared else "nothing, with the model itself"
    if manifest.compiled is not None:
        rows = manifest.compiled.get("rows_compared", 0)
        yield "compiled", f"its trees; scikit-learn's scores, bit by bit, of {rows:,} rows"


def _measured(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if manifest.memory_mb:
        yield "memory", f"{manifest.memory_mb:,} MB to load it and predict a block"
    if manifest.load_seconds or manifest.block_seconds:
        yield (
            "seconds",
            f"{manifest.load_seconds:.2g} to load, {manifest.block_seconds:.2g} a block",
        )
