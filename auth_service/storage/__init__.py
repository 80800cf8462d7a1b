"""Where everything is kept; the only package that knows SQLAlchemy.

database.py    engine, pragmas, the two kinds of transaction, and how a driver's errors become ours
sealing.py     person keys and sealed values: what is encrypted, and bound to which place
tables/        the schema, one file per subject; migrations/ builds it
records/       what flows read and write inside a unit, one file per subject
photos.py      encrypted picture files
queries/       what screens read
unit.py        Store and Unit: the door for everybody else
"""
