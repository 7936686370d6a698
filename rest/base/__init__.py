"""The base of every REST API: authentication, error bodies, strict fields, paging by cursor, and the views."""
