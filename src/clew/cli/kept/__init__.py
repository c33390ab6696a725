"""Commands on what one keeps of reports: annotations, audiences; and the comparison of groups."""
