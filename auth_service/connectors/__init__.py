"""Outside parties and file formats: keys, signatures, password hashes, table files.

Only `wiring`, `app` and `cli` choose from here; the stages see the ports of core/keys.py and accounts/credentials.py.
"""
