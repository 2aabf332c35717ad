"""Dask on this machine alone: ``with_dask.py SOURCE MODEL TARGET``.

Tuned: a process a core over blocks of bytes, without a server (``distributed`` starts later);
processes are forked once the model is loaded, which saves each its own imports.
"""

import os
import sys

import dask
from dask.bytes import read_bytes
from scoring import BLOCK, load, open_results, score


def main(source: str, model: str, target: str) -> None:
    """Score ``source``."""
    load(model)
    dask.config.set({"multiprocessing.context": "fork"})
    _, (blocks,) = read_bytes(source, delimiter=b"\n", blocksize=BLOCK, sample=False)
    scored = [dask.delayed(score)(block, model) for block in blocks]
    with open_results(target) as results:
        results.writelines(dask.compute(*scored, scheduler="processes", num_workers=os.cpu_count()))


if __name__ == "__main__":
    main(*sys.argv[1:])
