"""Simulated shoppers: a seeded model of a small shop's visitors, sent as Segment's libraries send them. Labelled as simulated.

shop (what is sold, who advertises) -> people (shoppers and their devices) -> visits (what happens in one) -> traffic (when they come);
calls (how a library words it); door (how it is sent).
"""
