"""One thread for a model, whatever it was saved with: threads add in any order, and the runner
starts a task a core."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["ONE_THREAD", "one_thread"]

# for libraries that are loaded later
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "LOKY_MAX_CPU_COUNT",
    ),
    "1",
)
BACKENDS = ("loky", "threading", "multiprocessing")


@contextmanager
def one_thread() -> Iterator[None]:
    """Meanwhile joblib runs what it is given in this thread, one after the other, whatever
    ``n_jobs`` and backend say, and the libraries that are loaded use one thread."""
    from joblib import parallel, parallel_config, register_parallel_backend

    before = dict(parallel.BACKENDS)
    for name in BACKENDS:  # some of scikit-learn's functions ask for one by its name
        register_parallel_backend(name, parallel.SequentialBackend)
    try:
        with parallel_config(backend="sequential"), _pools().limit(limits=1):
            yield
    finally:
        parallel.BACKENDS.update(before)


@cache
def _pools() -> Any:
    """The thread pools of the libraries that are loaded with the model; a look takes 2 ms."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
