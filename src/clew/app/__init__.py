"""What ties the stages into running processes: `up` (both), `serve` (database, builds, pages), new projects, the demo."""
