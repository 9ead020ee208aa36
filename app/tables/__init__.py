"""A table of one's own: what its owner declares public of it, and its rows made ready for training. Pure.

Nothing that is computed from the rows decides how they are scaled or coded: the bounds of numbers, the values
of categories and the classes of the label are the owner's declaration, made without looking. Each row is
then read by itself, so that what one row says changes one example and no other; which rows are for the test
is decided by their number alone, which is public.
"""
