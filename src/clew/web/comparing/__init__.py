"""Two groups of a funnel or of retention: `question` reads which, `pages` shows them with the difference tested."""
