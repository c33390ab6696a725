"""The background work of `serve`: `loads` brings in what the log has, `builds` makes the models, `upkeep` what stands beside these."""

from clew.app.worker.worker import Worker

__all__ = ["Worker"]
