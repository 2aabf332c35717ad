"""Models that are compared: whether they can be, and what each makes of a block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.model_process.start import own_packages, start_model
from mr.models.manifest import Manifest, read_manifest
from mr.pipelines.scorers import SCORERS
from mr.records.block import Block, Reject
from mr.scoring.failing_records import QuotedCells
from mr.scoring.score_block import predict_block
from mr.scoring.scorer import Scorer
from mr.spec import MODEL_FILE
from mr.supervision.watchdog import LOAD_SECONDS, watched_call

__all__ = [
    "ComparedModel",
    "ModelScores",
    "common_options",
    "load_models",
    "score_with_all",
    "score_with_assigned",
]

KINDS = ("binary", "classes", "regression")

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ModelScores:
    """n records of a block that a model scored, in order: ``lines`` (n,), ``fields`` as TSV,
    ``scores`` (n,) and ``table`` (n, classes) in fixed point, ``classes`` (n,); the latter two
    where the model has some. ``unrounded``: as the model gave them, a column (n,) a class, else one
    alone."""

    lines: Ints
    fields: list[bytes]
    scores: Ints
    classes: NDArray[np.intp] | None
    table: Ints | None
    unrounded: NDArray[np.float64]

    def of(self, lines: Ints) -> "ModelScores":
        """Those of some of its lines."""
        if len(lines) == len(self.lines):
            return self
        rows = np.searchsorted(self.lines, lines)
        return ModelScores(
            lines,
            [self.fields[row] for row in rows.tolist()],
            self.scores[rows],
            None if self.classes is None else self.classes[rows],
            None if self.table is None else self.table[rows],
            self.unrounded[rows],
        )


@dataclass(frozen=True)
class ComparedModel:
    """A loaded model, in a task."""

    manifest: Manifest
    scorer: Scorer
    quoted_cells: QuotedCells = field(default_factory=QuotedCells)

    def score(self, block: Block) -> tuple[ModelScores, list[Reject]]:
        """What the model's own job has of a block's records, and those that it rejects."""
        pieces, rejects = predict_block(
            self.scorer, self.manifest, block, quoted_cells=self.quoted_cells
        )
        predictions = [prediction for _, prediction in pieces]
        none, width = np.zeros(0, np.int64), len(self.manifest.labels)
        classes = [p.classes for p in predictions if p.classes is not None]
        tables = [p.table for p in predictions if p.table is not None]
        many = self.manifest.kind == "classes"
        columns = width if many else 1
        unrounded = [
            np.asarray(p.unrounded, np.float64).reshape(len(p), columns) for p in predictions
        ]
        return ModelScores(
            np.concatenate([none, *(batch.lines for batch, _ in pieces)]),
            [field for batch, _ in pieces for field in batch.fields],
            np.concatenate([none, *(p.scores for p in predictions if p.scores is not None)]),
            np.concatenate([none, *classes]) if width else None,
            np.concatenate([none.reshape(0, width), *tables]) if many else None,
            np.concatenate([np.zeros((0, columns)), *unrounded]),
        ), rejects


def common_options(manifests: Sequence[Manifest]) -> dict[str, Any]:
    """What all models have in common, as a job's options; ValueError if that isn't enough to
    compare them."""
    for manifest in manifests:
        if manifest.kind not in KINDS:
            raise ValueError(
                f"model {manifest.name} can't be compared: its predictions are {manifest.kind},"
                f" and compared are models of two classes, of more with a score for each, and"
                " regressions"
            )
    found = [
        {
            "of": manifest.pipeline,
            "kind": manifest.kind,
            "labels": list(manifest.labels),
            "positive": manifest.positive if manifest.kind == "binary" else None,
            "decimals": manifest.decimals,
        }
        for manifest in manifests
    ]
    for manifest, common in zip(manifests, found, strict=True):
        for name, value in common.items():
            if value != found[0][name]:
                raise ValueError(
                    f"models {manifests[0].name} and {manifest.name} can't be compared:"
                    f" {'pipeline' if name == 'of' else name} {found[0][name]} and {value}"
                )
    return found[0] | {
        "thresholds": [manifest.threshold for manifest in manifests],
        "of_chances": all(manifest.score == "predict_proba" for manifest in manifests),
    }


def load_models(
    options: Mapping[str, Any], folder: Path, environments: Mapping[str, str]
) -> list[ComparedModel]:
    """The models from ``folder``, where each one's files begin with its name; ModelFileError if
    one isn't to be trusted. Those of ``environments`` have packages of their own."""
    scorer = SCORERS[options["of"]]()
    manifests = []
    for name, threshold in zip(options["models"].split(","), options["thresholds"], strict=True):
        manifest = read_manifest(folder / f"{name}.{MODEL_FILE}")
        if options["threshold"]:
            manifest = replace(manifest, threshold=threshold, labels_from="threshold")
        manifests.append(manifest)
        if manifest.code and manifest.environment is None:
            # its maker's modules may be called as another model's are
            environments = {name: own_packages(), **environments}
    started = {
        manifest.name: start_model(manifest, folder, environments, f"{manifest.name}.")
        for manifest in manifests
        if manifest.name in environments
    }
    loaded = []
    for manifest in manifests:
        with watched_call(manifest.name, allowed=LOAD_SECONDS):
            predictor = started.get(manifest.name) or start_model(
                manifest, folder, environments, f"{manifest.name}."
            )
            loaded.append(ComparedModel(manifest, scorer(manifest, predictor, options)))
    return loaded


def score_with_all(
    models: Sequence[ComparedModel], block: Block
) -> tuple[list[ModelScores], list[Reject]]:
    """The records that every model scores, by each of them; of those that only some models
    reject, it is told which one does."""
    done = [one.score(block) for one in models]
    found = [{reject.line: reject for reject in rejects} for _, rejects in done]
    rejects = []
    for line in {line for each in found for line in each}:
        given = [each.get(line) for each in found]
        place, reject = next((place, each) for place, each in enumerate(given) if each)
        if given.count(reject) < len(given):
            name = f"model {models[place].manifest.name}"
            detail = f"{name}: {reject.detail}" if reject.detail else name
            reject = replace(reject, detail=detail)
        rejects.append(reject)
    lines = reduce(np.intersect1d, [each.lines for each, _ in done])
    return [each.of(lines) for each, _ in done], rejects


def score_with_assigned(
    models: Sequence[ComparedModel], places: NDArray[np.intp], block: Block
) -> tuple[list[ModelScores], list[Reject]]:
    """Each of n records by the model whose place (n,) it has; by model."""
    parts = [block.take(np.flatnonzero(places == place)) for place in range(len(models))]
    done = [one.score(part) for one, part in zip(models, parts, strict=True)]
    return [each for each, _ in done], [reject for _, rejects in done for reject in rejects]
