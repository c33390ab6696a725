"""Kernels as object code: what is kept is used, and only what is whole and its own; what needs numba gets it."""

from __future__ import annotations

import errno
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from clew.timelines.kernels import compiling, objects
from clew.timelines.kernels.compiling import Borrower, borrower
from clew.timelines.kernels.passing import passed
from clew.timelines.upkeep.every import run_each

EIGHT = np.arange(8, dtype=np.int64)


class Two(NamedTuple):
    left: Any
    right: Any


def ends_of(two: Two, times: int, minus: bool) -> tuple[int, bool]:
    found = two.left[0] + two.right[1, 0] * times
    return -found if minus else found, minus


def doubled(number: float) -> float:
    return number * 2


def factorial(number: int) -> int:
    return int(math.gamma(number + 1))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the kernels that were compiled, with an empty cache in `tmp_path`."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    names: list[str] = []
    compiled = objects.compiled

    def noted(by_numba: Callable[..., Any], *rest: Any) -> objects.Object:
        names.append(by_numba.__self__.__name__)
        return compiled(by_numba, *rest)

    monkeypatch.setattr(objects, "compiled", noted)
    return names


def asked() -> tuple[int, bool]:
    """Of a kernel that knows nothing of former ones."""
    kernel = borrower(ends_of)
    found: tuple[int, bool] = kernel(Two(EIGHT[3:], EIGHT.reshape(2, 4)), np.int64(10), True)
    assert list(kernel._linked.values()) != [None]
    return found


def test_it_is_compiled_once(tmp_path: Path, made: list[str]) -> None:
    assert [asked(), asked()] == [(-43, True), (-43, True)]
    assert made == ["ends_of"]
    assert len(list(tmp_path.glob("*.o"))) == 1


TORN: list[Callable[[bytes], bytes]] = [
    lambda whole: whole[:-1],
    lambda whole: whole[:40],
    lambda whole: b"",
    lambda whole: whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:],
]


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_file_is_made_again(tmp_path: Path, made: list[str], torn: Callable[[bytes], bytes]) -> None:
    asked()
    (file,) = tmp_path.glob("*.o")
    whole = file.read_bytes()
    file.write_bytes(torn(whole))
    assert file.read_bytes() != whole
    assert asked() == (-43, True)
    assert made == ["ends_of", "ends_of"]
    assert asked() == (-43, True)
    assert made == ["ends_of", "ends_of"]


def test_one_of_other_sources_or_another_processor_is_not_used(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked()
    monkeypatch.setattr(compiling, "version", lambda: "other")
    asked()
    here = objects._here()
    monkeypatch.setattr(objects, "_here", lambda: (*here[:-1], "other features"))
    asked()
    assert made == ["ends_of"] * 3


def test_one_under_anothers_name_is_not_used(tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked()
    (file,) = tmp_path.glob("*.o")
    monkeypatch.setattr(compiling, "version", lambda: "other")
    asked()
    (other,) = set(tmp_path.glob("*.o")) - {file}
    file.rename(other)
    asked()
    assert made == ["ends_of"] * 3


def test_other_types_are_other_code(made: list[str]) -> None:
    kernel = borrower(ends_of)
    square = EIGHT.reshape(2, 4)
    for right in (square, square.astype(np.int32), square[:, ::2], np.asfortranarray(square)):
        assert kernel(Two(EIGHT[3:], right), 1, False) == (3 + int(right[1, 0]), False)
    fixed = EIGHT[3:]
    fixed.flags.writeable = False
    assert kernel(Two(fixed, square), 1, False) == (7, False)
    assert made == ["ends_of"] * 5


def test_what_is_not_passed_so_is_called_by_numba(made: list[str]) -> None:
    assert borrower(doubled)(1.5) == 3.0
    assert not made
    assert [passed([number]) is None for number in (1 << 63, (1 << 63) - 1, -(1 << 63), -(1 << 63) - 1)] == [True, False, False, True]


def test_code_that_calls_other_code_is_called_by_numba(made: list[str]) -> None:
    for _ in range(2):
        assert borrower(factorial)(4) == 24
    assert made == ["factorial"]


def test_without_a_folder_nothing_is_kept(tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.chdir(tmp_path)
    assert asked() == (-43, True)
    assert not list(tmp_path.iterdir())


def test_where_it_cannot_be_kept_it_still_answers(tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(Path, "replace", full)
    assert asked() == (-43, True)
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_all_that_questions_call_does_without_numba() -> None:
    for _ in run_each():
        pass
    modules = [module for name, module in sys.modules.items() if name.startswith("clew.timelines.kernels.")]
    kernels = [each for module in modules for each in vars(module).values() if isinstance(each, Borrower)]
    called = {f"{each.__module__.rpartition('.')[2]}.{each.__name__}": each._linked for each in kernels if each._linked}
    plain = {"retention.cohorts", "ordered.levels", "ordered.attempts", "days.by_day", "trends.counted", "trends.kinds_by_day"}
    assert set(called) >= plain | {"lifecycle.lifecycle", "lifecycle.stickiness", "paths.sequences", "packed.distinct", "resession.sessions"}
    assert all(linked is not None for types in called.values() for linked in types.values())


def test_a_new_process_answers_without_numba() -> None:
    code = """
import sys
import numpy as np
from clew.timelines import calendar, columns, retention
one = columns.part([0, 2], [1], [0, 7 * 86_400_000_000], [0, 0], [True, True], [0, 0])
found = retention.retention([one], retention.Retention(columns=3), calendar.zone("UTC"), 0, columns.Match(np.ones(1, np.uint64)))
print(found.cells, "numba" in sys.modules)
"""
    said = [subprocess.run([sys.executable, "-c", code], check=True, env=os.environ, capture_output=True, text=True).stdout for _ in range(2)]
    assert said[1] == "[[1 1 0]] False\n"
