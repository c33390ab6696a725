"""Identity and sessions as an ordered list of SQL models: `clew.model_events` in, people and their sessions out.

Read `catalogue.py` for the list, `sql/` for each model, `build.py` for how a build is made and served.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from clew.config import Settings
from clew.models.build import build, build_if_needed
from clew.models.catalogue import MODELS, Model, model
from clew.models.ledger import BuildResult, current_build, touched_since
from clew.models.render import Names, render
from clew.models.stopping import Stop
from clew.models.trial import Trial, try_rules
from clew.state import denied_edges

__all__ = [
    "MODELS",
    "BuildResult",
    "Model",
    "Stop",
    "Trial",
    "build",
    "build_if_needed",
    "current_build",
    "model",
    "model_sql",
    "touched_since",
    "try_rules",
]


def model_sql(name: str, settings: Settings, root: Path | None = None) -> str:
    """The SQL that makes the model `name` under `settings`, as one may read and run it. Raises KeyError for a name that is none.

    With the project's folder `root`, the edges denied by hand and the project's own tables of channels are in it.
    """
    if root is not None:
        settings = structs.replace(settings, identity=structs.replace(settings.identity, denied=denied_edges(root, settings)))
    return render(model(name).name, settings, Names(salt="the project's secret salt", root=root))
