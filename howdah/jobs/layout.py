"""The names in a job's folder, here and in HDFS."""

__all__ = [
    "CODE",
    "DISK_RESERVE",
    "JOBS",
    "KEEP",
    "LISTS",
    "MERGED",
    "MODELS",
    "MODEL_LINKS",
    "PREPARED",
    "RUN_LOCK",
    "RUN_LOG",
    "SENT",
    "SUBMIT_LOCK",
    "SUCCESS",
    "TASKS",
]

CODE = "mr.zip"  # in a job's folder, what its tasks import
MODEL_LINKS = "models"  # and links to the models that they load
DISK_RESERVE = "reserve"  # bytes that its launcher frees to tell of a full disk
MERGED = "merged.json"  # its summary, merged from what its tasks counted
RUN_LOCK = "run"
RUN_LOG = "run.log"
SUBMIT_LOCK = "submit"
TASKS = "tasks"  # mrjob's own folder, in the local runner
PREPARED = "prepared"  # what a pipeline made for its tasks
LISTS = "lists"  # of whole files, one a task
JOBS = "/howdah/jobs"  # in HDFS, a folder for each job
MODELS = "/howdah/models"  # and one for each model that a job has had
SENT = "mrjob"  # in a job's folder: what mrjob has its tasks sent
SUCCESS = "_SUCCESS"  # a file of an output that is whole
KEEP = "_KEEP"  # an empty file in a job's folder: its results stay however old they are
