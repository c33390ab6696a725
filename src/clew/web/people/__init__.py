"""The people pages: `pages` lists people, `visits` sessions, `person` shows one, `call` a raw call; `links` says where each is."""
