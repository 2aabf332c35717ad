"""The registry: every pipeline that can be run, declared here and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass

from mr.counting.tally import Tally
from mr.pipelines.scorers import SCORERS
from mr.scoring.scorer import Scorer

__all__ = ["PIPELINES", "Option", "Pipeline"]


@dataclass(frozen=True)
class Option:
    """What a user may set of a pipeline: ``--name VALUE``; ``file``: it names one."""

    name: str
    about: str
    default: str = ""
    file: bool = False


@dataclass(frozen=True)
class Pipeline:
    """What can be run: ``scorer``, or ``tally`` where it counts instead of scoring, imports the
    pipeline's module, in the task that needs it.

    ``input`` says what a record is, ``output`` what is in the file ``results``; ``example`` is a
    command; ``model`` is the default; ``table`` says whether inputs have columns rather than
    texts, ``columnar`` whether they may be Parquet and Feather.
    """

    name: str
    about: str
    input: str
    results: str
    output: str
    example: str
    scorer: Callable[[], type[Scorer]] | None = None
    tally: Callable[[], type[Tally]] | None = None
    model: str | None = None
    table: bool = False
    columnar: bool = False
    options: tuple[Option, ...] = ()

    @property
    def takes_models(self) -> bool:
        """Whether it takes several models: those that its option ``models`` names."""
        return any(option.name == "models" for option in self.options)


SPELLING = (
    Option("decimal", "the table's decimal mark: , or a point (default: a point)"),
    Option("thousands", "what stands between thousands in the table's numbers, such as ."),
    Option("missing", "texts that are missing values, too, between commas: --missing=-,999"),
)


def _wordcount() -> type[Tally]:
    from mr.pipelines.wordcount import WordCount

    return WordCount


def _evaluate() -> type[Tally]:
    from mr.pipelines.evaluate.pipeline import Evaluate

    return Evaluate


def _compare() -> type[Tally]:
    from mr.pipelines.compare.pipeline import Compare

    return Compare


def _column_means() -> type[Tally]:
    from mr.pipelines.column_means.pipeline import ColumnMeans

    return ColumnMeans


def _root_reduce() -> type[Tally]:
    from mr.pipelines.root_reduce.pipeline import RootReduce

    return RootReduce


def _requests_by_os() -> type[Tally]:
    from mr.pipelines.requests_by_os.pipeline import RequestsByOs

    return RequestsByOs


PIPELINES = {
    pipeline.name: pipeline
    for pipeline in (
        Pipeline(
            name="moderation",
            about="texts, one a line: how likely is each to be offensive?",
            input="any text",
            results="scores.tsv",
            output="score, label, text",
            example="bin/submit examples/comments.txt",
            scorer=SCORERS["moderation"],
            model="moderation",
        ),
        Pipeline(
            name="tabular",
            about="CSV, TSV or JSON-lines records, with a model of yours",
            input="a row of a table, or a JSON object",
            results="scores.tsv",
            output="the input's columns, then score and label (or a column a class)",
            example="bin/submit examples/customers-february.csv --model churn",
            scorer=SCORERS["tabular"],
            table=True,
            columnar=True,
            options=SPELLING,
        ),
        Pipeline(
            name="text",
            about="texts, one a line, with a model of yours that takes texts",
            input="any text",
            results="scores.tsv",
            output="score and label (or a column a class), text",
            example="bin/submit examples/tickets.txt --model urgency",
            scorer=SCORERS["text"],
        ),
        Pipeline(
            name="evaluate",
            about="scored records with their truth: how good were the predictions?",
            input="a row of a table, or a JSON object: the truth, a score (or score_ a class), or"
            " a predicted number",
            results="summary.json",
            output="confusion matrix, accuracy, precision, recall, F1, ROC AUC and more, or R² and"
            " errors; plots; with --worst, worst.tsv",
            example="bin/submit results/february/scores.tsv --pipeline evaluate --truth churned",
            tally=_evaluate,
            columnar=True,
            options=(
                Option("truth", "the column that says what came true (needed)"),
                Option("score", "the positive truth's score (default: as the scoring job says)"),
                Option("positive", "the truth that scores are for (default: as that job says)"),
                Option("threshold", "scores above it say the positive truth (default: by label)"),
                Option("kind", "classes or regression (default: as that job says, or classes)"),
                Option("decimals", "round scores to these, or take them exact", "exact"),
                Option("labels", "a CSV or TSV file that has the truth, joined by --id", file=True),
                Option("id", "the column that the input and the labels have"),
                Option("worst", "so many records that are furthest from the truth, as a file"),
                *SPELLING,
            ),
        ),
        Pipeline(
            name="compare",
            about="records scored by several models: do they agree, and which is better?",
            input="a record of the models' pipeline: a row of a table, a JSON object, a text",
            results="scores.tsv",
            output="the input's columns, then score_ and label_ a model (or model, score, label)",
            example="bin/submit examples/customers-february.csv --pipeline compare"
            " --models churn,churn2",
            tally=_compare,
            columnar=True,
            options=(
                Option("models", "two or more, of the same kind, with the same labels (needed)"),
                Option(
                    "weights", "score each record with one model alone: 90,10 is how many meet each"
                ),
                Option("id", "with --weights: the same value meets the same model, in every job"),
                Option("truth", "the column that says what came true: one of the labels"),
                Option(
                    "threshold",
                    "scores above it say the positive label (default: each model's own)",
                ),
                *SPELLING,
            ),
        ),
        Pipeline(
            name="requests-by-os",
            about="access logs of web servers: requests by operating system, hour, status",
            input="a request in an access log: of CloudFront, IIS, Apache, nginx, Caddy, S3 or ALB",
            results="counts.tsv",
            output="a column for each of --by, then requests and, if all logs tell them, bytes",
            example="bin/submit 'examples/logs/*.gz' --pipeline requests-by-os --by os,status",
            tally=_requests_by_os,
            options=(
                Option("by", "columns to count by: os, hour, day, status, method, edge", "os"),
                Option("from", "count no earlier requests: 2026-03-14 or 2026-03-14T09:26:53"),
                Option("to", "count only requests before this"),
            ),
        ),
        Pipeline(
            name="column-means",
            about="files of numbers: at each index, the mean over all of the files",
            input="a file: one number a line, gzip too, or a one-dimensional .npy",
            results="means.tsv",
            output="index, mean (17 digits, correctly rounded)",
            example="bin/submit 'examples/runs/*.npy' --pipeline column-means",
            tally=_column_means,
            options=(Option("pad", "the number that shorter files have where they end sooner"),),
        ),
        Pipeline(
            name="root-reduce",
            about="ROOT files of events: those that pass cuts, with a few columns of theirs",
            input="a file: ROOT, with a TTree or an RNTuple of numbers and of lists of numbers",
            results="reduced.parquet",
            output="the events that are left, in input order; cut flow, histogram",
            example="bin/submit 'examples/events/*.root' --pipeline root-reduce"
            " --selection examples/dimuon.toml",
            tally=_root_reduce,
            options=(
                Option("selection", "a TOML file: columns, cuts, what is kept (needed)", file=True),
                Option("tree", "the tree's name (default: the selection's, or Events)"),
                Option("format", "of the result: parquet, root or csv", "parquet"),
            ),
        ),
        Pipeline(
            name="wordcount",
            about="texts, one a line: how often is each word in them?",
            input="any text",
            results="counts.tsv",
            output="word, count",
            example="bin/submit examples/comments.txt --pipeline wordcount",
            tally=_wordcount,
        ),
    )
}
