"""Named cursors: published, read back, respected."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.errors import LogError
from clew.eventlog import Cursor, CursorFile, published_cursors


def test_cursors_compare_by_place():
    assert Cursor() < Cursor(1, 0) < Cursor(1, 5) < Cursor(2, 0)


def test_published_and_read_back(tmp_path: Path):
    CursorFile(tmp_path, "warehouse").write(Cursor(3, 17))
    CursorFile(tmp_path, "warehouse").write(Cursor(4, 1))
    CursorFile(tmp_path, "live").write(Cursor(2, 0))
    assert CursorFile(tmp_path, "warehouse").read() == Cursor(4, 1)
    assert published_cursors(tmp_path) == {"live": Cursor(2, 0), "warehouse": Cursor(4, 1)}


def test_the_beginning_before_anything_is_published(tmp_path: Path):
    assert CursorFile(tmp_path, "warehouse").read() == Cursor()
    assert published_cursors(tmp_path) == {}


@pytest.mark.parametrize("name", ["", "../x", "A", "a/b", "-a", "a" * 65])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match="cursor name"):
        CursorFile(tmp_path, name)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1,2]", b'{"chunk":"a"}', b"\xff"])
def test_a_damaged_file_is_an_error_that_says_what_to_do(tmp_path: Path, content: bytes):
    cursor = CursorFile(tmp_path, "warehouse")
    cursor.write(Cursor(1, 1))
    cursor.path.write_bytes(content)
    with pytest.raises(LogError, match=r"warehouse.json: expected a cursor.*delete the file"):
        cursor.read()


def test_what_cannot_be_written_is_an_error(tmp_path: Path):
    (tmp_path / "cursors").write_text("a file where the folder should be")
    with pytest.raises(LogError, match="cannot write"):
        CursorFile(tmp_path, "warehouse").write(Cursor(1, 1))
