"""Identity on the pages: `pages` lists what is doubtful, `deciding` takes edges away and gives them back, `graph` draws a person's edges."""
