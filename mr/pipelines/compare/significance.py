"""Whether a difference between two models is more than chance: p-values, from counts."""

import math

__all__ = ["mcnemar", "two_proportions"]

NEGLIGIBLE = 1e-17  # of a sum


def mcnemar(one: int, other: int) -> float:
    """McNemar's exact test of two models on the same records: the two-sided p-value.

    ``one`` and ``other`` are the records that only the one, only the other has right. If both are
    equally good, each of these n records is as likely one as the other's, so that
    p = min(1, 2 P(X <= min(one, other))), X being binomial (n, 1/2). Source: McNemar 1947, "Note
    on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12.
    """
    records, fewer = one + other, min(one, other)
    log_ways = math.lgamma(records + 1) - math.lgamma(fewer + 1)
    log_ways -= math.lgamma(records - fewer + 1)
    term = math.exp(log_ways - records * math.log(2))
    total, successes = term, fewer
    while successes and term > NEGLIGIBLE * total:
        term *= successes / (records - successes + 1)
        total += term
        successes -= 1
    return min(1.0, 2 * total)


def two_proportions(
    right: int, records: int, other_right: int, other_records: int
) -> tuple[float, float] | None:
    """The z-test of two models, each on records of its own: z, and the two-sided p-value.

    z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)), p being the share of right ones among all
    n1 + n2 records; its square is Pearson's chi-squared of the 2x2 table, uncorrected. Source:
    Fleiss, Levin and Paik 2003, "Statistical Methods for Rates and Proportions", 3.1. None where
    a model has no record, or all records are right, or none is.
    """
    both, all_right = records + other_records, right + other_right
    if not records or not other_records or all_right in (0, both):
        return None
    share = all_right / both
    spread = math.sqrt(share * (1 - share) * (1 / records + 1 / other_records))
    z = (right / records - other_right / other_records) / spread
    return z, math.erfc(abs(z) / math.sqrt(2))
