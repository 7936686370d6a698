"""Events: the stored event with its serialised body."""
