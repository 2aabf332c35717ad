"""Makes the files in ``data``: small models of real libraries of several versions.

Each call runs in an environment that has the libraries, a folder of packages for Python 3.11:

    uv pip install --target /tmp/old scikit-learn==1.2.2 lightgbm==3.3.5 'numpy<1.25'
    python3 -s -S -E -B make_data.py /tmp/old old
    uv pip install --target /tmp/middle scikit-learn==1.5.2 xgboost-cpu==2.1.4 catboost==1.2.7
    python3 -s -S -E -B make_data.py /tmp/middle middle
    uv pip install --target /tmp/new scikit-learn==1.7.2 lightgbm==4.6.0 xgboost-cpu==3.1.3 \
        skl2onnx==1.19.1 onnx==1.20.1 skops==0.13.0
    python3 -s -S -E -B make_data.py /tmp/new new
"""

import pickle
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED

DATA = Path(__file__).parent / "data"


def old() -> None:
    import joblib
    from lightgbm import LGBMClassifier
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = ColumnTransformer([("n", StandardScaler(), [0, 1]), ("c", OneHotEncoder(), [2])])
    pipeline = make_pipeline(columns, RandomForestClassifier(3, max_depth=3, random_state=0))
    pipeline.fit(*rows())
    joblib.dump(pipeline, DATA / "sklearn-1.2.2.joblib")
    joblib.dump(pipeline, DATA / "sklearn-1.2.2-zlib.joblib", compress=3)
    boosted = LGBMClassifier(n_estimators=2, num_leaves=3, n_jobs=1).fit(*rows())
    (DATA / "lightgbm-3.3.5.pkl").write_bytes(pickle.dumps(boosted, protocol=2))


def middle() -> None:
    import joblib
    from catboost import CatBoostClassifier
    from xgboost import XGBClassifier

    boosted = XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(*rows())
    joblib.dump(boosted, DATA / "xgboost-2.1.4.joblib")
    boosted.save_model(DATA / "xgboost-2.1.4.json")
    cat = CatBoostClassifier(
        iterations=2, depth=2, verbose=0, thread_count=1, allow_writing_files=False
    ).fit(*rows())
    cat.save_model(DATA / "catboost-1.2.7.cbm")


def new() -> None:
    import numpy
    import skops.io
    from lightgbm import LGBMClassifier
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from xgboost import XGBClassifier

    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(*rows())
    skops.io.dump(pipeline, DATA / "sklearn-1.7.2.skops", compression=ZIP_DEFLATED)
    (DATA / "sklearn-1.7.2.pkl").write_bytes(pickle.dumps(pipeline, protocol=5))
    onnx = to_onnx(pipeline, rows()[0][:1].astype(numpy.float32), options={"zipmap": False})
    (DATA / "pipeline.onnx").write_bytes(onnx.SerializeToString())
    boosted = LGBMClassifier(n_estimators=2, num_leaves=3, n_jobs=1).fit(*rows())
    boosted.booster_.save_model(DATA / "lightgbm-4.6.0.txt")
    XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(*rows()).save_model(
        DATA / "xgboost-3.1.3.ubj"
    )


def rows():
    import numpy

    values = numpy.random.default_rng(0).normal(size=(60, 3))
    values[:, 2] = numpy.arange(60) % 3
    return values, (values[:, 0] > 0).astype(int)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    {"old": old, "middle": middle, "new": new}[sys.argv[2]]()
