"""What one keeps of reports: `asking` is a report's address as it is kept and in words; `saved` keeps it under a name;
`audiences` does so with a list of people, and `people` says which they are."""
