"""An mrjob job as most begin: a record at a time, on the cluster through mrjob's own runner.

Run as ``naive.py SOURCE --target TARGET --model MODEL`` and mrjob's options; tasks get this file.
"""

from collections.abc import Iterator

import joblib
from mrjob.job import MRJob
from mrjob.protocol import RawValueProtocol


class Naive(MRJob):
    """``line`` in, scored line out."""

    OUTPUT_PROTOCOL = RawValueProtocol

    def configure_args(self) -> None:
        super().configure_args()
        self.add_passthru_arg("--target")
        self.add_file_arg("--model")

    def mapper_init(self) -> None:
        self.model = joblib.load(self.options.model)

    def mapper(self, _: None, line: str) -> Iterator[tuple[None, str]]:
        fields = line.split(",")
        chance = self.model.predict_proba([[float(field) for field in fields]])[0, 1]
        label = "yes" if chance > 0.5 else "no"
        yield None, "\t".join([*fields, f"{chance:.6f}", label])

    def run_job(self) -> None:
        """Run it on the cluster, then merge its results."""
        from scoring import open_results

        with self.make_runner() as runner, open_results(self.options.target) as results:
            runner.run()
            for part in sorted(runner.fs.ls(f"{runner.get_output_dir()}/part-*")):
                results.writelines(runner.fs.cat(part))


if __name__ == "__main__":
    Naive.run()
