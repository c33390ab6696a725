"""Identity and sessions as an ordered list of SQL models: `clew.model_events` in, people and their sessions out.

Read `catalogue.py` for the list, `sql/` for each model, `building.py` for how a build is made, `served.py` for which is served. What makes builds
loads much, so the names of this package are imported when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clew.config import Settings

if TYPE_CHECKING:
    from clew.models.building import build, build_if_needed
    from clew.models.catalogue import MODELS, Model, model
    from clew.models.ledger import touched_since
    from clew.models.served import BuildResult, current_build
    from clew.models.stopping import Stop
    from clew.models.trial import Trial, try_rules
else:
    _NAMES = {
        "building": ("build", "build_if_needed"),
        "catalogue": ("MODELS", "Model", "model"),
        "ledger": ("touched_since",),
        "served": ("BuildResult", "current_build"),
        "stopping": ("Stop",),
        "trial": ("Trial", "try_rules"),
    }
    _MODULES = {name: module for module, names in _NAMES.items() for name in names}

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


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
    from msgspec import structs

    from clew.models.catalogue import model
    from clew.models.render import Names, render
    from clew.state import denied_edges

    if root is not None:
        settings = structs.replace(settings, identity=structs.replace(settings.identity, denied=denied_edges(root, settings)))
    return render(model(name).name, settings, Names(salt="the project's secret salt", root=root))
