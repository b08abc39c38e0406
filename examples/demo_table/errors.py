"""What is wrong with the user's file or arguments."""


class InputError(Exception):
    """The arguments or the table cannot be used; the message says why, in a sentence for the user."""
