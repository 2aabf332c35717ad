"""What YARN's web services answer, as it is read."""

import pytest

from howdah.yarn import log_contents

FRAMED = """Container: container_1795291872535_0003_01_000001 on localhost:8042
LogAggregationType: LOCAL
================================================================================
LogType:stderr
LogLastModifiedTime:Sat Nov 21 20:11:58 +0000 2026
LogLength:{length}
LogContents:
{log}
End of LogType:stderr
********************************************************************************
"""


@pytest.mark.parametrize(
    ("page", "log"),
    [
        (FRAMED.format(log="howdah: at: input a\n", length=20), "howdah: at: input a\n"),
        (FRAMED.format(log="", length=0), ""),
        ("Can not find logs for container:container_1795291872535_0003_01_000001", None),
        (FRAMED.format(log="howdah: at: inp", length=20).partition("\nEnd of")[0], None),
    ],
    ids=["log", "empty log", "not collected yet", "cut off"],
)
def test_log_contents(page: str, log: str | None) -> None:
    """A page without a whole log in it is not an empty log: it is asked for again."""
    assert log_contents(page) == log
