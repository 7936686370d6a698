"""The simulated MAAC modules, whose actions publish events, and MAAC's Open API.

Every module is a package with the same files. To add one, copy a package and add it to `modules/urls.py`:

    models.py      tables
    rules.py       validation and decisions: pure Python, no Django
    services.py    changes: one verb per function, keyword-only
    selectors.py   queries
    labels.py      translated labels for the console
    forms.py       the console's forms
    pages.py       the console's pages, below /console/modules/NAME/
    api.py         REST, below /api/v1/modules/NAME/
    urls.py        the paths of both
    templates/     of the console's pages
"""
