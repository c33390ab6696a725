"""Annotations on pages: `flags` puts them on charts and into the rows of their tables, `pages` lists, makes and deletes them."""
