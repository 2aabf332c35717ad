"""One thread for a model, whatever it was saved with: threads add in any order, and the runner
starts a task a core."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
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
        "OMP_THREAD_LIMIT",  # for those that ask for threads by themselves
    ),
    "1",
)
BACKENDS = ("loky", "threading", "multiprocessing")


@contextmanager
def one_thread() -> Iterator[None]:
    """Meanwhile joblib runs what it is given in this thread, one after the other, whatever
    ``n_jobs`` and backend say, and the libraries that are loaded use one thread.

    An environment without scikit-learn may have neither joblib nor threadpoolctl.
    """
    with _sequential_joblib(), _limited_pools():
        yield


@contextmanager
def _sequential_joblib() -> Iterator[None]:
    try:
        from joblib import parallel
    except ImportError:
        yield
        return
    before = dict(parallel.BACKENDS)
    for name in BACKENDS:  # some of scikit-learn's functions ask for one by its name
        parallel.register_parallel_backend(name, parallel.SequentialBackend)
    try:
        if hasattr(parallel, "parallel_config"):
            with parallel.parallel_config(backend="sequential"):
                yield
        else:  # joblib 1.2
            with parallel.parallel_backend("sequential"):
                yield
    finally:
        parallel.BACKENDS.update(before)


def _limited_pools() -> AbstractContextManager[object]:
    pools = _pools()
    return pools.limit(limits=1) if pools else nullcontext()


@cache
def _pools() -> Any:
    """The thread pools of the libraries that are loaded with the model; a look takes 2 ms."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
