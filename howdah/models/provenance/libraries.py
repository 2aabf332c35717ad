"""Which distribution a module belongs to, of those that models are made with."""

import re
import sys
from _compat_pickle import IMPORT_MAPPING

__all__ = ["canonical_name", "distribution_of", "is_standard"]

# Where a distribution isn't called as its module
DISTRIBUTIONS = {
    "PIL": "pillow",
    "_catboost": "catboost",
    "_loss": "scikit-learn",  # as compiled losses of its boosted trees are called in pickles
    "autosklearn": "auto-sklearn",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dirty_cat": "dirty-cat",
    "feature_engine": "feature-engine",
    "imblearn": "imbalanced-learn",
    "sentence_transformers": "sentence-transformers",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "sklearn_crfsuite": "sklearn-crfsuite",
    "sklearn_extra": "scikit-learn-extra",
    "sklearn_pandas": "sklearn-pandas",
    "sklearnex": "scikit-learn-intelex",
    "skopt": "scikit-optimize",
    "sksurv": "scikit-survival",
    "umap": "umap-learn",
    "unidecode": "unidecode",
    "yaml": "pyyaml",
}
# And those that are
SAME_NAME = {
    "catboost", "category_encoders", "cloudpickle", "daal4py", "dill", "econml", "emoji",
    "flaml", "gensim", "hdbscan", "interpret", "joblib", "lifelines", "lightgbm", "mapie",
    "mlxtend", "nltk", "ngboost", "numba", "numpy", "onnxruntime", "optbinning", "optuna",
    "pandas", "patsy", "pmdarima", "polars", "prophet", "pyarrow", "pygam", "pyod", "pytz",
    "regex", "scikeras", "scipy", "shap", "skops", "skorch", "skrub", "snowballstemmer",
    "sortedcontainers", "spacy", "statsmodels", "sympy", "tpot", "transformers", "tsfresh",
    "tzlocal", "xgboost",
}  # fmt: skip
# Distributions that have one and the same library
ALIASES = {"xgboost-cpu": "xgboost"}
STANDARD = sys.stdlib_module_names | IMPORT_MAPPING.keys()  # and Python 2's names, in old protocols


def distribution_of(module: str) -> str | None:
    """The distribution that has ``module``; None for its maker's own.

    Names are as ``canonical_name`` writes them.
    """
    top = module.partition(".")[0]
    return top.replace("_", "-") if top in SAME_NAME else DISTRIBUTIONS.get(top)


def is_standard(module: str) -> bool:
    """Whether it comes with Python."""
    return module.partition(".")[0] in STANDARD or module in STANDARD


def canonical_name(distribution: str) -> str:
    """As indexes compare names; distributions of one library are called alike."""
    name = re.sub(r"[-_.]+", "-", distribution).lower()
    return ALIASES.get(name, name)
