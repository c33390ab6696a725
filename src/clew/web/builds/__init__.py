"""The list of builds on the pages, and what runs or waits now."""
