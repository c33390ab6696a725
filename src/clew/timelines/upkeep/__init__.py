"""What a project's timeline needs to be of use: `builds` brings it to the newest build, `compiled` has its kernels compiled before somebody waits."""

from clew.timelines.upkeep.builds import Kept, keep
from clew.timelines.upkeep.compiled import compile_all, load

__all__ = ["Kept", "compile_all", "keep", "load"]
