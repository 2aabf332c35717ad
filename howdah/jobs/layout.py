"""The names in a job's folder, here and in HDFS: nobody else spells them."""

__all__ = [
    "CODE",
    "DISK_RESERVE",
    "INPUT",
    "JOBS",
    "KEEP",
    "LISTS",
    "MARKS",
    "MERGED",
    "MODELS",
    "MODEL_LINKS",
    "OUTPUT",
    "PREPARED",
    "RECORD",
    "RECORD_LOCK",
    "REJECTED",
    "RUN_LOCK",
    "RUN_LOG",
    "SCORES",
    "SENT",
    "SUBMIT_LOCK",
    "SUCCESS",
    "TASKS",
    "hdfs_folder",
    "index_file",
    "lock_file",
]

# Where its tasks run: in HDFS, or on this machine
INPUT = "input"
OUTPUT = "output"
SCORES = "output/scores"  # part files, as these
REJECTED = "output/rejected"
SUCCESS = "_SUCCESS"  # a file of an output that is whole
LISTS = "lists"  # of whole files, one a task
KEEP = "_KEEP"  # an empty file: its results stay however old they are
SENT = "mrjob"  # what mrjob has its tasks sent

# On this machine alone
RECORD = "job.json"
MARKS = "marks"
MERGED = "merged.json"  # its summary, merged from what its tasks counted
RUN_LOG = "run.log"
CODE = "mr.zip"  # what its tasks import
MODEL_LINKS = "models"  # links to the models that they load
PREPARED = "prepared"  # what a pipeline made for its tasks
DISK_RESERVE = "reserve"  # bytes that its launcher frees to tell of a full disk
TASKS = "tasks"  # mrjob's own folder, in the local runner

# Its locks, and the lock of all jobs of one who submits
RECORD_LOCK = "record"  # held while its record is changed
RUN_LOCK = "run"  # held by its launcher
SUBMIT_LOCK = "submit"  # held by who stores its input

# In HDFS, folders of all jobs
JOBS = "/howdah/jobs"  # with a folder for each job
MODELS = "/howdah/models"  # with one for each model that a job has had


def hdfs_folder(job_id: str) -> str:
    """A job's folder in HDFS."""
    return f"{JOBS}/{job_id}"


def index_file(stored: str) -> str:
    """The name of what tells of the files that the stored input is a pack of."""
    return f"files-{stored}"


def lock_file(lock: str) -> str:
    """The name of the file that is the lock."""
    return f"{lock}.lock"
