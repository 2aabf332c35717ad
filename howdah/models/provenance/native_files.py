"""The files of XGBoost, LightGBM and CatBoost themselves."""

import re
from pathlib import Path

from howdah.errors import HowdahError, ModelError
from howdah.models.provenance.byte_stream import windows
from howdah.models.provenance.provenance import Provenance
from howdah.models.provenance.serialized_models import SerializedModel

__all__ = ["LIGHTGBM_HEAD", "read_lightgbm", "read_serialized"]

LIGHTGBM_HEAD = re.compile(rb"tree\r?\nversion=(v\d+)\r?\n")
LIGHTGBM_OBJECTIVE = re.compile(rb"^objective=([^\r\n]{1,100})", re.MULTILINE)
LIGHTGBM_END = re.compile(rb"^end of trees", re.MULTILINE)
# Releases whose files are of a format; the older ones are still read
LIGHTGBM_FORMATS = {"v2": "LightGBM 2", "v3": "LightGBM 2.3 to 3.3", "v4": "LightGBM 4"}


def read_serialized(path: Path) -> Provenance:
    """A file of XGBoost (JSON or UBJSON) or CatBoost (.cbm), which mostly states its version."""
    model = SerializedModel()
    try:
        with path.open("rb") as file:
            for window in windows(file):
                model.watch(window)
    except HowdahError as error:
        raise type(error)(f"{path}: {error.message}") from None
    library = model.library
    if library == "xgboost" and not model.objective:
        raise ModelError(
            f"{path} is no model of XGBoost, or not whole: it states no objective",
            hint="save it again: model.save_model('model.ubj')",
        )
    versions = tuple(sorted(model.versions))
    return Provenance(
        library,
        path,
        {library: versions[0] if len(versions) == 1 else None},
        several={library: versions} if len(versions) > 1 else {},
        notes=(f"objective {model.objective}",) if model.objective else (),
    )


def read_lightgbm(path: Path) -> Provenance:
    """A text file of LightGBM, which states its format and no version.

    Raises ModelError for a part of one.
    """
    objective, is_whole, version = "", False, ""
    with path.open("rb") as file:
        for window in windows(file):
            if not version and (head := LIGHTGBM_HEAD.match(window)):
                version = head[1].decode()
            if not objective and (found := LIGHTGBM_OBJECTIVE.search(window)):
                objective = found[1].decode("utf-8", "replace")
            is_whole = is_whole or bool(LIGHTGBM_END.search(window))
    if not is_whole:
        raise ModelError(
            f"{path} is a part of a file of LightGBM: its trees have no end",
            hint="copy it again, or save it again: model.booster_.save_model('model.txt')",
        )
    made_by = LIGHTGBM_FORMATS.get(version, "a newer LightGBM")
    notes = [f"format {version}, which {made_by} writes"]
    notes += [f"objective {objective}"] if objective else []
    return Provenance("lightgbm", path, {"lightgbm": None}, notes=tuple(notes))
