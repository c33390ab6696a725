from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from clew.web.spreadsheet import csv_text

text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\0"))


@given(st.lists(text, min_size=1, max_size=4))
def test_no_cell_of_text_is_a_formula(cells: list[str]) -> None:
    (found,) = list(csv.reader(io.StringIO(csv_text(cells, []))))
    assert [cell.removeprefix("'") if not original.startswith("'") else cell for cell, original in zip(found, cells, strict=True)] == cells
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) and not is_number(cell) for cell in found)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_numbers_stay_numbers() -> None:
    assert csv_text(("a", "=b"), [(-1, -0.5), ("-1", None), ("=cmd()", "@x")]) == "a,'=b\r\n-1,-0.5\r\n-1,\r\n'=cmd(),'@x\r\n"
