"""The roof of Parquet: rows read, predicted and written by pyarrow, and nothing else done.

Run as ``plain_columnar.py WRITER SOURCE TARGET MODEL``. WRITER is ``csv``, pyarrow's own, or
``join``, which joins its texts.
"""

import os
import sys
from typing import IO, Any

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402

ROWS = 16384  # as fast as more, in less memory


def main(writer: str, source: str, target: str, model: str) -> None:
    """Score ``source`` into ``target``."""
    sys.modules["pandas"] = None  # type: ignore[assignment]
    import sklearn  # noqa: F401

    del sys.modules["pandas"]
    import joblib
    import pyarrow as pa
    from pyarrow import parquet

    loaded = joblib.load(model)
    with open(target, "wb") as out:  # noqa: PTH123
        for batch in parquet.ParquetFile(source).iter_batches(ROWS, use_threads=False):
            columns = [column.to_numpy() for column in batch.columns[: loaded.n_features_in_]]
            chances = loaded.predict_proba(np.column_stack(columns))[:, 1]
            label = pa.array(np.array(["no", "yes"], object)[(chances > 0.5).astype(int)])
            (write_csv if writer == "csv" else write_joined)(out, batch, chances, label)


def write_csv(out: IO[bytes], batch: Any, chances: Any, label: Any) -> None:
    """Write lines by pyarrow's CSV writer."""
    from pyarrow import csv

    written = batch.append_column("score", scores_of(chances)).append_column("label", label)
    options = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    csv.write_csv(written, out, options)


def write_joined(out: IO[bytes], batch: Any, chances: Any, label: Any) -> None:
    """Write lines by joining columns of texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [column.cast(pa.string()) for column in batch.columns]
    ends = pc.binary_join_element_wise(label, "", "\n")
    lines = pc.binary_join_element_wise(*texts, scores_of(chances), ends, "\t")
    out.write(lines.buffers()[2])


def scores_of(chances: Any) -> Any:
    """Chances of six decimals."""
    import pyarrow as pa

    from mr.scoring.fixed_point import digits

    cells = digits(np.rint(chances * 1e6).astype(np.int64), 6)
    return pa.array([cell.decode() for cell in cells])


if __name__ == "__main__":
    main(*sys.argv[1:])
