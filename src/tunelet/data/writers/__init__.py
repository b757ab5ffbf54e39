"""Rows of a source with further columns, in the formats that are read; what they hold is decided elsewhere."""
