"""The columns of JSON lines: their keys, and the features that stand within these."""

from collections.abc import Sequence

from howdah.errors import ModelError, UsageError
from howdah.inputs.columns import Columns
from howdah.inputs.header import list_names, visible_name
from howdah.inputs.inner_features import find_inner_features, leaves, lists_of_numbers
from howdah.inputs.input_file import Head, InputFile
from howdah.inputs.json_keys import Keys, find_keys
from howdah.inputs.spelling import Spelling
from howdah.suggestions import closest_name
from mr.models.manifest import Manifest
from mr.records.column_names import free_name

__all__ = ["columns_of_json"]

OTHERS = "other_keys"


def columns_of_json(
    sources: Sequence[InputFile], heads: Sequence[Head], manifest: Manifest, spelling: Spelling
) -> Columns:
    """The keys of the first records; ModelError where the model needs more than there is."""
    if spelling.options:
        raise UsageError(
            f"{sources[0].name} is JSON, and --{spelling.options[0][0]} is for CSV and TSV",
            hint="JSON has numbers with a point, and null for what is missing: leave it out",
        )
    keys = find_keys(sources, heads)
    inner = find_inner_features(sources[0].name, keys.records, manifest)
    found = {*keys.names, *(value.name for value in inner)}
    for name in manifest.features:
        if name not in found:
            raise _lacks(name, keys, manifest)
    others = free_name(OTHERS, keys.names) if keys.go_on else ""
    names = (*keys.names, others) if others else keys.names
    return Columns("json", "", names, header=False, others=others, inner=inner)


def _lacks(feature: str, keys: Keys, manifest: Manifest) -> ModelError:
    """What is said of JSON without a feature."""
    unknown = [name for name in keys.names if name not in manifest.features]
    near = closest_name(feature, [*unknown, *leaves(keys.records)])
    lists = [
        f"{'.'.join(path)} is a list of {' or '.join(map(str, sorted(lengths)[:3]))} numbers"
        for path, lengths in lists_of_numbers(keys.records).items()
    ]
    hint = f"did you mean {visible_name(near)}? " if near else ""
    if lists:
        hint += (
            f"{'; '.join(lists[:3])}, which are features that are called as it is, with _0, _1, …"
            " behind: all of them or none; "
        )
    return ModelError(
        f"{keys.among} has {feature}, which model {manifest.name} needs; their keys are"
        f" {list_names(keys.names)}",
        hint=f'{hint}if it is missing in all of them, one has to say so: "{feature}": null',
    )
