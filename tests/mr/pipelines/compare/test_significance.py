"""p-values, against scipy's."""

import pytest
from scipy import stats

from mr.pipelines.compare.significance import mcnemar, two_proportions


@pytest.mark.parametrize(
    ("one", "other"),
    [(0, 0), (0, 1), (3, 3), (4, 3), (5, 12), (0, 40), (510, 590), (40_000, 41_000), (10, 10**6)],
)
def test_mcnemar_is_a_binomial_test(one: int, other: int) -> None:
    """Of the records that one model alone has right."""
    wanted = stats.binomtest(one, one + other).pvalue if one + other else 1.0
    assert mcnemar(one, other) == pytest.approx(wanted, rel=1e-7, abs=1e-300)
    assert mcnemar(other, one) == mcnemar(one, other)


@pytest.mark.parametrize("counts", [(80, 100, 70, 100), (8, 9, 900, 1000), (1, 10**6, 9, 10**6)])
def test_two_proportions_are_a_chi_squared_test(counts: tuple[int, int, int, int]) -> None:
    """Uncorrected, of right and wrong records by model."""
    right, records, other_right, other_records = counts
    tested = two_proportions(*counts)
    assert tested
    z, p_value = tested
    wanted = stats.chi2_contingency(
        [[right, records - right], [other_right, other_records - other_right]], correction=False
    )
    assert (z**2, p_value) == pytest.approx((wanted.statistic, wanted.pvalue), rel=1e-9)
    assert (z > 0) == (right / records > other_right / other_records)


@pytest.mark.parametrize("counts", [(0, 0, 1, 2), (2, 2, 3, 3), (0, 2, 0, 3)])
def test_proportions_that_tell_nothing_have_no_test(counts: tuple[int, int, int, int]) -> None:
    """Of no records, or where all are alike."""
    assert two_proportions(*counts) is None
