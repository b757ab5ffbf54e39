"""From files to rows a chunk at a time: the formats of `readers`, of any length, in memory that does not grow with it.

A file is gone through once to learn what it is (its dialect, columns and number of rows, and whether every row is
sound), and then as often as its rows are needed.
"""
