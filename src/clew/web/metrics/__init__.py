"""The session metrics: `question` is what a URL asks, `answers` runs it, `metric` names and words each number, `rows` its table, `pages` shows it."""
