"""Statistics as pure arithmetic: no SQL, no files, nothing but the standard library. `shares` compares two shares."""

from clew.stats.shares import Difference, Share, compare, fisher, newcombe, wilson, z_test

__all__ = ["Difference", "Share", "compare", "fisher", "newcombe", "wilson", "z_test"]
