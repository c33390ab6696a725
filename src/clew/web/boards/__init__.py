"""Dashboards: `tiles` asks the saved reports of one, `number` takes one number of a report, `pages` shows and lists them, `editing` changes them,
`shared` shows one to who has its link, and `private` says what such a reader may see."""
