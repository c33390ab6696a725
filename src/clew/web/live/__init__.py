"""The live page: `tail` follows the logs, `rows` words a record, `pages` shows them."""
