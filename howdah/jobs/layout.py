"""The names in a job's folder, here and in HDFS."""

__all__ = [
    "CODE",
    "JOBS",
    "KEEP",
    "LISTS",
    "MODELS",
    "MODEL_LINKS",
    "PREPARED",
    "RESERVE",
    "RUN_LOCK",
    "RUN_LOG",
    "SENT",
    "SUBMIT_LOCK",
    "SUCCESS",
    "TASKS",
]

CODE = "mr.zip"  # in a job's folder, what its tasks import
MODEL_LINKS = "models"  # and links to the models that they load
RESERVE = "reserve"  # bytes that its launcher frees to tell of a full disk
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
