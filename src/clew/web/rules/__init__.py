"""The rules of sessions and identity on a page of owners: what they are, what others would change, and changing them."""
