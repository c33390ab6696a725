"""A project from Python and from the command line. `project` has what can be asked; a running `serve` answers (`running`), else `resting`."""

from clew.api.built import BuildAnswer, build_answer
from clew.api.project import Clew

__all__ = ["BuildAnswer", "Clew", "build_answer"]
