"""What a model reveals of its columns, and what its owner states."""

import pytest

from howdah.errors import UsageError
from howdah.models.interface.model_interface import Feature, ModelInterface
from howdah.models.manifest_fields import resolve_features


def test_columns_of_one_name_are_refused() -> None:
    names = ("age", "income", "age")
    interface = ModelInterface(
        features=tuple(Feature(name, "number", "StandardScaler") for name in names),
        input="array",
        kind="regression",
        score="predict",
        labels=(),
        positive=0,
        threshold=None,
        threshold_scale="",
        labels_from="",
        outputs=1,
        output_labels=(),
    )
    with pytest.raises(UsageError, match="several columns that are called age:"):
        resolve_features(interface, {}, all_named=False)
