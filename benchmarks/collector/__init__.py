"""The collector beside the smallest possible one, on the same server with one worker each, in one run. Ratios count, not figures."""
