"""Pages for staff: sign in, see flags, compare the photos, judge. Server-rendered, no script.

routes    every page, its rule of access, its function
session   signing in and out
flags     the list of flags
flag      one flag, its photos, a judgement
words     evidence in plain words
"""
