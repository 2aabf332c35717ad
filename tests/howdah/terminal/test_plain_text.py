"""What a file of somebody else's may have a terminal do."""

from howdah.terminal.plain_text import printable


def test_what_controls_a_terminal_is_marked_and_the_rest_stays() -> None:
    assert printable("a\x1b[2Jb\rc\n\tzürich") == "a\ufffd[2Jb\ufffdc\n\tzürich"
