"""A program for a model's environment: what is learned of every model of its scikit-learn.

``every_interface.py ENVIRONMENT [MODEL...]``, by the base interpreter. On stdout, as JSON: for each
model and table a list of what ``inspect`` answers; a claim that doesn't hold is in it as ``fails``.
Of models that are named, one table alone is used.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:1] = [str(Path(__file__).parents[2]), sys.argv[1]]

from howdah.models.interface.remote import inspect, interface_of
from tests.howdah.models.interface.claims import check_claims
from tests.howdah.models.interface.every_model import PREDICTORS, TABLES, fitted


def learned(model: Any, table: Any) -> dict[str, Any]:
    """What ``inspect`` answers, put through JSON, and whether each claim of it holds."""
    answer: dict[str, Any] = json.loads(json.dumps(inspect(model)))
    try:
        check_claims(model, table, interface=interface_of(answer))
    except Exception as error:
        return answer | {"fails": f"{type(error).__name__}: {error}"}
    return answer


def main() -> None:
    warnings.simplefilter("ignore")
    found = {
        f"{name} of {kind}": [learned(model, table) for model in fitted(name, table)]
        for name in sys.argv[2:] or PREDICTORS
        for kind, table in TABLES.items()
        if kind == "integers" or not sys.argv[2:]
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
