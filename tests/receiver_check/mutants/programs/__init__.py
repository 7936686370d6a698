"""Good receivers in three idioms of Python; a mutant is one of them with a few lines changed."""
