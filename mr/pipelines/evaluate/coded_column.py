"""A column of truths or labels: the class of each record, and how it is spelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.evaluation.class_names import ClassNames

__all__ = ["CodedColumn"]


@dataclass(frozen=True)
class CodedColumn:
    """n records by the place of their spelling (n,) among the distinct ``spellings``, each of which
    is of a class in ``classes``: '' where it is missing."""

    spellings: Sequence[str]
    classes: Sequence[str]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, texts: Any, names: ClassNames) -> "CodedColumn":
        """From n texts (n,)."""
        import pyarrow as pa

        coded = pa.array(texts, pa.string()).dictionary_encode()
        spellings = coded.dictionary.to_pylist()
        codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        return cls(spellings, [names.name(text) for text in spellings], codes)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which records have none (n,)."""
        return self.are("")

    def are(self, name: str) -> NDArray[np.bool_]:
        """Which records are of this class (n,)."""
        return np.array([each == name for each in self.classes], np.bool_)[self.codes]

    def take(self, rows: NDArray[np.bool_]) -> "CodedColumn":
        """Some of the records."""
        return CodedColumn(self.spellings, self.classes, self.codes[rows])
