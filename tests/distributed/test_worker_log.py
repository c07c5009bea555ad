"""The last lines of what a worker has printed are read as a terminal shows them."""

from __future__ import annotations

from pathlib import Path

from kwidgets.distributed.remote.worker_log import MAX_CHARACTERS, MAX_LINES, read_end


def test_a_log_is_read_from_its_end_and_only_if_it_has_grown(tmp_path: Path):
    path = tmp_path / "rank-1.log"
    empty = read_end(path, 1)
    assert empty is not None and (empty["text"], empty["size"]) == ("", 0)
    path.write_text("".join(f"line {number}\n" for number in range(20_000)))
    log = read_end(path, 1, empty["size"])
    assert log is not None and log["cut"]
    assert log["text"].splitlines()[-1] == "line 19999"
    assert len(log["text"].splitlines()) == MAX_LINES
    assert read_end(path, 1, log["size"]) is None


def test_progress_bars_and_colours_are_as_on_a_terminal(tmp_path: Path):
    path = tmp_path / "rank-0.log"
    path.write_bytes("1/3\r2/3\r3/3\r\n\x1b[1mbold\x1b[0m \x1b]0;title\x07é\n".encode() + b"\xff\n")
    log = read_end(path, 0)
    assert log is not None and not log["cut"]
    assert log["text"] == "3/3\nbold é\n�"


def test_a_line_without_end_is_cut(tmp_path: Path):
    path = tmp_path / "rank-0.log"
    path.write_text("x" * 100_000)
    log = read_end(path, 0)
    assert log is not None and log["cut"]
    assert len(log["text"]) == MAX_CHARACTERS
