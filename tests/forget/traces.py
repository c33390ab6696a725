"""Where in a project's folder a text is found."""

from __future__ import annotations

import gzip
from pathlib import Path


def traces(root: Path, text: str) -> list[str]:
    """The files whose bytes hold it, compressed chunks opened."""
    return [path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file() and text.encode() in _content(path)]


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content
