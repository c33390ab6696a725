"""The pages of reports. `question` reads the URL, `form` makes the controls of a report's params, `seen` knows the events there are, `answers` runs
what is asked, `table` makes rows whose numbers lead to who is behind them, `pages` shows it."""
