"""How well readers agree with the truth, and with one another."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def intraclass_correlation(rated: NDArray[np.floating], truth: NDArray[np.floating]) -> float:
    """ICC(3,1) of two raters of N pictures: 1 they agree, 0 they do not; NaN where nothing varies.

    Shrout & Fleiss, "Intraclass correlations: uses in assessing rater reliability", Psychological Bulletin
    86(2), 1979: (BMS − EMS) / (BMS + EMS), from the mean squares between pictures and of the rest.
    """
    ratings = np.stack([np.asarray(rated, np.float64), np.asarray(truth, np.float64)], 1)  # [N, 2]
    num, num_raters = ratings.shape
    means = ratings.mean(1, keepdims=True)
    between = num_raters * ((means - ratings.mean()) ** 2).sum() / (num - 1)
    rest = ratings - means - ratings.mean(0) + ratings.mean()
    error = (rest**2).sum() / ((num - 1) * (num_raters - 1))
    if between + error == 0:
        return float("nan")
    return float((between - error) / (between + error))


def pairs_of(
    likeness: NDArray[np.floating], people: NDArray[np.integer]
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Likeness [N, N] and people [N] → of every two pictures: how alike, and whether of one person."""
    first, second = np.triu_indices(len(people), k=1)
    return likeness[first, second], people[first] == people[second]


def area_under_curve(likeness: NDArray[np.floating], same: NDArray[np.bool_]) -> float:
    """How often a pair of one person is more alike than a pair of two: 1 always, 0.5 by chance."""
    ranks = rankdata(likeness)
    num_same, num_other = int(same.sum()), int((~same).sum())
    if not num_same or not num_other:
        return float("nan")
    return float((ranks[same].sum() - num_same * (num_same + 1) / 2) / (num_same * num_other))
