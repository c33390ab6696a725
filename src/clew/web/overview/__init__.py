"""The overview page: `question` is what a URL asks, `answers` runs it, `tiles` words it, `pages` shows it."""
