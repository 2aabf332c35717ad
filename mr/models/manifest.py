"""A model's manifest: what it is, what it takes and gives, and its files' checksums."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

__all__ = [
    "Manifest",
    "ModelFault",
    "ModelFileError",
    "manifest_of",
    "read_manifest",
    "sha256_of",
]


class ModelFileError(Exception):
    """A model file that is missing or altered, or whose contents aren't trusted."""


class ModelFault(Exception):
    """The model broke a promise that its manifest makes: as many predictions as records, its
    scores' shape, its labels."""


@dataclass(frozen=True)
class Manifest:
    """What ``models/NAME/model.toml`` states; ``docs/models.md`` has it field by field.

    ``kind``: ``binary``, ``classes``, ``labels`` (classes without scores), ``regression``,
    ``outliers``, ``clusters`` or ``several`` (outputs). ``score``: the estimator's method whose
    values are written: ``predict_proba``, ``decision_function``, ``predict``, ``score_samples``,
    ``transform``, or empty where there are labels alone. ``labels`` are in the order of the
    estimator's classes; a binary score is that of the label at ``positive``. ``labels_from``:
    ``score`` where ``predict`` is proven to be the likeliest class of the same call, ``near``
    where that holds but for scores within rounding of a tie (then ``predict`` is asked),
    ``predict`` where it is always asked, ``threshold`` where the user has set one: the positive
    label is then given above it. ``outputs`` names those of a model with several, ``output_labels``
    has each one's classes (none: a number).

    ``features`` are the columns that a tabular model takes, in its order, and ``types`` each
    one's: ``number``, ``integer``, ``boolean`` or ``text``. ``input``: what the model takes them
    as: ``array`` (numpy), ``frame`` (pandas), ``texts`` (a list of the only feature), ``series``
    (that as a pandas Series) or ``records`` (a list of dicts). ``refuses_missing`` and
    ``refuses_infinite`` are features of which the model is known to raise for such a value,
    ``refuses_booleans`` numbers that it computes otherwise than 1 and 0 where they are booleans.
    ``memory_mb`` is the peak of a process that loads the model and predicts 2,048 records,
    ``load_seconds`` and ``block_seconds`` what both took; 0: not measured. ``compared``: how many
    records of a sample came out as the model itself says. ``compiled``, of a model whose trees
    are compiled, says by what and on how many rows it was compared.

    ``format`` of its file: ``joblib``, ``skops``, ``onnx``, ``xgboost``, ``lightgbm`` or
    ``catboost``; empty in older manifests, where the file's suffix says it. ``data``: whether that
    is data alone, so that loading it runs nothing of its maker's. ``libraries`` predict it: their
    versions by distribution; ``scikit_learn`` is the one that it was fitted with, if any.
    ``environment``, of a model that needs other packages than Howdah's own: ``lock``, the SHA-256
    of the lock that names them; ``requires``, what was asked for; ``python``, its minor version;
    and of the archive that has them ``sha256``, ``bytes`` and ``time`` (of change in HDFS,
    milliseconds since 1970). ``code``: which of the files is a zip of its maker's modules, put at
    the end of ``sys.path`` before loading. ``places``: what is promised of a row's digits at
    another place of a batch, where they aren't the same to the bit.
    """

    name: str
    pipeline: str
    kind: str
    files: dict[str, str]
    scikit_learn: str = ""
    format: str = ""
    score: str = "predict_proba"
    labels: tuple[str, ...] = ()
    positive: int = 1
    threshold: float = 0.5
    labels_from: str = "predict"
    outputs: tuple[str, ...] = ()
    output_labels: tuple[tuple[str, ...], ...] = ()
    decimals: int = 6
    features: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    input: str = "array"
    refuses_missing: tuple[str, ...] = ()
    refuses_infinite: tuple[str, ...] = ()
    refuses_booleans: tuple[str, ...] = ()
    memory_mb: int = 0
    load_seconds: float = 0.0
    block_seconds: float = 0.0
    compared: int = 0
    description: str = ""
    code: str = ""
    data: bool = False
    places: str = ""
    libraries: dict[str, str] | None = None
    environment: dict[str, Any] | None = None
    wheel: dict[str, Any] | None = None
    compiled: dict[str, Any] | None = None

    @property
    def all_types(self) -> tuple[str, ...]:
        """The type of each feature; where none is stated, they are numbers."""
        return self.types or ("number",) * len(self.features)


def read_manifest(path: Path) -> Manifest:
    """Read a ``model.toml``; raise ModelFileError for what it can't mean."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ModelFileError(f"{path} does not exist") from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise ModelFileError(f"{path}: {error}") from None
    stated_types = get_type_hints(Manifest)
    for name, value in told.items():
        if name not in stated_types:
            raise ModelFileError(f"{path}: {name} is nothing that this version of Howdah knows")
        if not _is_a(_frozen(value), stated_types[name]):
            raise ModelFileError(f"{path}: {name} = {value!r} can't be what it means")
    needed = [field.name for field in fields(Manifest) if field.default is MISSING]
    if missing := [name for name in needed if name not in told]:
        raise ModelFileError(f"{path} states no {', '.join(missing)}")
    return manifest_of(told)


def manifest_of(stated: Mapping[str, Any]) -> Manifest:
    """The manifest of its fields, as TOML or JSON have them."""
    return Manifest(**{name: _frozen(value) for name, value in stated.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _is_a(value: Any, kind: Any) -> bool:
    """Whether a value of TOML is one of a field's declared type."""
    inner = get_args(kind)
    if kind is Any or (kind is float and type(value) is int):
        return True
    match get_origin(kind):
        case None:
            return type(value) is kind
        case origin if origin is tuple:
            return isinstance(value, tuple) and all(_is_a(each, inner[0]) for each in value)
        case origin if origin is dict:
            pairs = value.items() if isinstance(value, dict) else [(None, None)]
            return all(_is_a(k, inner[0]) and _is_a(v, inner[1]) for k, v in pairs)
        case _:
            return any(_is_a(value, each) for each in inner)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
