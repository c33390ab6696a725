"""Behaviour over time: each person's events in their order, as columns, and the compiled passes that answer sequence questions over them.

Read `columns.py` for what comes in, then one module a question: `funnel`, `resession`, `retention`, `paths`, `lifecycle`. Each is a pure function of
arrays; what a number means is in `docs/definitions.md`. `kernels/` holds the passes themselves; only calling a question loads the compiler.
"""
