"""The pages: server-rendered HTML, small native ES modules, JSON beside them.

Read `app` first: routes, and what stands before them. Then `context` (what the process gives the pages), `guard` (every request: host
name, log-in, form token, headers), `login`, `render` (templates and error pages), `assets` (styles, scripts and Plotly). How things are
written: `ranges` (dates in a URL), `numbers`, `spreadsheet` (CSV). The pages themselves: `overview`, `live`.
"""
