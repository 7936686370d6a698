"""What makes events happen: the simulated MAAC modules, and MAAC's own Open API in front of them.

Every module is a folder with the same parts. To add one, copy a folder:

    models.py      what is stored
    rules.py       pure: what is right and what follows from it, no Django
    services.py    what can be done: one verb a function, keyword-only
    selectors.py   every read
    forms.py       the console's forms
    pages.py       the console's pages     urls: page_urls.py, below /console/modules/NAME/
    api.py         REST                    urls: api_urls.py, below /api/v1/modules/NAME/
    templates/     of the console's pages
"""
