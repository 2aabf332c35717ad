"""PySpark on YARN, submitted cold: ``with_spark.py SOURCE MODEL TARGET``.

Tuned: one executor with all cores, which starts sooner than one a core; Spark's jars and Python
files are used where they are installed, so none is uploaded or copied; heartbeats as often as
Howdah's. Lines travel as text, one column: a batch is as many as Howdah's blocks hold, and comes
back as one value.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyspark
from pyspark.sql import SparkSession
from scoring import BLOCK, open_results, score

HOME = Path(pyspark.__file__).parent


def main(source: str, model: str, target: str) -> None:
    """Score ``source``."""
    with Path(source).open("rb") as file:
        rows = BLOCK // len(file.readline())
    spark = session(rows)
    hadoop = spark._jvm.org.apache.hadoop
    path = hadoop.fs.Path
    files = hadoop.fs.FileSystem.get(spark._jsc.hadoopConfiguration())
    folder = f"peers-{os.getpid()}"
    files.copyFromLocalFile(path(source), path(f"{folder}/input"))

    def scored(frames: Iterator[Any]) -> Iterator[Any]:
        import pandas

        for frame in frames:
            data = ("\n".join(frame["value"]) + "\n").encode()
            yield pandas.DataFrame({"value": [score(data, model).decode()[:-1]]})

    lines = spark.read.text(f"{folder}/input", lineSep="\n")
    lines.mapInPandas(scored, "value string").write.text(f"{folder}/output")
    open_results(target).close()
    merged = spark._jvm.java.io.FileOutputStream(f"{target}/scores.tsv", True)
    for part in sorted(
        str(status.getPath()) for status in files.globStatus(path(f"{folder}/output/part-*"))
    ):
        hadoop.io.IOUtils.copyBytes(files.open(path(part)), merged, BLOCK, False)
    merged.close()
    files.delete(path(folder), True)
    spark.stop()


def session(rows: int) -> SparkSession:
    """Spark on YARN, with batches of ``rows``."""
    cores = os.cpu_count() or 1
    java = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    settings = {
        "spark.master": "yarn",
        "spark.submit.deployMode": "client",
        "spark.executor.instances": "1",
        "spark.executor.cores": str(cores),
        "spark.executor.memory": "1g",
        "spark.executor.memoryOverhead": f"{512 * cores}m",
        "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"],
        "spark.driver.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": java,
        "spark.yarn.am.extraJavaOptions": java,
        "spark.yarn.jars": f"local:{HOME}/jars/*",
        "spark.yarn.scheduler.heartbeat.interval-ms": "100",
        "spark.yarn.scheduler.initial-allocation.interval": "100ms",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(rows),
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.appName("howdah's peer")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


if __name__ == "__main__":
    main(*sys.argv[1:])
