"""The pages table: `columns` names and words each number, `answers` runs what is asked, `rows` makes the table, `pages` shows it."""
