"""Identity and sessions as an ordered list of SQL models: `clew.model_events` in, people and their sessions out.

Read `catalogue.py` for the list, `sql/` for each model, `build.py` for how a build is made and served.
"""

from __future__ import annotations

from clew.config import Settings
from clew.models.build import build, build_if_needed
from clew.models.catalogue import MODELS, Model, model
from clew.models.ledger import BuildResult, current_build
from clew.models.render import Names, render

__all__ = ["MODELS", "BuildResult", "Model", "build", "build_if_needed", "current_build", "model", "model_sql"]


def model_sql(name: str, settings: Settings) -> str:
    """The SQL that makes the model `name` under `settings`, as one may read and run it. Raises KeyError for a name that is none."""
    return render(model(name).name, settings, Names(salt="the project's secret salt"))
