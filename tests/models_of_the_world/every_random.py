"""A program for a model's environment: models made at random, inspected and held to the claims.

``every_random.py ENVIRONMENT LIBRARIES EXAMPLES``, by the base interpreter; ``LIBRARIES`` is a
folder that has hypothesis, and comes last. On stdout, as JSON: how many models could be fitted.
"""

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[:1] = [str(Path(__file__).parents[2]), sys.argv[1]]
    sys.path.append(sys.argv[2])

from hypothesis import HealthCheck, given, settings

from howdah.models.interface.remote import inspect, interface_of
from tests.howdah.models.interface.claims import check_claims
from tests.howdah.models.interface.random_models import Made, fitted, made

counts = {"fitted": 0, "of known types": 0}


@given(made())
def compare(sample: Made) -> None:
    model = fitted(sample)
    if model is None:
        return
    interface = interface_of(json.loads(json.dumps(inspect(model))))
    check_claims(model, sample.table, sample.given, interface)
    counts["fitted"] += 1
    counts["of known types"] += all(feature.type for feature in interface.features)


def main() -> None:
    settings(
        max_examples=int(sys.argv[3]),
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )(compare)()
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
