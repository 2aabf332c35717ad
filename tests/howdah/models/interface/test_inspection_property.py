"""Whatever a model is made of: what is learned of it is what it was trained with and answers."""

import os

from hypothesis import HealthCheck, event, given, settings

from tests.howdah.models.interface.claims import check_claims
from tests.howdah.models.interface.random_models import Made, fitted, made

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "200"))


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(made())
def test_what_is_learned_of_a_model_is_what_it_was_trained_with_and_answers(sample: Made) -> None:
    model = fitted(sample)
    if model is None:
        return
    interface = check_claims(model, sample.table, sample.given)
    event(f"kind {interface.kind}")
    known = [feature.type for feature in interface.features]
    event(f"types {'known' if all(known) else 'unknown in part'}")
