"""Styles, scripts and Plotly: read and compressed once, under a URL that changes with the content, so that a browser may keep them for ever.

Plotly's bundle comes from the installed wheel; nothing is fetched from elsewhere.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

PREFIX = "/static"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
_PLOTLY = "plotly.min.js"


def asset_url(name: str) -> str:
    """The URL of a file of `static/`, or of Plotly's bundle. Modules import each other by relative path: all share one prefix."""
    return f"{PREFIX}/plotly-{version('plotly')}/{_PLOTLY}" if name == _PLOTLY else f"{PREFIX}/{_own_mark()}/{name}"


async def serve_asset(request: Request) -> Response:
    """GET /static/MARK/NAME."""
    name = request.path_params["name"]
    packed = await run_in_threadpool(_plotly) if name == _PLOTLY else _own().get(name)
    if packed is None:
        raise HTTPException(404)
    headers = {"cache-control": _FOR_EVER, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type=_TYPES[Path(name).suffix], headers={**headers, "content-encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type=_TYPES[Path(name).suffix], headers=headers)


@cache
def _own() -> dict[str, bytes]:
    files = (file for file in resources.files("clew.web").joinpath("static").iterdir() if Path(file.name).suffix in _TYPES)
    return {file.name: gzip.compress(file.read_bytes(), mtime=0) for file in files}


@cache
def _own_mark() -> str:
    return hashlib.sha256(b"".join(name.encode() + content for name, content in sorted(_own().items()))).hexdigest()[:12]


@cache
def _plotly() -> bytes:
    # Not imported: the package is large, and only its file is wanted.
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise HTTPException(404)
    return gzip.compress((Path(spec.origin).parent / "package_data" / _PLOTLY).read_bytes(), 6, mtime=0)
