"""The live page: `tail` follows the logs, `pages` shows them."""
