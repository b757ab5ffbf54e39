"""From files, folders and objects to raw tables: one reader for each format, nothing recognised or cleaned yet.

A reader's only duty is to fill `RawTable`. Every file is untrusted: opened by one function, decoded under limits.
"""
