"""Every figure in the docs has a script here that prints it as a ratio to a peer in the same run. `python -m benchmarks` runs them all."""
