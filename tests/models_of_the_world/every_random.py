"""A program for a model's environment: models made at random, inspected and held to the claims.

It gives how many could be fitted; it fails at the first of which a claim doesn't hold.
"""

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from howdah.models.interface.remote import inspect, interface_of
from tests.howdah.models.interface.claims import check_claims
from tests.howdah.models.interface.random_models import Made, fitted, made
from tests.models_of_the_world.programs import EXAMPLES

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


def main(folder: Path) -> dict[str, int]:
    """Try as many as there are to be examples."""
    settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )(compare)()
    return counts
