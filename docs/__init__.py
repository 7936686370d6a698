"""The documentation: pages in Markdown, and in `made` the code that fills in what is generated from the program."""
