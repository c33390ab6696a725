"""From a request's bytes to single messages, so that a broken one never costs its neighbours."""
